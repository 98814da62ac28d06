from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from agencies import audit
from agencies.acting import verb
from agencies.agreements import ByAgreement
from agencies.audit import Act
from agencies.changes import announce
from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.policies import Refused, check_agency, check_may
from agencies.visibility import Level, Shareable, can, viewers_of
from cases import actions as case_actions
from cases.models import Case
from cases.policies import check_can_work
from intel import policies
from intel.models import CaseLead, CaseSubject, Lead, Subject

CLOSED = "Kept to our own agency: somebody who sees the case is beyond what was agreed."


@verb
def attach_lead(case: Case, lead: Lead, *, by: User, private: bool = False) -> CaseLead:
    """Let a lead feed a case. Attached by its owner and not private, the case's agencies may read the lead."""
    check_can_work(case, by)
    _check_sees(lead, by)
    private = (
        private or lead.agency_id != by.agency_id
    )  # another agency's lead is never handed on by attaching it
    if not private:
        check_may(by, Permission.SHARE)
        policies.check_can_feed(lead, case, by)
    was_private = not _ties(CaseLead, case, by).filter(lead=lead, agency_private=False).exists()
    case_lead, _ = CaseLead.objects.update_or_create(
        case=case,
        lead=lead,
        agency=check_agency(by.agency),
        defaults={"agency_private": private, "attached_by": by},
    )
    audit.record(Act.ATTACHED, case, by=by, lead=str(lead.pk), private=private)
    if private != was_private:
        announce_on(case, lead)
    return case_lead


@verb
def detach_lead(case_lead: CaseLead, *, by: User) -> None:
    """Take a lead out of a case again; agencies that read it only through the case no longer do.

    At any time, also when the case is closed or was taken from one's agency: what was given must never get stuck.
    """
    check_may(by, Permission.WORK_CASES)
    if case_lead.agency_id != by.agency_id:
        raise Refused("Only the agency that attached the lead can detach it.")
    case, lead, was_private = case_lead.case, case_lead.lead, case_lead.agency_private
    case_lead.delete()
    audit.record(Act.DETACHED, case, by=by, lead=str(lead.pk))
    if not was_private:
        announce_on(case, lead)


@verb
def open_case_from_lead(lead: Lead, *, title: str, kind: str, by: User, summary: str = "") -> Case:
    """Open a case and attach the lead that started it."""
    case = case_actions.open_case(title=title, kind=kind, summary=summary, by=by)
    attach_lead(case, lead, by=by)
    return case


@verb
def add_case_subject(
    case: Case, subject: Subject, *, role: str, by: User, private: bool = False
) -> CaseSubject:
    """Give a subject a role in a case. Of another agency's subject only one's own agency sees the role."""
    check_can_work(case, by)
    if not can(by, Level.VIEW, subject):
        raise Refused("That subject is not yours to see.")
    private = private or subject.agency_id != by.agency_id
    if not private:
        check_may(by, Permission.SHARE)
        policies.check_can_feed(subject, case, by)
    was_private = not _ties(CaseSubject, case, by).filter(subject=subject, agency_private=False).exists()
    case_subject, _ = CaseSubject.objects.update_or_create(
        case=case, subject=subject, agency=check_agency(by.agency),
        defaults={"role": role, "agency_private": private, "added_by": by},
    )  # fmt: skip
    audit.record(Act.CAST, case, by=by, subject=str(subject.pk), role=role)
    if private != was_private:
        announce_on(case, subject)
    return case_subject


@verb
def drop_case_subject(case_subject: CaseSubject, *, by: User) -> None:
    """Take a subject out of a case again, at any time, as a lead can be."""
    check_may(by, Permission.WORK_CASES)
    if case_subject.agency_id != by.agency_id:
        raise Refused("Only the agency that added the subject can take it out.")
    case, subject, was_private = case_subject.case, case_subject.subject, case_subject.agency_private
    case_subject.delete()
    audit.record(Act.CAST, case, by=by, subject=str(subject.pk), role="")
    if not was_private:
        announce_on(case, subject)


def close_beyond(owner: Agency, record: Shareable | None) -> None:
    """Keep to one's own agency what it attached openly to others' cases, where a reader is beyond what was agreed.

    Their shares of their case are not ours to end. `record`: only where that lead, or a subject of it, is attached.
    """
    leads = CaseLead.objects.filter(lead__agency=owner).select_related("case", "lead")
    subjects = CaseSubject.objects.filter(subject__agency=owner).select_related("case", "subject__lead")
    if record is not None:
        leads, subjects = leads.filter(lead=record.pk), subjects.filter(subject__lead=record.pk)
    for ties, what in ((leads, "lead"), (subjects, "subject")):
        for tie in ties.filter(agency=owner, agency_private=False).exclude(case__agency=owner):
            if policies.beyond_in(tie.case, getattr(tie, what)):
                _close(tie, tie.case, getattr(tie, what), what)


def _close(tie: CaseLead | CaseSubject, case: Case, thing: Shareable, what: str) -> None:
    tie.agency_private = True
    tie.save()
    actor = ByAgreement(thing.agency_id)
    audit.record(Act.ATTACHED, case, by=actor, private=True, reason=CLOSED, **{what: str(thing.pk)})
    announce_on(case, thing)


def _ties(model: type[CaseLead] | type[CaseSubject], case: Case, by: User) -> QuerySet[Any]:
    """What the agency of `by` has tied to the case."""
    ties: QuerySet[Any] = model.objects.filter(case=case, agency=by.agency_id)
    return ties


def announce_on(case: Case, thing: Shareable) -> None:
    """Tell the feeds of those who see the case. Nobody else's access has changed, so nobody else may notice."""
    for viewer in viewers_of(case):
        if viewer.level >= Level.VIEW:
            announce(thing, to=viewer.agency, with_dependants=True)


def _check_sees(lead: Lead, by: User) -> None:
    if not can(by, Level.VIEW, lead):
        raise Refused("That lead is not yours to see.")
