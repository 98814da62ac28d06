"""What keeps a record from being handed over, and who is told of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from agencies import actions, handing_over, passing
from agencies.models import Agency, ReleaseRequest, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from cases.models import Case
from intel import actions as intel_actions
from intel.models import Lead
from tests import factories
from tests.agencies.test_handovers import accepted, offered
from tests.factories import hits


@pytest.fixture
def lead(alice: User) -> Lead:
    subject = factories.subject("Iris Moravec", phone="+1 404 555 0134")
    return factories.lead(alice, "Mole", phone="+1 404 555 0177", subjects=(subject,))


@pytest.fixture
def case(anna: User) -> Case:
    return factories.case(anna, "Harbour")


def test_what_named_people_alone_see_stays(lead: Lead, anna: User, eastport: Agency) -> None:
    actions.restrict(lead, named=[anna], walled=[], reason="source", by=anna)
    with pytest.raises(Refused, match="open to named people only"):
        offered(lead, anna, eastport)


def test_an_offer_of_what_was_restricted_since_is_nobodys_to_accept(
    lead: Lead, anna: User, bea: User, eastport: Agency
) -> None:
    handover = offered(lead, anna, eastport)
    actions.restrict(lead, named=[anna], walled=[], reason="source", by=anna)
    with pytest.raises(Refused, match="while it is shown the record"):
        handing_over.accept(handover, reason="Ours.", by=bea)
    assert handing_over.lines([handover], bea) == []


def test_what_came_from_another_agency_under_h2_or_is_fed_by_it_stays(
    anna: User,
    alice: User,
    bea: User,
    cora: User,
    charlie: User,
    eastport: Agency,
    southshore: Agency,
    case: Case,
) -> None:
    received = factories.lead(alice, "From abroad", basis="partner", handling=("H2",))
    with pytest.raises(Refused, match="received from another agency under H2"):
        offered(received, anna, eastport)
    theirs = factories.lead(charlie, "Border film", handling=("H2",))
    case_actions.assign_case(case, agency=southshore, part="support", reason="help", by=anna)
    intel_actions.attach_lead(case, theirs, by=cora)
    with pytest.raises(Refused, match="under H2: not to be passed on"):
        offered(case, anna, eastport)
    passing.ask_originators(case, agency=eastport, level=Level.VIEW, reason="they take over", by=anna)
    asked = ReleaseRequest.objects.get()
    passing.answer_release(asked, release=True, answer="", by=cora)
    accepted(case, anna, bea)
    assert case.agency == eastport


def test_an_agreement_that_goes_less_far_holds_it_back(
    lead: Lead, ada: User, anna: User, eastport: Agency
) -> None:
    eva = factories.person("Eva", eastport, Role.AGENCY_ADMINISTRATOR)
    deal = actions.propose_agreement(by=ada, partner=eastport, level=Level.SUMMARY, handling="H3")
    actions.answer_agreement(deal, accept=True, by=eva)
    with pytest.raises(Refused, match="at most: summary"):
        offered(lead, anna, eastport)


def test_what_is_being_purged_stays_unless_a_hold_keeps_it(lead: Lead, anna: User, eastport: Agency) -> None:
    Lead.objects.filter(pk=lead.pk).update(review_on=timezone.localdate() - timedelta(days=1))
    lead.refresh_from_db()
    with pytest.raises(Refused, match="being purged"):
        offered(lead, anna, eastport)


def test_open_questions_of_partners_are_answered_first_and_who_accepts_does_not_learn_of_them(
    lead: Lead,
    alice: User,
    anna: User,
    bea: User,
    charlie: User,
    cora: User,
    eastport: Agency,
    southshore: Agency,
) -> None:
    handover = offered(lead, anna, eastport)
    hit = hits.link(lead, factories.lead(charlie, "Same number", phone="+1 404 555 0177"))
    asked = hits.ask(hits.notice_of(southshore, hit), cora)
    with pytest.raises(Refused) as refusal:
        handing_over.accept(handover, reason="Ours.", by=bea)
    assert str(refusal.value).startswith("Something on the side of Northland Police keeps it")
    [line] = handing_over.lines([handover], anna)
    assert handing_over.hindrance_for(line, anna).startswith("A partner asks you to disclose it.")
    [theirs] = handing_over.lines([handover], bea)
    assert handing_over.hindrance_for(theirs, bea) == ""
    intel_actions.answer_disclosure(asked, state="declined", answer="No.", by=anna)
    handing_over.accept(handover, reason="Ours.", by=bea)
    assert level_of(bea, lead) == Level.OWN


def test_a_partner_who_asks_to_pass_it_on_is_answered_first(
    lead: Lead, anna: User, bea: User, eastport: Agency, southshore: Agency
) -> None:
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    assert passing.pass_on(lead, agency=southshore, level=Level.VIEW, reason="their desk", by=bea)
    with pytest.raises(Refused, match="A partner asks to pass it on"):
        offered(lead, anna, eastport)


def test_a_value_that_its_owner_alone_protects_would_link_elsewhere(
    lead: Lead, anna: User, eastport: Agency
) -> None:
    factories.protect(anna, "+1 404 555 0177")
    with pytest.raises(Refused, match="your agency alone protects from linking"):
        offered(lead, anna, eastport)
