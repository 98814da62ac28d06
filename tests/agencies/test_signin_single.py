"""Single sign-on: the issuer says who somebody is, by a subject that an administrator bound; all else is decided here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from agencies import single_sign_on
from agencies.audit import Act, AuditEvent
from agencies.models import SignInSubject, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.views import single_sign_on as single_sign_on_views
from tests.agencies.oidc_issuer import CLIENT, KEY, SECRET, OidcIssuer
from tests.agencies.test_signin_second_factor import code, set_up

BEGIN, LOGIN, PASSWORD = "/account/single-sign-on/", "/account/login/", "a long walk by the sea 7"
SUB = "8f1c-alice"


@pytest.fixture(scope="module")
def running() -> Iterator[OidcIssuer]:
    issuer = OidcIssuer()
    yield issuer
    issuer.stop()


@pytest.fixture
def issuer(running: OidcIssuer, settings: LazySettings) -> OidcIssuer:
    running.discovery, running.codes, running.moved = {}, {}, ""
    settings.SSO_ISSUER, settings.SSO_NAME = running.url, "Federal ID"
    settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET = CLIENT, SECRET
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return running


@pytest.fixture
def alice(alice: User, issuer: OidcIssuer) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    single_sign_on.bind(alice, SUB, by=None)
    return alice


def returned(
    issuer: OidcIssuer, sub: str = SUB, client: Client | None = None, **said: Any
) -> tuple[Client, Any]:
    """The whole way: off to the issuer, signed in there as `sub`, and back."""
    client = client or Client()
    away = client.get(BEGIN)
    assert away["Location"].startswith(f"{issuer.url}/authorize?"), away.content
    return client, client.get(issuer.sign_in(away["Location"], sub, **said))


def is_in(client: Client) -> bool:
    return client.get("/agency/").status_code == 200


def refused(issuer: OidcIssuer, sub: str = SUB, **said: Any) -> str:
    """Nobody gets in; what the record says of why."""
    client, answer = returned(issuer, sub, **said)
    assert (answer.status_code, answer["Location"]) == (302, LOGIN)
    assert not is_in(client)
    event = AuditEvent.objects.filter(act=Act.SIGN_IN_FAILED).latest("id")
    assert event.facts["through"] == "single sign-on"
    return str(event.facts["why"])


# --- The way in ------------------------------------------------------------------------------------------------


def test_a_bound_subject_opens_its_account_with_our_own_role_and_agency(
    alice: User, issuer: OidcIssuer
) -> None:
    client, answer = returned(issuer, email="someone.else@elsewhere.example", groups=["supervisors"])
    assert answer["Location"] == "/"
    assert is_in(client)
    alice.refresh_from_db()
    assert (alice.role, alice.email) == (Role.INVESTIGATOR, "alice@npd.example")
    assert AuditEvent.objects.get(act=Act.SIGNED_IN).facts["how"] == "single sign-on"
    assert not User.objects.filter(email__contains="elsewhere").exists()


def test_the_browser_is_sent_with_a_proof_key_and_asks_for_nothing_but_the_subject(
    issuer: OidcIssuer,
) -> None:
    away = Client().get(
        f"{BEGIN}?scope=admin&auth_params=prompt%3Dnone&process=connect&next=https://evil.example/"
    )
    asked = parse_qs(urlsplit(away["Location"]).query)
    assert (asked["scope"], asked["code_challenge_method"]) == (["openid"], ["S256"])
    assert asked["redirect_uri"] == ["http://testserver/account/single-sign-on/callback/"]
    assert "prompt" not in asked


def test_it_leads_where_one_wanted_to_go_and_never_to_another_site(alice: User, issuer: OidcIssuer) -> None:
    for wanted, reached in (("/leads/", "/leads/"), ("https://evil.example/", "/")):
        client = Client()
        away = client.get(BEGIN, {"next": wanted})
        assert client.get(issuer.sign_in(away["Location"], SUB))["Location"] == reached


@pytest.mark.parametrize("verified", [True, False])
def test_an_equal_address_finds_no_account(alice: User, issuer: OidcIssuer, verified: bool) -> None:
    why = refused(issuer, "somebody-else", email=alice.email, email_verified=verified)
    assert why == "no account is bound to the subject"
    assert User.objects.count() == 1


def test_a_subject_of_another_issuer_is_another_subject(alice: User, issuer: OidcIssuer) -> None:
    SignInSubject.objects.update(issuer="https://former.example")
    assert refused(issuer) == "no account is bound to the subject"


def test_without_an_issuer_there_is_neither_a_button_nor_a_door(db: None, settings: LazySettings) -> None:
    assert "single-sign-on" not in Client().get(LOGIN).content.decode()
    for path in (BEGIN, f"{BEGIN}callback/", f"{BEGIN}ended/"):
        assert Client().get(path).status_code == 404


def test_the_button_names_the_issuer(issuer: OidcIssuer, db: None) -> None:
    assert "Sign in with Federal ID" in Client().get(LOGIN).content.decode()


# --- What is not believed --------------------------------------------------------------------------------------


def test_a_token_that_is_not_about_this_browser_this_client_and_this_moment_is_refused(
    alice: User, issuer: OidcIssuer
) -> None:
    past = int(time.time()) - 3600
    for said in (
        {"nonce": "another"}, {"nonce": None}, {"aud": "another-client"}, {"aud": [CLIENT, "another-client"]}, {"azp": "another-client"},
        {"iss": "https://another.example"}, {"exp": past}, {"exp": None}, {"iat": None}, {"sub": None}, {"sub": ""},
    ):  # fmt: skip
        assert refused(issuer, **({"sub": SUB} | said)) in (
            "The ID token is not valid.", "The ID token answers another question.",
            "The ID token is meant for others too.", "The ID token names nobody.",
        )  # fmt: skip


def test_a_signature_that_the_issuer_did_not_make_is_refused(alice: User, issuer: OidcIssuer) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = issuer.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for signing in (
        {"key": other},
        {"key": other, "headers": {"kid": "key-2"}},
        {"key": "", "algorithm": "none"},
        {"key": SECRET * 2, "algorithm": "HS256"},
        {"hmac": public},
        {"key": other, "headers": {"kid": KEY, "jku": "https://evil.example/keys"}},
    ):
        assert refused(issuer, signing=signing) in (
            "The ID token is not valid.",
            "The issuer has no such key.",
        )


def test_an_answer_to_a_question_that_this_browser_did_not_ask_is_refused(
    alice: User, issuer: OidcIssuer
) -> None:
    client = Client()
    back = issuer.sign_in(client.get(BEGIN)["Location"], SUB)
    for wrong in (back.replace("state=", "state=x"), back.partition("&state")[0]):
        assert client.get(wrong)["Location"] == LOGIN
    stranger = Client()
    stranger.get(BEGIN)
    assert stranger.get(back)["Location"] == LOGIN
    assert not is_in(stranger)
    assert not is_in(client)


def test_a_code_opens_once(alice: User, issuer: OidcIssuer) -> None:
    client = Client()
    back = issuer.sign_in(client.get(BEGIN)["Location"], SUB)
    assert client.get(back)["Location"] == "/"
    client.logout()
    assert client.get(back)["Location"] == LOGIN
    again = client.get(BEGIN)["Location"]
    state = parse_qs(urlsplit(again).query)["state"][0]
    used = f"{back.partition('&state')[0]}&state={state}"
    assert client.get(used)["Location"] == LOGIN
    assert not is_in(client)


def test_a_code_of_somebody_elses_browser_does_not_fit_ours(alice: User, issuer: OidcIssuer) -> None:
    """Put into another's session: the proof key and the nonce are that session's own."""
    stolen = issuer.sign_in(Client().get(BEGIN)["Location"], SUB)
    client = Client()
    state = parse_qs(urlsplit(client.get(BEGIN)["Location"]).query)["state"][0]
    assert client.get(f"{stolen.partition('&state')[0]}&state={state}")["Location"] == LOGIN
    assert not is_in(client)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://another.example/token"},
        {"token_endpoint": "http://localhost:80@another.example/token"},
        {"token_endpoint": "https://["},
        {"jwks_uri": None},
    ],
)
def test_an_issuer_that_says_of_itself_what_it_is_not_is_not_asked(
    issuer: OidcIssuer, said: dict[str, Any], db: None
) -> None:
    issuer.discovery = said
    answer = Client().get(BEGIN, follow=True)
    assert answer.redirect_chain == [(LOGIN, 302)]
    assert "does not answer" in answer.content.decode()


@pytest.mark.parametrize("moved", ["/keys", "/token"])
def test_the_issuer_does_not_send_the_server_elsewhere(alice: User, issuer: OidcIssuer, moved: str) -> None:
    issuer.moved = moved
    assert refused(issuer)
    assert "/elsewhere" not in issuer.asked


def test_an_issuer_that_is_away_leaves_the_password(alice: User, settings: LazySettings) -> None:
    settings.SSO_ISSUER = "http://127.0.0.1:9"
    answer = Client().get(BEGIN, follow=True)
    assert "does not answer" in answer.content.decode()
    client = Client()
    client.post(LOGIN, {"login": alice.email, "password": PASSWORD})
    assert is_in(client)


def test_who_says_no_at_the_issuer_is_back_at_the_door(issuer: OidcIssuer, db: None) -> None:
    client = Client()
    state = parse_qs(urlsplit(client.get(BEGIN)["Location"]).query)["state"][0]
    answer = client.get(f"{BEGIN}callback/", {"error": "access_denied", "state": state}, follow=True)
    assert "did not confirm" in answer.content.decode()


# --- Our own word counts more ----------------------------------------------------------------------------------


def test_a_closed_locked_or_unused_account_stays_so(
    alice: User, issuer: OidcIssuer, settings: LazySettings
) -> None:
    settings.DORMANT_DAYS = 90
    long_ago = timezone.now() - timedelta(days=91)
    User.objects.update(locked_at=timezone.now())
    assert refused(issuer) == "the account is locked"
    User.objects.update(locked_at=None, is_active=False)
    assert refused(issuer) == "the account is closed"
    User.objects.update(is_active=True, created_at=long_ago, last_login=long_ago)
    assert refused(issuer) == "the account is closed"
    alice.refresh_from_db()
    assert alice.closed_as_dormant
    assert AuditEvent.objects.filter(act=Act.SIGN_IN_FAILED, agency_id=alice.agency_id).count() == 3


def test_our_second_factor_is_asked_for_unless_the_installation_believes_the_issuers(
    alice: User, issuer: OidcIssuer, settings: LazySettings
) -> None:
    settings.REQUIRE_MFA = True
    client, answer = returned(issuer, amr=["pwd", "mfa"])
    assert answer["Location"] == "/"
    assert client.get("/")["Location"] == "/account/second-factor/"
    secret, _ = set_up(client)
    client, answer = returned(issuer, amr=["pwd", "mfa"])
    assert answer["Location"] == "/account/second-factor/authenticate/"
    assert not is_in(client)
    Authenticator.objects.filter(user=alice, type="totp").update(last_used_at=None)
    client.post(answer["Location"], {"code": code(secret, 1)})
    assert is_in(client)
    assert AuditEvent.objects.filter(act=Act.SIGNED_IN).latest("id").facts["how"] == (
        "single sign-on and an authenticator app"
    )

    settings.SSO_SECOND_FACTOR = ["mfa", "https://refeds.org/profile/mfa"]
    for said in ({"amr": ["pwd", "mfa"]}, {"acr": "https://refeds.org/profile/mfa"}):
        client, _ = returned(issuer, **said)
        assert is_in(client)
    assert AuditEvent.objects.filter(act=Act.SIGNED_IN).latest("id").facts["how"] == (
        "single sign-on and its second factor"
    )
    for weak in ({}, {"amr": ["pwd"]}, {"acr": "1"}, {"amr": "mfa"}):
        assert not is_in(returned(issuer, **weak)[0])


def test_a_claim_gives_a_role_and_never_more_than_the_administrator_allowed(
    anna: User, alice: User, issuer: OidcIssuer, settings: LazySettings
) -> None:
    single_sign_on.bind(anna, "anna", by=None)
    settings.SSO_ROLE_CLAIM = "groups"
    settings.SSO_ROLES = {
        "leads": "supervisor", "readers": "analyst", "admins": "agency_administrator", "odd": "superuser",
        "machines": "service_account",
    }  # fmt: skip

    def role(person: User, sub: str, *groups: str) -> str:
        assert is_in(returned(issuer, sub, groups=list(groups))[0])
        person.refresh_from_db()
        return person.role

    assert role(anna, "anna", "readers") == Role.ANALYST
    assert role(anna, "anna", "leads", "readers") == Role.SUPERVISOR
    assert role(alice, SUB, "leads") == Role.INVESTIGATOR
    event = AuditEvent.objects.filter(act=Act.EDITED, object_id=anna.pk).latest("id")
    assert (event.facts["was"], event.facts["role"]) == (Role.ANALYST, Role.SUPERVISOR)
    for groups in (["admins"], ["odd"], ["visitors"], [], "leads-of-another"):
        assert refused(issuer, "anna", groups=groups) == "the issuer gives no role that fits"
    assert refused(issuer, SUB) == "the issuer gives no role that fits"


def test_a_role_can_be_given_by_the_subject_itself(
    anna: User, issuer: OidcIssuer, settings: LazySettings
) -> None:
    single_sign_on.bind(anna, "anna", by=None)
    settings.SSO_ROLE_CLAIM, settings.SSO_ROLES = "sub", {"anna": "analyst"}
    returned(issuer, "anna")
    anna.refresh_from_db()
    assert anna.role == Role.ANALYST
    single_sign_on.unbind(anna, by=None)
    anna.refresh_from_db()
    assert anna.role == Role.SUPERVISOR


def test_a_role_waits_for_the_second_factor(anna: User, issuer: OidcIssuer, settings: LazySettings) -> None:
    single_sign_on.bind(anna, "anna", by=None)
    client, _ = returned(issuer, "anna")
    secret, _ = set_up(client)
    settings.SSO_ROLE_CLAIM, settings.SSO_ROLES = "groups", {"readers": "analyst"}
    client, answer = returned(issuer, "anna", groups=["readers"])
    anna.refresh_from_db()
    assert anna.role == Role.SUPERVISOR
    client.post(answer["Location"], {"code": code(secret, 1)})
    anna.refresh_from_db()
    assert anna.role == Role.ANALYST


def test_where_only_the_issuer_counts_a_password_opens_nothing_for_the_bound(
    alice: User, anna: User, issuer: OidcIssuer, settings: LazySettings
) -> None:
    settings.SSO_ONLY = True
    anna.set_password(PASSWORD)
    anna.save()
    for person, opens in ((alice, False), (anna, True)):
        client = Client()
        client.post(LOGIN, {"login": person.email, "password": PASSWORD})
        assert is_in(client) is opens
    assert is_in(returned(issuer)[0])


# --- Afterwards ------------------------------------------------------------------------------------------------


def test_signing_out_ends_it_here_and_shows_the_way_out_at_the_issuer(
    alice: User, issuer: OidcIssuer
) -> None:
    client, _ = returned(issuer)
    answer = client.post("/account/logout/", follow=True)
    assert f"{issuer.url}/end?client_id={CLIENT}" in answer.content.decode()
    assert not is_in(client)
    assert AuditEvent.objects.filter(act=Act.SIGNED_OUT, actor_id=alice.pk).exists()
    issuer.discovery = {"end_session_endpoint": "javascript:alert(1)"}
    assert "javascript" not in client.get(f"{BEGIN}ended/").content.decode()


def test_a_locked_page_opens_only_for_the_same_person_whom_the_issuer_asked_again(
    alice: User, anna: User, issuer: OidcIssuer
) -> None:
    single_sign_on.bind(anna, "anna", by=None)
    client, _ = returned(issuer)
    client.post("/account/lock/")
    assert not is_in(client)
    away = client.get(BEGIN, {"next": "/leads/"})["Location"]
    assert parse_qs(urlsplit(away).query)["prompt"] == ["login"]
    for sub, when in (("anna", time.time()), (SUB, time.time() - 3600), (SUB, None)):
        moment = None if when is None else int(when)
        client.get(issuer.sign_in(client.get(BEGIN)["Location"], sub, auth_time=moment))
        assert not is_in(client)
    answer = client.get(issuer.sign_in(away, SUB, auth_time=int(time.time())))
    assert client.get(answer["Location"])["Location"] == "/leads/"
    assert is_in(client)


def test_signing_in_in_a_second_tab_meanwhile_is_no_mistake(alice: User, issuer: OidcIssuer) -> None:
    client = Client()
    later = issuer.sign_in(client.get(BEGIN, {"next": "/leads/"})["Location"], SUB)
    returned(issuer, client=client)
    assert client.get(later)["Location"] == "/leads/"
    assert not AuditEvent.objects.filter(act=Act.SIGN_IN_FAILED).exists()


def test_nobody_makes_the_server_ask_the_issuer_as_often_as_they_like(
    issuer: OidcIssuer, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_sign_on_views, "RATE", {"single_sign_on": "2/m/ip"})
    answers = [
        Client().get(path).status_code for path in (BEGIN, f"{BEGIN}ended/", BEGIN, f"{BEGIN}callback/")
    ]
    assert answers == [302, 200, 429, 429]


# --- Who binds -------------------------------------------------------------------------------------------------


def test_the_administrator_binds_and_unbinds_a_colleague_on_a_page(
    ada: User, anna: User, issuer: OidcIssuer, as_user: Any
) -> None:
    client, page = as_user(ada), f"/agency/people/{anna.pk}/single-sign-on/"
    assert page in client.get("/agency/people/").content.decode()
    assert client.post(page, {"subject": " "}).status_code == 422
    client.post(page, {"subject": " anna "})
    assert "anna" in client.get(page).content.decode()
    hers, _ = returned(issuer, "anna")
    assert is_in(hers)
    event = AuditEvent.objects.get(act=Act.BOUND)
    assert (event.actor_id, event.object_id, event.facts["subject"]) == (ada.pk, anna.pk, "anna")
    client.post(page, {"unbind": "1"})
    assert not is_in(hers)
    assert refused(issuer, "anna") == "no account is bound to the subject"
    assert AuditEvent.objects.filter(act=Act.UNBOUND, object_id=anna.pk).exists()


def test_nobody_binds_themselves_another_agencys_people_or_a_program(
    alice: User, ada: User, bob: User, bob_api: User, anna: User, as_user: Any, issuer: OidcIssuer
) -> None:
    for user, person, status in ((anna, alice, 404), (ada, bob, 404), (ada, ada, 422), (alice, anna, 404)):
        answer = as_user(user).post(f"/agency/people/{person.pk}/single-sign-on/", {"subject": "x"})
        assert answer.status_code == status
    for by, person in ((ada, bob), (anna, alice), (None, bob_api)):
        with pytest.raises(Refused):
            single_sign_on.bind(person, "x", by=by)
    assert SignInSubject.objects.count() == 1


def test_a_subject_opens_one_account_and_a_refusal_does_not_say_whose(
    alice: User, bob: User, ada: User, as_user: Any
) -> None:
    anna = User.objects.create_user("anna2@npd.example", name="Anna", role=Role.ANALYST, agency=ada.agency)
    answer = as_user(ada).post(f"/agency/people/{anna.pk}/single-sign-on/", {"subject": SUB})
    assert answer.status_code == 422
    assert "cannot be used" in answer.content.decode()
    with pytest.raises(Refused, match="bound already"):
        single_sign_on.bind(alice, "another", by=None)


def test_the_installation_binds_by_command(anna: User, issuer: OidcIssuer) -> None:
    call_command("bind_subject", anna.email, "anna", stdout=StringIO())
    assert is_in(returned(issuer, "anna")[0])
    call_command("bind_subject", anna.email, remove=True, stdout=StringIO())
    assert refused(issuer, "anna")
    for wrong in (["nobody@example.org", "x"], [anna.email]):
        with pytest.raises(CommandError):
            call_command("bind_subject", *wrong)


def test_settings_that_could_not_work_are_found_at_the_start(settings: LazySettings) -> None:
    settings.SSO_ISSUER, settings.SSO_ROLES = "http://issuer.example", {"x": "chief", "y": "service_account"}
    said = " ".join(error.msg for error in single_sign_on.check_settings())
    assert "https" in said
    assert "chief, service_account" in said
