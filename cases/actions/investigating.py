"""Opening, assigning and working a case: the verbs on the case itself, its notes and tasks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone

from agencies import agreements, audit, visibility
from agencies.acting import verb
from agencies.audit import Act
from agencies.changes import announce
from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.policies import Refused, check_agency, check_may, check_owns, check_reason, check_unchanged
from agencies.retention import review_day
from agencies.ruling import keep_to_rules
from agencies.visibility import Level, Shareable, can
from cases import policies
from cases.actions.operating import take_operations_back
from cases.actions.tracking import settle_after_leaving
from cases.models import Assignment, Case, Note, Task


@verb
def open_case(*, title: str, kind: str, by: User, **fields: Any) -> Case:
    """Open a case owned and led by the agency of `by`."""
    check_may(by, Permission.OPEN_CASES)
    agency = check_agency(by.agency)
    review_on = review_day(agency, of_victims=False)
    case = Case.objects.create(
        title=title, kind=kind, agency=agency, opened_by=by, review_on=review_on, **fields
    )
    assignment = Assignment.objects.create(
        case=case, agency=agency, part=Assignment.Part.LEAD, assigned_by=by, reason="opened the case"
    )
    assignment.people.add(by)
    audit.record(Act.OPENED, case, by=by)
    keep_to_rules(case)
    return case


@verb
def edit_case(case: Case, *, by: User, version: str, **fields: Any) -> Case:
    """Change title, kind, summary, priority or jurisdictions. Raises `EditConflict` if somebody was faster."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    policies.check_can_work(case, by)
    check_owns(case, by)
    check_unchanged(case, version)
    for name, value in fields.items():
        setattr(case, name, value)
    case.save()
    audit.record(Act.EDITED, case, by=by, fields=sorted(fields))
    keep_to_rules(case)
    return case


@verb
def move_case(case: Case, *, status: str, reason: str, by: User) -> Case:
    case = Case.objects.select_for_update().get(pk=case.pk)
    policies.check_can_move(case, status, by)
    reason = check_reason(reason)
    was, case.status = case.status, status
    case.save(update_fields=["status", "updated_at"])
    audit.record(Act.MOVED, case, by=by, was=was, now=status, reason=reason)
    return case


@verb
def assign_case(case: Case, *, agency: Agency, part: str, reason: str, by: User) -> Assignment:
    """Give an agency a part in the case: the assignment says why, the grant it brings lets the agency in."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    policies.check_can_assign(case, agency, by)
    policies.check_keeps_a_lead(case, agency, part)
    reason = check_reason(reason)
    if part == Assignment.Part.LEAD:
        case.assignments.filter(ended_at=None, part=Assignment.Part.LEAD).exclude(agency=agency).update(
            part=Assignment.Part.SUPPORT
        )
    assignment, _ = Assignment.objects.update_or_create(
        case=case, agency=agency, ended_at=None, defaults={"part": part, "assigned_by": by, "reason": reason}
    )
    if agency.pk != case.agency_id:
        visibility.share(
            case,
            agency,
            level=Level.CONTRIBUTE,
            by=by,
            expires_at=agreements.capped(case, agency, None),
            reason=f"assigned ({assignment.get_part_display().lower()}): {reason}"[:500],
        )
    audit.record(Act.SHARED, case, by=by, with_agency=str(agency.pk), part=part, reason=reason)
    announce(case, to=agency, with_dependants=True)
    return assignment


@verb
def withdraw_assignment(assignment: Assignment, *, reason: str, by: User) -> None:
    """End an agency's part: its grant goes with it, so the case is gone from its next request on."""
    case = Case.objects.select_for_update().get(pk=assignment.case_id)
    policies.check_can_withdraw(assignment, by)
    reason = check_reason(reason)
    Assignment.objects.filter(pk=assignment.pk, ended_at=None).update(ended_at=timezone.now())
    losing = visibility.revoke(case, assignment.agency)
    if assignment.part == Assignment.Part.LEAD:
        case.assignments.filter(agency=case.agency, ended_at=None).update(part=Assignment.Part.LEAD)
    settle_after_leaving(case, assignment.agency)
    for agency in losing or [assignment.agency]:
        take_operations_back(case, agency)
        audit.record(Act.REVOKED, case, by=by, with_agency=str(agency.pk), reason=reason)
        announce(case, to=agency, with_dependants=True)


def end_with_grant(obj: Shareable, agency: Agency) -> None:
    """An agency whose grant on a case is over, by agreement or by date, has no part in it any more."""
    if isinstance(obj, Case):
        obj.assignments.filter(agency=agency, ended_at=None).update(ended_at=timezone.now())
        if not obj.assignments.filter(ended_at=None, part=Assignment.Part.LEAD).exists():
            obj.assignments.filter(agency=obj.agency_id, ended_at=None).update(part=Assignment.Part.LEAD)
        settle_after_leaving(obj, agency)


@verb
def staff_case(assignment: Assignment, *, people: Iterable[User], by: User) -> None:
    """Name the people of one's own agency who work the case."""
    policies.check_can_staff(assignment, by)
    chosen = list(people)
    if any(person.agency_id != assignment.agency_id for person in chosen):
        raise Refused("Choose people of your own agency.")
    assignment.people.set(chosen)
    audit.record(Act.ASSIGNED, assignment.case, by=by, people=[str(person.pk) for person in chosen])


@verb
def write_note(case: Case, *, text: str, by: User, agency_private: bool = False) -> Note:
    policies.check_can_work(case, by)
    note = Note.objects.create(
        case=case, agency=check_agency(by.agency), author=by, text=text, agency_private=agency_private
    )
    audit.record(Act.NOTED, note, by=by, case=str(case.pk))
    return note


@verb
def set_task(
    case: Case,
    *,
    title: str,
    by: User,
    details: str = "",
    due_on: date | None = None,
    assigned_agency: Agency | None = None,
    assignee: User | None = None,
    agency_private: bool = False,
) -> Task:
    """Put a task on the case, for nobody yet, for an agency that works it, or for a person of such an agency."""
    policies.check_can_work(case, by)
    if assignee is not None:
        assigned_agency = assignee.agency
    policies.check_takes_part(case, assigned_agency)
    if agency_private and assigned_agency is not None and assigned_agency.pk != by.agency_id:
        raise Refused("A task that only your agency sees cannot be given to another agency.")
    task = Task.objects.create(
        case=case, agency=check_agency(by.agency), title=title, details=details, due_on=due_on,
        assigned_agency=assigned_agency, assignee=assignee, created_by=by, agency_private=agency_private,
    )  # fmt: skip
    audit.record(Act.TASKED, task, by=by, case=str(case.pk))
    return task


@verb
def move_task(task: Task, *, status: str, by: User) -> Task:
    """Start, finish, drop or reopen a task."""
    if not can(by, Level.VIEW, task):
        raise Refused("That task is not yours to see.")
    policies.check_can_work(task.case, by)
    task.status = Task.Status(status)
    task.save(update_fields=["status", "updated_at"])
    audit.record(Act.MOVED, task, by=by, now=status, case=str(task.case_id))
    return task
