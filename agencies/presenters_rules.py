"""What a rule shares, would share and leaves, as far as the reader may see the records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from agencies import ruling
from agencies.models import ShareRule, User
from agencies.pages import COUNT_CAP
from agencies.visibility import Level, Shareable

MOST_LOOKED_AT = 100
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Left:
    """A record that fits and is left as it is; `why` says what stands in the way."""

    record: Shareable
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of the records that fit: of the newest, one by one. `fitting` stops at the cap."""

    fitting: int
    looked_at: int
    shared: list[Shareable]
    left: list[Left]

    @property
    def shown(self) -> list[Shareable]:
        return self.shared[:MOST_SHOWN]

    @property
    def left_shown(self) -> list[Left]:
        return self.left[:MOST_SHOWN]

    @property
    def fitting_label(self) -> str:
        return f"{COUNT_CAP:,}+" if self.fitting > COUNT_CAP else f"{self.fitting:,}"


def preview(rule: ShareRule, reader: User) -> Preview:
    """What a rule that is not switched on yet would do with what is there. What is kept from the reader is not counted."""
    return _looked_through(rule, reader, _own(rule, reader).filter(rule.fits()))


def waiting(rule: ShareRule, reader: User) -> Preview:
    """The records that fit and on which the rule has not had its say: what it leaves, and why."""
    fitting = _own(rule, reader).filter(pk__in=rule.unsettled().values("pk"))
    return _looked_through(rule, reader, fitting)


def shared_by(rule: ShareRule, reader: User) -> QuerySet[Any, Any]:
    """The records that are shared by the rule now."""
    return _own(rule, reader).filter(pk__in=rule.grants().values("content_object"))


def _own(rule: ShareRule, reader: User) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = rule.model.objects.visible_to(reader, Level.OWN)
    return rows.defer("search")


def _looked_through(rule: ShareRule, reader: User, fitting: QuerySet[Any, Any]) -> Preview:
    count = fitting.order_by()[: COUNT_CAP + 1].count()
    found = list(fitting.select_related("agency").order_by("-created_at", "-pk")[:MOST_LOOKED_AT])
    lines = [Left(record, ruling.why_not(rule, record)) for record in found]
    shared = [line.record for line in lines if not line.why]
    return Preview(count, len(found), shared, [line for line in lines if line.why])
