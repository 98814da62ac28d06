"""The matching engine's own tables: outside any agency's reach, read by workers only.

Nothing here is shown to anybody. Keys and terms are keyed hashes, so the tables carry no readable value but the
features of a record, which the scorer needs.
"""

from __future__ import annotations

import uuid

from django.db import models

from agencies.models import Agency
from intel.models.lead import Lead
from intel.models.subject import Subject


class MatchRecord(models.Model):
    """One side of a possible hit: a subject, or (subject null) the loose identifiers of a lead."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="match_records")
    subject = models.ForeignKey(Subject, null=True, on_delete=models.CASCADE, related_name="match_records")
    kind = models.CharField(max_length=20)
    features = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "subject"], nulls_distinct=False, name="one_record_per_side"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class MatchKey(models.Model):
    """A blocking key of a record: the keyed hash of "family:value"."""

    key = models.BigIntegerField()
    record = models.ForeignKey(MatchRecord, on_delete=models.CASCADE, related_name="keys")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "record"], name="one_key_per_record")]

    def __str__(self) -> str:
        return str(self.key)


class HotKey(models.Model):
    """A key held by so many records that it would only make noise."""

    key = models.BigIntegerField(primary_key=True)
    n = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.key)


class TermFrequency(models.Model):
    """How many records hold a value of a field: what a rare agreement is worth."""

    field = models.CharField(max_length=30)
    value_hash = models.BigIntegerField()
    n = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["field", "value_hash"], name="one_frequency_per_value")
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.n}"


class ProtectedValue(models.Model):
    """An identifier that must never link anybody: a hotline, an embassy desk, a shelter's own phone."""

    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=500)
    reason = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="one_protection_per_value")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"
