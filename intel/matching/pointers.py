"""From one hit to one notice per side: the only place that decides what an agency learns of another's match.

A side is told when both agencies work in a running task force, what they agreed allows it, and the *other* record's owner
lets it be known (its pointer policy). The notice holds the side's own values only; of the other side no more than whom to ask.
Reading needs no masking, because nothing that would have to be masked is in the row.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from agencies import agreements, audit
from agencies.models import Agency, PointerPolicy, TaskForce
from intel.matching.sealing import rank, sealed
from intel.models import Hit, HitNotice
from intel.models.matching import MatchRecord

_NOTICES_A_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a hit as seen by its owner: `own` is theirs, `which` says left or right in the evidence."""

    own: MatchRecord
    other: MatchRecord
    which: str

    @property
    def is_own(self) -> bool:
        """Are both records the agency's own?"""
        return self.own.agency_id == self.other.agency_id


class LookedUp:
    """What telling many hits asks again and again, asked once: who works together, and which notices there are.

    New notices wait in `unsent` until `send` writes them all.
    """

    def __init__(self, hits: Collection[Hit]) -> None:
        self.unsent: list[HitNotice] = []
        held = HitNotice.objects.filter(hit__in=[hit.pk for hit in hits]) if hits else ()
        self._notices = {(notice.hit_id, notice.agency_id): notice for notice in held}
        self._together: dict[frozenset[uuid.UUID], TaskForce | None] = {}
        self._may_point: dict[frozenset[uuid.UUID], bool] = {}

    def notice(self, hit: Hit, agency: Agency) -> HitNotice | None:
        return self._notices.get((hit.pk, agency.pk))

    def task_force(self, one: Agency, other: Agency) -> TaskForce | None:
        """A running one that both are members of."""
        both = frozenset((one.pk, other.pk))
        if both not in self._together:
            running = TaskForce.objects.running().filter(members=one).filter(members=other)
            self._together[both] = running.first()
        return self._together[both]

    def may_point(self, one: Agency, other: Agency) -> bool:
        """By what the two agreed."""
        both = frozenset((one.pk, other.pk))
        if both not in self._may_point:
            self._may_point[both] = agreements.may_point(one.pk, other.pk)
        return self._may_point[both]

    def send(self) -> None:
        HitNotice.objects.bulk_create(self.unsent, batch_size=_NOTICES_A_STATEMENT)
        by_agency: dict[uuid.UUID, list[HitNotice]] = defaultdict(list)
        for notice in self.unsent:
            by_agency[notice.agency_id].append(notice)
        for agency, notices in by_agency.items():
            audit.record_new(audit.Act.NOTIFIED, notices, by=None, agency=str(agency))
        self.unsent = []


def write_notices(hit: Hit) -> None:
    """Create, refresh or withdraw the notices of a hit, so that they say what they may say today."""
    known = LookedUp([hit])
    tell(hit, known)
    known.send()


def tell(hit: Hit, known: LookedUp) -> None:
    """The same for one of many hits, whose new notices are sent together.

    A side that has judged a hit keeps it when the hit falls, as long as it may still be told of the other; what the
    other side judged makes no difference to it.
    """
    left, right = Side(hit.left, hit.right, "left"), Side(hit.right, hit.left, "right")
    for side in [left] if hit.left.agency_id == hit.right.agency_id else [left, right]:
        told, notice = _told(side, known), known.notice(hit, side.own.agency)
        if told is None or (hit.withdrawn_at and not (notice and notice.standing().exists())):
            _withdraw(notice, side)
        else:
            _notify(hit, side, told, notice, known)


def told_of(left: MatchRecord, right: MatchRecord) -> list[uuid.UUID]:
    """The agencies that would be told of a hit between two records."""
    sides, known = [Side(left, right, "left"), Side(right, left, "right")], LookedUp([])
    return [
        side.own.agency_id
        for side in (sides[:1] if left.agency_id == right.agency_id else sides)
        if _told(side, known)
    ]


def _told(side: Side, known: LookedUp) -> dict[str, Any] | None:
    """What the owner of this side may know of the other: fields of its notice, or None for no notice at all."""
    mine, theirs = side.own.agency, side.other.agency
    if mine.is_reference:
        return None
    if mine.pk == theirs.pk:
        return {"other_agency": theirs, "contact": None, "liaison": ""}
    task_force = known.task_force(mine, theirs)
    if task_force is None or mine.left_on or theirs.left_on or not known.may_point(mine, theirs):
        return None
    return _by_policy(side, theirs, task_force)


def _by_policy(side: Side, theirs: Agency, task_force: TaskForce) -> dict[str, Any] | None:
    policies = {side.own.lead.pointer_policy, side.other.lead.pointer_policy}
    if PointerPolicy.EXCLUDED in policies or side.other.lead.pointer_policy == PointerPolicy.OWNER_ONLY:
        return None
    if side.other.lead.pointer_policy == PointerPolicy.LIAISON:
        return {"other_agency": None, "contact": None, "liaison": task_force.liaison or task_force.name}
    reachable = theirs.contact if theirs.contact and theirs.contact.is_active else None
    return {"other_agency": theirs, "contact": reachable, "liaison": ""}


def _notify(hit: Hit, side: Side, told: dict[str, Any], notice: HitNotice | None, known: LookedUp) -> None:
    evidence = sealed(hit.evidence, side.which, hit.band)
    content = {
        **told,
        "own_lead_id": side.own.lead_id,
        "own_subject_id": side.own.subject_id,
        "band": hit.band,
        "evidence": evidence,
        "rank": rank(evidence, hit.band, hit.bits if side.is_own else None),
    }
    if notice is None:
        known.unsent.append(HitNotice(hit=hit, agency=side.own.agency, **content))
        return
    if all(getattr(notice, name) == value for name, value in content.items()) and not _is_withdrawn(notice):
        return
    if _is_withdrawn(notice):
        content["state"] = notice.judged_state()
    for name, value in content.items():
        setattr(notice, name, value)
    notice.save()
    audit.record(audit.Act.NOTIFIED, notice, by=None, agency=str(side.own.agency_id))


def _is_withdrawn(notice: HitNotice) -> bool:
    return notice.state == HitNotice.State.WITHDRAWN


def _withdraw(notice: HitNotice | None, side: Side) -> None:
    if notice is None or _is_withdrawn(notice):
        return
    # What they were told may no longer be told: the row forgets it, so no reader has to.
    notice.other_agency, notice.contact, notice.liaison, notice.evidence = None, None, "", []
    notice.state = HitNotice.State.WITHDRAWN
    notice.save()
    audit.record(audit.Act.EXPIRED, notice, by=None, agency=str(side.own.agency_id))


def withdraw(hit: Hit) -> None:
    """The hit no longer holds: nobody is told of it any more, but those who judged it."""
    hit.withdrawn_at = timezone.now()
    hit.save(update_fields=["withdrawn_at"])
    write_notices(hit)
