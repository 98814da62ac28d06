"""Agreements: ceilings that a share cannot go beyond, and shares that end with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from agencies import actions
from agencies.changes import Change
from agencies.enforcing import end_shares_beyond
from agencies.models import Agency, Agreement, TaskForce, User
from agencies.permissions import Role
from agencies.policies import Refused, version_of
from agencies.tasks import announce_expired_grants
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from cases.models import Assignment
from intel import actions as intel_actions
from intel.facts import LeadFacts
from tests import factories
from tests.factories.hits import ask, link, notice_of

PHONE = "+1 404 555 0134"


@pytest.fixture
def eva(eastport: Agency) -> User:
    return factories.person("Eva", eastport, Role.AGENCY_ADMINISTRATOR)


def agree(
    ada: User, eva: User, level: Level = Level.CONTRIBUTE, handling: str = "H3", **fields: Any
) -> Agreement:
    proposed = actions.propose_agreement(by=ada, partner=eva.agency, level=level, handling=handling, **fields)
    return actions.answer_agreement(proposed, accept=True, by=eva)


def share(obj: Any, agency: Agency, by: User, level: Level = Level.VIEW) -> None:
    actions.share(obj, agency=agency, level=level, reason="joint work", by=by)


def test_without_an_agreement_the_task_force_is_enough(alice: User, bob: User, eastport: Agency) -> None:
    lead = factories.lead(alice, handling=("H2",))
    share(lead, eastport, alice)
    assert level_of(bob, lead) == Level.VIEW


def test_a_share_beyond_the_ceiling_is_refused_with_the_reason(
    alice: User, ada: User, eva: User, bob: User, eastport: Agency
) -> None:
    agree(ada, eva, Level.SUMMARY, "H1")
    with pytest.raises(Refused, match="at most: summary"):
        share(factories.lead(alice), eastport, alice)
    with pytest.raises(
        Refused, match="carries H2, and your agreement with each other goes no further than H1"
    ):
        share(factories.lead(alice, handling=("H1", "H2")), eastport, alice, Level.SUMMARY)
    within = factories.lead(alice, handling=("H1",))
    share(within, eastport, alice, Level.SUMMARY)
    assert level_of(bob, within) == Level.SUMMARY


def test_it_binds_both_sides_and_no_third(
    alice: User, ada: User, eva: User, bob: User, northland: Agency, southshore: Agency
) -> None:
    agree(ada, eva, Level.SUMMARY)
    with pytest.raises(Refused, match="at most"):
        share(factories.lead(bob), northland, bob)
    share(factories.lead(alice), southshore, alice)


def test_every_other_way_to_give_keeps_to_it(
    alice: User,
    anna: User,
    ada: User,
    eva: User,
    bea: User,
    northland: Agency,
    eastport: Agency,
    southshore: Agency,
) -> None:
    case = factories.case(anna)
    case_actions.assign_case(case, agency=southshore, part="support", reason="joint", by=anna)
    strict = factories.lead(alice, "Strict", phone=PHONE, handling=("H3",), caveat="Ask first")
    intel_actions.attach_lead(case, strict, by=anna)
    agree(ada, eva, Level.CONTRIBUTE, "H1")
    with pytest.raises(Refused, match="A lead that they would read with it is not covered"):
        case_actions.assign_case(case, agency=eastport, part="support", reason="joint", by=anna)
    asked = ask(notice_of(eastport, link(strict, factories.lead(bea, phone=PHONE))), bea)
    with pytest.raises(Refused, match="It carries H3"):
        intel_actions.answer_disclosure(asked, state="full", by=anna)
    other = factories.case(anna)
    case_actions.assign_case(other, agency=eastport, part="support", reason="joint", by=anna)
    with pytest.raises(Refused, match="Eastport Prosecution sees this case"):
        intel_actions.attach_lead(other, strict, by=anna)
    intel_actions.attach_lead(other, strict, by=anna, private=True)
    assert level_of(bea, strict) is None


def test_what_lies_beyond_a_new_agreement_ends_at_once_and_is_told_to_feeds(
    alice: User, anna: User, ada: User, eva: User, bob: User, eastport: Agency
) -> None:
    plain, strict, case = factories.lead(alice), factories.lead(alice, handling=("H2",)), factories.case(anna)
    for lead in (plain, strict):
        share(lead, eastport, alice)
    case_actions.assign_case(case, agency=eastport, part="lead", reason="joint", by=anna)
    agree(ada, eva, Level.VIEW, "H1")
    assert [level_of(bob, row) for row in (plain, strict, case)] == [Level.VIEW, None, None]
    gone = Change.objects.filter(agency_id=eastport.pk, withdrawn=True).values_list("object_id", flat=True)
    assert set(gone) == {strict.pk, case.pk}
    [left] = Assignment.objects.filter(case=case, ended_at=None)
    assert (left.agency, left.part) == (case.agency, "lead")


def test_when_it_ends_so_does_what_it_carried_until_there_is_a_new_one(
    alice: User, ada: User, eva: User, bob: User, eastport: Agency
) -> None:
    lead = factories.lead(alice)
    agreement = agree(ada, eva)
    share(lead, eastport, alice)
    actions.end_agreement(agreement, reason="No more", by=eva)
    assert level_of(bob, lead) is None
    with pytest.raises(Refused, match="has ended, nothing may be shared"):
        share(lead, eastport, alice)
    agree(ada, eva)
    share(lead, eastport, alice)


def test_a_share_ends_with_the_last_day_of_the_agreement_by_itself(
    alice: User, anna: User, ada: User, eva: User, bob: User, eastport: Agency
) -> None:
    lead, case = factories.lead(alice), factories.case(anna)
    share(lead, eastport, alice)
    agree(ada, eva, ends_on=timezone.localdate() + timedelta(days=3))
    case_actions.assign_case(case, agency=eastport, part="support", reason="joint", by=anna)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert (level_of(bob, lead), level_of(bob, case)) == (Level.VIEW, Level.CONTRIBUTE)
    with time_machine.travel(timezone.now() + timedelta(days=5), tick=False):
        assert (level_of(bob, lead), level_of(bob, case)) == (None, None)
        announce_expired_grants()
        assert not Assignment.objects.filter(case=case, agency=eastport, ended_at=None).exists()


def test_a_stricter_code_written_later_ends_the_share(
    alice: User, ada: User, eva: User, bob: User, eastport: Agency
) -> None:
    agree(ada, eva, handling="H0")
    lead = factories.lead(alice, "Tip")
    share(lead, eastport, alice)
    facts = LeadFacts(title="Tip", narrative="Seen.", handling=("H2",))
    intel_actions.edit_lead(lead, facts, version=version_of(lead), by=alice)
    assert level_of(bob, lead) is None


def test_a_stricter_code_ends_each_share_of_it_though_a_case_opens_it_wider(
    alice: User, anna: User, ada: User, eva: User, bob: User, eastport: Agency
) -> None:
    agree(ada, eva, handling="H0")
    lead, case = factories.lead(alice, "Tip"), factories.case(anna)
    share(lead, eastport, alice)
    case_actions.assign_case(case, agency=eastport, part="support", reason="joint", by=anna)
    intel_actions.attach_lead(case, lead, by=anna)
    facts = LeadFacts(title="Tip", narrative="Seen.", handling=("H2",))
    intel_actions.edit_lead(lead, facts, version=version_of(lead), by=alice)
    assert (level_of(bob, case), level_of(bob, lead)) == (None, None)


def test_a_stricter_code_ends_what_is_shared_of_its_subjects(
    alice: User, anna: User, ada: User, eva: User, bob: User, eastport: Agency
) -> None:
    agree(ada, eva, handling="H0")
    shared, cast = factories.subject("Mole"), factories.subject("Ratty")
    lead, case = factories.lead(alice, subjects=(shared, cast)), factories.case(anna)
    mole, ratty = lead.subjects.all()
    share(mole, eastport, alice)
    case_actions.assign_case(case, agency=eastport, part="support", reason="joint", by=anna)
    intel_actions.add_case_subject(case, ratty, role="suspect", by=anna)
    assert (level_of(bob, mole), level_of(bob, ratty)) == (Level.VIEW, Level.CONTRIBUTE)
    lead.handling = ["H2"]
    lead.save()
    end_shares_beyond(lead)
    assert (level_of(bob, mole), level_of(bob, ratty), level_of(bob, case)) == (None, None, None)


@pytest.fixture
def sam(southshore: Agency) -> User:
    return factories.person("Sam", southshore, Role.AGENCY_ADMINISTRATOR)


@pytest.fixture
def feeding(anna: User, bob: User, bea: User, eastport: Agency, southshore: Agency) -> tuple[Any, Any]:
    """Eastport's lead feeds Northland's case, which Southshore reads."""
    case, lead = factories.case(anna), factories.lead(bob, "Theirs")
    case_actions.assign_case(case, agency=eastport, part="support", reason="joint", by=anna)
    share(case, southshore, anna)
    return case, lead


def test_what_feeds_another_agencys_case_is_closed_when_the_agreement_with_a_reader_ends(
    feeding: tuple[Any, Any], anna: User, ada: User, eva: User, sam: User, bea: User, charlie: User
) -> None:
    case, lead = feeding
    with_reader, with_owner = agree(eva, sam), agree(eva, ada)
    intel_actions.attach_lead(case, lead, by=bea)
    assert (level_of(charlie, lead), level_of(anna, lead)) == (Level.VIEW, Level.CONTRIBUTE)
    actions.end_agreement(with_reader, reason="No more", by=sam)
    assert level_of(charlie, lead) is None
    assert level_of(charlie, case) == Level.VIEW  # that is Northland's to end
    gone = Change.objects.filter(agency_id=sam.agency_id, object_id=lead.pk, withdrawn=True)
    assert gone.exists()
    agree(eva, sam)
    intel_actions.attach_lead(case, lead, by=bea)
    actions.end_agreement(with_owner, reason="No more", by=eva)
    assert level_of(anna, lead) is None


def test_who_else_reads_a_case_and_what_others_agreed_is_not_told_by_a_refusal(
    feeding: tuple[Any, Any], anna: User, eva: User, sam: User, bea: User, southshore: Agency
) -> None:
    case, lead = feeding
    agree(eva, sam, handling="H0")
    lead.handling = ["H1"]
    lead.save()
    with pytest.raises(Refused) as to_feeder:  # Eastport is not told that Southshore reads Northland's case
        intel_actions.attach_lead(case, lead, by=bea)
    assert str(southshore) not in str(to_feeder.value)
    assert str(to_feeder.value).startswith("By what you agreed not all who see this case may read it.")
    actions.revoke(case, agency=southshore, reason="for now", by=anna)
    intel_actions.attach_lead(case, lead, by=bea)
    with pytest.raises(Refused) as to_owner:  # Northland is not told what Eastport agreed with Southshore
        share(case, southshore, anna)
    assert "agreement" not in str(to_owner.value)
    assert "H0" not in str(to_owner.value)


def test_and_when_that_agreement_runs_out_or_the_code_becomes_stricter(
    feeding: tuple[Any, Any], eva: User, sam: User, bea: User, charlie: User
) -> None:
    case, lead = feeding
    agree(eva, sam, handling="H1", ends_on=timezone.localdate() + timedelta(days=1))
    intel_actions.attach_lead(case, lead, by=bea)
    lead.handling = ["H2"]
    lead.save()
    end_shares_beyond(lead)
    assert (level_of(charlie, lead), level_of(charlie, case)) == (None, Level.VIEW)
    lead.handling = []
    lead.save()
    intel_actions.attach_lead(case, lead, by=bea)
    assert level_of(charlie, lead) == Level.VIEW
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        announce_expired_grants()
        assert level_of(charlie, lead) is None


def test_an_agreement_that_begins_later_ends_what_lies_beyond_it_on_that_day(
    alice: User, ada: User, eva: User, bob: User, eastport: Agency
) -> None:
    lead = factories.lead(alice)
    share(lead, eastport, alice)
    agree(ada, eva, Level.SUMMARY, starts_on=timezone.localdate() + timedelta(days=2))
    announce_expired_grants()
    assert level_of(bob, lead) == Level.VIEW
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        announce_expired_grants()
        assert level_of(bob, lead) is None
        assert not Agreement.objects.due().exists()


def test_an_agencys_own_terms_cap_what_it_shares_in_the_task_force(
    alice: User, ada: User, bob: User, crossroads: TaskForce, eastport: Agency, southshore: Agency
) -> None:
    lead = factories.lead(alice, handling=("H2",))
    share(lead, eastport, alice)
    actions.propose_agreement(by=ada, task_force=crossroads, level=Level.VIEW, handling="H1")
    assert level_of(bob, lead) is None
    with pytest.raises(Refused, match="the terms of Northland Police in Crossroads go no further than H1"):
        share(lead, southshore, alice)


def test_only_administrators_of_the_parties_decide(
    ada: User, eva: User, alice: User, bea: User, cora: User, southshore: Agency
) -> None:
    proposed = actions.propose_agreement(by=ada, partner=eva.agency, level=Level.VIEW, handling="H1")
    third = factories.person("Theo", southshore, Role.AGENCY_ADMINISTRATOR)
    for by in (ada, alice, bea, third):
        with pytest.raises(Refused):
            actions.answer_agreement(proposed, accept=True, by=by)
    with pytest.raises(Refused):
        actions.end_agreement(proposed, reason="x", by=third)
    with pytest.raises(Refused, match="A proposal between the two of you is open"):
        actions.propose_agreement(by=eva, partner=ada.agency, level=Level.VIEW, handling="H1")


def test_it_is_proposed_accepted_and_ended_on_the_page_and_no_third_agency_learns_of_it(
    ada: User, eva: User, alice: User, eastport: Agency, southshore: Agency, as_user: Any
) -> None:
    third = factories.person("Theo", southshore, Role.AGENCY_ADMINISTRATOR)
    before = as_user(third).get("/agency/agreements/").content
    data = {"party": f"agency:{eastport.pk}", "level": 2, "handling": "H1", "purposes": ["protection"]}
    assert as_user(alice).post("/agency/agreements/", data).status_code == 404
    assert as_user(ada).post("/agency/agreements/", {**data, "ends_on": "2001-01-01"}).status_code == 422
    assert as_user(ada).post("/agency/agreements/", data).status_code == 302
    agreement = Agreement.objects.get()
    assert "Accept" not in as_user(ada).get("/agency/agreements/").content.decode()
    page = as_user(eva).get("/agency/agreements/").content.decode()
    assert "Northland Police" in page
    assert "Protection of victims" in page
    assert (
        as_user(third).post(f"/agency/agreements/{agreement.pk}/answer/", {"act": "accept"}).status_code
        == 404
    )
    as_user(eva).post(f"/agency/agreements/{agreement.pk}/answer/", {"act": "accept"})
    assert "In force" in as_user(alice).get("/agency/agreements/").content.decode()
    assert as_user(third).get(f"/agency/agreements/{agreement.pk}/end/").status_code == 404
    assert as_user(ada).post(f"/agency/agreements/{agreement.pk}/end/", {"reason": " "}).status_code == 422
    as_user(ada).post(f"/agency/agreements/{agreement.pk}/end/", {"reason": "Over"})
    assert not Agreement.objects.get().runs
    after = as_user(third).get("/agency/agreements/").content
    audit = as_user(ada).get("/agency/audit/").content.decode()
    assert "proposed an agreement" in audit
    assert "ended an agreement" in audit
    strip = lambda html: b"".join(line for line in html.splitlines() if b"csrf" not in line)  # noqa: E731
    assert strip(after) == strip(before)


def test_a_proposal_waits_on_the_desk_of_the_partners_administrator(
    ada: User, eva: User, alice: User, eastport: Agency, as_user: Any
) -> None:
    proposed = actions.propose_agreement(by=ada, partner=eastport, level=Level.VIEW, handling="H1")
    panel = reverse("agencies:desk-agreements")
    assert f'hx-get="{panel}"' in as_user(eva).get("/").content.decode()
    assert "proposes an agreement" in as_user(eva).get(panel).content.decode()
    assert "No partner proposes" in as_user(ada).get(panel).content.decode()
    assert as_user(alice).get(panel).status_code == 404
    actions.answer_agreement(proposed, accept=True, by=eva)
    assert "No partner proposes" in as_user(eva).get(panel).content.decode()


def test_what_a_partner_would_see_is_never_promised_beyond_the_ceiling(
    alice: User, ada: User, eva: User, eastport: Agency, as_user: Any
) -> None:
    agree(ada, eva, Level.SUMMARY)
    form = reverse("agencies:share", args=["intel.lead", factories.lead(alice).pk])
    chosen = {"agency": str(eastport.pk), "level": str(Level.VIEW.value)}
    before = as_user(alice).get(form, chosen, headers={"HX-Request": "true"}).content.decode()
    refused = as_user(alice).post(form, {**chosen, "reason": "joint work"}).content.decode()
    for page in (before, refused):
        assert page.count("at most: summary") == 1
        assert "will see, from now" not in page
