"""The change ledger that partner agencies pull from: what became visible, changed or was withdrawn, per agency.

One row per agency and object, moved to the end whenever something about it changes *for that agency*. Rows are
ordered by the transaction that wrote them and read only once every older transaction has ended, so a reader
that keeps its cursor never misses a row while others write.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterable

from django.apps import apps
from django.db import models
from django.db.models import Func
from django.utils import timezone

from agencies.acting import as_system
from agencies.guards import target_of
from agencies.visibility import Holder, Level, Shareable, Through, viewers_of


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


class _Agency:
    """An agency as a looker, whatever roles its people have: what could any of them see?"""

    def __init__(self, agency: Holder) -> None:
        self.sees_as = agency
        self.agency_id = agency.pk

    def may(self, permission: str) -> bool:
        return True


def announce(obj: Shareable, *, to: Holder | None = None, with_dependants: bool = False) -> None:
    """Tell feeds what `obj` now is to them: its feeds all, or only that of the agency whose access changed.

    Call after any change of content, or of who sees it (`with_dependants`: then all that hangs on it follows).
    """
    agencies = [to] if to is not None else _concerned(obj)
    for model, ids in dependants(obj).items() if with_dependants else [(type(obj), {obj.pk})]:
        if model.in_feed:
            for agency in agencies:
                _announce(model, ids, agency)


def announce_circle(obj: Shareable) -> None:
    """Tell feeds that `obj` and all that hangs on it was closed to all but named people, or opened again.

    What hangs on it for its owner alone, such as the owner's hits, is not told to anybody else: they must not notice.
    """
    for model, ids in dependants(obj).items():
        if model.in_feed:
            held = Change.objects.filter(kind=model._meta.label_lower, object_id__in=ids).values("agency_id")
            holders = {agency.pk: agency for agency in type(obj).agencies().filter(pk__in=held)}
            for agency in {**holders, **{agency.pk: agency for agency in _concerned(obj)}}.values():
                _announce(model, ids, agency)
    for model, ids in guarded_rows(obj).items():
        _announce(model, ids, obj.agency)


def announce_new(rows: Iterable[Shareable]) -> None:
    """Tell feeds of new rows of models that are shown to their owners alone, in a few statements for each owner."""
    fresh: dict[tuple[type[Shareable], uuid.UUID], tuple[Holder, set[uuid.UUID]]] = {}
    for row in rows:
        if row.handed_on or row.seen_through:
            raise TypeError(
                f"A {row._meta.verbose_name} may be seen by others than its owner: announce it by itself."
            )
        fresh.setdefault((type(row), row.agency_id), (row.agency, set()))[1].add(row.pk)
    for (model, _), (agency, ids) in fresh.items():
        _announce(model, ids, agency)


def announce_parts(whole: Shareable, parts: type[Shareable], ids: set[uuid.UUID]) -> None:
    """Tell the feeds of those who see `whole` what these parts of it now are."""
    for agency in _concerned(whole):
        _announce(parts, ids, agency)


def forget(model: type[Shareable], ids: set[uuid.UUID]) -> None:
    """Rows are about to be deleted: every feed that holds one gets its tombstone."""
    held = Change.objects.filter(kind=model._meta.label_lower, object_id__in=ids, withdrawn=False)
    held.update(withdrawn=True, txid=_CurrentTransaction(), changed_at=timezone.now())


def _concerned(obj: Shareable) -> list[Holder]:
    """Who sees `obj`, and who saw it until now."""
    seeing = {viewer.agency.pk: viewer.agency for viewer in viewers_of(obj)}
    known = Change.objects.filter(kind=obj._meta.label_lower, object_id=obj.pk, withdrawn=False)
    lost = set(known.values_list("agency_id", flat=True)) - set(seeing)
    return [*seeing.values(), *(type(obj).agencies().filter(pk__in=lost) if lost else [])]


def _announce(model: type[Shareable], ids: set[uuid.UUID], agency: Holder) -> None:
    kind = model._meta.label_lower
    rows = model.objects.visible_to(_Agency(agency), Level.SUMMARY).filter(pk__in=ids)
    seen = set(rows.values_list("pk", flat=True))
    _write(kind, agency, seen, withdrawn=False)
    if lost := ids - seen:
        known = Change.objects.filter(kind=kind, agency_id=agency.pk, object_id__in=lost, withdrawn=False)
        _write(kind, agency, known.values_list("object_id", flat=True), withdrawn=True)


def _write(kind: str, agency: Holder, ids: Iterable[uuid.UUID], *, withdrawn: bool) -> None:
    Change.objects.bulk_create(
        [
            Change(
                agency_id=agency.pk, kind=kind, object_id=pk, withdrawn=withdrawn, txid=_CurrentTransaction()
            )
            for pk in sorted(ids)
        ],
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["agency_id", "kind", "object_id"],
        update_fields=["withdrawn", "txid", "changed_at"],
    )


# --- What hangs on a row ------------------------------------------------------------------------------------


@as_system
def dependants(obj: Shareable) -> dict[type[Shareable], set[uuid.UUID]]:
    """`obj` and every row that is seen because `obj` is seen, to any depth: ids by model."""
    found: dict[type[Shareable], set[uuid.UUID]] = {type(obj): {obj.pk}}
    fresh = [(type(obj), {obj.pk})]
    while fresh:
        parent, ids = fresh.pop()
        for model, through in _children_of(parent):
            values = parent.objects.filter(through.where, pk__in=ids).values(through.column)
            children = set(
                model.objects.filter(**{f"{through.own}__in": values}).values_list("pk", flat=True)
            )
            children -= found.setdefault(model, set())
            if children:
                found[model] |= children
                fresh.append((model, children))
    return found


@as_system
def guarded_rows(obj: Shareable) -> dict[type[Shareable], set[uuid.UUID]]:
    """What feeds tell of and its owner's people lose with `obj`, though others may see it apart: ids by model."""
    found: dict[type[Shareable], set[uuid.UUID]] = {}
    for model in apps.get_models():
        if not (issubclass(model, Shareable) and model.in_feed):
            continue
        for guard in model.guarded_by:
            if guard.own_side and target_of(model, guard) is type(obj):
                ids = model._base_manager.filter(**{guard.path: obj}).values_list("pk", flat=True)
                found.setdefault(model, set()).update(ids)
    return found


@functools.cache
def _children_of(parent: type[Shareable]) -> list[tuple[type[Shareable], Through]]:
    """What hangs on rows of `parent`, as far as a feed tells of it or of something that hangs on it in turn."""
    children = [
        (model, through)
        for model in apps.get_models()
        if issubclass(model, Shareable)
        for through in model.seen_through
        if through.model() is parent
    ]
    return [(model, through) for model, through in children if model.in_feed or _children_of(model)]
