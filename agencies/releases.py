"""The third-agency rule: what one agency gave another, that one does not give a third without being allowed to."""

from __future__ import annotations

from typing import ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models

from agencies.permissions import Permission
from agencies.visibility import Grant, Level, Shareable


class ReleaseRequest(Shareable):
    """A holder asks the originator to let a third agency have a record. Owned by the asker, granted to the originator."""

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for an answer"
        RELEASED = "released", "Released"
        DECLINED = "declined", "Declined"

    originator = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    receiver = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=50)
    object_id = models.UUIDField()
    asked_level = models.PositiveSmallIntegerField(choices=[(level.value, level.label) for level in Level])
    purpose = models.CharField(max_length=500)
    until = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    read_permission: ClassVar = Permission.SHARE

    class Meta(Shareable.Meta):
        indexes = [models.Index(fields=["state", "-created_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "receiver", "kind", "object_id"],
                condition=models.Q(state="asked"),
                name="one_open_release_request",
            )
        ]

    def __str__(self) -> str:
        return f"request to release to {self.receiver}"

    @property
    def model(self) -> type[Shareable]:
        model = apps.get_model(self.kind)
        assert issubclass(model, Shareable)
        return model


class ReleaseRequestGrant(Grant):
    content_object = models.ForeignKey(ReleaseRequest, on_delete=models.CASCADE)
