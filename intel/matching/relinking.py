"""All records linked anew, or a published list screened against all: in chunks, by any number of workers.

A chunk is a range of record numbers. Doing one twice, or several at once and in any order, changes nothing; only what
differs from what is stored is written and told.
"""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import QuerySet

from intel.matching import indexing
from intel.matching.engine import LinkResult, Met, link_sides, meet
from intel.matching.held import Held
from intel.matching.held_linking import link_held
from intel.matching.sides import Side, of_query
from intel.models import MatchRecord

Chunk = tuple[int, int]  # the first and the last number


def chunks(size: int = 2_000) -> list[Chunk]:
    """All records, about `size` in each chunk."""
    return chunks_of(MatchRecord.objects.all(), size)


def list_chunks(lead_id: uuid.UUID, size: int = 1_000) -> list[Chunk]:
    """The entries of one list."""
    return chunks_of(MatchRecord.objects.filter(lead=lead_id), size)


def chunks_of(records: QuerySet[MatchRecord], size: int) -> list[Chunk]:
    """Some records, `size` in each chunk."""
    numbers = list(records.order_by("number").values_list("number", flat=True))
    return [(part[0], part[-1]) for part in (numbers[at : at + size] for at in range(0, len(numbers), size))]


@transaction.atomic
def reindex(chunk: Chunk) -> int:
    """Rewrite the records that older code, or another SECRET_KEY, indexed; returns how many. Before any relinking."""
    return indexing.reindex(MatchRecord.objects.filter(number__range=chunk))


@transaction.atomic
def relink(chunk: Chunk, held: Held | None = None) -> LinkResult:
    """Link each record of the chunk with those of a lower number: over all chunks, each pair once.

    With records `held`, those are not read again, except where only the database can tell.
    """
    records = MatchRecord.objects.filter(number__range=chunk)
    if held is None:
        return _link(records, earlier=True)
    silenced = held.silenced()
    same, other = held.unchanged(*chunk)
    other.update(held.numbers[same[silenced[same]]].tolist())
    result = link_held(held, same[~silenced[same]], silenced)
    if other:
        result += _link(records.filter(number__in=other), earlier=True)
    return result


@transaction.atomic
def relink_agency(agency_id: uuid.UUID, chunk: Chunk) -> LinkResult:
    """Link one agency's records in the chunk with everything."""
    return _link(MatchRecord.objects.filter(number__range=chunk, agency=agency_id), earlier=False)


@transaction.atomic
def screen(lead_id: uuid.UUID, chunk: Chunk) -> LinkResult:
    """Link the entries of a list in the chunk with whatever is no list's."""
    return _link(MatchRecord.objects.filter(number__range=chunk, lead=lead_id), earlier=False)


def _link(records: QuerySet[MatchRecord], *, earlier: bool) -> LinkResult:
    own, keys = _with_keys(records)
    return link_sides(own, keys, earlier=earlier)


def met(records: QuerySet[MatchRecord]) -> Met:
    """Whom each of these records is compared with in a run over all: others of a lower number."""
    own, keys = _with_keys(records)
    return meet(own, keys, earlier=True)


def _with_keys(records: QuerySet[MatchRecord]) -> tuple[dict[int, Side], dict[int, list[int]]]:
    keys = dict(records.values_list("number", "keys"))
    own = {number: side for number, side in of_query(records).items() if number in keys}
    return own, {number: keys[number] for number in own}
