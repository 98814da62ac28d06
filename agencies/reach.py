"""Reach: which rows an agency has, kept ready by the database, so that lists need not ask the grants of every row.

One row for each way in: ownership, a grant, an open attachment to a case that the agency has. Triggers write them, in
the transaction that gives or takes, and nobody else may; what a way came by is a foreign key of it, so that a way ends
with what it came by. Nothing is counted, so nothing can be miscounted: `intel/reconciling.py` compares all the same.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone

from agencies.guards import shut
from agencies.permissions import Permission


class Reach(models.Model):
    """One way in which one agency has one row. Concrete models add the row, and what the way came by.

    `until` is compared with now when somebody looks: a way ends at that second, not when somebody cleans up.
    """

    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    level = models.SmallIntegerField()
    until = models.DateTimeField(null=True)

    row: ClassVar[str]  # the name of the foreign key to the row
    by_case: ClassVar[bool] = False  # some ways lead through a case, which has its own readers and walls

    class Meta:
        abstract = True


def provenance(to: str) -> Any:
    """A foreign key that the database itself keeps (ON DELETE CASCADE, in the migration), and indexes there."""
    return models.ForeignKey(
        to, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )


def row_of(to: str) -> Any:
    return models.ForeignKey(
        to, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="reach"
    )


def reach_indexes(table: str, row: str, *came_by: str) -> list[models.Index]:
    """To ask for an agency's rows without looking at the table, and to find the ways that end with something."""
    by_case = ["case"] if "case_reach" in came_by else []
    name = f"{table}_{{}}".format
    return [
        models.Index(fields=["agency", row], include=["level", "until", *by_case], name=name("of_agency")),
        models.Index(fields=[row], name=name(f"of_{row}")),
        *(
            models.Index(fields=[way], condition=Q(**{f"{way}__isnull": False}), name=name(f"by_{way}"))
            for way in came_by
        ),
    ]


def ways_of(reach: Any, viewer: Any, level: int) -> QuerySet[Any]:
    """The ways in that the viewer's agency has at `level` or more at this second, but by no case kept from the viewer."""
    ways: QuerySet[Any] = reach._default_manager.filter(
        Q(until=None) | Q(until__gt=timezone.now()), agency_id=viewer.sees_as.pk, level__gte=level
    )
    if not reach.by_case:
        return ways
    if not viewer.may(Permission.READ_CASES):
        return ways.filter(case=None)
    cases: Any = reach._meta.get_field("case").related_model
    return ways.filter(Q(case=None) | ~Q(case__in=shut(cases.admission_model(), viewer)))


SUMMARY, VIEW, CONTRIBUTE = 1, 2, 3  # of `visibility.Level`, which stands above


def highest(reach: Any, parents: list[tuple[Any, str]], viewer: Any) -> Any:
    """The level of the viewer's widest way to a row, by itself or through a parent (its reach, the column that leads there).

    Asked of the rows that are shown, one by one: to gather all that the agency has would take as long as there is of it.
    """
    through = [
        Least(_widest(each, viewer, VIEW, own), Value(CONTRIBUTE), output_field=models.IntegerField())
        for each, own in parents
    ]
    itself = _widest(reach, viewer, SUMMARY, "pk")
    return Greatest(itself, *through, output_field=models.IntegerField()) if through else itself


def _widest(reach: Any, viewer: Any, least: int, own: str) -> Any:
    ways = ways_of(reach, viewer, least).filter(**{reach.row: OuterRef(own)}).order_by("-level")
    return Coalesce(Subquery(ways.values("level")[:1]), Value(0), output_field=models.IntegerField())
