from __future__ import annotations

from django.db import transaction

from agencies import audit
from agencies.audit import Act
from agencies.changes import announce
from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import Refused, check_agency, check_may
from agencies.visibility import Level, can
from cases import actions as case_actions
from cases.models import Case
from cases.policies import check_can_work
from intel.models import CaseLead, CaseSubject, Lead, Subject


@transaction.atomic
def attach_lead(case: Case, lead: Lead, *, by: User, private: bool = False) -> CaseLead:
    """Let a lead feed a case. Attached by its owner and not private, the case's agencies may read the lead."""
    check_can_work(case, by)
    _check_sees(lead, by)
    private = (
        private or lead.agency_id != by.agency_id
    )  # another agency's lead is never handed on by attaching it
    if not private:
        check_may(by, Permission.SHARE)
    case_lead, _ = CaseLead.objects.update_or_create(
        case=case,
        lead=lead,
        agency=check_agency(by.agency),
        defaults={"agency_private": private, "attached_by": by},
    )
    audit.record(Act.ATTACHED, case, by=by, lead=str(lead.pk), private=private)
    announce(lead, with_dependants=True)
    return case_lead


@transaction.atomic
def detach_lead(case_lead: CaseLead, *, by: User) -> None:
    """Take a lead out of a case again; agencies that read it only through the case no longer do."""
    if case_lead.agency_id != by.agency_id:
        raise Refused("Only the agency that attached the lead can detach it.")
    check_can_work(case_lead.case, by)
    case, lead = case_lead.case, case_lead.lead
    case_lead.delete()
    audit.record(Act.DETACHED, case, by=by, lead=str(lead.pk))
    announce(lead, with_dependants=True)


@transaction.atomic
def open_case_from_lead(lead: Lead, *, title: str, kind: str, by: User, summary: str = "") -> Case:
    """Open a case and attach the lead that started it."""
    case = case_actions.open_case(title=title, kind=kind, summary=summary, by=by)
    attach_lead(case, lead, by=by)
    return case


@transaction.atomic
def add_case_subject(
    case: Case, subject: Subject, *, role: str, by: User, private: bool = False
) -> CaseSubject:
    """Give a subject a role in a case. Of another agency's subject only one's own agency sees the role."""
    check_can_work(case, by)
    if not can(by, Level.VIEW, subject):
        raise Refused("That subject is not yours to see.")
    private = private or subject.agency_id != by.agency_id
    case_subject, _ = CaseSubject.objects.update_or_create(
        case=case, subject=subject, agency=check_agency(by.agency),
        defaults={"role": role, "agency_private": private, "added_by": by},
    )  # fmt: skip
    audit.record(Act.CAST, case, by=by, subject=str(subject.pk), role=role)
    announce(subject, with_dependants=True)
    return case_subject


@transaction.atomic
def drop_case_subject(case_subject: CaseSubject, *, by: User) -> None:
    if case_subject.agency_id != by.agency_id:
        raise Refused("Only the agency that added the subject can take it out.")
    check_can_work(case_subject.case, by)
    case, subject = case_subject.case, case_subject.subject
    case_subject.delete()
    audit.record(Act.CAST, case, by=by, subject=str(subject.pk), role="")
    announce(subject, with_dependants=True)


def _check_sees(lead: Lead, by: User) -> None:
    if not can(by, Level.VIEW, lead):
        raise Refused("That lead is not yours to see.")
