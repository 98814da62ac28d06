"""Asking the other side of a hit for its record: both agencies learn exactly what was asked and answered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies import actions as agency_actions
from agencies.models import Agency, PointerPolicy, User
from agencies.visibility import Level, level_of
from intel.actions import answer_disclosure
from intel.models import Disclosure, Hit, HitNotice, Lead
from intel.presenters_disclosures import in_state, state_of
from tests import factories
from tests.factories.hits import ask, link, notice_of

PHONE = "+1 404 555 0134"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def theirs(bob: User) -> Lead:
    subjects = (factories.subject("Bobs man", phone=PHONE), factories.subject("Bobs bystander"))
    return factories.lead(bob, "Bobs lead", narrative="Bobs narrative", handling=("H2",), subjects=subjects)


@pytest.fixture
def hit(alice: User, theirs: Lead) -> Hit:
    ours = factories.lead(alice, "Alices lead", narrative="Alices narrative", subjects=(factories.subject("Alices man", phone=PHONE),))  # fmt: skip
    return link(ours, theirs)


@pytest.fixture
def notice(hit: Hit, northland: Agency) -> HitNotice:
    return notice_of(northland, hit)


@pytest.fixture
def asked(notice: HitNotice, alice: User) -> Disclosure:
    return ask(notice, alice)


def send(client: Client, notice: HitNotice, **data: Any) -> Any:
    data = {
        "level": "2",
        "purpose": "To plan a raid",
        "deadline": timezone.localdate() + timedelta(days=3),
        **data,
    }
    return client.post(reverse("intel:notice-ask", args=[notice.pk]), data)


def answer(client: Client, disclosure: Disclosure, **data: Any) -> Any:
    return client.post(reverse("intel:disclosure-answer", args=[disclosure.pk]), data)


def text_of(client: Client, disclosure: Disclosure) -> str:
    response = client.get(reverse("intel:disclosure-detail", args=[disclosure.pk]))
    assert response.status_code == 200
    return response.content.decode()


# --- Asking ---------------------------------------------------------------------------------------------------


def test_a_request_stands_on_the_hits_page_and_on_the_holders_desk(
    notice: HitNotice, alice: User, bea: User, as_user: Any
) -> None:
    assert send(as_user(alice), notice).status_code == 302
    page = as_user(alice).get(reverse("intel:notice-detail", args=[notice.pk])).content.decode()
    assert "Waiting for an answer" in page
    assert reverse("intel:notice-ask", args=[notice.pk]) not in page, "one open request is enough"
    desk = as_user(bea).get("/desk/disclosures/", **HTMX).content.decode()
    assert "Northland Police asks for our record “<bdi>Bobs man</bdi>”" in desk
    assert "To plan a raid" in desk


def test_it_expects_an_answer_within_seven_days_unless_told_otherwise(
    notice: HitNotice, alice: User, as_user: Any
) -> None:
    page = as_user(alice).get(reverse("intel:notice-detail", args=[notice.pk])).content.decode()
    assert f'value="{timezone.localdate() + timedelta(days=7)}"' in page


@pytest.mark.parametrize(
    "data",
    [{"purpose": " "}, {"level": ""}, {"level": "4"}, {"deadline": "2001-01-01"}, {"deadline": "soon"}],
)
def test_an_incomplete_request_is_not_sent_and_keeps_what_was_typed(
    data: dict[str, str], notice: HitNotice, alice: User, as_user: Any
) -> None:
    response = send(as_user(alice), notice, **{"purpose": "a long purpose", **data})
    assert response.status_code == 422
    assert ("a long purpose" in response.content.decode()) is ("purpose" not in data)
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize("policy", [PointerPolicy.LIAISON, PointerPolicy.OWNER_ONLY])
def test_asking_warns_when_it_gives_away_what_the_own_lead_keeps_silent(
    policy: str, alice: User, bob: User, northland: Agency, as_user: Any
) -> None:
    quiet = factories.lead(alice, phone=PHONE, pointer_policy=policy)
    hit = link(quiet, factories.lead(bob, phone=PHONE))
    page = (
        as_user(alice)
        .get(reverse("intel:notice-detail", args=[notice_of(northland, hit).pk]))
        .content.decode()
    )
    assert "asking tells them that we hold a match" in page


def test_after_a_refusal_or_silence_one_can_ask_again(
    asked: Disclosure, notice: HitNotice, alice: User, bea: User, as_user: Any
) -> None:
    client = as_user(alice)
    answer_disclosure(asked, state="declined", answer="not now", by=bea)
    assert send(client, notice, purpose="again").status_code == 302
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=False):
        assert send(as_user(alice), notice, purpose="and again").status_code == 302
    assert Disclosure.objects.count() == 3


# --- What each side reads -----------------------------------------------------------------------------------------


def test_the_holder_reads_who_asks_why_and_for_which_of_its_records_and_nothing_more(
    asked: Disclosure, bea: User, alice: User, notice: HitNotice, as_user: Any
) -> None:
    text = text_of(as_user(bea), asked)
    for told in (
        "Northland Police",
        "Alice",
        "To plan a raid",
        "The full record",
        "Bobs man",
        "Bobs lead",
        "Bobs bystander",
    ):
        assert told in text
    for hidden in ("Alices", str(notice.pk), str(notice.own_lead_id), notice.own_lead.reference):
        assert hidden not in text


def test_the_asker_reads_its_own_record_and_the_state_and_nothing_of_the_holders(
    asked: Disclosure, alice: User, theirs: Lead, as_user: Any
) -> None:
    text = text_of(as_user(alice), asked)
    for told in ("Eastport Prosecution", "Alices man", "has not answered yet"):
        assert told in text
    for hidden in ("Bobs", str(theirs.pk), theirs.reference):
        assert hidden not in text


@pytest.mark.parametrize(
    "path", ["/disclosures/?side=theirs", "/disclosures/?side=ours", "/desk/disclosures/"]
)
def test_lists_show_each_side_its_own_record_alone(
    path: str, asked: Disclosure, alice: User, bea: User, as_user: Any
) -> None:
    assert "Bobs" not in as_user(alice).get(path).content.decode()
    assert "Alices" not in as_user(bea).get(path).content.decode()


@pytest.mark.parametrize("who", ["charlie", "cora", "nora", "ada"])
def test_nobody_else_reads_or_answers_it(
    who: str, request: pytest.FixtureRequest, asked: Disclosure, as_user: Any
) -> None:
    client = as_user(request.getfixturevalue(who))
    assert client.get(reverse("intel:disclosure-detail", args=[asked.pk])).status_code == 404
    assert answer(client, asked, give="full").status_code == 404


# --- Answering ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("give", "state", "level"),
    [
        ("full", "full", Level.VIEW),
        ("summary", "full", Level.SUMMARY),
        ("contact_only", "contact_only", None),
        ("declined", "declined", None),
    ],
)
def test_an_answer_opens_what_it_says_and_no_more(
    give: str, state: str, level: Level | None, asked: Disclosure, theirs: Lead, alice: User, bea: User, as_user: Any
) -> None:  # fmt: skip
    assert answer(as_user(bea), asked, give=give, answer="as agreed").status_code == 302
    asked.refresh_from_db()
    assert asked.state == state
    assert level_of(alice, theirs) == level
    assert "as agreed" in text_of(as_user(alice), asked)


def test_the_full_record_is_never_offered_when_a_summary_was_asked_for(
    notice: HitNotice, alice: User, bea: User, theirs: Lead, as_user: Any
) -> None:
    asked = ask(notice, alice, level=Level.SUMMARY)
    client = as_user(bea)
    assert 'value="full"' not in text_of(client, asked)
    assert answer(client, asked, give="full").status_code == 422
    assert level_of(alice, theirs) is None


def test_the_holder_is_told_what_else_the_lead_would_hand_over(
    asked: Disclosure, bea: User, as_user: Any
) -> None:
    text = text_of(as_user(bea), asked)
    assert "Northland Police will be able to read the whole lead" in text
    assert "2 subjects" in text
    assert "not only the one that matched" in text
    assert "H2" in text


def test_a_disclosure_may_end_by_itself(
    asked: Disclosure, theirs: Lead, alice: User, bea: User, as_user: Any
) -> None:
    day = timezone.localdate() + timedelta(days=5)
    answer(as_user(bea), asked, give="full", until=day)
    assert level_of(alice, theirs) == Level.VIEW
    with time_machine.travel(timezone.now() + timedelta(days=6), tick=False):
        assert level_of(alice, theirs) is None
        page = as_user(alice).get(reverse("intel:notice-detail", args=[asked.notice_id])).content.decode()
        assert "no longer open to you" in page
        assert "Bobs" not in page


@pytest.mark.parametrize(
    "data", [{}, {"give": "everything"}, {"give": "declined"}, {"give": "full", "until": "2001-01-01"}]
)
def test_an_incomplete_answer_changes_nothing_and_keeps_what_was_typed(
    data: dict[str, str], asked: Disclosure, theirs: Lead, alice: User, bea: User, as_user: Any
) -> None:
    words = {} if data.get("give") == "declined" else {"answer": "long words"}
    response = answer(as_user(bea), asked, **data, **words)
    assert response.status_code == 422
    assert "long words" in response.content.decode() or not words
    assert level_of(alice, theirs) is None
    asked.refresh_from_db()
    assert asked.state == "asked"


def test_only_a_role_that_answers_gets_the_form(asked: Disclosure, bob: User, as_user: Any) -> None:
    client = as_user(bob)
    assert reverse("intel:disclosure-answer", args=[asked.pk]) not in text_of(client, asked)
    assert answer(client, asked, give="full").status_code == 422


def test_the_asker_cannot_answer_its_own_request(
    asked: Disclosure, anna: User, theirs: Lead, as_user: Any
) -> None:
    assert answer(as_user(anna), asked, give="full").status_code == 422
    assert level_of(anna, theirs) is None


def test_a_second_answer_is_refused(
    asked: Disclosure, bea: User, theirs: Lead, alice: User, as_user: Any
) -> None:
    client = as_user(bea)
    answer(client, asked, give="declined", answer="no")
    assert answer(client, asked, give="full").status_code == 422
    assert level_of(alice, theirs) is None


def test_an_answer_on_the_desk_answers_with_its_row(asked: Disclosure, bea: User, as_user: Any) -> None:
    url = reverse("intel:disclosure-answer", args=[asked.pk])
    client = as_user(bea)
    refused = client.post(url, {"give": "declined", "answer": "", "shape": "decision"}, **HTMX)
    assert refused.status_code == 422
    assert "Give the reason" in refused.content.decode()
    done = client.post(url, {"give": "contact_only", "answer": "call me", "shape": "decision"}, **HTMX)
    assert done.content.decode().strip().startswith("<li")
    assert "Contact only" in done.content.decode()


def test_an_answer_shows_on_the_askers_open_desk(
    asked: Disclosure, alice: User, bea: User, as_user: Any
) -> None:
    client = as_user(alice)
    live = re.search(r'data-live="([^"]+)"', client.get("/desk/disclosures/", **HTMX).content.decode())
    assert live
    assert client.get(live[1], **HTMX).status_code == 204
    answer_disclosure(asked, state="contact_only", answer="call me", by=bea)
    assert "call me" in client.get(live[1], **HTMX).content.decode()


# --- The clock ------------------------------------------------------------------------------------------------------


def test_a_request_expires_at_the_second_before_anybody_writes_it_down(
    asked: Disclosure, alice: User, bea: User, as_user: Any
) -> None:
    second = timedelta(seconds=1)
    for moment, state, waits in (
        (asked.deadline - second, "asked", True),
        (asked.deadline, "expired", False),
    ):
        with time_machine.travel(moment, tick=False):
            assert state_of(asked) == state
            assert Disclosure.objects.filter(in_state("asked")).exists() is waits
            assert Disclosure.objects.filter(in_state("expired")).exists() is not waits
            client = as_user(bea)
            assert (reverse("intel:disclosure-answer", args=[asked.pk]) in text_of(client, asked)) is waits
            assert ("Bobs man" in client.get("/desk/disclosures/", **HTMX).content.decode()) is waits
            assert (
                "did not answer" in as_user(alice).get("/desk/disclosures/").content.decode()
            ) is not waits
    assert Disclosure.objects.get().state == "asked", "no job has run"


def test_it_can_no_longer_be_answered_then(
    asked: Disclosure, bea: User, alice: User, theirs: Lead, as_user: Any
) -> None:
    with time_machine.travel(asked.deadline, tick=False):
        assert answer(as_user(bea), asked, give="full").status_code == 422
        assert level_of(alice, theirs) is None


def test_a_share_that_went_further_is_not_narrowed_by_answering_less(
    asked: Disclosure, theirs: Lead, alice: User, bea: User, northland: Agency, as_user: Any
) -> None:
    agency_actions.share(theirs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    answer(as_user(bea), asked, give="summary")
    assert level_of(alice, theirs) == Level.VIEW
