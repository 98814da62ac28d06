"""Reading the change ledger page by page: which objects of one kind changed for an agency since a place in its feed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from agencies.acting import as_system
from agencies.changes import Change
from agencies.cursors import Place


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asks for: changes after a place, at most so many, of late, of certain objects only."""

    after: Place
    limit: int
    since: datetime | None = None
    within: QuerySet[Any] | None = None  # the ids that a filter leaves; None for no filter
    without: QuerySet[Any] | None = None  # the ids of rows kept from this person of the agency


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the ledger, oldest first, and where to go on."""

    changes: list[Change]
    has_more: bool
    end: Place


@as_system
def read(agency_id: uuid.UUID, kind: str, wanted: Wanted) -> Part:
    """One query. An empty part ends where it began, so a cursor tells nothing of what others write meanwhile."""
    changes = Change.objects.settled().filter(_beyond(wanted.after), agency_id=agency_id, kind=kind)
    if wanted.since is not None:
        changes = changes.filter(changed_at__gte=wanted.since)
    if wanted.within is not None:
        changes = changes.filter(object_id__in=wanted.within)
    if wanted.without is not None:
        changes = changes.exclude(object_id__in=wanted.without, withdrawn=False)
    rows = list(changes.order_by("txid", "object_id")[: wanted.limit + 1])
    part = rows[: wanted.limit]
    end = Place(part[-1].txid, part[-1].object_id) if part else wanted.after
    return Part(part, len(rows) > wanted.limit, end)


def _beyond(place: Place) -> Q:
    """(txid, object_id) > place, in a form that the ledger's index answers."""
    return Q(txid__gte=place.txid) & (Q(txid__gt=place.txid) | Q(object_id__gt=place.object_id))
