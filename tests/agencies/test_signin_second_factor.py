"""A stolen password opens nothing: whoever may do anything here needs a second factor, and is helped when it is lost."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client

from agencies import second_factor
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.policies import Refused
from tests.factories import person

PASSWORD = "a long walk by the sea 7"
HOME = "/account/second-factor/"


@pytest.fixture(autouse=True)
def _required(settings: LazySettings) -> None:
    settings.REQUIRE_MFA = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def code(secret: str, steps: int = 0) -> str:
    """What the telephone shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def wrong(secret: str) -> str:
    near = {code(secret, steps) for steps in range(-3, 4)}
    return next(f"{number:06}" for number in range(10) if f"{number:06}" not in near)


def typed_password(user: User, client: Client | None = None) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post("/account/login/", {"login": user.email, "password": PASSWORD})


def set_up(client: Client) -> tuple[str, list[str]]:
    """Enrol with an authenticator app; its secret, and the recovery codes that are shown once."""
    page = client.get(f"{HOME}totp/activate/").content.decode()
    secret = re.search(r'class="break">([A-Z2-7]+)<', page)
    assert secret is not None
    shown = client.post(f"{HOME}totp/activate/", {"code": code(secret[1])}, follow=True)
    return secret[1], re.findall(r"<li><code>(\d{8})</code>", shown.content.decode())


def enrolled(user: User) -> tuple[Client, str, list[str]]:
    client, _ = typed_password(user)
    return client, *set_up(client)


# --- Setting one up ------------------------------------------------------------------------------------------


def test_at_the_first_sign_in_nothing_opens_before_a_second_factor_is_set_up(alice: User) -> None:
    client, _ = typed_password(alice)
    for path in ("/", "/leads/", "/cases/", "/agency/people/", "/nowhere/"):
        assert client.get(path)["Location"] == HOME
    assert client.post("/leads/new/", {"title": "x"})["Location"] == HOME
    assert client.get("/desk/hits/", headers={"HX-Request": "true"})["HX-Redirect"] == HOME
    assert client.get("/api/v1/leads/").status_code == 403
    assert "Before you see cases" in client.get(HOME).content.decode()
    _, recovery = set_up(client)
    assert len(recovery) == 10
    assert client.get("/").status_code == 200
    assert AuditEvent.objects.filter(act=Act.FACTOR, object_id=alice.pk).count() == 1


def test_the_secret_and_the_recovery_codes_are_shown_once_and_lie_encrypted(alice: User) -> None:
    client, secret, recovery = enrolled(alice)
    for path in ("recovery-codes/", "", "totp/deactivate/", "recovery-codes/generate/"):
        page = client.get(HOME + path).content.decode()
        assert secret not in page
        assert not [shown for shown in recovery if shown in page]
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_every_role_that_may_do_something_needs_one_and_a_role_that_may_nothing_does_not(
    northland: Agency,
) -> None:
    needing = {role for role in Role if second_factor.is_required(person(role.label, northland, role))}
    assert needing == set(Role) - {Role.STATISTICS_READER}


def test_a_session_that_was_open_before_it_was_set_up_elsewhere_has_to_sign_in_with_it(alice: User) -> None:
    older, _ = typed_password(alice)
    enrolled(alice)
    assert "/account/login/" in older.get("/")["Location"]
    assert "/account/login/" in older.get("/agency/")["Location"]


@pytest.mark.parametrize(
    "path", ["", "recovery-codes/", "totp/deactivate/", "webauthn/add/", "recovery-codes/generate/"]
)
def test_nor_does_such_a_session_give_itself_another_factor(alice: User, path: str) -> None:
    older, _ = typed_password(alice)
    enrolled(alice)
    assert "/account/login/" in older.get(HOME + path)["Location"]
    assert "/account/login/" in older.post(HOME + path)["Location"]


# --- Signing in with it ---------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing_and_a_code_opens_once(alice: User) -> None:
    _, secret, _ = enrolled(alice)
    client, answer = typed_password(alice)
    assert answer["Location"] == f"{HOME}authenticate/"
    assert "/account/login/" in client.get("/agency/")["Location"]
    assert client.post(f"{HOME}authenticate/", {"code": wrong(secret)}).status_code == 200
    assert b"Use a passkey" not in client.get(f"{HOME}authenticate/").content  # there is none to use
    assert "/account/login/" in client.get("/agency/")["Location"]
    now = code(secret, 1)
    client.post(f"{HOME}authenticate/", {"code": now})
    assert client.get("/agency/").status_code == 200
    signed_in = AuditEvent.objects.filter(act=Act.SIGNED_IN, object_id=alice.pk).latest("id")
    assert signed_in.facts["how"] == "a password and an authenticator app"
    other, _ = typed_password(alice)
    assert other.post(f"{HOME}authenticate/", {"code": now}).status_code == 200  # overheard: it was used


def test_a_recovery_code_opens_once(alice: User) -> None:
    _, _, recovery = enrolled(alice)
    outcomes = []
    for _ in range(2):
        client, _ = typed_password(alice)
        client.post(f"{HOME}authenticate/", {"code": recovery[0]})
        outcomes.append(client.get("/agency/").status_code)
    assert outcomes == [200, 302]


def test_five_wrong_codes_lock_the_account_and_then_the_right_one_does_not_open_it(alice: User) -> None:
    _, secret, _ = enrolled(alice)
    client, _ = typed_password(alice)
    for _ in range(5):
        client.post(f"{HOME}authenticate/", {"code": wrong(secret)})
    client.post(f"{HOME}authenticate/", {"code": code(secret, 1)})
    assert "/account/login/" in client.get("/agency/")["Location"]
    alice.refresh_from_db()
    assert alice.locked_at is not None


def test_typing_the_password_again_buys_no_new_guesses_at_the_code(alice: User) -> None:
    _, secret, _ = enrolled(alice)
    for _ in range(3):
        client, _ = typed_password(alice)
        for _ in range(2):
            client.post(f"{HOME}authenticate/", {"code": wrong(secret)})
    alice.refresh_from_db()
    assert alice.locked_at is not None


def test_without_the_last_one_nothing_opens_until_a_new_one_is_set_up(alice: User) -> None:
    client, _secret, _ = enrolled(alice)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post(f"{HOME}totp/deactivate/")
    assert client.get("/")["Location"] == HOME
    assert AuditEvent.objects.filter(act=Act.FACTOR_GONE, object_id=alice.pk).count() == 1


# --- When it is lost ------------------------------------------------------------------------------------------------


def administrator(user: User) -> Client:
    user.set_password(PASSWORD)
    user.save()
    return enrolled(user)[0]


def test_the_administrator_resets_a_colleagues_who_is_signed_out_and_sets_up_a_new_one(
    alice: User, ada: User
) -> None:
    hers = enrolled(alice)[0]
    client = administrator(ada)
    assert f"/agency/people/{alice.pk}/reset-factor/" in client.get("/agency/people/").content.decode()
    client.post(f"/agency/people/{alice.pk}/reset-factor/")
    assert "/account/login/" in hers.get("/agency/")["Location"]
    assert not Authenticator.objects.filter(user=alice).exists()
    again, _ = typed_password(alice)
    assert again.get("/")["Location"] == HOME
    event = AuditEvent.objects.filter(act=Act.FACTOR_GONE, object_id=alice.pk).get()
    assert event.actor_id == ada.pk


def test_nobody_resets_their_own_or_anothers_agencys(
    alice: User, ada: User, anna: User, eastport: Agency, as_user: Any, settings: LazySettings
) -> None:
    enrolled(alice)
    client = administrator(ada)
    client.post(f"/agency/people/{ada.pk}/reset-factor/")
    assert Authenticator.objects.filter(user=ada).exists()
    settings.REQUIRE_MFA = False
    eve = person("Eve", eastport, Role.AGENCY_ADMINISTRATOR)
    for user in (anna, eve, alice):
        assert as_user(user).post(f"/agency/people/{alice.pk}/reset-factor/").status_code == 404
    with pytest.raises(Refused):
        second_factor.reset(alice, by=eve)
    assert Authenticator.objects.filter(user=alice).exists()


def test_the_installation_helps_an_only_administrator(ada: User) -> None:
    administrator(ada)
    call_command("release_account", ada.email, "--second-factor")
    assert not Authenticator.objects.filter(user=ada).exists()
