"""Many records at once: shown first, then shared or revoked, each by the rules of the one."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.urls import reverse

from agencies import actions
from agencies.models import Agency, User
from agencies.visibility import Level, level_of
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
    assert client.post(URL, asked(leads, eastport, next="/leads/"))["Location"] == "/leads/"
    assert [level_of(bob, lead) for lead in leads] == [Level.VIEW] * 3
    assert client.post(URL, asked(leads[:2], eastport, act="revoke")).status_code == 302
    assert [level_of(bob, lead) for lead in leads] == [None, None, Level.VIEW]


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
