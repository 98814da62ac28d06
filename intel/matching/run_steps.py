"""One step of a linking run: do a chunk, and keep what it changed and that it is done.

That is one transaction, so a worker that is killed leaves nothing half done or counted twice.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import MD5, Cast
from django.utils import timezone

from intel.matching import holding, relinking
from intel.matching.engine import LinkResult
from intel.models import HitNotice, LinkChange, LinkChunk, LinkError, LinkRun, MatchRecord

LEASE = timedelta(minutes=6)  # longer than the soft time limit of a task, at which a step is halved
MOST_ATTEMPTS = 3
MOST_ERRORS = 1_000  # of a run, after which it is given up
_ERRORS_KEPT = 200  # by name, of each agency

W = LinkChunk.Work
What = LinkChange.What

Records = QuerySet[MatchRecord, MatchRecord]


class LostLeaseError(Exception):
    """Somebody else holds the chunk now, so nothing of this step may be kept."""


def step(chunk: LinkChunk) -> None:
    """Do a chunk that this worker holds. One that cannot be done becomes two halves, down to a single record."""
    began = time.monotonic()
    if chunk.attempts > MOST_ATTEMPTS:
        _halve(chunk, "WorkerLost")
        return
    try:
        with transaction.atomic():
            before = dict(_notices(chunk))
            found = _do(chunk)
            _keep_changes(chunk.run_id, before, dict(_notices(chunk)))
            _finish(chunk, found, time.monotonic() - began)
    except (OperationalError, LostLeaseError):
        raise  # the database or another worker: the chunk is tried again
    except Exception as problem:  # noqa: BLE001 - whatever it is, one record must not stop the run
        _halve(chunk, type(problem).__name__)


def _records(chunk: LinkChunk) -> Records:
    records = MatchRecord.objects.filter(number__range=(chunk.first, chunk.last))
    if chunk.listed_id:
        records = records.filter(lead=chunk.listed_id)
    if chunk.run.agency_id and chunk.work != W.REINDEX:
        records = records.filter(agency=chunk.run.agency_id)
    return records


def _do(chunk: LinkChunk) -> LinkResult:
    numbers = (chunk.first, chunk.last)
    if chunk.work == W.REINDEX:
        relinking.reindex(numbers)
        return LinkResult()
    if chunk.listed_id:
        return relinking.screen(chunk.listed_id, numbers)
    if chunk.run.agency_id:
        return relinking.relink_agency(chunk.run.agency_id, numbers)
    return relinking.relink(numbers, holding.of(chunk.run_id))


def _finish(chunk: LinkChunk, found: LinkResult, seconds: float) -> None:
    moved = LinkChunk.objects.filter(pk=chunk.pk, holder=chunk.holder).update(
        state=LinkChunk.State.DONE, compared=found.compared, new=found.new, changed=found.changed,
        withdrawn=found.withdrawn, busy=seconds,
    )  # fmt: skip
    if not moved:
        raise LostLeaseError
    chunk.state = LinkChunk.State.DONE


# --- What it changed ----------------------------------------------------------------------------------


def _notices(chunk: LinkChunk) -> Iterator[tuple[uuid.UUID, tuple[bool, str, str]]]:
    """The notices of all hits on its records: do they hold, how strong, and a digest of what they say."""
    if chunk.work == W.REINDEX:  # which links nothing by itself
        return
    sides = _records(chunk).values("pk")
    rows = HitNotice.objects.filter(Q(hit__left__in=sides) | Q(hit__right__in=sides))
    said = rows.annotate(said=MD5(Cast("evidence", TextField()))).values_list("pk", "state", "band", "said")
    for pk, state, band, digest in said.iterator():
        yield pk, (state != HitNotice.State.WITHDRAWN, band, digest)


def _keep_changes(run: uuid.UUID, before: dict[uuid.UUID, Any], after: dict[uuid.UUID, Any]) -> None:
    changes = {pk: _what(before.get(pk), now) for pk, now in after.items() if before.get(pk) != now}
    rows = [LinkChange(run_id=run, notice_id=pk, what=what) for pk, what in sorted(changes.items()) if what]
    # The other side's step may meet a notice again: what was new stays new, unless it fell.
    fallen = [row for row in rows if row.what == What.WITHDRAWN]
    LinkChange.objects.bulk_create(
        [row for row in rows if row.what != What.WITHDRAWN], batch_size=1_000, ignore_conflicts=True
    )
    LinkChange.objects.bulk_create(
        fallen,
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["run", "notice"],
        update_fields=["what"],
    )


def _what(was: tuple[bool, str, str] | None, now: tuple[bool, str, str]) -> str:
    held = was is not None and was[0]
    if now[0]:
        return What.CHANGED if held else What.NEW
    return What.WITHDRAWN if held else ""


# --- What could not be done ---------------------------------------------------------------------------


def _halve(chunk: LinkChunk, problem: str) -> None:
    """Have both halves tried by themselves; of a single record note that its lead failed."""
    with transaction.atomic():
        records = _records(chunk).order_by("number")
        numbers = list(records.values_list("number", flat=True))
        if len(numbers) <= 1:
            _pass_over(chunk, records.select_related("lead").first(), problem)
            return
        middle = numbers[len(numbers) // 2 - 1]
        moved = LinkChunk.objects.filter(pk=chunk.pk, holder=chunk.holder)
        if not moved.update(last=middle, attempts=0, leased_until=timezone.now() + LEASE):
            raise LostLeaseError
        LinkChunk.objects.create(
            run=chunk.run, work=chunk.work, phase=chunk.phase, listed=chunk.listed, first=middle + 1, last=chunk.last
        )  # fmt: skip
    chunk.last, chunk.attempts = middle, 0


def _pass_over(chunk: LinkChunk, failed: MatchRecord | None, problem: str) -> None:
    if failed is not None:
        if LinkError.objects.filter(run=chunk.run, lead__agency=failed.lead.agency_id).count() < _ERRORS_KEPT:
            error = LinkError(run=chunk.run, lead=failed.lead, problem=problem[:100])
            LinkError.objects.bulk_create([error], ignore_conflicts=True)
        LinkChunk.objects.filter(pk=chunk.pk).update(errors=1)
        chunk.errors = 1
    _finish(chunk, LinkResult(), 0)


def too_many_errors(run: LinkRun) -> bool:
    return run.chunks.filter(errors__gt=0).count() > MOST_ERRORS
