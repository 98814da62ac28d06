from __future__ import annotations

from typing import ClassVar

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from agencies import audit
from agencies.guards import Guard
from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.visibility import Grant, Level, Shareable, VisibleQuerySet
from intel.models.hit import HitNotice


class DisclosureQuerySet(VisibleQuerySet["Disclosure"]):
    @transaction.atomic
    def expire_overdue(self) -> int:
        """Close the requests whose deadline has passed without an answer; returns how many."""
        overdue = self.filter(state=Disclosure.State.ASKED, deadline__lte=timezone.now())
        rows = list(overdue.select_for_update(skip_locked=True, of=("self",)))
        for disclosure in rows:
            disclosure.state = Disclosure.State.EXPIRED
            disclosure.save(update_fields=["state", "updated_at"])
            audit.record(audit.Act.EXPIRED, disclosure, by=None)
        return len(rows)


class Disclosure(Shareable):
    """One agency asks the other side of a hit for its record. Owned by the asker, granted to the holder."""

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for an answer"
        FULL = "full", "Disclosed"
        CONTACT_ONLY = "contact_only", "Contact only"
        DECLINED = "declined", "Declined"
        EXPIRED = "expired", "Expired"

    notice = models.ForeignKey(HitNotice, on_delete=models.CASCADE, related_name="disclosures")
    holder = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    asked_level = models.PositiveSmallIntegerField(
        choices=[(Level.SUMMARY, "Summary"), (Level.VIEW, "Full record")]
    )
    purpose = models.CharField(max_length=2_000)
    deadline = models.DateTimeField()
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=20, choices=State.choices, default=State.ASKED)
    answer = models.CharField(max_length=2_000, blank=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)
    granted_until = models.DateTimeField(null=True, help_text="When an answer in full ends; empty for no end")

    objects: ClassVar = DisclosureQuerySet.as_manager()

    read_permission: ClassVar = Permission.READ_LEADS
    # Its one grant goes with the verb that asks: the asker neither hands a request on nor takes it back from the holder.
    handed_on: ClassVar = ()
    guarded_by: ClassVar = (
        Guard("notice__hit__left__lead", own_side=True),
        Guard("notice__hit__right__lead", own_side=True),
    )
    in_feed: ClassVar = True

    class Meta(Shareable.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["notice"], condition=Q(state="asked"), name="one_open_request_per_notice"
            )
        ]

    def __str__(self) -> str:
        return f"request to {self.holder}"


class DisclosureGrant(Grant):
    content_object = models.ForeignKey(Disclosure, on_delete=models.CASCADE)
