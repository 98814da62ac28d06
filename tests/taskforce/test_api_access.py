"""Who gets in, how far, how often, and how the API says no."""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from agencies import actions, tasks
from agencies.limits import ClientThrottle, TokenThrottle
from agencies.models import Agency, User
from agencies.visibility import Level
from cases import actions as case_actions
from tests import factories
from tests.api_client import PROBLEM, ROOT, Api, token_of
from tests.factories import hits

KINDS = ["leads", "subjects", "cases", "tasks", "hit-notices", "disclosures"]


def ask_for_token(client_id: str, secret: str, **form: str) -> tuple[int, dict[str, str]]:
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    answer = Client().post(f"{ROOT}/token/", form, headers={"Authorization": f"Basic {basic}"})
    return answer.status_code, answer.json()


def test_a_client_signs_in_with_its_credentials_and_acts_for_its_agency(ada: User, alice: User) -> None:
    client, secret = actions.issue_api_client(name="Case system", by=ada)
    lead = factories.lead(alice)
    status, answer = ask_for_token(client.client_id, secret, grant_type="client_credentials", scope="read")
    assert (status, answer["scope"]) == (200, "read")
    api = Api(None)
    api.headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert [row["id"] for row in api.get("/leads/").data["results"]] == [str(lead.pk)]


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "", "nonsense"])
def test_no_other_way_to_a_token_exists(ada: User, grant: str) -> None:
    client, secret = actions.issue_api_client(name="Case system", by=ada)
    person = {"username": ada.email, "password": factories.PASSWORD, "code": "x", "refresh_token": "x"}
    status, answer = ask_for_token(client.client_id, secret, grant_type=grant, **person)
    assert (status, set(answer) & {"access_token"}) == (400, set())


def test_a_wrong_secret_gets_nothing(ada: User) -> None:
    client, _ = actions.issue_api_client(name="Case system", by=ada)
    status, _ = ask_for_token(client.client_id, "wrong", grant_type="client_credentials")
    assert status == 401


def test_a_withdrawn_client_is_out_at_its_next_request(ada: User) -> None:
    client, _ = actions.issue_api_client(name="Case system", by=ada)
    api = Api(client.user)
    assert api.get("/leads/").status_code == 200
    actions.withdraw_api_client(account=client.user, by=ada)
    assert api.get("/leads/").status_code == 401


def test_a_token_ends_with_its_hour(bob_api: User) -> None:
    api = Api(bob_api)
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert api.get("/leads/").status_code == 401
        tasks.forget_expired_tokens()
        assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "path", [*(f"/{kind}/" for kind in KINDS), "/schema/", f"/leads/{uuid.UUID(int=1)}/", "/x/"]
)
def test_nobody_gets_in_unknown_and_nobody_is_sent_to_a_sign_in_page(db: None, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic abc"}):
        answer = Client().get(ROOT + path, headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_address_is_not_taken(bob_api: User) -> None:
    assert Client().get(f"{ROOT}/leads/", {"access_token": token_of(bob_api)}).status_code == 401


def test_reading_and_writing_are_scopes_of_their_own(bob_api: User) -> None:
    facts = {"title": "A lead", "narrative": "Seen."}
    reader, writer = Api(bob_api, "read"), Api(bob_api, "write")
    assert (reader.get("/leads/").status_code, reader.post("/leads/", facts).status_code) == (200, 403)
    assert (writer.get("/leads/").status_code, writer.post("/leads/", facts).status_code) == (403, 201)


def test_a_role_that_reads_no_leads_is_told_so(ada: User) -> None:
    answer = Api(ada).get("/leads/")
    assert (answer.status_code, answer["Content-Type"]) == (403, PROBLEM)


def test_people_use_it_with_their_session_and_a_csrf_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(f"{ROOT}/leads/").status_code == 200
    facts = {"title": "A lead", "narrative": "Seen."}
    assert client.post(f"{ROOT}/leads/", facts, content_type="application/json").status_code == 403


@pytest.fixture
def hidden(alice: User, anna: User, bea: User, northland: Agency) -> dict[str, uuid.UUID]:
    """One row of each kind that Charlie must not know of."""
    case = factories.case(anna)
    lead = factories.lead(alice, phone="+1 404 555 0134", subjects=(factories.subject("Jan Sample"),))
    notice = hits.notice_of(northland, hits.link(lead, factories.lead(bea, phone="+1 404 555 0134")))
    return {
        "leads": lead.pk,
        "subjects": lead.subjects.get().pk,
        "cases": case.pk,
        "tasks": case_actions.set_task(case, title="Trace", by=anna).pk,
        "hit-notices": notice.pk,
        "disclosures": hits.ask(notice, alice).pk,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_and_unknown_are_the_same_answer(
    kind: str, hidden: dict[str, uuid.UUID], charlie: User
) -> None:
    api = Api(charlie)
    there, ghost = (api.get(f"/{kind}/{pk}/") for pk in (hidden[kind], uuid.uuid4()))
    assert (there.status_code, there["Content-Type"]) == (404, PROBLEM)
    assert (there.content, str(there.headers)) == (ghost.content, str(ghost.headers))
    assert api.get(f"/{kind}/no-id-at-all/").content == ghost.content


def test_too_many_requests_are_told_when_to_come_back(bob_api: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClientThrottle, "rate", "3/min", raising=False)
    api = Api(bob_api)
    paths = ["/leads/", f"/leads/{uuid.uuid4()}/", "/leads/?nonsense=1", "/leads/"]
    answers = [api.get(path) for path in paths]  # what is refused counts as well
    assert [answer.status_code for answer in answers] == [200, 404, 400, 429]
    assert (answers[-1]["Content-Type"], int(answers[-1]["Retry-After"]) <= 60) == (PROBLEM, True)


def test_guessing_secrets_is_slowed_down(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = actions.issue_api_client(name="Case system", by=ada)
    monkeypatch.setattr(TokenThrottle, "rate", "2/min")
    monkeypatch.setattr(TokenThrottle, "cache", LocMemCache("guessing", {}))
    tries = [ask_for_token(client.client_id, guess, grant_type="client_credentials")[0] for guess in "abc"]
    assert tries == [401, 401, 429]


def test_nothing_may_keep_an_answer(bob_api: User) -> None:
    assert Api(bob_api).get("/leads/")["Cache-Control"] == "no-store, private"


def test_an_agency_that_left_is_out(bob_api: User, eastport: Agency, alice: User) -> None:
    lead = factories.lead(alice)
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint", by=alice)
    eastport.left_on = timezone.localdate()
    eastport.save()
    api = Api(bob_api)
    assert {api.get("/leads/").status_code, api.get(f"/leads/{lead.pk}/").status_code} == {403}


def test_options_tells_nothing(bob_api: User) -> None:
    answer = Client().options(f"{ROOT}/leads/", headers=Api(bob_api).headers)
    assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)


def test_the_description_page_asks_people_to_sign_in(alice: User, as_user: object) -> None:
    answer = Client().get(f"{ROOT}/docs/")
    assert answer.status_code == 302
    assert "/login" in answer["Location"]
