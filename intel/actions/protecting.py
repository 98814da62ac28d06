"""The verbs on the list of protected values. What each changes is matched anew in the background."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from agencies import audit, jobs, visibility
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import Agency, TaskForce, User
from agencies.policies import Refused, check_agency, check_reason
from agencies.visibility import Level
from intel import policies
from intel.matching import protection
from intel.matching.protection import APPLY, Reading
from intel.models import ProtectedValue

Status = ProtectedValue.Status

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Protected:
    """Which entries a call made (or brought back), and which stood on the agency's own list already."""

    added: list[ProtectedValue]
    known: list[ProtectedValue]


@verb
def protect_values(
    readings: Iterable[Reading], *, category: str, reason: str, told: str, by: User
) -> Protected:
    """Put values on the list of one's agency. Those that stand on it stay as they are; what other agencies protect
    makes no difference to the answer."""
    policies.check_can_protect(by)
    agency = _listing_alone(check_agency(by.agency))
    content = {"category": category, "reason": check_reason(reason), "told": told, "added_by": by}
    wanted = {(each.kind, each.value): each for each in readings}
    if len(wanted) > MOST_AT_ONCE:
        raise Refused(f"Those are {len(wanted)} values. Add at most {MOST_AT_ONCE} at once.")
    result = Protected([], [])
    for _, reading in sorted(wanted.items()):
        entry, is_new = ProtectedValue.objects.select_for_update().get_or_create(
            agency=agency, kind=reading.kind, value=reading.value,
            defaults={
                "display": reading.display, **protection.words_kept(reading.kind, reading.display), **content,
            },
        )  # fmt: skip
        if not is_new and entry.status != Status.REMOVED:
            result.known.append(entry)
            continue
        if not is_new:
            _bring_back(entry, content)
        audit.record(Act.REGISTERED, entry, by=by, reason=entry.reason)
        jobs.enqueue(APPLY, entry.pk)
        result.added.append(entry)
    for kind in {entry.kind for entry in result.added}:
        policies.check_list_fits(agency, kind)
    return result


def _listing_alone(agency: Agency) -> Agency:
    """Whoever else adds to this list waits, or two at once could make it longer than it may be."""
    return Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)


def _bring_back(entry: ProtectedValue, content: dict[str, object]) -> None:
    """A removed value, added anew: a partner's earlier word does not count for a new reason."""
    for name, value in {**content, **_UNCONFIRMED}.items():
        setattr(entry, name, value)
    entry.save()


_UNCONFIRMED = {"status": Status.OWN, "second_agency": None, "confirmed_by": None, "confirmed_at": None}


@verb
def edit_protection(
    entry: ProtectedValue, *, category: str, reason: str, told: str, by: User
) -> ProtectedValue:
    """Change what is said of a value. What a partner confirmed for another reason is no longer confirmed."""
    entry = _locked(entry)
    policies.check_can_change_protection(entry, by)
    wanted = {"category": category, "reason": check_reason(reason), "told": told}
    changed = [name for name, value in wanted.items() if getattr(entry, name) != value]
    if not changed:
        return entry
    for name in changed:
        setattr(entry, name, wanted[name])
    entry.save()
    audit.record(Act.EDITED, entry, by=by, fields=sorted(changed))
    if entry.status in {Status.ASKED, Status.TASK_FORCE} and set(changed) & {"category", "reason"}:
        protection.lapse(entry, by=by)
    return entry


@verb
def remove_protection(entry: ProtectedValue, *, by: User) -> ProtectedValue:
    """Let a value link again, at once. The row stays, so that it can be put back and the record says who did what."""
    entry = _locked(entry)
    policies.check_can_change_protection(entry, by)
    if entry.second_agency is not None:
        visibility.revoke(entry, entry.second_agency)
    return _move(entry, Status.REMOVED, by)


@verb
def restore_protection(entry: ProtectedValue, *, by: User) -> ProtectedValue:
    """Undo a removal. What a partner had confirmed holds again, if both still work together."""
    agency = _listing_alone(check_agency(by.agency))
    entry = _locked(entry)
    policies.check_can_restore_protection(entry, by)
    partner = entry.second_agency
    if partner is not None and entry.confirmed_at is not None and protection.work_together(entry):
        _open_to(entry, partner, by)
        _move(entry, Status.TASK_FORCE, by, partner=partner)
    else:
        for name, value in _UNCONFIRMED.items():
            setattr(entry, name, value)
        _move(entry, Status.OWN, by)
    policies.check_list_fits(agency, entry.kind)
    return entry


# --- For a whole task force: it takes two agencies ---------------------------------------------------------------


@verb
def ask_second_agency(
    entry: ProtectedValue, *, agency: Agency, by: User, task_force: TaskForce | None = None
) -> ProtectedValue:
    """Ask one partner to confirm the value for a whole task force. From now on its supervisors see the entry.

    `task_force` is needed where the two agencies work together in several.
    """
    entry = _locked(entry)
    policies.check_can_ask_second_agency(entry, agency, by)
    entry.task_force, entry.second_agency = policies.common_task_force(agency, task_force, by), agency
    _open_to(entry, agency, by)
    return _move(entry, Status.ASKED, by, partner=agency)


@verb
def confirm_protection(entry: ProtectedValue, *, by: User) -> ProtectedValue:
    """A supervisor of the second agency agrees: the value is silent in the pairs of the whole task force."""
    entry = _locked(entry)
    policies.check_can_confirm_protection(entry, by)
    entry.confirmed_by, entry.confirmed_at = by, timezone.now()
    return _move(entry, Status.TASK_FORCE, by)


@verb
def withdraw_second_word(entry: ProtectedValue, *, by: User) -> ProtectedValue:
    """Decline, withdraw one's confirmation, or (as its owner) take the question back: the owner's pairs alone stay
    silent."""
    entry = _locked(entry)
    policies.check_can_withdraw_second_word(entry, by)
    protection.lapse(entry, by=by)
    return entry


def _locked(entry: ProtectedValue) -> ProtectedValue:
    held = ProtectedValue.objects.select_for_update(of=("self",)).select_related("second_agency", "agency")
    found: ProtectedValue = held.get(pk=entry.pk)
    return found


def _open_to(entry: ProtectedValue, agency: Agency, by: User) -> None:
    visibility.share(entry, agency, level=Level.VIEW, by=by, reason="asked to confirm it")


def _move(entry: ProtectedValue, status: str, by: User, partner: Agency | None = None) -> ProtectedValue:
    was, entry.status = entry.status, status
    entry.save()
    facts = {"with_agency": str(partner.pk)} if partner else {}
    audit.record(Act.MOVED, entry, by=by, was=was, now=status, **facts)
    jobs.enqueue(APPLY, entry.pk)
    return entry
