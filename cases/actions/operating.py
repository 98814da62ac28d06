"""Planning and running operations, and keeping the places that nobody else may know of."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from agencies import agreements, audit, visibility
from agencies.acting import verb
from agencies.audit import Act
from agencies.jobs import enqueue
from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.policies import Refused, check_agency, check_may, check_reason, check_unchanged
from agencies.visibility import Level, Shareable
from cases import deconfliction, policies_operations, probing
from cases.models import Case, Operation, Report, SensitiveSite, Team

S = Operation.Status
WHERE_AND_WHEN = frozenset({"latitude", "longitude", "radius_m", "starts_at", "ends_at"})
CHECK_OPERATION, CHECK_SITE = "cases.tasks.deconflict_operation", "cases.tasks.deconflict_site"


@verb
def plan_operation(case: Case, *, by: User, key: uuid.UUID | None = None, **plan: Any) -> Operation:
    """Plan an action on a case. `key`: of the form that was sent; the same form sent twice plans it once."""
    policies_operations.check_can_plan(case, by)
    policies_operations.check_window(plan["starts_at"], plan["ends_at"])
    pk = uuid.uuid5(by.pk, str(key)) if key else uuid.uuid4()
    if known := Operation.objects.filter(pk=pk, case=case).first():
        return known
    probing.check_may_place(by)
    operation = Operation.objects.create(
        pk=pk, case=case, agency=check_agency(by.agency), planned_by=by, **plan
    )
    audit.record(Act.OPENED, operation, by=by, case=str(case.pk), placed=True)
    probing.note_placed(operation, by)
    enqueue(CHECK_OPERATION, operation.pk)
    return operation


@verb
def change_operation(operation: Operation, *, by: User, version: str, **plan: Any) -> Operation:
    """Change the plan. Another place, radius or time is compared anew and takes a go back."""
    operation = Operation.objects.select_for_update(of=("self",)).select_related("case").get(pk=operation.pk)
    policies_operations.check_can_change(operation, by)
    check_unchanged(operation, version)
    changed = {name for name, value in plan.items() if getattr(operation, name) != value}
    for name in changed:
        setattr(operation, name, plan[name])
    policies_operations.check_window(operation.starts_at, operation.ends_at)
    placed = bool(changed & WHERE_AND_WHEN)
    if placed:
        probing.check_may_place(by)
        operation.status, operation.checked_at = S.PLANNED, None
    operation.save()
    audit.record(Act.EDITED, operation, by=by, fields=sorted(changed), placed=placed)
    if placed:
        probing.note_placed(operation, by)
        deconfliction.ask_anew(operation)
    if placed or "tells" in changed:
        enqueue(CHECK_OPERATION, operation.pk)
    return operation


@verb
def move_operation(operation: Operation, *, status: str, by: User, reason: str = "") -> Operation:
    """Go, under way, done, stand down, call off. Calling off and standing down need a reason."""
    operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
    policies_operations.check_can_move_operation(operation, status, by)
    if status in (S.CALLED_OFF, S.CHECKED):
        reason = check_reason(reason)
    was, operation.status = operation.status, status
    operation.save(update_fields=["status", "updated_at"])
    audit.record(Act.MOVED, operation, by=by, was=was, now=status, reason=reason)
    if not operation.is_live:
        deconfliction.end_conflicts(operation)
    return operation


# --- Who has it -------------------------------------------------------------------------------------------------


@verb
def give_operation(operation: Operation, *, agency: Agency, reason: str, by: User) -> None:
    """Let an agency that is on the case have the operation: it reads all of it, and writes reports on the day."""
    policies_operations.check_can_give(operation, agency, by)
    reason = check_reason(reason)
    ends = agreements.capped(operation, agency, None)
    on_case = visibility.grant_of(operation.case, agency)
    if on_case is not None and on_case.expires_at is not None:
        ends = min(filter(None, (ends, on_case.expires_at)))
    visibility.share(operation, agency, level=Level.CONTRIBUTE, by=by, reason=reason, expires_at=ends)
    audit.record(Act.SHARED, operation, by=by, with_agency=str(agency.pk), level="Contribute", reason=reason)


@verb
def take_operation_back(operation: Operation, *, agency: Agency, reason: str, by: User) -> None:
    policies_operations.check_can_take_back(operation, by)
    reason = check_reason(reason)
    if not visibility.revoke(operation, agency):
        raise Refused("That agency does not have the operation.")
    audit.record(Act.REVOKED, operation, by=by, with_agency=str(agency.pk), reason=reason)


def take_operations_back(obj: Shareable, agency: Agency) -> None:
    """Who is not on the case any more has none of its operations either, but those it planned itself."""
    if isinstance(obj, Case):
        for operation in Operation._base_manager.filter(case=obj).exclude(agency=agency):
            for losing in visibility.revoke(operation, agency):
                actor = agreements.ByAgreement(operation.agency_id, says="Taskforce, with the case")
                audit.record(Act.REVOKED, operation, by=actor, with_agency=str(losing.pk))


# --- On the day -------------------------------------------------------------------------------------------------


@verb
def add_team(
    operation: Operation, *, of: Agency, name: str, by: User, phone: str = "", task: str = ""
) -> Team:
    policies_operations.check_can_run(operation, by)
    if of.pk != operation.agency_id and visibility.grant_of(operation, of) is None:
        raise Refused(f"{of} does not have this operation. Give it to them first.")
    team = Team.objects.create(operation=operation, of=of, name=name, phone=phone, task=task, added_by=by)
    _touch(operation)
    audit.record(Act.EDITED, operation, by=by, fields=["teams"])
    return team


@verb
def drop_team(team: Team, *, by: User) -> None:
    policies_operations.check_can_run(team.operation, by)
    operation = team.operation
    team.delete()
    _touch(operation)
    audit.record(Act.EDITED, operation, by=by, fields=["teams"])


@verb
def report(
    operation: Operation,
    *,
    kind: str,
    by: User,
    number: int | None = None,
    text: str = "",
    team: Team | None = None,
    key: uuid.UUID | None = None,
) -> Report:
    """Write one line from the field. Of victims only how many; the same form sent twice writes it once."""
    policies_operations.check_can_report(operation, by)
    if team is not None and team.operation_id != operation.pk:
        raise Refused("That team is not on this operation.")
    if kind == Report.Kind.VICTIMS and text.strip():
        raise Refused("Of victims only the number is written here. Register them under Victims.")
    if kind in (Report.Kind.ARRESTS, Report.Kind.VICTIMS) and not number:
        raise Refused("Say how many.")
    if kind in (Report.Kind.SEIZURE, Report.Kind.NOTE) and not text.strip():
        raise Refused("Write what it is." if kind == Report.Kind.NOTE else "Write what was seized.")
    same = f"{key}:{kind}:{team.pk if team else ''}"  # one form has several buttons
    pk = uuid.uuid5(by.pk, same) if key else uuid.uuid4()
    line, is_new = Report.objects.get_or_create(
        pk=pk, operation=operation,
        defaults={"kind": kind, "number": number, "text": text.strip(), "team": team, "by": by,
                  "of": check_agency(by.agency)},
    )  # fmt: skip
    if is_new:
        _touch(operation)
        audit.record(Act.NOTED, operation, by=by, report=kind, number=number)
    return line


@verb
def strike_report(line: Report, *, by: User) -> None:
    """Take a line back that was wrong. It stays on record, struck through."""
    policies_operations.check_can_report(line.operation, by)
    if line.of_id != by.agency_id:
        raise Refused("Only the agency that wrote it takes it back.")
    if line.struck_at is None:
        line.struck_at = timezone.now()
        line.save(update_fields=["struck_at"])
        _touch(line.operation)
        audit.record(Act.NOTED, line.operation, by=by, report=line.kind, struck=True)


def _touch(operation: Operation) -> None:
    """So that open pages of it notice. An edit that is under way is no conflict with that: plans carry a version."""
    Operation._base_manager.filter(pk=operation.pk).update(updated_at=timezone.now())


# --- Sensitive places -------------------------------------------------------------------------------------------


@verb
def keep_site(*, by: User, **facts: Any) -> SensitiveSite:
    """Put a place on the agency's own list. It is compared with every operation, and shown to nobody else."""
    check_may(by, Permission.PROTECT_VALUES)
    probing.check_may_place(by)
    site = SensitiveSite.objects.create(agency=check_agency(by.agency), added_by=by, **facts)
    audit.record(Act.REGISTERED, site, by=by, placed=True)
    probing.note_placed(site, by)
    enqueue(CHECK_SITE, site.pk)
    return site


@verb
def change_site(site: SensitiveSite, *, by: User, **facts: Any) -> SensitiveSite:
    site = SensitiveSite.objects.select_for_update(of=("self",)).get(pk=site.pk)
    policies_operations.check_keeps_site(site, by)
    changed = {name for name, value in facts.items() if getattr(site, name) != value}
    placed = bool(changed & WHERE_AND_WHEN)
    if placed:
        probing.check_may_place(by)
    for name in changed:
        setattr(site, name, facts[name])
    site.save()
    audit.record(Act.EDITED, site, by=by, fields=sorted(changed), placed=placed)
    if placed:
        probing.note_placed(site, by)
        deconfliction.ask_anew(site)
    enqueue(CHECK_SITE, site.pk)
    return site


@verb
def remove_site(site: SensitiveSite, *, by: User) -> None:
    """Take it off the list: it is compared no more. It can be put back."""
    policies_operations.check_keeps_site(site, by)
    if site.removed_at is None:
        site.removed_at = timezone.now()
        site.save(update_fields=["removed_at", "updated_at"])
        audit.record(Act.REVOKED, site, by=by)
        deconfliction.end_conflicts(site)


@verb
def restore_site(site: SensitiveSite, *, by: User) -> None:
    policies_operations.check_keeps_site(site, by)
    if site.removed_at is not None:
        probing.check_may_place(by)
        site.removed_at = None
        site.save(update_fields=["removed_at", "updated_at"])
        audit.record(Act.REGISTERED, site, by=by, placed=True)
        probing.note_placed(site, by)
        enqueue(CHECK_SITE, site.pk)
