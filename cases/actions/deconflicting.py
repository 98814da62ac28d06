"""Resolving conflicts: each side says so; two supervisors may go without the other's word."""

from __future__ import annotations

from django.utils import timezone

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import TaskForce, User
from agencies.permissions import Permission
from agencies.policies import Refused, check_reason
from cases import deconfliction, policies_operations
from cases.models import ConflictNotice, WatchNotice

S = ConflictNotice.State


def _locked(notice: ConflictNotice) -> ConflictNotice:
    """Both sides' rows, always in the same order, so that two who speak at once do not wait for each other for ever."""
    rows = ConflictNotice._base_manager.select_for_update(of=("self",)).filter(conflict=notice.conflict_id)
    return next(each for each in rows.order_by("pk") if each.pk == notice.pk)


@verb
def settle_conflict(
    notice: ConflictNotice, *, note: str, by: User, share_note: bool = False
) -> ConflictNotice:
    """Say for one's own side that it is settled, and how. The note stays with one's agency unless it is shared."""
    notice = _locked(notice)
    policies_operations.check_can_settle(notice, by)
    notice.note = check_reason(note)
    notice.settled_by, notice.settled_at, notice.state = by, timezone.now(), S.SETTLED
    notice.save()
    audit.record(Act.ANSWERED, notice, by=by, reason=notice.note, shared=share_note)
    for other in deconfliction.others_of(notice):
        other.other_settled_at = notice.settled_at
        other.other_note = notice.note if share_note else ""
        other.save()
    deconfliction.note_word(notice)
    notice.refresh_from_db()
    return notice


@verb
def reopen_conflict(notice: ConflictNotice, *, reason: str, by: User) -> None:
    """Take one's own word back while the other has not given theirs."""
    notice = _locked(notice)
    policies_operations.check_can_settle(notice, by)
    if notice.state != S.SETTLED:
        raise Refused("Your side has not said that it is settled.")
    reason = check_reason(reason)
    notice.state, notice.settled_by, notice.settled_at, notice.note = S.OPEN, None, None, ""
    notice.save()
    audit.record(Act.REVOKED, notice, by=by, reason=reason)
    for other in deconfliction.others_of(notice):
        other.other_settled_at, other.other_note = None, ""
        other.save()


@verb
def ask_override(notice: ConflictNotice, *, reason: str, by: User) -> None:
    """A supervisor wants to go without the other side's word. Nothing changes until a second one agrees."""
    notice = _locked(notice)
    policies_operations.check_can_ask_override(notice, by)
    notice.override_reason, notice.override_asked_by = check_reason(reason), by
    notice.save()
    audit.record(Act.ASKED, notice, by=by, reason=notice.override_reason)


@verb
def confirm_override(notice: ConflictNotice, *, by: User) -> None:
    """The second supervisor agrees: one's own operation may go, and the other side is told that it does."""
    notice = _locked(notice)
    policies_operations.check_can_confirm_override(notice, by)
    notice.state, notice.overridden_by, notice.overridden_at = S.OVERRIDDEN, by, timezone.now()
    notice.save()
    audit.record(Act.ACCEPTED, notice, by=by, reason=notice.override_reason)
    for other in deconfliction.others_of(notice):
        other.other_overrode_at = notice.overridden_at
        other.save()
        audit.record(Act.NOTIFIED, other, by=None, agency=str(other.agency_id))
    WatchNotice.objects.filter(conflict=notice.conflict_id).update(seen_at=None, created_at=timezone.now())


@verb
def drop_override(notice: ConflictNotice, *, by: User) -> None:
    """Whoever asked, or the second one, says no."""
    notice = _locked(notice)
    policies_operations.check_can_ask_override(notice, by)
    if notice.override_asked_by_id is not None:
        notice.override_reason, notice.override_asked_by = "", None
        notice.save()
        audit.record(Act.REJECTED, notice, by=by)


@verb
def see_watch_notice(notice: WatchNotice, *, by: User) -> None:
    if notice.user_id != by.pk:
        raise Refused("That notice is not yours.")
    WatchNotice.objects.filter(pk=notice.pk, seen_at=None).update(seen_at=timezone.now())


@verb
def name_watch_officer(*, task_force: TaskForce, officer: User | None, by: User | None) -> None:
    """Whom a task force tells of every conflict. Only whoever runs the installation says that (`by` None)."""
    if by is not None:
        raise Refused("Whoever runs the installation names the watch officer.")
    is_member = officer is None or task_force.members.filter(pk=officer.agency_id).exists()
    if not is_member or (officer is not None and not officer.may(Permission.READ_PROTECTED)):
        raise Refused("The watch officer must be an officer of a member agency with an open account.")
    WatchNotice.objects.filter(user=task_force.watch_officer_id).exclude(user=officer).delete()
    task_force.watch_officer = officer
    task_force.save(update_fields=["watch_officer"])
    deconfliction.tell_again(set(task_force.members.values_list("pk", flat=True)))
    audit.record(Act.EDITED, task_force, by=by, watch_officer=str(officer.pk) if officer else "")
