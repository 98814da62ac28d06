from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from agencies.guards import Guard
from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.visibility import Shareable
from intel.models.lead import Lead
from intel.models.matching import MatchRecord
from intel.models.subject import Subject


class Band(models.TextChoices):
    STRONG = "strong", "Strong"
    PROBABLE = "probable", "Probable"
    POSSIBLE = "possible", "Possible"


class Verdict(models.TextChoices):
    SAME = "same", "Same"
    NOT_SAME = "not_same", "Not the same"
    UNSURE = "unsure", "Unsure"


class Hit(models.Model):
    """The engine's proposal that two records are the same. Holds both sides, so nobody sees it: see `HitNotice`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    left = models.ForeignKey(MatchRecord, on_delete=models.CASCADE, related_name="+")
    right = models.ForeignKey(MatchRecord, on_delete=models.CASCADE, related_name="+")
    bits = models.FloatField()
    band = models.CharField(max_length=10, choices=Band.choices)
    evidence = models.JSONField(default=list)
    model_version = models.CharField(max_length=30)
    withdrawn_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["left", "right"], name="one_hit_per_pair"),
            models.CheckConstraint(
                condition=models.Q(left__lt=models.F("right")), name="hit_pair_is_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.band} hit {self.id}"


class HitNotice(Shareable):
    """What one agency may know of one hit: its own record, how strong, and whom to ask. An ordinary gated row."""

    class State(models.TextChoices):
        NEW = "new", "New"
        SAME = "same", "Same"
        NOT_SAME = "not_same", "Not the same"
        UNSURE = "unsure", "Unsure"
        WITHDRAWN = "withdrawn", "Withdrawn"

    hit = models.ForeignKey(Hit, on_delete=models.CASCADE, related_name="notices")
    own_lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="notices")
    own_subject = models.ForeignKey(Subject, null=True, on_delete=models.CASCADE, related_name="notices")
    other_agency = models.ForeignKey(Agency, null=True, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    liaison = models.CharField(max_length=200, blank=True)
    band = models.CharField(max_length=10, choices=Band.choices)
    evidence = models.JSONField(
        default=list, help_text="Sealed: [{field, level, bits, sentence}] on own values only"
    )
    rank = models.FloatField(
        default=0.0, help_text="Its place in lists, by what this agency may know: see `sealing.rank`"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)

    read_permission: ClassVar = Permission.READ_LEADS
    # Both sides may be the agency's own: whoever may not know of one record may not know that it matches the other.
    guarded_by: ClassVar = (Guard("hit__left__lead", own_side=True), Guard("hit__right__lead", own_side=True))
    in_feed: ClassVar = True

    class Meta(Shareable.Meta):
        constraints = [models.UniqueConstraint(fields=["hit", "agency"], name="one_notice_per_side")]
        indexes = [
            models.Index(fields=["agency", "state", "-created_at", "-id"]),
            models.Index(
                fields=["agency", "state", "-rank", "-created_at", "-id"], name="notices_ranked_by_state"
            ),
            models.Index(fields=["agency", "-rank", "-created_at", "-id"], name="notices_ranked"),
        ]

    def __str__(self) -> str:
        return f"{self.get_band_display()} hit"

    def standing(self) -> models.QuerySet[Judgement]:
        """The judgements that nobody took back, newest first: the first one is what counts."""
        return self.judgements.filter(undoes=None, undone_by=None)

    def judged_state(self) -> str:
        newest = self.standing().first()
        return newest.verdict if newest else self.State.NEW


# What a query for notices with the sides of their hits leaves out: the second lock shows it to nobody who looks.
UNREAD_OF_SIDES = (
    "hit__evidence",
    *(f"hit__{side}__{column}" for side in ("left", "right") for column in ("features", "keys", "terms")),
)


class Judgement(Shareable):
    """What a person decided about a hit: a log. The newest that was not taken back counts (`HitNotice.standing`).

    Taking one back is a row of its own, whose `verdict` is what holds again ("" where nothing was judged before).
    """

    notice = models.ForeignKey(HitNotice, on_delete=models.CASCADE, related_name="judgements")
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    reason = models.CharField(max_length=2_000, blank=True)
    judged_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    batch = models.UUIDField(
        default=uuid.uuid4,
        db_index=True,
        help_text="Shared by what was judged in one go, to be taken back as one",
    )
    undoes = models.OneToOneField(
        "self", null=True, editable=False, on_delete=models.CASCADE, related_name="undone_by"
    )

    read_permission: ClassVar = Permission.READ_LEADS
    guarded_by: ClassVar = (
        Guard("notice__hit__left__lead", own_side=True),
        Guard("notice__hit__right__lead", own_side=True),
    )

    class Meta(Shareable.Meta):
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.get_verdict_display() or "Taken back"
