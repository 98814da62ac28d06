"""Long lists on HTML pages, newest first, one screenful at a time: keyset pages, never an offset."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

M = TypeVar("M", bound=Model)

COUNT_CAP = 10_000  # beyond this the number helps nobody, and counting costs
OLDER, NEWER = "before", "after"


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
    queryset: QuerySet[M, M], params: QueryDict, size: int = 50, moment: str = "created_at"
) -> Page[M]:
    """A page of `queryset` by (`moment`, id), newest first, at the cursor that `params` carry.

    Two queries however many rows there are (three on the way back to the first page). A cursor that cannot be read
    gives the first page.
    """
    count = queryset.order_by()[: COUNT_CAP + 1].count()
    newest_first = queryset.order_by(f"-{moment}", "-pk")
    if after := _position(queryset, params.get(NEWER, "")):
        newer = queryset.filter(_beyond(moment, "gt", *after)).order_by(moment, "pk")
        rows = list(newer[: size + 1])
        if len(rows) > size:
            page = rows[size - 1 :: -1]
            return Page(
                page, _link(params, NEWER, page[0], moment), _link(params, OLDER, page[-1], moment), count
            )
        # Fewer than a screenful is left on that side: this is the first page.
    elif before := _position(queryset, params.get(OLDER, "")):
        rows = list(newest_first.filter(_beyond(moment, "lt", *before))[: size + 1])
        if rows:
            older = _link(params, OLDER, rows[size - 1], moment) if len(rows) > size else ""
            return Page(rows[:size], _link(params, NEWER, rows[0], moment), older, count)
    rows = list(newest_first[: size + 1])
    older = _link(params, OLDER, rows[size - 1], moment) if len(rows) > size else ""
    return Page(rows[:size], "", older, count)


def _beyond(moment: str, side: str, at: datetime, pk: Any) -> Q:
    """(moment, pk) < (at, pk), or >, in a form that an index on both columns answers."""
    return Q(**{f"{moment}__{side}e": at}) & (Q(**{f"{moment}__{side}": at}) | Q(**{f"pk__{side}": pk}))


def _link(params: QueryDict, side: str, row: Model, moment: str) -> str:
    kept = {name: params.getlist(name) for name in params if name not in {OLDER, NEWER}}
    cursor = f"{getattr(row, moment).isoformat()}|{row.pk}"
    kept[side] = [base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")]
    return f"?{urlencode(kept, doseq=True)}"


def _position(queryset: QuerySet[M, M], cursor: str) -> tuple[datetime, Any] | None:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, pk = text.partition("|")
        moment = datetime.fromisoformat(at)
        return (moment, queryset.model._meta.pk.to_python(pk)) if moment.tzinfo else None
    except (ValueError, ValidationError):
        return None
