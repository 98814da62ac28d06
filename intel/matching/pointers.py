"""From one hit to one notice per side: the only place that decides what an agency learns of another's match.

A side is told when both agencies work in a running task force and the *other* record's owner lets it be known
(its pointer policy). The notice holds the side's own values only; of the other side no more than whom to ask.
Reading needs no masking, because nothing that would have to be masked is in the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from agencies import audit
from agencies.models import Agency, PointerPolicy, TaskForce
from intel.matching.sealing import sealed
from intel.models import Hit, HitNotice, Judgement
from intel.models.matching import MatchRecord


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a hit as seen by its owner: `own` is theirs, `which` says left or right in the evidence."""

    own: MatchRecord
    other: MatchRecord
    which: str


def write_notices(hit: Hit) -> None:
    """Create, refresh or withdraw the notices of a hit, so that they say what they may say today.

    A side that has judged a hit keeps it when the hit falls, as long as it may still be told of the other; what the
    other side judged makes no difference to it.
    """
    left, right = Side(hit.left, hit.right, "left"), Side(hit.right, hit.left, "right")
    for side in [left] if hit.left.agency_id == hit.right.agency_id else [left, right]:
        told = _told(side)
        if told is None or (hit.withdrawn_at and not _is_judged(hit, side)):
            _withdraw(hit, side)
        else:
            _notify(hit, side, told)


def _told(side: Side) -> dict[str, Any] | None:
    """What the owner of this side may know of the other: fields of its notice, or None for no notice at all."""
    mine, theirs = side.own.agency, side.other.agency
    if mine.is_reference:
        return None
    if mine.pk == theirs.pk:
        return {"other_agency": theirs, "contact": None, "liaison": ""}
    task_force = TaskForce.objects.running().filter(members=mine).filter(members=theirs).first()
    if task_force is None or mine.left_on or theirs.left_on:
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


def _notify(hit: Hit, side: Side, told: dict[str, Any]) -> None:
    content = {
        **told,
        "own_lead_id": side.own.lead_id,
        "own_subject_id": side.own.subject_id,
        "band": hit.band,
        "evidence": sealed(hit.evidence, side.which, hit.band),
    }
    notice = HitNotice.objects.filter(hit=hit, agency=side.own.agency).first()
    if notice is None:
        notice = HitNotice.objects.create(hit=hit, agency=side.own.agency, **content)
    elif all(getattr(notice, name) == value for name, value in content.items()) and not _is_withdrawn(notice):
        return
    else:
        if _is_withdrawn(notice):
            newest = notice.judgements.first()
            content["state"] = newest.verdict if newest else HitNotice.State.NEW
        for name, value in content.items():
            setattr(notice, name, value)
        notice.save()
    audit.record(audit.Act.NOTIFIED, notice, by=None, agency=str(side.own.agency_id))


def _is_judged(hit: Hit, side: Side) -> bool:
    return Judgement.objects.filter(notice__hit=hit, agency=side.own.agency).exists()


def _is_withdrawn(notice: HitNotice) -> bool:
    return notice.state == HitNotice.State.WITHDRAWN


def _withdraw(hit: Hit, side: Side) -> None:
    for notice in HitNotice.objects.filter(hit=hit, agency=side.own.agency).exclude(
        state=HitNotice.State.WITHDRAWN
    ):
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
