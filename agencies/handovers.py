"""An offer to hand a record over: another agency becomes its owner, if a supervisor there accepts."""

from __future__ import annotations

from typing import ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models

from agencies.permissions import Permission
from agencies.retention import Retained
from agencies.visibility import Grant, Level, Shareable


class Handover(Shareable):
    """Owned by the agency that offers, granted to the one that answers. It stays with both when it is over."""

    class State(models.TextChoices):
        OFFERED = "offered", "Waiting for an answer"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Keeps(models.IntegerChoices):
        """How much of the record the giving agency has afterwards, as a share like any other."""

        NOTHING = 0, "Nothing"
        SUMMARY = Level.SUMMARY.value, Level.SUMMARY.label
        VIEW = Level.VIEW.value, Level.VIEW.label
        CONTRIBUTE = Level.CONTRIBUTE.value, Level.CONTRIBUTE.label

    receiver = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=50)
    object_id = models.UUIDField()
    keeps = models.PositiveSmallIntegerField(choices=Keeps.choices)
    reason = models.CharField(max_length=500)
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    shown_by = models.BigIntegerField(
        null=True, help_text="The share of the summary that came with the offer"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    read_permission: ClassVar = Permission.HAND_OVER

    class Meta(Shareable.Meta):
        indexes = [models.Index(fields=["state", "-created_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_id"], condition=models.Q(state="offered"), name="one_open_offer"
            )
        ]

    def __str__(self) -> str:
        return f"offer to {self.receiver}"

    @property
    def model(self) -> type[Retained]:
        model = apps.get_model(self.kind)
        assert issubclass(model, Retained)
        return model


class HandoverGrant(Grant):
    content_object = models.ForeignKey(Handover, on_delete=models.CASCADE)
