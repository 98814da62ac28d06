"""Handing a record over: Northland offers, Eastport accepts, and what hangs on the owner follows, one thing at a time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from agencies import actions, canaries, handing_over, passing, reviewing, ruling, units
from agencies.audit import AuditEvent
from agencies.changes import Change
from agencies.models import Agency, Handover, PurgeCertificate, UnitWall, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.ruling import Wish
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from cases.models import Assignment, Case
from intel import actions as intel_actions
from intel.matching import engine
from intel.models import Hit, HitNotice, Judgement, Lead, MatchRecord
from intel.reconciling import differences
from tests import factories
from tests.factories import hits

KEEPS = Handover.Keeps


@pytest.fixture
def lead(alice: User) -> Lead:
    subject = factories.subject("Iris Moravec", phone="+1 404 555 0134")
    return factories.lead(alice, "Mole", phone="+1 404 555 0177", subjects=(subject,))


@pytest.fixture
def case(anna: User) -> Case:
    return factories.case(anna, "Harbour")


def offered(record: Any, by: User, to: Agency, keeps: int = KEEPS.NOTHING) -> Handover:
    return handing_over.offer(record, receiver=to, keeps=keeps, reason="It happened in their city.", by=by)


def accepted(record: Any, by: User, then: User, keeps: int = KEEPS.NOTHING) -> Handover:
    """Offered and accepted; `record` is then what the database holds."""
    assert then.agency is not None
    handover = handing_over.accept(offered(record, by, then.agency, keeps), reason="Ours.", by=then)
    record.refresh_from_db()
    assert differences() == []
    return handover


def withdrawn_for(agency: Agency, record: Any) -> bool | None:
    held = Change.objects.filter(agency_id=agency.pk, object_id=record.pk)
    return held.values_list("withdrawn", flat=True).first()


# --- The offer -----------------------------------------------------------------------------------------------------


def test_an_offer_shows_the_summary_and_nothing_more_until_it_is_answered(
    lead: Lead, anna: User, bea: User, cora: User, eastport: Agency
) -> None:
    handover = offered(lead, anna, eastport)
    assert [level_of(user, lead) for user in (anna, bea, cora)] == [Level.OWN, Level.SUMMARY, None]
    assert [level_of(user, handover) for user in (anna, bea, cora)] == [Level.OWN, Level.VIEW, None]
    handing_over.decline(handover, reason="Too far away.", by=bea)
    assert [level_of(user, lead) for user in (anna, bea)] == [Level.OWN, None]
    assert withdrawn_for(eastport, lead) is True


def test_a_share_that_they_had_before_outlives_the_offer(
    lead: Lead, anna: User, bea: User, eastport: Agency
) -> None:
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    handover = offered(lead, anna, eastport)
    assert level_of(bea, lead) == Level.VIEW
    handing_over.withdraw(handover, reason="Changed our mind.", by=anna)
    assert level_of(bea, lead) == Level.VIEW


def test_only_supervisors_offer_and_answer_and_each_only_their_own_side(
    lead: Lead, alice: User, anna: User, bob: User, bea: User, cora: User, eastport: Agency
) -> None:
    with pytest.raises(Refused, match="Your role may not"):
        offered(lead, alice, eastport)
    handover = offered(lead, anna, eastport)
    for verb, person in ((handing_over.accept, bob), (handing_over.accept, anna), (handing_over.accept, cora),
                         (handing_over.decline, anna), (handing_over.withdraw, bea)):  # fmt: skip
        with pytest.raises(Refused):
            verb(handover, reason="why not", by=person)
    handover.refresh_from_db()
    assert handover.state == "offered"


def test_one_open_offer_a_record_and_a_reason_for_each_answer(
    lead: Lead, anna: User, bea: User, eastport: Agency, southshore: Agency
) -> None:
    handover = offered(lead, anna, eastport)
    with pytest.raises(Refused, match="offered to Eastport Prosecution already"):
        offered(lead, anna, southshore)
    for answer in (handing_over.accept, handing_over.decline):
        with pytest.raises(Refused, match="Give a reason"):
            answer(handover, reason=" ", by=bea)
    handing_over.withdraw(handover, reason="Changed our mind.", by=anna)
    for answer in (handing_over.accept, handing_over.decline):
        with pytest.raises(Refused, match=r"while it is shown|over: it was withdrawn"):
            answer(handover, reason="Ours.", by=bea)
    assert offered(lead, anna, southshore).state == "offered"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_does(anna: User, bea: User, lead: Lead, eastport: Agency) -> None:
    handover = offered(lead, anna, eastport)
    bert = factories.person("Bert", eastport, Role.SUPERVISOR)
    said: list[str] = []

    def accept(by: User) -> None:
        try:
            handing_over.accept(handover, reason="Ours.", by=by)
            said.append("done")
        except Refused as refusal:
            said.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=(person,)) for person in (bea, bert)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["This offer is over: it was accepted.", "done"]
    assert AuditEvent.objects.filter(act="taken_over", object_id=lead.pk).count() == 2  # one for each chain


def test_both_audit_records_have_each_step(lead: Lead, anna: User, bea: User, eastport: Agency) -> None:
    accepted(lead, anna, bea, KEEPS.SUMMARY)
    for agency, other, said in (
        (anna.agency, eastport, ["Anna", "Eastport Prosecution"]),
        (eastport, anna.agency, ["Northland Police", "Bea"]),
    ):
        events = AuditEvent.objects.filter(
            object_id=lead.pk, agency_id=agency.pk, act__in=("offered", "taken_over")
        ).order_by("pk")
        assert [event.actor_name for event in events] == said
        assert {event.facts["with_agency"] for event in events} == {str(other.pk)}
        assert {event.facts["keeps"] for event in events} == {"Summary"}


# --- A lead and what hangs on it -----------------------------------------------------------------------------------


def test_a_lead_goes_with_its_subjects_identifiers_and_matching_records(
    lead: Lead, alice: User, anna: User, bob: User, bea: User, eastport: Agency, northland: Agency
) -> None:
    intel_actions.assign_lead(lead, to=alice, by=anna)
    engine.match(lead.pk)
    accepted(lead, anna, bea)
    owners = {
        row.agency for rows in (lead.subjects, lead.identifiers, lead.match_records) for row in rows.all()
    }
    assert owners == {eastport}
    assert [level_of(user, lead) for user in (alice, anna, bob, bea)] == [None, None, Level.OWN, Level.OWN]
    assert (lead.status, lead.assigned_to) == ("new", None)
    assert withdrawn_for(northland, lead) is True
    assert withdrawn_for(northland, lead.subjects.get()) is True
    assert withdrawn_for(eastport, lead) is False


@pytest.mark.parametrize("keeps", [KEEPS.SUMMARY, KEEPS.VIEW])
def test_the_giving_agency_keeps_what_was_agreed_as_a_share_that_can_be_revoked(
    lead: Lead, anna: User, bea: User, northland: Agency, keeps: int
) -> None:
    accepted(lead, anna, bea, keeps)
    assert level_of(anna, lead) == keeps
    assert withdrawn_for(northland, lead) is False
    actions.revoke(lead, agency=northland, reason="done", by=bea)
    assert level_of(anna, lead) is None


def test_shares_stay_as_far_as_the_new_owner_could_have_given_them(
    lead: Lead,
    anna: User,
    bea: User,
    cora: User,
    nora: User,
    eastport: Agency,
    southshore: Agency,
    harbour: Agency,
) -> None:
    eva = factories.person("Eva", eastport, Role.AGENCY_ADMINISTRATOR)
    sol = factories.person("Sol", southshore, Role.AGENCY_ADMINISTRATOR)
    for partner in (southshore, harbour):
        actions.share(lead, agency=partner, level=Level.VIEW, reason="joint work", by=anna)
        actions.share(lead.subjects.get(), agency=partner, level=Level.VIEW, reason="joint work", by=anna)
    hanna = factories.person("Hanna", harbour, Role.INVESTIGATOR)
    deal = actions.propose_agreement(by=eva, partner=southshore, level=Level.SUMMARY, handling="H3")
    actions.answer_agreement(deal, accept=True, by=sol)
    accepted(lead, anna, bea)
    assert [level_of(user, lead) for user in (cora, hanna)] == [None, Level.VIEW]
    assert [level_of(user, lead.subjects.get()) for user in (cora, hanna)] == [None, Level.VIEW]
    assert withdrawn_for(southshore, lead) is True


def test_a_share_ends_with_whom_the_new_owner_does_not_work_with(
    lead: Lead, anna: User, bea: User, northland: Agency
) -> None:
    faraway = factories.agency("Faraway Police", "FAR")
    factories.task_force("Two", [northland, faraway])
    frida = factories.person("Frida", faraway, Role.INVESTIGATOR)
    actions.share(lead, agency=faraway, level=Level.VIEW, reason="joint work", by=anna)
    accepted(lead, anna, bea)
    assert level_of(frida, lead) is None
    told = AuditEvent.objects.filter(act="revoked", object_id=lead.pk, agency_id=bea.agency_id)
    assert "does not work with them" in told.get().facts["reason"]


def test_what_the_new_owner_passed_on_is_its_own_share_now(
    lead: Lead, anna: User, bea: User, cora: User, eastport: Agency, southshore: Agency
) -> None:
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna, onward=True)
    passing.pass_on(lead, agency=southshore, level=Level.VIEW, reason="their desk", by=bea)
    accepted(lead, anna, bea)
    assert level_of(cora, lead) == Level.VIEW
    actions.revoke(lead, agency=southshore, reason="done", by=bea)
    assert level_of(cora, lead) is None


def test_rules_of_the_old_owner_let_go_of_it_and_those_of_the_new_one_act(
    anna: User, bea: User, cora: User, northland: Agency, southshore: Agency
) -> None:
    old, _ = (
        ruling.make_rule(
            Wish("Ports", receiver, Lead, Level.VIEW, "joint work", tag="ports"),
            by=by,
        )
        for receiver, by in ((southshore, anna), (northland, bea))
    )
    lead = factories.lead(anna, "Mole", tags=("ports",))
    accepted(lead, anna, bea)
    assert [level_of(user, lead) for user in (anna, cora)] == [Level.VIEW, Level.VIEW]
    assert ruling.end_rule(old, take_back=True, reason="over", by=anna) == 0
    assert level_of(cora, lead) == Level.VIEW


def test_what_the_old_owner_attached_to_cases_opens_the_lead_to_nobody_any_more(
    lead: Lead, case: Case, anna: User, bea: User, cora: User, southshore: Agency
) -> None:
    case_actions.assign_case(case, agency=southshore, part="support", reason="help", by=anna)
    intel_actions.attach_lead(case, lead, by=anna)
    intel_actions.add_case_subject(case, lead.subjects.get(), role="suspect", by=anna)
    assert level_of(cora, lead) == Level.CONTRIBUTE
    accepted(lead, anna, bea, KEEPS.VIEW)
    assert [level_of(cora, row) for row in (lead, lead.subjects.get())] == [None, None]
    assert withdrawn_for(southshore, lead) is True
    assert [tie.agency_private for tie in (*lead.case_leads.all(), *case.case_subjects.all())] == [True, True]


def test_of_a_match_each_side_learns_who_holds_the_other_now_and_the_old_owner_nothing_more(
    lead: Lead, anna: User, alice: User, bea: User, charlie: User, cora: User, northland: Agency, eastport: Agency,
    southshore: Agency,
) -> None:  # fmt: skip
    theirs = factories.lead(charlie, "Same number", phone="+1 404 555 0177")
    hit = hits.link(lead, theirs)
    own, other = hits.notice_of(northland, hit), hits.notice_of(southshore, hit)
    intel_actions.judge_hit(own, verdict="same", reason="What Southshore told us alone.", by=alice)
    intel_actions.judge_hit(other, verdict="same", reason="Looked.", by=charlie)
    accepted(lead, anna, bea, KEEPS.VIEW)
    other.refresh_from_db()
    assert (other.other_agency, other.state) == (eastport, "same")
    assert not HitNotice.objects.filter(agency=northland).exists()
    assert withdrawn_for(northland, own) is True
    fresh = hits.notice_of(eastport, hit)
    assert (fresh.own_lead, fresh.other_agency, fresh.state) == (lead, southshore, "new")
    assert not Judgement.objects.filter(agency__in=(northland, eastport)).exists()


def test_a_match_of_two_of_ones_own_becomes_a_match_of_two_agencies_and_the_other_way_round(
    lead: Lead, anna: User, alice: User, bob: User, bea: User, northland: Agency, eastport: Agency
) -> None:
    ours = factories.lead(alice, "Again", phone="+1 404 555 0177")
    theirs = factories.lead(bob, "There too", phone="+1 404 555 0177")
    within, between = hits.link(lead, ours), hits.link(lead, theirs)
    accepted(lead, anna, bea)
    assert hits.notice_of(northland, within).own_lead == ours
    assert hits.notice_of(northland, within).other_agency == eastport
    assert hits.notice_of(eastport, within).own_lead == lead
    assert HitNotice.objects.get(hit=between).agency == eastport
    before = set(Hit.objects.filter(withdrawn_at=None))
    engine.match(lead.pk)  # as the job does that was left for it: the same again
    assert {within, between} <= before == set(Hit.objects.filter(withdrawn_at=None))
    assert set(MatchRecord.objects.filter(lead=lead).values_list("agency", flat=True)) == {eastport.pk}


# --- A case and what hangs on it -----------------------------------------------------------------------------------


def test_the_new_owner_leads_the_case_and_the_old_one_stays_on_it_where_it_may_contribute(
    case: Case, anna: User, bea: User, northland: Agency, eastport: Agency
) -> None:
    accepted(case, anna, bea, KEEPS.CONTRIBUTE)
    parts = {each.agency: each.part for each in case.assignments.filter(ended_at=None)}
    assert parts == {eastport: Assignment.Part.LEAD, northland: Assignment.Part.SUPPORT}
    assert [level_of(user, case) for user in (anna, bea)] == [Level.CONTRIBUTE, Level.OWN]
    case_actions.withdraw_assignment(case.assignments.get(agency=northland), reason="done", by=bea)
    assert level_of(anna, case) is None


def test_a_case_of_which_nothing_is_kept_is_gone_with_the_part_in_it(
    case: Case, anna: User, bea: User, eastport: Agency, northland: Agency
) -> None:
    accepted(case, anna, bea)
    assert level_of(anna, case) is None
    assert [each.agency for each in case.assignments.filter(ended_at=None)] == [eastport]
    assert withdrawn_for(northland, case) is True


def test_notes_and_tasks_stay_with_who_wrote_them_and_what_is_private_with_nobody_else(
    case: Case, anna: User, bea: User, northland: Agency
) -> None:
    rows = [
        case_actions.write_note(case, text="All.", by=anna),
        case_actions.write_note(case, text="We alone.", by=anna, agency_private=True),
        case_actions.set_task(case, title="Ours", by=anna, agency_private=True),
    ]
    accepted(case, anna, bea)
    assert [level_of(bea, row) is not None for row in rows] == [True, False, False]
    assert {type(row).objects.get(pk=row.pk).agency for row in rows} == {northland}


@pytest.mark.parametrize("keeps", [KEEPS.NOTHING, KEEPS.VIEW, KEEPS.CONTRIBUTE])
def test_operations_that_others_gave_to_the_old_owner_end_with_its_part_in_the_case(
    keeps: int, case: Case, anna: User, bea: User, cora: User, northland: Agency, southshore: Agency
) -> None:
    case_actions.assign_case(case, agency=southshore, part="support", reason="help", by=anna)
    theirs = factories.operation(cora, case, at="41.0, 10.0")
    case_actions.give_operation(theirs, agency=northland, reason="Second team", by=cora)
    ours = factories.operation(anna, case, at="42.0, 10.0")
    accepted(case, anna, bea, keeps)
    stays = keeps == KEEPS.CONTRIBUTE
    assert [level_of(anna, each) for each in (theirs, ours)] == [
        Level.CONTRIBUTE if stays else None,
        Level.OWN,
    ]
    assert level_of(cora, theirs) == Level.OWN


def test_leads_stay_their_owners_and_feed_the_case_on_for_its_new_owner(
    case: Case, alice: User, anna: User, bea: User, northland: Agency
) -> None:
    openly, kept = factories.lead(alice, "Open"), factories.lead(alice, "Kept")
    intel_actions.attach_lead(case, openly, by=anna)
    intel_actions.attach_lead(case, kept, by=anna, private=True)
    accepted(case, anna, bea)
    assert [level_of(bea, row) for row in (openly, kept)] == [Level.CONTRIBUTE, None]
    assert {row.agency_id for row in Lead.objects.all()} == {northland.pk}
    intel_actions.detach_lead(openly.case_leads.get(), by=anna)
    assert level_of(bea, openly) is None


# --- Walls, holds, reviews, canaries -------------------------------------------------------------------------------


def test_who_is_kept_out_by_name_stays_out_and_a_wall_against_a_unit_needs_nothing_kept(
    lead: Lead, ada: User, alice: User, anna: User, bob: User, bea: User, eastport: Agency
) -> None:
    units.place(person=alice, unit="Harbour", by=ada)
    actions.restrict(lead, named=None, walled=[bob], units=["Harbour"], reason="conflict", by=anna)
    with pytest.raises(Refused, match="A unit of your agency is kept from it"):
        offered(lead, anna, eastport, KEEPS.VIEW)
    accepted(lead, anna, bea)
    assert level_of(bob, lead) is None
    assert not UnitWall.objects.exists()
    actions.share(lead, agency=anna.agency, level=Level.VIEW, reason="asked", by=bea)
    assert [level_of(user, lead) for user in (anna, alice)] == [Level.VIEW, None]


def test_a_hold_goes_with_the_record_and_a_review_comes_no_later_than_the_new_owner_allows(
    lead: Lead, anna: User, bea: User, eastport: Agency
) -> None:
    reviewing.hold(lead, reason="court", by=anna)
    Agency.objects.filter(pk=eastport.pk).update(review_years=1)
    bea.refresh_from_db()
    accepted(lead, anna, bea)
    assert lead.is_held
    assert lead.review_on <= timezone.localdate() + timedelta(days=366)
    with pytest.raises(Refused, match="Only the agency that owns"):
        reviewing.lift_hold(lead, reason="over", by=anna)
    reviewing.lift_hold(lead, reason="over", by=bea)


def test_a_canary_is_lifted_without_a_word_to_whom_it_was_none(
    lead: Lead, anna: User, bea: User, eastport: Agency
) -> None:
    carol = factories.person("Carol", anna.agency, Role.SUPERVISOR)
    canary = canaries.set_canary(lead, reason="bait", by=carol)
    accepted(lead, anna, bea)  # Anna does not know, and nothing stops or tells her
    canary.refresh_from_db()
    assert canary.lifted_at is not None
    assert AuditEvent.objects.filter(object_id=canary.pk, act="revoked").get().agency_id == anna.agency_id
    assert canaries.kept_by(lead, bea) is None


def test_a_purge_takes_the_offers_of_the_record_too(
    lead: Lead, anna: User, bea: User, eastport: Agency
) -> None:
    handover = offered(lead, anna, eastport)
    reviewing.purge(lead, reason="no longer needed", by=anna)
    assert PurgeCertificate.objects.exists()
    assert not Handover.objects.exists()
    with pytest.raises(Refused):
        handing_over.accept(handover, reason="Ours.", by=bea)


def test_what_it_owned_yesterday_an_agency_no_longer_decides_on(
    lead: Lead, anna: User, bea: User, eastport: Agency, southshore: Agency
) -> None:
    stale = Lead.objects.get(pk=lead.pk)
    accepted(lead, anna, bea, KEEPS.VIEW)
    with pytest.raises(Refused):
        actions.share(stale, agency=southshore, level=Level.VIEW, reason="joint work", by=anna)
    with pytest.raises(Refused):
        canaries.set_canary(stale, reason="bait", by=anna)
    with pytest.raises(Refused):
        offered(stale, anna, southshore)
    accepted(lead, bea, anna)
    assert level_of(anna, lead) == Level.OWN
