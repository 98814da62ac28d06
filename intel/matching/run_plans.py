"""What a linking run has to do: its chunks, each a range of match records by number, and whose records they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connection

from intel.matching import relinking
from intel.matching.indexing import index
from intel.matching.relinking import Chunk
from intel.models import Lead, LinkChunk, LinkRun, MatchRecord

W = LinkChunk.Work

_LEAST, _MOST = 100, 2_000  # records in a chunk
_PARTS = 64  # into which also a small installation is cut, so that progress shows and workers share it
_LIST_ENTRIES = 200  # in a chunk
_NEAR = 20  # unchanged entries between two changed ones that are screened with them, rather than begin a new chunk


def plan(run: LinkRun) -> None:
    """Write the chunks of a run that has none. Call inside the transaction that sets the run going."""
    LinkChunk.objects.bulk_create(_chunks(run), batch_size=1_000)
    with connection.cursor() as cursor:
        cursor.execute(_TALLIES, [run.pk])


# A published list's chunk holds entries of that list alone; an agency's, its own leads' records.
_TALLIES = """
INSERT INTO intel_linktally (chunk_id, agency_id, total)
SELECT chunk.id, record.agency_id, count(*)
FROM intel_linkchunk AS chunk
JOIN intel_linkrun AS run ON run.id = chunk.run_id
JOIN intel_matchrecord AS record ON record.number BETWEEN chunk.first AND chunk.last
WHERE run.id = %s AND chunk.work <> 'reindex'
  AND (chunk.listed_id IS NULL OR record.lead_id = chunk.listed_id)
  AND (run.agency_id IS NULL OR record.agency_id = run.agency_id)
GROUP BY chunk.id, record.agency_id
"""


def _chunks(run: LinkRun) -> Iterator[LinkChunk]:
    if run.kind == LinkRun.Kind.SCREENING:
        for listed in _lists(run):
            yield from _made(run, W.SCREEN, _entries(run, listed), listed=listed)
    else:
        records = (
            MatchRecord.objects.filter(agency=run.agency_id) if run.agency_id else MatchRecord.objects.all()
        )
        ranges = relinking.chunks_of(records, min(_MOST, max(_LEAST, records.count() // _PARTS)))
        yield from _made(run, W.REINDEX, ranges)
        yield from _made(run, W.RELINK, ranges, phase=1)


def _made(
    run: LinkRun, work: str, ranges: Iterable[Chunk], *, phase: int = 0, listed: Lead | None = None
) -> Iterator[LinkChunk]:
    for first, last in ranges:
        yield LinkChunk(run=run, work=work, phase=phase, listed=listed, first=first, last=last)


def _lists(run: LinkRun) -> list[Lead]:
    lists = Lead.objects.filter(kind=Lead.Kind.REFERENCE)
    if run.listed_id:
        lists = lists.filter(pk=run.listed_id)
    return list(lists.order_by("created_at", "pk"))


def _entries(run: LinkRun, listed: Lead) -> Iterable[Chunk]:
    if run.changed_since is None:
        return relinking.list_chunks(listed.pk, _LIST_ENTRIES)
    changed = set(listed.subjects.filter(updated_at__gte=run.changed_since).values_list("pk", flat=True))
    index(listed, changed)
    records = MatchRecord.objects.filter(lead=listed, subject__in=changed)
    return _near(records.order_by("number").values_list("number", flat=True))


def _near(numbers: Iterable[int]) -> Iterator[Chunk]:
    """Ranges that hold these numbers and few others."""
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = number
        elif number - last > _NEAR or number - first >= _LEAST:
            yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last
