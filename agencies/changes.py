"""The change ledger that partner agencies pull from: what became visible, changed or was withdrawn, per agency.

One row per agency and object, moved to the end whenever something about it changes *for that agency*. Rows are
ordered by the transaction that wrote them and read only once every older transaction has ended, so a reader
that keeps its cursor never misses a row while others write.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import models
from django.db.models import Func
from django.utils import timezone

from agencies.visibility import Shareable, dependants, viewers_of


class _CurrentTransaction(Func):
    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()


class _OldestRunningTransaction(Func):
    template = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    output_field = models.BigIntegerField()


class _OwnTransaction(Func):
    template = "coalesce(pg_current_xact_id_if_assigned()::text::bigint, -1)"
    output_field = models.BigIntegerField()


class ChangeQuerySet(models.QuerySet["Change"]):
    def settled(self) -> ChangeQuerySet:
        """Changes that no running transaction can still get in front of."""
        return self.filter(models.Q(txid__lt=_OldestRunningTransaction()) | models.Q(txid=_OwnTransaction()))


class Change(models.Model):
    agency_id = models.UUIDField()
    kind = models.CharField(max_length=50)
    object_id = models.UUIDField()
    withdrawn = models.BooleanField(default=False)
    txid = models.BigIntegerField()
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency_id", "kind", "object_id"], name="one_change_per_agency_and_object"
            )
        ]
        indexes = [models.Index(fields=["agency_id", "kind", "txid", "object_id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} for {self.agency_id}"


def announce(obj: Shareable, *, with_dependants: bool = False) -> None:
    """Tell every agency's feed what `obj` now is to it. Call after any change of content or of who sees it."""
    for row in dependants(obj) if with_dependants else (obj,):
        if row.in_feed:
            _announce_one(row)


def _announce_one(obj: Shareable) -> None:
    kind = obj._meta.label_lower
    seeing = {viewer.agency.pk for viewer in viewers_of(obj)}
    known = Change.objects.filter(kind=kind, object_id=obj.pk, withdrawn=False).values_list(
        "agency_id", flat=True
    )
    _write(obj, kind, seeing, withdrawn=False)
    _write(obj, kind, set(known) - seeing, withdrawn=True)


def _write(obj: Shareable, kind: str, agencies: Iterable[uuid.UUID], *, withdrawn: bool) -> None:
    Change.objects.bulk_create(
        [
            Change(agency_id=pk, kind=kind, object_id=obj.pk, withdrawn=withdrawn, txid=_CurrentTransaction())
            for pk in sorted(agencies)
        ],
        update_conflicts=True,
        unique_fields=["agency_id", "kind", "object_id"],
        update_fields=["withdrawn", "txid", "changed_at"],
    )
