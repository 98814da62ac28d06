"""Blind comparison: every planned operation with all other agencies' operations and sensitive places, and who is told what.

Two things are in conflict where they come nearer than their radii and a margin, within some hours of each other. All of
that is compared coarsely, on a grid, with a few sizes of radius and full hours: however often somebody asks, no answer
tells another's place or time more finely than that. And a conflict stays when a side moves away, until both sides have
spoken: so moving an operation about asks no further questions (`cases/probing.py` counts those who plan new ones).

What a side is told follows what `intel/matching/pointers.py` does with hits: a row of its own, which holds nothing of
the other side but whom to call, by the other record's policy and by what the two agencies agreed.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies import agreements, audit
from agencies.models import Agency, Agreement, PointerPolicy, TaskForce
from cases.geometry import Box, Point, box_round, reaches, snapped
from cases.models import (
    BLOCKING,
    LIVE,
    MOST_RADIUS_M,
    Conflict,
    ConflictNotice,
    Operation,
    SensitiveSite,
    WatchNotice,
)

Party = Operation | SensitiveSite
S = ConflictNotice.State

_RADII_M = (250, 500, 1_000, 2_000, 5_000, 10_000, MOST_RADIUS_M)
_OFF_BY_GRID = (
    1.5  # two points, each at most 0.71 of a field's side away from its middle; and the fields' own slant
)


# --- When two are in conflict -----------------------------------------------------------------------------------


def in_conflict(operation: Operation, other: Party) -> bool:
    """Do the two come too near to each other, in place and in time?"""
    if isinstance(other, Operation) and not _at_once(operation, other):
        return False
    return reaches(_coarse(operation), _coarse(other), _reach(operation) + coarse_radius(other.radius_m))


def _at_once(one: Operation, other: Operation) -> bool:
    apart = timedelta(hours=settings.DECONFLICTION_HOURS)
    begins, ends = _full_hours(one)
    other_begins, other_ends = _full_hours(other)
    return begins <= other_ends + apart and other_begins <= ends + apart


def _full_hours(operation: Operation) -> tuple[datetime, datetime]:
    begins = operation.starts_at.replace(minute=0, second=0, microsecond=0)
    ends = operation.ends_at.replace(minute=0, second=0, microsecond=0)
    return begins, ends if ends == operation.ends_at else ends + timedelta(hours=1)


def coarse_radius(metres: int) -> int:
    return next(radius for radius in _RADII_M if metres <= radius)


def _coarse(party: Party) -> Point:
    return snapped(party.point, settings.DECONFLICTION_GRID_M)


def _reach(party: Party) -> float:
    """How far from it another's edge may be and still be in conflict."""
    off: float = _OFF_BY_GRID * settings.DECONFLICTION_GRID_M
    return coarse_radius(party.radius_m) + settings.DECONFLICTION_MARGIN_M + off


def _within(box: Box) -> Q:
    across = (
        Q(longitude__gte=box.west) | Q(longitude__lte=box.east)
        if box.crosses_date_line
        else Q(longitude__range=(box.west, box.east))
    )
    return Q(latitude__range=(box.south, box.north)) & across


def _candidates(party: Party) -> Q:
    """What the index can say at once. `in_conflict` decides: a box that cut off sooner would tell a place to the metre."""
    off = _OFF_BY_GRID * settings.DECONFLICTION_GRID_M
    return _within(box_round(party.point, _reach(party) + MOST_RADIUS_M + off))


def _operations_near(party: Party) -> Iterator[Operation]:
    """The live operations that could be in conflict with an operation or a sensitive place.

    Both windows grow by up to an hour when they are taken in full hours: less here would tell the other's to the minute.
    """
    apart = timedelta(hours=settings.DECONFLICTION_HOURS + 2)
    rows = Operation._base_manager.filter(_candidates(party), status__in=LIVE)
    if isinstance(party, Operation):
        rows = rows.filter(starts_at__lte=party.ends_at + apart, ends_at__gte=party.starts_at - apart)
        rows = rows.exclude(pk=party.pk)
    else:
        this_hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        rows = rows.filter(ends_at__gte=this_hour - apart)
    yield from rows.select_related("agency__contact", "case")


def _sites_near(operation: Operation) -> Iterator[SensitiveSite]:
    rows = SensitiveSite._base_manager.filter(_candidates(operation), removed_at=None)
    yield from rows.select_related("agency__contact")


# --- Looking ----------------------------------------------------------------------------------------------------


@transaction.atomic
def check_operation(pk: uuid.UUID) -> None:
    """Compare one operation with everything, and say that it has been."""
    rows = Operation._base_manager.select_for_update(of=("self",)).select_related("agency__contact", "case")
    operation = rows.filter(pk=pk, status__in=LIVE).first()
    if operation is None:
        return
    found: list[Party] = [other for other in _operations_near(operation) if in_conflict(operation, other)]
    found += [site for site in _sites_near(operation) if in_conflict(operation, site)]
    operation.checked_at = timezone.now()
    if operation.status == Operation.Status.PLANNED:
        operation.status = Operation.Status.CHECKED
    operation.save(update_fields=["status", "checked_at", "updated_at"])
    kept = [_keep(operation, party).pk for party in found]
    # Those from which a side has moved away, too: what the agencies may tell each other can have changed.
    _tell_of(Q(pk__in=kept) | _of(operation) & Q(notices__state__in=BLOCKING))


@transaction.atomic
def check_site(pk: uuid.UUID) -> None:
    """Compare one sensitive place with every operation. Two places that only lie near each other are no conflict."""
    site = (
        SensitiveSite._base_manager.filter(pk=pk, removed_at=None).select_related("agency__contact").first()
    )
    if site is not None:
        for operation in _operations_near(site):
            if in_conflict(operation, site):
                tell(_keep(operation, site))


def all_to_check() -> QuerySet[Operation, Operation]:
    """What a night's look takes: settings and agreements may have changed since each was planned."""
    rows: QuerySet[Operation, Operation] = Operation._base_manager.filter(
        status__in=LIVE, ends_at__gte=timezone.now()
    )
    return rows


def _keep(operation: Operation, party: Party) -> Conflict:
    if isinstance(party, SensitiveSite):
        conflict, _ = Conflict.objects.get_or_create(operation=operation, site=party)
        return conflict
    first, second = sorted((operation, party), key=lambda each: each.pk)
    conflict, _ = Conflict.objects.get_or_create(operation=first, other=second)
    return conflict


# --- Who is told what -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a conflict as its agency sees it."""

    own: Party
    other: Party

    @property
    def is_own(self) -> bool:
        return self.own.agency_id == self.other.agency_id

    @property
    def key(self) -> dict[str, Any]:
        return {"own_operation" if isinstance(self.own, Operation) else "own_site": self.own}


def sides(conflict: Conflict) -> list[Side]:
    one = conflict.operation
    other: Any = conflict.other or conflict.site
    return [Side(one, other), Side(other, one)]


def tell(conflict: Conflict) -> None:
    """Write, refresh or take back what each side and the watch officer may know of it today."""
    both = sides(conflict)
    told = [_told(side) for side in both]
    for side, what in zip(both, told, strict=True):
        _notify(conflict, side, what)
    _tell_watch(conflict, both, told)


def _told(side: Side) -> dict[str, Any] | None:
    """What the agency of this side may know of the other: fields of its notice, or None for no notice at all."""
    mine, theirs = side.own.agency, side.other.agency
    if side.is_own:
        is_site = isinstance(side.other, SensitiveSite)
        other = {
            "other_operation": None if is_site else side.other,
            "other_site": side.other if is_site else None,
        }
        return {"other_agency": theirs, "contact": _reachable(theirs), "liaison": "", **other}
    task_force = _together(mine, theirs)
    if task_force is None or mine.left_on or theirs.left_on or not agreements.may_point(mine.pk, theirs.pk):
        return None
    if side.other.tells == PointerPolicy.OWNER_ONLY:
        return None
    nothing = {"other_operation": None, "other_site": None}
    if side.other.tells == PointerPolicy.LIAISON:
        return {"other_agency": None, "contact": None, "liaison": watch_desk(task_force), **nothing}
    return {"other_agency": theirs, "contact": _reachable(theirs), "liaison": "", **nothing}


def _together(one: Agency, other: Agency) -> TaskForce | None:
    running = TaskForce.objects.running().filter(members=one).filter(members=other)
    return running.select_related("watch_officer").order_by("pk").first()


def _reachable(agency: Agency) -> Any:
    return agency.contact if agency.contact and agency.contact.is_active else None


def watch_desk(task_force: TaskForce) -> str:
    """Who passes a question on, with the number to call."""
    officer = task_force.watch_officer
    if officer is not None and officer.sees_as is not None:
        return ", ".join(filter(None, [str(officer), f"watch officer of {task_force}", officer.phone]))
    return task_force.liaison or task_force.name


def _notify(conflict: Conflict, side: Side, told: dict[str, Any] | None) -> None:
    notice = ConflictNotice._base_manager.filter(conflict=conflict, **side.key).first()
    if told is None:
        if notice is not None:
            _forget(notice)
        return
    if notice is None:
        case = side.own.case if isinstance(side.own, Operation) else None
        notice = ConflictNotice.objects.create(
            conflict=conflict, agency=side.own.agency, own_case=case, **side.key, **told
        )
        audit.record(audit.Act.NOTIFIED, notice, by=None, agency=str(side.own.agency_id))
        _stand_down(side.own)
        return
    if notice.state == S.OVER:  # the place is on its list again, or what was taken back may be told again
        _open_anew(notice)
    if any(getattr(notice, name) != value for name, value in told.items()):
        for name, value in told.items():
            setattr(notice, name, value)
        notice.save()


def _open_anew(notice: ConflictNotice) -> None:
    """Nobody has spoken on it as it is now."""
    notice.state, notice.note, notice.other_note, notice.override_reason = S.OPEN, "", "", ""
    notice.settled_by = notice.override_asked_by = notice.overridden_by = None
    notice.settled_at = notice.other_settled_at = notice.overridden_at = notice.other_overrode_at = None
    notice.save()
    audit.record(audit.Act.NOTIFIED, notice, by=None, agency=str(notice.agency_id))
    WatchNotice.objects.filter(conflict=notice.conflict_id).update(seen_at=None, created_at=timezone.now())
    if notice.own_operation is not None:
        _stand_down(notice.own_operation)


def _stand_down(own: Party) -> None:
    """A conflict that turns up after the go takes the go back; what is under way already goes on."""
    gone = Operation._base_manager.filter(pk=own.pk, status=Operation.Status.GO)
    if isinstance(own, Operation) and gone.update(status=Operation.Status.CHECKED, updated_at=timezone.now()):
        own.status = Operation.Status.CHECKED
        # Its own people alone read by whom and why: whom it gave the operation are told of no conflict.
        looker = agreements.ByAgreement(own.agency_id, says="Taskforce")
        facts = {"was": "go", "now": "checked", "reason": "A conflict was found."}
        audit.record(audit.Act.MOVED, own, by=looker, **facts)


def _forget(notice: ConflictNotice) -> None:
    """What the agency was told may no longer be told: the row forgets it, so no reader has to."""
    if notice.state == S.OVER and notice.other_agency_id is None and not notice.liaison:
        return
    notice.other_agency, notice.contact, notice.liaison, notice.other_note = None, None, "", ""
    notice.state = S.OVER
    notice.save()
    audit.record(audit.Act.EXPIRED, notice, by=None, agency=str(notice.agency_id))


def _tell_watch(conflict: Conflict, both: list[Side], told: list[dict[str, Any] | None]) -> None:
    """The watch officer learns who should call whom, as far as either side lets itself be named."""
    mine, theirs = both[0].own.agency, both[1].own.agency
    task_force = _together(mine, theirs) if mine.pk != theirs.pk else None
    officer = task_force.watch_officer if task_force else None
    silent = {side.own.agency_id for side, what in zip(both, told, strict=True) if what is None}
    may = officer is not None and officer.sees_as is not None and len(silent) < 2
    if officer is None or not may or officer.agency_id in silent:  # not round by the officer, either
        WatchNotice.objects.filter(conflict=conflict).delete()
        return
    neutral = officer.agency_id not in (mine.pk, theirs.pk)
    # By name: a place comes always second in a conflict, and what it is shall not be told.
    says = " ".join(sorted(_watch_line(side, neutral) for side in both))
    WatchNotice.objects.exclude(user=officer).filter(conflict=conflict).delete()
    WatchNotice.objects.update_or_create(
        user=officer, conflict=conflict, defaults={"kind": WatchNotice.Kind.CONFLICT, "says": says}
    )


def _watch_line(side: Side, neutral: bool) -> str:
    """Who lets only the liaison know is named to a watch officer who is of neither side: somebody must pass it on."""
    agency, contact = side.own.agency, _reachable(side.own.agency)
    named = {PointerPolicy.NAMED, PointerPolicy.LIAISON} if neutral else {PointerPolicy.NAMED}
    if side.own.tells not in named:
        return "The other side is told itself, and lets nobody name it."
    call = (
        ", ".join(filter(None, [str(contact), contact.phone])) if contact else "no contact officer is named"
    )
    return f"{agency}: {call}."


# --- What becomes of it -----------------------------------------------------------------------------------------


def note_word(notice: ConflictNotice) -> None:
    """After one side has said that it is settled: resolved when every side that was told has."""
    notices = list(
        ConflictNotice.objects.select_for_update().filter(conflict=notice.conflict_id).order_by("pk")
    )
    waiting = [each for each in notices if each.state in BLOCKING]
    if all(each.settled_at for each in notices if each.state != S.OVER):
        for each in waiting:
            each.state = S.RESOLVED
            each.save(update_fields=["state", "updated_at"])
            audit.record(audit.Act.NOTIFIED, each, by=None, agency=str(each.agency_id))


def others_of(notice: ConflictNotice) -> Iterable[ConflictNotice]:
    """The other side's notice, if it was told."""
    rows: QuerySet[ConflictNotice, ConflictNotice] = ConflictNotice._base_manager.filter(
        conflict=notice.conflict_id
    )
    return rows.exclude(pk=notice.pk).exclude(state=S.OVER)


def end_conflicts(party: Party) -> None:
    """The operation is over or called off, the place given up: nobody has to wait for anybody any more."""
    ended = Conflict.objects.filter(_of(party))
    notices = ConflictNotice._base_manager.filter(conflict__in=ended, state__in=BLOCKING)
    notices.update(state=S.OVER, updated_at=timezone.now())
    WatchNotice.objects.filter(conflict__in=ended, seen_at=None).update(seen_at=timezone.now())


def ask_anew(party: Party) -> None:
    """It was moved: what both had agreed on, or two supervisors overrode, was said of another place or another time.

    Of all its conflicts, wherever it is now: an answer that depends on that would tell where the other is.
    """
    lasting = Conflict.objects.filter(_of(party), operation__status__in=LIVE, site__removed_at=None)
    lasting = lasting.filter(Q(other=None) | Q(other__status__in=LIVE))
    said = ConflictNotice._base_manager.filter(conflict__in=lasting).select_related("own_operation")
    for notice in said.filter(state__in=(S.SETTLED, S.RESOLVED, S.OVERRIDDEN)).order_by("pk"):
        _open_anew(notice)


def _of(party: Party) -> Q:
    if isinstance(party, SensitiveSite):
        return Q(site=party.pk)
    return Q(operation=party.pk) | Q(other=party.pk)


def retell(agreement: Agreement) -> None:
    """What the two agencies agreed has changed, and with it what either may be told."""
    tell_again({pk for pk in (agreement.agency_id, agreement.partner_id) if pk is not None})


def tell_again(agencies: Collection[uuid.UUID]) -> None:
    """Say anew of each conflict of these agencies that waits what its sides and the watch officer may know of it."""
    theirs = Q(operation__agency__in=agencies) | Q(other__agency__in=agencies) | Q(site__agency__in=agencies)
    _tell_of(theirs & Q(notices__state__in=BLOCKING))


def _tell_of(which: Q) -> None:
    rows = Conflict.objects.filter(which).distinct().select_related(*_WITH_SIDES)
    for conflict in rows.order_by("found_at", "pk"):
        tell(conflict)


_WITH_SIDES = (
    "operation__agency__contact",
    "operation__case",
    "other__agency__contact",
    "other__case",
    "site__agency__contact",
)
