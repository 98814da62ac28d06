"""Weights that a task force learned from its own judgements, and what switching them on would change for whom."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone

from agencies.models import TaskForce, User
from agencies.permissions import Permission


class LearnedWeightsQuerySet(models.QuerySet["LearnedWeights"]):
    def visible_to(self, viewer: Any) -> Self:
        """Those of the running task forces in which the viewer's agency works, for whoever runs its linking."""
        agency = viewer.sees_as
        if agency is None or not viewer.may(Permission.RUN_LINKING):
            return self.none()
        return self.filter(task_force__in=TaskForce.objects.running().filter(members=agency.pk))

    def in_force(self) -> Self:
        return self.filter(switched_on_at__isnull=False, switched_off_at=None)


class LearnedWeights(models.Model):
    """`content` is a Model as JSON. `effect`: by agency, only what that agency may be told; read it with `effect_on`."""

    class State(models.TextChoices):
        LEARNING = "learning", "Learning"
        READY = "ready", "Ready"
        TOO_FEW = "too_few", "Too few judgements"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task_force = models.ForeignKey(TaskForce, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.LEARNING)
    content = models.JSONField(default=dict)
    effect = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    learned_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    switched_on_at = models.DateTimeField(null=True)
    switched_on_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    switched_off_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = LearnedWeightsQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "learned weights"
        constraints = [
            models.UniqueConstraint(
                fields=["task_force"],
                condition=models.Q(switched_on_at__isnull=False, switched_off_at=None),
                name="one_set_of_weights_in_force",
            ),
            models.UniqueConstraint(
                fields=["task_force"],
                condition=models.Q(state="learning"),
                name="one_lesson_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Weights of {self.task_force}"

    @property
    def is_on(self) -> bool:
        return self.switched_on_at is not None and self.switched_off_at is None

    def effect_on(self, agency_id: uuid.UUID) -> dict[str, Any]:
        """{new, changed: [{notice, was, now}], gone} of one agency's own notices; empty for a stranger's."""
        return dict(self.effect.get(str(agency_id), {}))
