"""What the state of an operation allows. The transition table is the rule; buttons and verbs both ask it."""

from __future__ import annotations

from datetime import datetime

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.policies import (
    NotPermitted,
    Refused,
    check_contributes,
    check_may,
    check_owns,
    check_partner,
    check_third_agencies,
    check_within,
)
from agencies.visibility import Level
from cases.models import BLOCKING, Case, ConflictNotice, Operation, SensitiveSite
from cases.policies import check_can_work, check_takes_part

S = Operation.Status

# "Checked" is said by the comparison alone, and planned anew is what a changed place or time makes of it.
OPERATION_TRANSITIONS: dict[str, tuple[str, ...]] = {
    S.PLANNED: (S.CHECKED, S.CALLED_OFF),
    S.CHECKED: (S.GO, S.PLANNED, S.CALLED_OFF),
    S.GO: (S.UNDER_WAY, S.CHECKED, S.PLANNED, S.CALLED_OFF),
    S.UNDER_WAY: (S.DONE, S.CALLED_OFF),
    S.DONE: (),
    S.CALLED_OFF: (),
}
BY_PEOPLE: dict[str, tuple[str, ...]] = {
    S.CHECKED: (S.GO, S.CALLED_OFF),
    S.PLANNED: (S.CALLED_OFF,),
    S.GO: (S.UNDER_WAY, S.CHECKED, S.CALLED_OFF),
    S.UNDER_WAY: (S.DONE, S.CALLED_OFF),
    S.DONE: (),
    S.CALLED_OFF: (),
}


def check_can_plan(case: Case, by: User) -> None:
    check_can_work(case, by)


def check_window(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Refused("It must end after it starts.")
    if (ends_at - starts_at).days >= 31:
        raise Refused("A window is at most a month long. Plan a longer surveillance in parts.")


def check_can_change(operation: Operation, by: User) -> None:
    check_may(by, Permission.WORK_CASES)
    check_owns(operation, by)
    case = Case.objects.visible_to(by).filter(pk=operation.case_id).first()
    if case is None:
        raise NotPermitted("Your agency is not on the case any more. You can still call the operation off.")
    check_can_work(case, by)
    if operation.status not in (S.PLANNED, S.CHECKED, S.GO):
        raise Refused(f"It is {operation.get_status_display().lower()}; its plan is not changed any more.")


def check_can_run(operation: Operation, by: User) -> None:
    """May `by` decide on its status? Also when the case is closed: what goes on outside must never get stuck here."""
    check_may(by, Permission.WORK_CASES)
    check_owns(operation, by)


def check_can_move_operation(operation: Operation, status: str, by: User) -> None:
    check_can_run(operation, by)
    if status not in BY_PEOPLE[operation.status]:
        allowed = ", ".join(str(S(code).label).lower() for code in BY_PEOPLE[operation.status])
        raise Refused(
            f"An operation that is {operation.get_status_display().lower()} can only become: {allowed}."
            if allowed
            else f"It is {operation.get_status_display().lower()}; nothing follows on that."
        )
    if status in (S.GO, S.UNDER_WAY):
        check_free_of_conflicts(operation)


def check_free_of_conflicts(operation: Operation) -> None:
    rows = ConflictNotice._base_manager.filter(own_operation=operation.pk, state__in=BLOCKING)
    waiting = rows.select_related("contact", "other_agency").order_by("created_at").first()
    if waiting is not None:
        raise Refused(
            f"No go: there is an unresolved conflict. Call {waiting.whom_to_call}; when both of you have said that it"
            " is settled, it may go. If that cannot be, two supervisors of yours may override it."
        )


def check_can_report(operation: Operation, by: User) -> None:
    """The agencies that have the operation write what happens, from its go to a while after its end."""
    check_may(by, Permission.WORK_CASES)
    check_contributes(operation, by)
    if operation.status not in (S.GO, S.UNDER_WAY, S.DONE):
        raise Refused("Reports are written from the go on.")


def check_can_give(operation: Operation, agency: Agency, by: User) -> None:
    """Only to an agency that is on the case, by what the two agreed."""
    check_may(by, Permission.SHARE)
    check_owns(operation, by)
    check_takes_part(operation.case, agency)
    if agency.pk == operation.agency_id:
        raise Refused("It is your own operation.")
    check_partner(agency, by)
    check_within(operation, agency, Level.CONTRIBUTE)
    check_third_agencies(operation, agency, Level.CONTRIBUTE, by)


def check_can_take_back(operation: Operation, by: User) -> None:
    check_may(by, Permission.SHARE)
    check_owns(operation, by)


def check_keeps_site(site: SensitiveSite, by: User) -> None:
    check_may(by, Permission.PROTECT_VALUES)
    check_owns(site, by)


# --- Conflicts ----------------------------------------------------------------------------------------------------


def check_can_settle(notice: ConflictNotice, by: User) -> None:
    """Who works operations speaks for an operation, who keeps the sensitive places for a place."""
    check_may(by, Permission.WORK_CASES if notice.own_operation_id else Permission.PROTECT_VALUES)
    check_owns(notice, by)
    if not notice.blocks:
        raise Refused(f"That conflict is {notice.get_state_display().lower()}; nobody waits for your word.")


def check_can_ask_override(notice: ConflictNotice, by: User) -> None:
    check_may(by, Permission.ASSIGN_CASES)
    check_owns(notice, by)
    if notice.own_operation_id is None:
        raise Refused("A place does not override an operation. Call the other side.")
    if not notice.blocks:
        raise Refused(f"That conflict is {notice.get_state_display().lower()}; there is nothing to override.")


def check_can_confirm_override(notice: ConflictNotice, by: User) -> None:
    check_can_ask_override(notice, by)
    if notice.override_asked_by_id is None:
        raise Refused("Nobody has asked to override it.")
    if notice.override_asked_by_id == by.pk:
        raise NotPermitted("A second supervisor of your agency has to agree, not whoever asked.")
