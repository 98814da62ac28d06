"""Kept from a person: rows of named people only, and conflict walls. The gate asks here; nothing else decides it.

What an agency sees is open to all its people whose role reads it, unless an entry on the row, or on a row that it
hangs on, says otherwise. What says no wins, for administrators and superusers as for everybody.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Lookup, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from agencies.permissions import Role

T = TypeVar("T", bound=models.Model)


@functools.cache
def table_on(model: type[models.Model], kind: type[T]) -> type[T] | None:
    for relation in model._meta.get_fields():
        related = getattr(relation, "related_model", None)
        if relation.auto_created and isinstance(related, type) and issubclass(related, kind):
            return related
    return None


class Admission(models.Model):
    """Whether a row is open to one person of an agency that sees it; without a person: to everybody not named.

    So a row of named people only has one entry that shuts everybody out and one that lets each of them in, and a
    conflict wall is an entry that shuts one person out. What says no wins. Concrete models add the row.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    let_in = models.BooleanField()
    since = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=500)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["content_object", "person"], nulls_distinct=False, name="one_%(class)s_each"
            )
        ]


@dataclass(frozen=True, slots=True)
class Guard:
    """What hangs on a row is kept from those from whom the row is kept. `path` leads there, over foreign keys.

    `own_side`: only where that row is of the viewer's own agency. Of a hit each side guards its own record.
    """

    path: str
    own_side: bool = False


def kept_back(model: Any, viewer: Any) -> Q:
    """The rows kept from this person: by an entry on the row itself, or on what it hangs on."""
    admissions = model.admission_model()
    rule = Q(pk__in=[]) if admissions is None else Q(pk__in=shut(admissions, viewer))
    for guard in model.guarded_by:
        rule |= _behind(model, guard, viewer)
    return rule


def _all_admissions() -> list[Any]:
    return [model._base_manager for model in apps.get_models() if issubclass(model, Admission)]


def anything_shut(viewer: Any) -> bool:
    """Is there any row at all that is kept from this person?"""
    return any(
        rows.filter(content_object__in=shut(rows.model, viewer)).exists() for rows in _all_admissions()
    )


# Written out, for the gate asks it several times in every query, and building it from parts took longer than answering.
_SHUT_TO_ALL = "SELECT content_object_id FROM {table} WHERE person_id IS NULL AND NOT let_in"
_SHUT_TO_PERSON = """
    SELECT s.content_object_id FROM {table} s WHERE NOT s.let_in AND (s.person_id = %s OR s.person_id IS NULL AND NOT
    EXISTS (SELECT FROM {table} m WHERE m.content_object_id = s.content_object_id AND m.person_id = %s AND m.let_in))
"""


def shut(admissions: Any, viewer: Any, form: str = "{}", *more: Any) -> RawSQL:
    """The ids of the rows that are shut to the viewer. For an agency as such (no person): those of named people."""
    person = getattr(viewer, "pk", None)
    query = (_SHUT_TO_ALL if person is None else _SHUT_TO_PERSON).format(table=admissions._meta.db_table)
    params = [] if person is None else [person, person]
    return RawSQL(form.format(query), [*params, *more])  # noqa: S611 - only names of our own tables are put in


def _behind(model: Any, guard: Guard, viewer: Any) -> Q:
    """The rows of `model` whose guard is shut to the viewer. Few rows ever are: the plan must start from those."""
    target = target_of(model, guard)
    admissions = target.admission_model()
    if "__" not in guard.path and not guard.own_side:
        return Q(**{f"{guard.path}__in": shut(admissions, viewer)})
    if guard.own_side:
        own = f"ARRAY(SELECT id FROM {target._meta.db_table} WHERE id IN ({{}}) AND agency_id = %s)"  # noqa: S608
        few = shut(admissions, viewer, own, viewer.sees_as.pk if viewer.sees_as else None)
    else:
        few = shut(admissions, viewer, "ARRAY({})")
    return Q(pk__in=model._base_manager.filter(_IsAnyOf(F(guard.path), few)).values("pk"))


class _IsAnyOf(Lookup):
    """`x = ANY (ARRAY (…))`, which the planner takes for a handful of values, and so looks each of them up."""

    lookup_name = "is_any_of"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        value, value_params = self.process_lhs(compiler, connection)
        array, array_params = self.process_rhs(compiler, connection)
        return f"{value} = ANY({array})", (*value_params, *array_params)


def target_of(model: Any, guard: Guard) -> Any:
    """The kind of row that a guard is."""
    target = model
    for step in guard.path.split("__"):
        target = target._meta.get_field(step).related_model
    return target


def admit(obj: Any, *, named: Collection[Any] | None, walled: Collection[Any], by: Any, reason: str) -> None:
    """Open `obj` to the `named` people alone (None: to all of the agencies that see it), and never to the `walled`."""
    admissions: Any = type(obj).admission_model()
    admissions.objects.filter(content_object=obj).delete()
    entries = [(person, False) for person in walled]
    if named is not None:
        entries += [(None, False), *((person, True) for person in named)]
    admissions.objects.bulk_create(
        admissions(content_object=obj, person=person, let_in=let_in, set_by=by, reason=reason)
        for person, let_in in entries
    )


@dataclass(frozen=True, slots=True)
class Circle:
    """To whom of the agencies that see a row it is open: `named` alone (None: to all their people), never `walled`."""

    named: list[Any] | None
    walled: list[Any]
    reason: str = ""
    set_by: Any = None
    since: datetime | None = None


def circle_of(obj: Any) -> Circle:
    """The people to whom `obj` is open, by name, as the entries on the row itself say."""
    admissions = type(obj).admission_model()
    rows = (
        []
        if admissions is None
        else list(admissions._default_manager.filter(content_object=obj).select_related("person", "set_by"))
    )
    people = [row for row in rows if row.person_id is not None]
    people.sort(key=lambda row: row.person.name)
    named = [row.person for row in people if row.let_in]
    walled = [row.person for row in people if not row.let_in]
    newest = rows[0] if rows else None
    return Circle(
        named if len(people) < len(rows) else None, walled, newest.reason if newest else "",
        newest.set_by if newest else None, newest.since if newest else None,
    )  # fmt: skip


def only_supervisor_of(person: Any) -> int:
    """How many rows of named people would be left without a supervisor of their owner if this person went."""
    left = 0
    for model in apps.get_models():
        if not issubclass(model, Admission) or person.role != Role.SUPERVISOR:
            continue
        rows: Any = model._default_manager
        others = rows.filter(
            content_object=OuterRef("content_object"), let_in=True, person__is_active=True,
            person__role=Role.SUPERVISOR, person__agency=person.agency_id,
        ).exclude(person=person)  # fmt: skip
        own = rows.filter(person=person, let_in=True, content_object__agency=person.agency_id)
        left += own.filter(~Exists(others)).count()
    return left
