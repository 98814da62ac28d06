"""Many records at once: shown first, then shared or revoked, each by the rules of the one."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies import actions
from agencies.models import Agency, User
from agencies.visibility import Level, grant_of, level_of
from intel import actions as intel_actions
from intel.models import Lead
from tests import factories

URL = reverse("agencies:share-many", args=["intel.lead"])


@pytest.fixture
def leads(alice: User) -> list[Lead]:
    return [factories.lead(alice, f"Lead {number}") for number in range(3)]


def asked(leads: list[Lead], agency: Agency, **fields: Any) -> dict[str, Any]:
    return {
        "pk": [lead.pk for lead in leads], "act": "share", "agency": agency.pk, "level": 2, "reason": "Joint work",
        "step": "do", **fields,
    }  # fmt: skip


def test_what_would_become_of_each_is_shown_and_nothing_done(
    leads: list[Lead], alice: User, bob: User, ada: User, eastport: Agency, as_user: Any
) -> None:
    bound = factories.lead(alice, "Bound", handling=("H3",))
    eva = factories.person("Eva", eastport, "agency_administrator")  # type: ignore[arg-type]
    agreement = actions.propose_agreement(by=ada, partner=eastport, level=Level.VIEW, handling="H1")
    actions.answer_agreement(agreement, accept=True, by=eva)
    page = as_user(alice).post(URL, asked([*leads, bound], eastport, step="preview")).content.decode()
    assert "would get 3 of 4" in page
    assert "It carries H3" in page
    assert page.count("Would be shared") == 3
    assert level_of(bob, leads[0]) is None
    done = as_user(alice).post(URL, asked([*leads, bound], eastport))
    assert done.status_code == 422
    assert "3 of 4 done" in done.content.decode()
    assert [level_of(bob, lead) for lead in (*leads, bound)] == [Level.VIEW] * 3 + [None]


def test_many_are_shared_and_revoked_again(
    leads: list[Lead], alice: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    client = as_user(alice)
    assert "All 3 done" in client.post(URL, asked(leads, eastport, next="/leads/")).content.decode()
    assert [level_of(bob, lead) for lead in leads] == [Level.VIEW] * 3
    assert client.post(URL, asked(leads[:2], eastport, act="revoke")).status_code == 200
    assert [level_of(bob, lead) for lead in leads] == [None, None, Level.VIEW]


def undone(client: Any, page: Any) -> Any:
    """The button “Undo” of a page of results."""
    form = page.content.decode().split('class="form-actions">')[-1]
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form):
        sent.setdefault(name, []).append(value)
    return client.post(URL, sent)


def test_what_was_shared_at_once_is_taken_back_at_once_but_not_what_they_had_before(
    leads: list[Lead], alice: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    client = as_user(alice)
    actions.share(leads[0], agency=eastport, level=Level.SUMMARY, reason="before", by=alice)
    undone(client, client.post(URL, asked(leads, eastport)))
    assert [level_of(bob, lead) for lead in leads] == [Level.VIEW, None, None]


def test_what_was_revoked_at_once_is_given_back_as_it_was(
    leads: list[Lead], alice: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    client, until = as_user(alice), timezone.now().replace(microsecond=0) + timedelta(days=3)
    client.post(URL, asked(leads, eastport, level=1, expires_at=until.strftime("%Y-%m-%d %H:%M:%S")))
    page = client.post(URL, asked(leads, eastport, act="revoke"))
    assert [level_of(bob, lead) for lead in leads] == [None] * 3
    undone(client, page)
    assert {(level_of(bob, lead), grant_of(lead, eastport).expires_at) for lead in leads} == {
        (Level.SUMMARY, until)
    }


def test_nothing_ticked_is_said(alice: User, as_user: Any) -> None:
    client = as_user(alice)
    assert client.post(URL, {"next": "/leads/"})["Location"] == "/leads/"
    assert "Tick the records first" in client.get("/leads/").content.decode()


def test_the_leads_of_a_case_are_shared_from_its_panel_and_only_ones_own_can_be_ticked(
    leads: list[Lead], alice: User, anna: User, bob: User, northland: Agency, as_user: Any
) -> None:
    case, theirs = factories.case(anna), factories.lead(bob, "Theirs")
    actions.share(theirs, agency=northland, level=Level.VIEW, reason="Joint", by=bob)
    for lead in (leads[0], theirs):
        intel_actions.attach_lead(case, lead, by=alice)
    panel = as_user(alice).get(reverse("intel:case-leads", args=[case.pk])).content.decode()
    assert re.findall(r'name="pk" value="([^"]+)" form="share-case-leads"', panel) == [str(leads[0].pk)]


def test_one_foreign_id_refuses_all_like_one_that_never_was(
    leads: list[Lead], alice: User, bob: User, northland: Agency, eastport: Agency, as_user: Any
) -> None:
    theirs = factories.lead(bob)
    foreign = as_user(alice).post(URL, asked([*leads, theirs], eastport))
    ghost = as_user(alice).post(URL, asked([*leads, Lead(pk=uuid.uuid4())], eastport))
    assert (foreign.status_code, foreign.content) == (404, ghost.content)
    assert level_of(bob, leads[0]) is None


def test_a_missing_reason_keeps_what_was_chosen(
    leads: list[Lead], alice: User, eastport: Agency, as_user: Any
) -> None:
    response = as_user(alice).post(URL, asked(leads, eastport, reason=""))
    assert response.status_code == 422
    assert all(str(lead.pk) in response.content.decode() for lead in leads)
