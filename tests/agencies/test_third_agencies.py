"""A case inherits the codes of what feeds it: Northland's own case goes no further than Eastport, who fed it, allows."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agencies import actions, passing
from agencies.models import Agency, ReleaseRequest, User
from agencies.policies import Refused
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from cases.models import Case
from intel import actions as intel_actions
from intel.models import Lead
from tests import factories


@pytest.fixture
def case(anna: User, eastport: Agency) -> Case:
    """Northland's case, which Eastport works on."""
    case = factories.case(anna, "Ring")
    case_actions.assign_case(case, agency=eastport, part="support", reason="Together", by=anna)
    return case


@pytest.fixture
def theirs(bea: User) -> Lead:
    return factories.lead(bea, "Mole", handling=("H2",))


def share(case: Case, to: Agency, by: User, level: Level = Level.VIEW) -> None:
    actions.share(case, agency=to, level=level, reason="Their port", by=by)


@pytest.fixture(params=["openly, by its owner", "for itself, by the owner of the case"])
def fed(
    request: pytest.FixtureRequest, case: Case, theirs: Lead, bea: User, anna: User, northland: Agency
) -> Case:
    """The case, fed by a lead that Eastport gave under H2."""
    if request.param == "openly, by its owner":
        intel_actions.attach_lead(case, theirs, by=bea)
    else:
        actions.share(theirs, agency=northland, level=Level.VIEW, reason="Joint work", by=bea)
        intel_actions.attach_lead(case, theirs, by=anna)
    return case


def test_the_condition_of_an_h3_is_its_originators_to_judge_each_time_a_case_is_handed_on(
    case: Case, anna: User, bea: User, charlie: User, southshore: Agency, northland: Agency
) -> None:
    theirs = factories.lead(bea, "Mole", handling=("H3",), caveat="Not before the arrest")
    actions.share(theirs, agency=northland, level=Level.VIEW, reason="Joint work", by=bea)
    intel_actions.attach_lead(case, theirs, by=anna)
    with pytest.raises(Refused, match="Eastport Prosecution gave under H3"):
        share(case, southshore, anna)
    with pytest.raises(Refused, match="gave under H3"):
        case_actions.assign_case(case, agency=southshore, part="support", reason="Port", by=anna)
    [asked] = passing.ask_originators(case, agency=southshore, level=Level.VIEW, reason="Port", by=anna)
    passing.answer_release(asked, release=True, answer="The arrest is made", by=bea)
    share(case, southshore, anna)
    assert level_of(charlie, case) == Level.VIEW


def test_the_owner_cannot_hand_on_a_case_that_is_fed_under_h2(
    fed: Case, anna: User, charlie: User, southshore: Agency
) -> None:
    with pytest.raises(Refused, match="Eastport Prosecution gave under H2"):
        share(fed, southshore, anna)
    with pytest.raises(Refused, match="gave under H2"):
        case_actions.assign_case(fed, agency=southshore, part="support", reason="Port", by=anna)
    assert level_of(charlie, fed) is None
    share(fed, southshore, anna, Level.SUMMARY)
    assert level_of(charlie, fed) == Level.SUMMARY


def test_the_originator_is_asked_and_after_its_yes_the_case_can_be_shared(
    fed: Case, theirs: Lead, anna: User, bea: User, charlie: User, southshore: Agency
) -> None:
    [asked] = passing.ask_originators(fed, agency=southshore, level=Level.VIEW, reason="Their port", by=anna)
    assert (asked.originator, asked.receiver) == (bea.agency, southshore)
    with pytest.raises(Refused, match="still open"):
        passing.ask_originators(fed, agency=southshore, level=Level.VIEW, reason="Again", by=anna)
    passing.answer_release(asked, release=True, answer="", by=bea)
    assert level_of(charlie, theirs) == Level.VIEW
    share(fed, southshore, anna)
    assert level_of(charlie, fed) == Level.VIEW


def test_a_refusal_does_not_tell_whether_the_third_agency_has_it_already(
    fed: Case, theirs: Lead, anna: User, bea: User, southshore: Agency
) -> None:
    actions.share(theirs, agency=southshore, level=Level.VIEW, reason="Between us", by=bea)
    with pytest.raises(Refused, match="gave under H2"):
        share(fed, southshore, anna)


def test_a_release_that_was_taken_back_lets_nothing_further_out(
    fed: Case, theirs: Lead, anna: User, bea: User, southshore: Agency
) -> None:
    [asked] = passing.ask_originators(fed, agency=southshore, level=Level.VIEW, reason="Their port", by=anna)
    passing.answer_release(asked, release=True, answer="", by=bea)
    actions.revoke(theirs, agency=southshore, reason="Too early", by=bea)
    with pytest.raises(Refused, match="gave under H2"):
        share(fed, southshore, anna)


def test_after_its_no_nothing_changes(
    fed: Case, theirs: Lead, anna: User, bea: User, southshore: Agency
) -> None:
    [asked] = passing.ask_originators(fed, agency=southshore, level=Level.VIEW, reason="Their port", by=anna)
    passing.answer_release(asked, release=False, answer="An informant", by=bea)
    with pytest.raises(Refused, match="gave under H2"):
        share(fed, southshore, anna)


def test_whoever_was_given_the_case_does_not_get_around_it_either(
    fed: Case, anna: User, bob: User, southshore: Agency, charlie: User
) -> None:
    asked = passing.pass_on(fed, agency=southshore, level=Level.VIEW, reason="Their port", by=bob)
    assert asked is not None
    with pytest.raises(Refused, match="gave under H2"):
        passing.answer_release(asked, release=True, answer="", by=anna)
    assert level_of(charlie, fed) is None


def test_the_originator_itself_may_always_have_the_case(
    fed: Case, anna: User, eastport: Agency, northland: Agency
) -> None:
    passing_back = fed.assignments.get(agency=eastport)
    case_actions.withdraw_assignment(passing_back, reason="Anew", by=anna)
    case_actions.assign_case(fed, agency=eastport, part="support", reason="Anew", by=anna)


def test_what_carries_no_h2_or_is_ones_own_is_no_hindrance(
    case: Case, anna: User, bea: User, charlie: User, southshore: Agency
) -> None:
    intel_actions.attach_lead(case, factories.lead(bea, handling=("H1",)), by=bea)
    intel_actions.attach_lead(case, factories.lead(anna, handling=("H2",)), by=anna)
    share(case, southshore, anna)
    assert level_of(charlie, case) == Level.VIEW


def test_the_page_offers_to_ask_and_keeps_what_was_typed(
    as_user: Any, fed: Case, anna: User, southshore: Agency
) -> None:
    path = reverse("agencies:share", args=["cases.case", fed.pk])
    typed = {"agency": southshore.pk, "level": Level.VIEW.value, "reason": "Their port"}
    refused = as_user(anna).post(path, typed)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "Ask them to release it" in text
    assert "Their port" in text
    as_user(anna).post(path, {**typed, "act": "ask"})
    assert ReleaseRequest.objects.get().purpose == "Their port"


def test_of_a_lead_of_named_people_nobody_else_learns_whose_it_is(
    case: Case, theirs: Lead, anna: User, bea: User, southshore: Agency
) -> None:
    intel_actions.attach_lead(case, theirs, by=bea)
    actions.restrict(theirs, named=[bea], walled=[], reason="Informant", by=bea)
    with pytest.raises(Refused, match="a partner gave under H2"):
        share(case, southshore, anna)
    with pytest.raises(Refused, match="do not see all"):
        passing.ask_originators(case, agency=southshore, level=Level.VIEW, reason="Port", by=anna)
