"""What raises an alarm, canaries and unusual amounts of reading, and the alarm that becomes of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from agencies.guards import Admission, Guard
from agencies.permissions import Permission
from agencies.visibility import Shareable

SAYS = "Taskforce, watching"  # who raises an alarm, on the audit record


class Canary(Shareable):
    """A decoy among the agency's leads or cases. It points at the row, which itself knows nothing of it.

    Kept from all but its keepers (supervisors) and the agency's auditors, by the same rule as a record of named people.
    """

    kind = models.CharField(max_length=50)
    object_id = models.UUIDField()
    reason = models.CharField(max_length=500)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True)

    read_permission: ClassVar = Permission.READ_AUDIT

    class Meta(Shareable.Meta):
        verbose_name_plural = "canaries"
        indexes = [
            models.Index(
                fields=["object_id"], condition=models.Q(lifted_at=None), name="canaries_that_are_set"
            )
        ]

    def __str__(self) -> str:
        return "canary"


class CanaryAdmission(Admission):
    content_object = models.ForeignKey(Canary, on_delete=models.CASCADE)


class Alarm(Shareable):
    """Somebody did what an agency wants to be told of. `agency` is the one that is told."""

    canary = models.ForeignKey(Canary, null=True, on_delete=models.CASCADE, related_name="alarms")
    how = models.CharField(max_length=200)
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=200)
    person_agency = models.CharField(max_length=200, blank=True)
    looks = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(default=timezone.now)
    finding = models.CharField(max_length=500, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    settled_at = models.DateTimeField(null=True)

    read_permission: ClassVar = Permission.READ_AUDIT
    guarded_by: ClassVar = (Guard("canary"),)

    class Meta(Shareable.Meta):
        indexes = [
            models.Index(fields=["agency", "-created_at", "-id"]),
            models.Index(fields=["canary", "person_id"]),
        ]

    def __str__(self) -> str:
        return f"alarm about {self.person_name}"


class ReadTally(models.Model):
    """What one account read: in the hour it last read in, on that day, and on a usual one. `told`: the owners told of it."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE)
    hour = models.DateTimeField()
    reads = models.PositiveIntegerField()
    day = models.DateField()
    today = models.PositiveIntegerField()
    usual = models.FloatField(null=True)  # None until a second day on which they read
    told = ArrayField(models.UUIDField())

    def __str__(self) -> str:
        return f"{self.reads} reads of {self.person_id}"
