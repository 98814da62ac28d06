"""What a worker process holds of all records while it works on a run over them, and lets go of afterwards.

Reading goes on between bells, as linking does, so that new leads never wait long. Where it cannot be done, or would not
pay any more, records are read again for each chunk.
"""

from __future__ import annotations

import gc
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import OperationalError
from django.db.models import QuerySet

from intel.matching.held import Held, Reading
from intel.models import LinkChunk, LinkRun, MatchRecord

logger = logging.getLogger("taskforce.linking")

_LET_GO_AFTER = 180.0  # seconds in which nobody asked for it
W = LinkChunk.Work

_WORTH_IT = 20  # reading everything takes as long as linking about this part of it without


@dataclass
class _Holding:
    """What one run is worked on with: being read, `held`, or given up."""

    run: uuid.UUID
    reading: Reading | None
    held: Held | None = None


_holding: _Holding | None = None
_timer: threading.Timer | None = None


def take(run: LinkRun, stop: Callable[[], bool]) -> bool:
    """Get hold of all records, if that serves the run; False when (asked now and then) `stop()` with more to do."""
    mine = _mine(run.pk) or _begun(run)
    while mine is not None and mine.reading is not None and _is_running(run):
        if _go_on(mine, mine.reading) and stop():
            return False
    return True


def of(run: uuid.UUID) -> Held | None:
    """All records as they were when the run began to link, if this process holds them."""
    mine = _mine(run)
    return mine.held if mine else None


def let_go() -> None:
    global _holding
    _holding = None


def _mine(run: uuid.UUID) -> _Holding | None:
    if _holding is None or _holding.run != run:
        return None
    _keep_a_while()
    return _holding


def _keep_a_while() -> None:
    """Whoever has no further bell of the run never hears that it is over."""
    global _timer
    if _timer:
        _timer.cancel()
    _timer = threading.Timer(_LET_GO_AFTER, let_go)
    _timer.daemon = True
    _timer.start()


def _begun(run: LinkRun) -> _Holding | None:
    """Only for a run over everything, once nothing is left to be indexed; decided once."""
    global _holding
    if run.kind != LinkRun.Kind.RELINK or run.agency_id or _to_do(run).filter(work=W.REINDEX).exists():
        return None
    _holding = _Holding(run.pk, Reading() if _pays(run) and _fits() else None)
    return _mine(run.pk)


def _is_running(run: LinkRun) -> bool:
    return LinkRun.objects.filter(pk=run.pk, state=LinkRun.State.RUNNING).exists()


def _to_do(run: LinkRun) -> QuerySet[LinkChunk, LinkChunk]:
    return run.chunks.exclude(state=LinkChunk.State.DONE)


def _pays(run: LinkRun) -> bool:
    return _to_do(run).count() * _WORTH_IT >= run.chunks.filter(work=W.RELINK).count()


def _fits() -> bool:
    return MatchRecord.objects.count() <= settings.MATCHING_HELD_RECORDS


def _go_on(mine: _Holding, reading: Reading) -> bool:
    """Read for a few seconds; is there more? The collector would walk all that is held again and again for nothing."""
    gc.disable()
    try:
        if reading.go_on():
            mine.reading, mine.held = None, reading.held
            gc.freeze()
    except OperationalError:
        let_go()
        raise
    except Exception as problem:  # noqa: BLE001 - memory, time, whatever it is: it can be done without
        logger.warning("Linking run %s holds no records: %s.", mine.run, type(problem).__name__)
        mine.reading = None
    finally:
        gc.enable()
    return mine.reading is not None
