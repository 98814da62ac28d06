"""Purging: a record goes with everything that hangs on it, on both sides. A certificate without content is left.

What audit events say of it stays, for they hold ids, codes and the reasons that people gave, and their chain is sealed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models.deletion import Collector
from django.db.models.expressions import RawSQL
from django.utils import timezone

from agencies import audit, visibility
from agencies.agreements import ByAgreement
from agencies.audit import Act
from agencies.chains import Signer
from agencies.changes import forget
from agencies.guards import circle_of, target_of
from agencies.models import (
    Agency,
    Handover,
    IdempotentAnswer,
    PurgeCertificate,
    PurgeNotice,
    ReleaseRequest,
    UnitWall,
    User,
)
from agencies.retention import Retained
from agencies.visibility import Grant, Level, Shareable

Ground = PurgeCertificate.Ground
Rows = dict[type[models.Model], list[Any]]

# Upper apps join what else goes with a record, beyond the rows that hang on it by a foreign key.
PURGED_WITH: list[Callable[[Collection[uuid.UUID]], Iterable[models.QuerySet[Any, Any]]]] = []


def purge(record: Retained, *, ground: Ground, reason: str, by: User | None) -> PurgeCertificate:
    """Remove a record and all that hangs on it. Call in a transaction; the callers check whether it may be done."""
    visibility.lock(record)
    _lock(_collected(record)[0])
    rows, collector = _collected(record)  # again: nothing can be added to what is locked
    told = _had(record, rows)
    removed = [row.pk for model in rows if issubclass(model, Shareable) for row in rows[model]]
    certificate = PurgeCertificate.objects.create(
        agency_id=record.agency_id, kind=record._meta.label_lower, object_id=record.pk,
        reference=record.reference, submitted_at=record.created_at, review_on=record.review_on,
        purged_by=by, ground=ground, reason=reason, removed=removed, digest=_digest(rows),
        counts=_counted(record.agency_id, rows),
    )  # fmt: skip
    _keep_circle(record, certificate, by)
    _tell(certificate, record, told)
    _withdraw(rows)
    actor = by or ByAgreement(record.agency_id, says="Taskforce, by the review date")
    audit.record(Act.PURGED, record, by=actor, certificate=str(certificate.pk), reason=reason)
    collector.delete()
    return certificate


# --- What goes ----------------------------------------------------------------------------------------------


def _collected(record: Retained) -> tuple[Rows, Collector]:
    """All rows that go, by model, and what deletes them."""
    collector = Collector(using=DEFAULT_DB_ALIAS, origin=record)
    collector.collect([record])
    ids = {row.pk for model, of in _rows(collector).items() if issubclass(model, Shareable) for row in of}
    for more in [*_loose(ids), *(rows for find in PURGED_WITH for rows in find(ids))]:
        collector.collect(more)
    return _rows(collector), collector


def _lock(rows: Rows) -> None:
    for model in sorted(rows, key=lambda model: model._meta.label_lower):
        found = model._base_manager.filter(pk__in=[row.pk for row in rows[model]])
        list(found.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


def _rows(collector: Collector) -> Rows:
    found: dict[type[models.Model], dict[Any, Any]] = {}
    for model, instances in collector.data.items():
        found.setdefault(model, {}).update((row.pk, row) for row in instances)
    for rows in collector.fast_deletes:
        found.setdefault(rows.model, {}).update((row.pk, row) for row in rows)
    return {model: list(of.values()) for model, of in found.items()}


def _counted(agency_id: uuid.UUID, rows: Rows) -> dict[str, int]:
    """How many of its agency's own rows go, by kind. What others wrote, matched or attached is not told, and not what
    hangs on a restricted record that stays: their number would say that there is some."""
    gone = {row.pk for model, of in rows.items() if issubclass(model, Shareable) for row in of}
    counts: Counter[str] = Counter()
    for model, of in rows.items():
        if issubclass(model, Shareable):
            own = {row.pk for row in of if row.agency_id == agency_id}
            own -= _with_restricted(model, own, gone)
            counts[str(model._meta.verbose_name)] += len(own)
    return {name: number for name, number in sorted(counts.items()) if number}


def _with_restricted(model: type[Shareable], pks: set[Any], gone: set[Any]) -> set[Any]:
    """Those that hang on a record, other than what goes, which is kept from anybody."""
    found: set[Any] = set()
    for guard in model.guarded_by:
        shut: Any = target_of(model, guard).admission_model()
        kept = (
            shut._base_manager.filter(let_in=False).exclude(content_object__in=gone).values("content_object")
        )
        found |= set(
            model._base_manager.filter(**{f"{guard.path}__in": kept}, pk__in=pks).values_list("pk", flat=True)
        )
    return found


def _loose(ids: Collection[uuid.UUID]) -> Iterable[models.QuerySet[Any, Any]]:
    """Rows that tell of these without a foreign key: requests to release, offers, and answers kept for a retry."""
    yield ReleaseRequest.objects.filter(object_id__in=ids)
    yield Handover.objects.filter(object_id__in=ids)
    texts = [str(pk) for pk in ids]
    told = RawSQL(
        "SELECT id FROM agencies_idempotentanswer WHERE body->>'lead' = ANY(%s) OR EXISTS (SELECT FROM"
        " jsonb_array_elements(CASE jsonb_typeof(body->'of') WHEN 'array' THEN body->'of' ELSE '[]' END) AS row"
        " WHERE row->>1 = ANY(%s))",
        [texts, texts],
    )
    yield IdempotentAnswer.objects.filter(pk__in=told)


def _digest(rows: Rows) -> str:
    """What was removed, as a keyed hash: nobody without the installation's secret can try a guess against it."""
    sum = hmac.new(settings.SECRET_KEY.encode(), b"purge", hashlib.sha256)
    for model in sorted(rows, key=lambda model: model._meta.label_lower):
        for row in sorted(rows[model], key=lambda row: str(row.pk)):
            values = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
            sum.update(
                json.dumps([model._meta.label_lower, values], sort_keys=True, default=str).encode() + b"\n"
            )
    return sum.hexdigest()


# --- Who is told --------------------------------------------------------------------------------------------


def _had(record: Retained, rows: Rows) -> dict[uuid.UUID, Level]:
    """The agencies of whose people any saw the record, or a part of it that was shared by itself; and how much of it."""
    found = {viewer.agency.pk: viewer.level for viewer in visibility.viewers_of(record)}
    for model, of in rows.items():
        if issubclass(model, Grant):
            for part in {grant.content_object for grant in of if type(grant.content_object).handed_on}:
                for viewer in visibility.viewers_of(part):
                    found.setdefault(viewer.agency.pk, Level.SUMMARY)
    reference = Agency.objects.filter(pk__in=found, kind=Agency.Kind.REFERENCE)
    for pk in [record.agency_id, *reference.values_list("pk", flat=True)]:
        found.pop(pk, None)
    return found


def _tell(certificate: PurgeCertificate, record: Retained, had: dict[uuid.UUID, Level]) -> None:
    PurgeNotice.objects.bulk_create(
        PurgeNotice(
            agency_id=agency, certificate=certificate, owner_id=record.agency_id, kind=certificate.kind, had=level,
            reference=record.reference if level >= Level.VIEW else "",
        )
        for agency, level in had.items()
    )  # fmt: skip


def _keep_circle(record: Retained, certificate: PurgeCertificate, by: User | None) -> None:
    """From whom the record was kept, its certificate is kept too, and what the audit record says of it."""
    circle = circle_of(record)
    if circle.named is not None or circle.walled:
        admissions: Any = PurgeCertificate.admission_model()
        entries = [(person, False) for person in circle.walled]
        if circle.named is not None:
            entries += [(None, False), *((person, True) for person in circle.named)]
        admissions.objects.bulk_create(
            admissions(content_object=certificate, person=person, let_in=let_in, set_by=by, reason=circle.reason)
            for person, let_in in entries
        )  # fmt: skip
    # Who comes to a unit later is kept from what is left, as they would have been from the record.
    walls = UnitWall.objects.filter(kind=certificate.kind, object_id=record.pk)
    walls.update(kind=certificate._meta.label_lower, object_id=certificate.pk)


def _withdraw(rows: Rows) -> None:
    """Every feed that holds one of the rows gets its tombstone."""
    for model, of in rows.items():
        if issubclass(model, Shareable) and model.in_feed:
            forget(model, {row.pk for row in of})


# --- By the clock -------------------------------------------------------------------------------------------


def purge_lapsed() -> int:
    """Purge what was neither validated nor held until its review date; returns how many. One transaction each."""
    done = 0
    for model in retained_models():
        lapsed = model._default_manager.filter(review_on__lt=timezone.localdate(), held_at=None)
        for pk in list(lapsed.values_list("pk", flat=True)):
            done += _purge_if_lapsed(model, pk)
    return done


def retained_models() -> list[type[Retained]]:
    return [model for model in apps.get_models() if issubclass(model, Retained)]


@transaction.atomic
def _purge_if_lapsed(model: type[Retained], pk: uuid.UUID) -> bool:
    """Locked first: whoever validates it meanwhile wins."""
    rows = model._default_manager.select_for_update(of=("self",))
    record = rows.filter(pk=pk, review_on__lt=timezone.localdate(), held_at=None).first()
    if record is None:
        return False
    purge(
        record,
        ground=Ground.LAPSED,
        reason=f"To be reviewed by {record.review_on}, and not validated.",
        by=None,
    )
    return True


def sign_certificates() -> int:
    """Sign what was purged since, with the key of the audit heads; returns how many."""
    waiting = list(PurgeCertificate.objects.filter(signature="")[:1_000])
    signer = Signer(Path(settings.AUDIT_SIGNING_KEY_FILE)) if waiting else None
    for each in waiting:
        assert signer is not None
        each.at, each.key = datetime.now(UTC).isoformat(timespec="seconds"), signer.public
        each.signature = signer.sign_statement(each.statement())
        each.save(update_fields=["at", "key", "signature"])
    return len(waiting)
