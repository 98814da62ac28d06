"""Long lists on HTML pages, newest or weightiest first, one screenful at a time: keyset pages, never an offset."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from agencies import cursors

M = TypeVar("M", bound=Model)

COUNT_CAP = 1_000  # beyond this the number helps nobody, and counting costs
OLDER, NEWER = "before", "after"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PlainCursor:
    """A place in a list, as its columns say it."""

    def write(self, texts: Sequence[str]) -> str:
        return base64.urlsafe_b64encode("|".join(texts).encode()).decode().rstrip("=")

    def read(self, cursor: str) -> list[str]:
        """The columns of a place. Raises ValueError where there is none."""
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")


class SealedCursor(PlainCursor):
    """A place by moment and a number that is counted over all agencies: encrypted, or it told how much they do."""

    def __init__(self, name: str) -> None:
        self.name = name

    def write(self, texts: Sequence[str]) -> str:
        moment, number = datetime.fromisoformat(texts[0]), int(texts[1])
        place = cursors.Place((moment - EPOCH) // timedelta(microseconds=1), uuid.UUID(int=number))
        return cursors.seal(place, self.name)

    def read(self, cursor: str) -> list[str]:
        place = cursors.unseal(cursor, self.name)
        if place is None:
            raise ValueError(cursor)
        moment = EPOCH + timedelta(microseconds=place.txid)
        return [moment.isoformat(), str(place.object_id.int)]


PLAIN = PlainCursor()


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Rows, the addresses ("?…", "" at an end) of the pages on both sides, and a count that stops at the cap."""

    rows: list[M]
    newer: str
    older: str
    count: int

    @property
    def count_label(self) -> str:
        return f"{COUNT_CAP:,}+" if self.count > COUNT_CAP else f"{self.count:,}"


def keyset_page(
    queryset: QuerySet[M, M],
    params: QueryDict,
    size: int = 50,
    order: Sequence[str] = ("created_at",),
    cursor: PlainCursor = PLAIN,
) -> Page[M]:
    """A page of `queryset` by the columns (or annotations) of `order`, then the id, the greatest first, at the cursor
    that `params` carry. The columns are never null.

    Two queries however many rows there are (three on the way back to the first page). A cursor that cannot be read
    gives the first page.
    """
    columns = (*order, "pk")
    count = queryset.order_by().values("pk")[: COUNT_CAP + 1].count()  # without what only the order needs
    greatest_first = queryset.order_by(*(f"-{column}" for column in columns))
    if after := _position(queryset, columns, params.get(NEWER, ""), cursor):
        rows = list(queryset.filter(_beyond(columns, "gt", after)).order_by(*columns)[: size + 1])
        if len(rows) > size:
            page = rows[size - 1 :: -1]
            newer, older = (
                _link(params, NEWER, page[0], columns, cursor),
                _link(params, OLDER, page[-1], columns, cursor),
            )
            return Page(page, newer, older, count)
        # Fewer than a screenful is left on that side: this is the first page.
    elif before := _position(queryset, columns, params.get(OLDER, ""), cursor):
        rows = list(greatest_first.filter(_beyond(columns, "lt", before))[: size + 1])
        if rows:
            older = _link(params, OLDER, rows[size - 1], columns, cursor) if len(rows) > size else ""
            return Page(rows[:size], _link(params, NEWER, rows[0], columns, cursor), older, count)
    rows = list(greatest_first[: size + 1])
    older = _link(params, OLDER, rows[size - 1], columns, cursor) if len(rows) > size else ""
    return Page(rows[:size], "", older, count)


def _beyond(columns: Sequence[str], side: str, at: Sequence[Any]) -> Q:
    """(a, b, …) < at, or >, in a form that an index on these columns answers."""
    column, value = columns[0], at[0]
    further = Q(**{f"{column}__{side}": value})
    if len(columns) == 1:
        return further
    return Q(**{f"{column}__{side}e": value}) & (further | _beyond(columns[1:], side, at[1:]))


def _link(params: QueryDict, side: str, row: Model, columns: Sequence[str], cursor: PlainCursor) -> str:
    kept = {name: params.getlist(name) for name in params if name not in {OLDER, NEWER}}
    kept[side] = [cursor.write([_written(getattr(row, column)) for column in columns])]
    return f"?{urlencode(kept, doseq=True)}"


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _position(
    queryset: QuerySet[M, M], columns: Sequence[str], text: str, cursor: PlainCursor
) -> list[Any] | None:
    try:
        values = [_read(queryset, *each) for each in zip(columns, cursor.read(text), strict=True)]
    except (ValueError, OverflowError, ValidationError):
        return None
    naive = any(isinstance(value, datetime) and not value.tzinfo for value in values)
    return None if naive or None in values else values


def _read(queryset: QuerySet[M, M], column: str, text: str) -> Any:
    meta, annotations = queryset.model._meta, queryset.query.annotations
    if column in annotations:
        return annotations[column].output_field.to_python(text)
    field: Any = meta.pk if column == "pk" else meta.get_field(column)
    return field.to_python(text)
