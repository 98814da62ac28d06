"""How long a record is kept: until its review, at most. What is left of one that was purged, and who was told."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from agencies import chains
from agencies.guards import Admission, Guard
from agencies.permissions import Permission
from agencies.visibility import Level, Shareable, Through


class Retained(Shareable):
    """A record that is kept until its review: then it is validated with a reason, or purged."""

    review_on = models.DateField(null=True, editable=False, help_text="Empty: public, never reviewed")
    held_at = models.DateTimeField(null=True, editable=False, help_text="Under legal hold since")
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    hold_reason = models.CharField(max_length=500, blank=True, editable=False)

    page: ClassVar[str]  # the URL name of its page
    submitted_by: ClassVar[str]  # the key of the person who submitted it, and so does not review it
    sorted_by: ClassVar[dict[str, str]]  # what a sharing rule goes by (handling, about, tag), and its column
    reference: Any

    class Meta(Shareable.Meta):
        abstract = True

    @property
    def submitter_id(self) -> uuid.UUID | None:
        submitter: uuid.UUID | None = getattr(self, f"{self.submitted_by}_id")
        return submitter

    @property
    def is_of_victims(self) -> bool:
        """Does it speak of victims or witnesses, who are reviewed sooner?"""
        return False

    @property
    def is_held(self) -> bool:
        return self.held_at is not None

    @property
    def is_overdue(self) -> bool:
        return self.review_on is not None and self.review_on < timezone.localdate()

    @property
    def is_due(self) -> bool:
        """Is its review within the time of warning, or over?"""
        return self.review_on is not None and self.review_on <= warned_until()


def warned_until() -> date:
    """The last day on which a review is announced today."""
    return timezone.localdate() + timedelta(days=settings.REVIEW_WARNING_DAYS)


def review_day(agency: Any, *, of_victims: bool) -> date:
    """The latest day on which a record that is submitted or validated today is reviewed again."""
    years = min(agency.review_years, settings.REVIEW_YEARS_MOST)
    if of_victims:
        years = min(years, agency.review_years_victims)
    today = timezone.localdate()
    try:
        return today.replace(year=today.year + years)
    except ValueError:  # 29 February
        return today.replace(year=today.year + years, day=28)


class PurgeCertificate(Shareable):
    """What is left of a purged record: who, when, why, how much of what. Nothing of its content.

    Open to whom the record was: it takes over the record's named people and walls.
    """

    class Ground(models.TextChoices):
        DECIDED = "decided", "Decided at a review"
        LAPSED = "lapsed", "Review date passed without a decision"
        LEFT = "left", "The agency left"

    kind = models.CharField(max_length=50)
    object_id = models.UUIDField(unique=True)
    reference = models.CharField(max_length=20)
    submitted_at = models.DateTimeField()
    review_on = models.DateField(null=True)
    purged_at = models.DateTimeField(default=timezone.now)
    purged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ground = models.CharField(max_length=10, choices=Ground.choices)
    reason = models.CharField(max_length=500)
    counts = models.JSONField(help_text="Rows removed, by kind")
    digest = models.CharField(
        max_length=64, help_text="HMAC-SHA-256 of the rows, by the installation's secret"
    )
    removed = ArrayField(models.UUIDField(), help_text="The ids of the rows that audit events may speak of")
    at = models.CharField(max_length=40, blank=True)  # of the signature, whose very characters these are
    key = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=128, blank=True)

    read_permission: ClassVar = Permission.READ_AUDIT
    stands_for: ClassVar = "removed"

    class Meta(Shareable.Meta):
        indexes = [models.Index(fields=["agency", "-created_at", "-id"])]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"purge of {self.reference}"

    def told(self) -> dict[str, Any]:
        """What the signature is over."""
        return {
            "format": "taskforce-purge-1", "certificate": str(self.pk), "agency": str(self.agency_id),
            "kind": self.kind, "record": str(self.object_id), "reference": self.reference,
            "submitted_at": self.submitted_at.isoformat(),
            "review_on": self.review_on.isoformat() if self.review_on else None,
            "purged_at": self.purged_at.isoformat(),
            "purged_by": str(self.purged_by_id) if self.purged_by_id else None,
            "ground": self.ground, "reason": self.reason, "rows": self.counts, "digest": self.digest, "at": self.at,
        }  # fmt: skip

    def statement(self) -> bytes:
        return chains.canonical(self.told()).encode()


class PurgeCertificateAdmission(Admission):
    content_object = models.ForeignKey(PurgeCertificate, on_delete=models.CASCADE)


class PurgeNotice(Shareable):
    """An agency that had a record is told that its owner purged it, and says that its copies are gone too."""

    certificate = models.ForeignKey(PurgeCertificate, on_delete=models.PROTECT, related_name="notices")
    owner = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=50)
    reference = models.CharField(max_length=20, blank=True, help_text="Empty where they had a summary only")
    had = models.PositiveSmallIntegerField(choices=[(level.value, level.label) for level in Level])
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)

    read_permission: ClassVar = Permission.READ_CASES
    seen_through: ClassVar = (Through("certificate_id", "agencies.PurgeCertificate"),)
    guarded_by: ClassVar = (Guard("certificate"),)

    class Meta(Shareable.Meta):
        constraints = [
            models.UniqueConstraint(fields=["certificate", "agency"], name="one_notice_per_certificate")
        ]
        indexes = [models.Index(fields=["agency", "acknowledged_at", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.owner} purged {self.reference or 'a record'}"
