"""A case has a new owner: who has which part in it."""

from __future__ import annotations

from django.utils import timezone

from agencies.handovers import Handover
from agencies.models import User
from agencies.retention import Retained
from cases.actions.operating import take_operations_back
from cases.actions.tracking import settle_after_leaving
from cases.models import Assignment, Case

Part = Assignment.Part


def follow_case(record: Retained, handover: Handover, by: User) -> None:
    """The new owner is on its case, and leads it where the old one did; that one stays where it may go on contributing."""
    if not isinstance(record, Case):
        return
    running = record.assignments.filter(ended_at=None)
    given = running.filter(agency=handover.agency)
    leads = given.filter(part=Part.LEAD).exists()
    if handover.keeps == Handover.Keeps.CONTRIBUTE:
        given.update(part=Part.SUPPORT, updated_at=timezone.now())
    else:
        given.update(ended_at=timezone.now(), updated_at=timezone.now())
    own, is_new = Assignment.objects.get_or_create(
        case=record, agency=handover.receiver, ended_at=None,
        defaults={"assigned_by": by, "reason": "took the case over"},
    )  # fmt: skip
    if leads:
        own.part = Part.LEAD
        own.save(update_fields=["part", "updated_at"])
    if is_new:
        own.people.add(by)
    if handover.keeps != Handover.Keeps.CONTRIBUTE:
        take_operations_back(record, handover.agency)
        settle_after_leaving(record, handover.agency)
