"""What the state of a case allows. The transition table is the rule; buttons and verbs both ask it."""

from __future__ import annotations

import uuid

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.policies import (
    Refused,
    check_contributes,
    check_may,
    check_owns,
    check_partner,
    check_third_agencies,
    check_within,
)
from agencies.visibility import Level, Shareable
from cases.models import Assignment, Case

S = Case.Status

CASE_TRANSITIONS: dict[str, tuple[str, ...]] = {
    S.OPEN: (S.ACTIVE, S.CLOSED),
    S.ACTIVE: (S.SUSPENDED, S.CHARGED, S.CLOSED),
    S.SUSPENDED: (S.ACTIVE, S.CLOSED),
    S.CHARGED: (S.ACTIVE, S.CLOSED),
    S.CLOSED: (S.ACTIVE,),
}


def next_statuses(case: Case) -> list[tuple[str, str]]:
    """The statuses `case` may move to, as (code, label)."""
    return [(code, S(code).label) for code in CASE_TRANSITIONS[case.status]]


def check_can_move(case: Case, status: str, by: User) -> None:
    check_may(by, Permission.ASSIGN_CASES)
    check_owns(case, by)
    if status not in CASE_TRANSITIONS[case.status]:
        allowed = ", ".join(label for _, label in next_statuses(case))
        raise Refused(f"A case that is {case.get_status_display().lower()} can only become: {allowed}.")


def check_can_work(case: Case, by: User) -> None:
    """May `by` write notes and tasks on this case, and attach leads to it?"""
    check_may(by, Permission.WORK_CASES)
    check_contributes(case, by)
    if case.status == S.CLOSED:
        raise Refused("The case is closed. Reopen it first.")


def check_can_assign(case: Case, agency: Agency, by: User) -> None:
    check_may(by, Permission.ASSIGN_CASES)
    check_owns(case, by)
    if case.status == S.CLOSED:
        raise Refused("The case is closed. Reopen it before assigning agencies.")
    if agency.pk != case.agency_id:
        check_partner(agency, by)
        check_within(case, agency, Level.CONTRIBUTE)
        check_third_agencies(case, agency, Level.CONTRIBUTE, by)


def check_keeps_a_lead(case: Case, agency: Agency, part: str) -> None:
    """The leading agency hands the lead on; it cannot lay it down."""
    leads = case.assignments.filter(agency=agency, ended_at=None, part=Assignment.Part.LEAD)
    if part != Assignment.Part.LEAD and leads.exists():
        raise Refused("A case always has a leading agency. Give the lead to another one instead.")


def check_can_withdraw(assignment: Assignment, by: User) -> None:
    """At any time, also when the case is closed or the task force has ended: access must never get stuck."""
    check_may(by, Permission.ASSIGN_CASES)
    check_owns(assignment.case, by)
    if assignment.agency_id == assignment.case.agency_id:
        raise Refused("The owning agency stays on its case. Give another agency the lead instead.")
    if assignment.ended_at is not None:
        raise Refused("That assignment has ended already.")


def check_can_staff(assignment: Assignment, by: User) -> None:
    """Each agency names its own people."""
    check_may(by, Permission.ASSIGN_CASES)
    if assignment.agency_id != by.agency_id or assignment.ended_at is not None:
        raise Refused("Only a supervisor of the assigned agency chooses its people.")


def assigned_agencies(obj: Shareable) -> dict[uuid.UUID, str]:
    """An assigned agency loses the case by withdrawing the assignment, so that record and grant stay one."""
    if not isinstance(obj, Case):
        return {}
    why = "That agency is assigned to the case. Withdraw the assignment instead."
    return dict.fromkeys(obj.assignments.filter(ended_at=None).values_list("agency", flat=True), why)


def people_on_the_case(obj: Shareable) -> list[User]:
    """The people whom partners put on a case are known to its owner."""
    if not isinstance(obj, Case):
        return []
    return list(User.objects.filter(assignments__case=obj, assignments__ended_at=None).distinct())


def check_takes_part(case: Case, agency: Agency | None) -> None:
    """Work can only be given to an agency that is on the case."""
    if agency is not None and not case.assignments.filter(agency=agency, ended_at=None).exists():
        raise Refused(f"{agency} does not work on this case. Assign the agency first.")
