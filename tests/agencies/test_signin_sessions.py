"""A page that nobody uses locks and keeps what was typed; a day's session ends; one sees and ends where one is signed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from agencies.audit import Act, AuditEvent
from agencies.models import User
from intel.models import Lead

PASSWORD, WRONG = "a long walk by the sea 7", "a short walk"
FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    """What is tested here is not the cost of a hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def signed_in(user: User, browser: str = "Mozilla/5.0 (Windows NT 10.0) Firefox/150.0") -> Client:
    client = Client(headers={"User-Agent": browser})
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return client


def later(clock: time_machine.Traveller, **time: int) -> None:
    clock.shift(timedelta(**time))


def is_locked(client: Client) -> bool:
    answer = client.get("/agency/")
    return answer.status_code == 302 and answer["Location"].startswith("/account/locked/")


# --- The lock ------------------------------------------------------------------------------------------------


def test_after_thirty_minutes_without_use_only_the_password_opens_the_page_again(
    alice: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(alice)
    later(clock, minutes=30)
    assert not is_locked(client)
    later(clock, minutes=30, seconds=1)
    assert is_locked(client)
    assert client.post("/account/locked/", {"password": WRONG}).status_code == 422
    assert is_locked(client)
    opened = client.post("/account/locked/", {"password": PASSWORD, "next": "/agency/people/?page=1"})
    assert opened["Location"] == "/agency/people/?page=1"
    assert not is_locked(client)


def test_a_password_is_taken_at_the_lock_as_it_was_set_spaces_and_all(alice: User) -> None:
    spaced = f"  {PASSWORD} "
    alice.set_password(spaced)
    alice.save()
    client = Client()
    client.post("/account/login/", {"login": alice.email, "password": spaced})
    client.post("/account/lock/")
    assert client.post("/account/locked/", {"password": PASSWORD}).status_code == 422
    client.post("/account/locked/", {"password": spaced})
    assert not is_locked(client)


def test_the_lock_leads_back_to_this_site_only(alice: User, clock: time_machine.Traveller) -> None:
    client = signed_in(alice)
    later(clock, minutes=31)
    opened = client.post("/account/locked/", {"password": PASSWORD, "next": "https://evil.example/"})
    assert opened["Location"] == "/"


def test_what_a_page_asks_by_itself_is_no_use_of_it(alice: User, clock: time_machine.Traveller) -> None:
    client = signed_in(alice)
    for _ in range(8):
        later(clock, minutes=5)
        client.get("/desk/hits/", headers={"X-Background": "1"})
    assert is_locked(client)


def test_typing_without_sending_is_use(alice: User, clock: time_machine.Traveller) -> None:
    client = signed_in(alice)
    for _ in range(8):
        later(clock, minutes=5)
        assert client.post("/account/alive/").status_code == 204
    assert not is_locked(client)


def test_nothing_is_read_or_changed_under_the_lock(alice: User, clock: time_machine.Traveller) -> None:
    client = signed_in(alice)
    later(clock, minutes=31)
    for path in ("/", "/leads/", "/agency/people/", "/account/places/", "/account/password/change/"):
        assert client.get(path)["Location"].startswith("/account/locked/")
    for headers in ({"HX-Request": "true"}, FETCH):
        assert client.get("/desk/hits/", headers=headers).status_code == 423
    assert client.get("/api/v1/leads/").status_code == 423
    assert client.post("/account/places/end/", headers=FETCH).status_code == 423
    assert client.post("/account/alive/", headers=FETCH).status_code == 423
    assert is_locked(client)


def test_a_form_sent_to_a_locked_page_is_kept_and_sent_after_unlocking(
    alice: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(alice)
    lead = {"title": "Van at the port", "narrative": "Seen <twice> & again.", "source": "Patrol"}
    later(clock, minutes=31)
    assert client.post("/leads/new/", lead)["Location"].startswith("/account/locked/")
    assert "Van at the port" not in client.get("/account/locked/").content.decode()
    page = client.post("/account/locked/", {"password": PASSWORD}).content.decode()
    fields = dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', page))
    assert 'action="/leads/new/"' in page
    assert fields["narrative"] == "Seen &lt;twice&gt; &amp; again."
    assert not Lead.objects.exists()
    assert "Van" not in client.post("/account/locked/", {"password": PASSWORD}).content.decode()


def test_what_another_site_sends_to_a_locked_page_is_not_kept(
    alice: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(alice)
    later(clock, minutes=31)
    client.handler.enforce_csrf_checks = True
    forged = {"narrative": "Planted.", "title": "Planted"}
    assert client.post("/leads/new/", forged, headers={"Origin": "https://evil.example"}).status_code == 403
    client.handler.enforce_csrf_checks = False
    assert client.post("/account/locked/", {"password": PASSWORD})["Location"] == "/"


def test_a_password_sent_to_a_locked_page_is_not_kept(alice: User, clock: time_machine.Traveller) -> None:
    client = signed_in(alice)
    later(clock, minutes=31)
    client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": "x", "password2": "x"})
    assert client.post("/account/locked/", {"password": PASSWORD})["Location"] == "/"


def test_the_dialog_over_the_page_opens_it_for_the_same_person_only(
    alice: User, anna: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(alice)
    client.post("/account/lock/", headers=FETCH)
    assert is_locked(client)
    wrong = client.post("/account/unlock/", {"password": WRONG, "who": alice.pk}, headers=FETCH)
    assert (wrong.status_code, wrong.json()) == (422, {"error": "That is not your password."})
    other = client.post("/account/unlock/", {"password": PASSWORD, "who": anna.pk}, headers=FETCH)
    assert other.status_code == 409
    assert is_locked(client)
    right = client.post("/account/unlock/", {"password": PASSWORD, "who": alice.pk}, headers=FETCH)
    assert right.status_code == 204
    assert not is_locked(client)


def test_five_wrong_passwords_at_the_lock_lock_the_account_and_end_the_session(
    alice: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(alice)
    later(clock, minutes=31)
    for _ in range(5):
        answer = client.post("/account/locked/", {"password": WRONG})
    assert answer["Location"] == "/account/login/"
    assert "/account/login/" in client.get("/agency/")["Location"]
    assert AuditEvent.objects.filter(act=Act.LOCKED, object_id=alice.pk).exists()


# --- The end of a session ----------------------------------------------------------------------------------------


def test_a_session_ends_twelve_hours_after_signing_in_however_busy(
    alice: User, clock: time_machine.Traveller
) -> None:
    client = signed_in(alice)
    for _ in range(36):
        later(clock, minutes=20)
        assert client.get("/agency/").status_code == 200
    later(clock, seconds=1)
    assert "/account/login/" in client.get("/agency/")["Location"]


def test_a_new_password_signs_out_everywhere(alice: User) -> None:
    here, there = signed_in(alice), signed_in(alice)
    new = "another walk, by the lake 8"
    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    for client in (here, there):
        assert "/account/login/" in client.get("/agency/")["Location"]
    assert AuditEvent.objects.filter(act=Act.PASSWORD, object_id=alice.pk).count() == 1


def test_signing_in_gives_a_new_session_key_and_signing_out_ends_it_on_the_server(alice: User) -> None:
    client = Client()
    client.get("/account/login/")
    client.session.save()
    planted = client.session.session_key
    client.post("/account/login/", {"login": alice.email, "password": PASSWORD})
    assert client.session.session_key != planted
    stolen = Client()
    stolen.cookies["sessionid"] = client.cookies["sessionid"].value
    assert stolen.get("/agency/").status_code == 200
    client.post("/account/logout/")
    assert stolen.get("/agency/").status_code == 302
    acts = AuditEvent.objects.filter(object_id=alice.pk).order_by("id").values_list("act", flat=True)
    assert list(acts) == [Act.SIGNED_IN, Act.SIGNED_OUT]


# --- Where one is signed in ----------------------------------------------------------------------------------------


def test_one_sees_where_one_is_signed_in_and_signs_out_of_one_place_or_of_all_others(alice: User) -> None:
    here = signed_in(alice)
    phone = signed_in(alice, "Mozilla/5.0 (iPhone) Safari/600")
    tablet = signed_in(alice, "Mozilla/5.0 (iPad) Safari/600")
    page = here.get("/account/places/").content.decode()
    for words in ("Firefox on Windows", "Safari on iPhone", "Safari on iPad", "127.0.0.1"):
        assert words in page
    ends = re.findall(r"/account/places/(\d+)/end/", page)
    assert len(ends) == 2
    here.post(f"/account/places/{ends[0]}/end/")
    assert [c.get("/agency/").status_code for c in (here, phone, tablet)].count(302) == 1
    here.post("/account/places/end/")
    assert [c.get("/agency/").status_code for c in (here, phone, tablet)] == [200, 302, 302]


def test_nobody_signs_another_out(alice: User, bob: User, as_user: Any) -> None:
    hers = signed_in(alice)
    [row] = alice.usersession_set.all()
    assert as_user(bob).post(f"/account/places/{row.pk}/end/").status_code == 404
    assert hers.get("/agency/").status_code == 200
    assert "Firefox" not in as_user(bob).get("/account/places/").content.decode()
