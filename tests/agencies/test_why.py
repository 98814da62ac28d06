"""Why can or can't they see this? The explainer says what the gate does, to the owner alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agencies import actions
from agencies.models import Agency, User
from agencies.presenters_why import explain
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from intel import actions as intel_actions
from intel.models import Lead
from tests import factories


@pytest.fixture
def lead(alice: User) -> Lead:
    return factories.lead(alice, "Mole")


def answers(lead: Lead, agency: Agency, reader: User) -> dict[str, bool]:
    return {rule.asks: rule.holds for rule in explain(lead, agency, reader).rules}


def test_it_says_what_the_gate_does(
    lead: Lead, alice: User, anna: User, bob: User, bea: User, eastport: Agency
) -> None:
    def agrees() -> Level | None:
        level = explain(lead, eastport, alice).level
        assert level == level_of(bob, lead)
        return level

    assert agrees() is None
    actions.share(lead, agency=eastport, level=Level.SUMMARY, reason="joint work", by=anna)
    assert agrees() == Level.SUMMARY
    case = factories.case(anna)
    case_actions.assign_case(case, agency=eastport, part="support", reason="joint", by=anna)
    intel_actions.attach_lead(case, lead, by=anna)
    assert agrees() == Level.CONTRIBUTE
    assert answers(lead, eastport, alice)["Do they see what it is part of?"]
    actions.restrict(lead, named=[anna], walled=[], reason="Mole", by=anna)
    assert agrees() is None
    assert not answers(lead, eastport, alice)["Is it open to their people?"]


def test_the_owner_reads_each_rule_on_the_page_and_what_to_do(
    lead: Lead, alice: User, anna: User, eastport: Agency, as_user: Any
) -> None:
    url = reverse("agencies:why", args=["intel.lead", lead.pk])
    page = as_user(alice).get(url, {"agency": eastport.pk}).content.decode()
    assert "They do not see this lead" in page
    assert "No share of it holds" in page
    assert "Share it with them." in page
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    page = as_user(alice).get(url, {"agency": eastport.pk}).content.decode()
    assert "They see this lead: view" in page
    assert "by Anna" in page


def test_nobody_else_is_told_why(
    lead: Lead, bob: User, charlie: User, anna: User, eastport: Agency, as_user: Any
) -> None:
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    for user in (bob, charlie):
        assert as_user(user).get(reverse("agencies:why", args=["intel.lead", lead.pk])).status_code == 404
