from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from agencies.guards import Guard
from agencies.models import User
from agencies.permissions import Permission
from agencies.visibility import Shareable
from intel.models.lead import Lead


class NarrativePrint(models.Model):
    """The bands of a lead's narrative, by which near-duplicates are found. Hashes only; asked together with the gate."""

    lead = models.OneToOneField(
        Lead, primary_key=True, on_delete=models.CASCADE, related_name="narrative_print"
    )
    bands = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes = [GinIndex(fields=["bands"], name="narrative_bands")]

    def __str__(self) -> str:
        return f"print of {self.lead_id}"


class OriginMark(Shareable):
    """What a person said of two leads: one origin, or independent ones. Their own agency's alone."""

    class Status(models.TextChoices):
        SAME = "same", "One origin"
        INDEPENDENT = "independent", "Independent origins"
        CLEARED = "cleared", "Nothing said"

    low = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    high = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=15, choices=Status.choices)
    marked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    read_permission: ClassVar = Permission.READ_LEADS
    guarded_by: ClassVar = (Guard("low"), Guard("high"))

    class Meta(Shareable.Meta):
        constraints = [
            models.UniqueConstraint(fields=["agency", "low", "high"], name="one_origin_mark_per_pair"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="origin_pair_is_ordered"),
        ]

    def __str__(self) -> str:
        return self.get_status_display()
