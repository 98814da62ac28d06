"""Linking runs at work: bells that carry ids alone, chunks claimed with a lease, pause and cancel between two steps.

The rows are the truth and the broker is the bell, as with `agencies.jobs`. A bell is answered for a few seconds of
work and then rings itself again behind whatever else waits, so new leads never wait long for a long run.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from enum import Enum

from celery import current_app
from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from agencies.models import Job
from intel.matching import holding
from intel.matching.run_plans import plan
from intel.matching.run_steps import LEASE, LostLeaseError, step, too_many_errors
from intel.models import LinkChunk, LinkRun

logger = logging.getLogger("taskforce.linking")

TASK = "intel.tasks.work_on_run"
SIDE_BY_SIDE = 16  # chunks of one run that are worked on at once, if there are as many workers
SLICE = 5.0  # seconds of work before a bell lets others pass
STILL_AFTER = timedelta(seconds=30)  # without a sign of work, the bells of a run are taken for lost

S = LinkRun.State
C = LinkChunk.State


class Next(Enum):
    """What becomes of a bell that was answered."""

    MORE = "there is more to do"
    WAIT = "others are doing all there is to do now"
    OVER = "nothing is left to do"


# --- Bells --------------------------------------------------------------------------------------------


def ring(run: LinkRun, *, times: int = SIDE_BY_SIDE, after: float = 0) -> bool:
    """Tell the workers of a run. A dead broker is no error: the run is rung again."""
    LinkRun.objects.filter(pk=run.pk).update(rung_at=timezone.now())
    try:
        for _ in range(times):
            current_app.send_task(TASK, args=[str(run.pk), run.bell], countdown=after or None)
    except (BrokerError, OSError):
        logger.warning("Broker away; linking run %s waits for the next bell.", run.pk)
        return False
    return True


def ring_still() -> int:
    """Ring the runs at which nobody has worked for a while, with new bells: the lost ones may turn up late."""
    quiet = timezone.now() - STILL_AFTER
    worked_on = LinkChunk.objects.filter(state=C.RUNNING, leased_until__gt=quiet + LEASE).values("run")
    still = LinkRun.objects.filter(state__in=[S.WAITING, S.RUNNING], rung_at__lt=quiet).exclude(
        pk__in=worked_on
    )
    runs = list(still)
    for run in runs:
        LinkRun.objects.filter(pk=run.pk).update(bell=F("bell") + 1)
        run.refresh_from_db()
        if not ring(run):
            break
    return len(runs)


def answer(run_id: uuid.UUID | str, bell: int) -> Next:
    """Work on a run for a while and ring again if there is more. A bell that was replaced does nothing."""
    run = LinkRun.objects.filter(pk=run_id, bell=bell).first()
    if run is None:
        return Next.OVER
    end = time.monotonic() + SLICE
    try:
        outcome = work(run, stop=lambda: time.monotonic() > end or _somebody_waits())
    except OperationalError:
        ring(run, times=1, after=2)
        raise
    if outcome == Next.OVER:
        holding.let_go()
    else:
        ring(run, times=1, after=1 if outcome == Next.WAIT else 0)
    return outcome


def _somebody_waits() -> bool:
    return Job.objects.filter(state=Job.State.WAITING).exists()


# --- Work ---------------------------------------------------------------------------------------------


def work(run: LinkRun, *, stop: Callable[[], bool]) -> Next:
    """Do steps of a run until it is over, others hold the rest, or (asked after each step) `stop()`."""
    if run.state == S.WAITING and not _set_going(run):
        return Next.WAIT if LinkRun.objects.filter(pk=run.pk, state=S.WAITING).exists() else Next.OVER
    while True:
        if not holding.take(run, stop):
            return Next.MORE
        if (chunk := claim(run)) is None:
            return _end(run)
        try:
            if _work_on(chunk, stop):
                return Next.MORE
        except LostLeaseError:
            logger.warning("A chunk of linking run %s was taken over by another worker.", run.pk)
        finally:
            release(chunk)


def _work_on(chunk: LinkChunk, stop: Callable[[], bool]) -> bool:
    """Work on a chunk until it (or, halved, what is left of it) is done or the run is halted; True when asked to stop."""
    while chunk.state != C.DONE:
        step(chunk)
        if chunk.errors and too_many_errors(chunk.run):
            _finish(chunk.run, S.FAILED, "TooManyErrors")
        if stop():
            return True
        if not LinkRun.objects.filter(pk=chunk.run_id, state=S.RUNNING).exists():
            return False
    return False


def claim(run: LinkRun) -> LinkChunk | None:
    """Take the next chunk that nobody holds, or whose holder has not been heard of for the time of a lease."""
    with transaction.atomic():
        free = Q(state=C.WAITING) | Q(state=C.RUNNING, leased_until__lt=timezone.now())
        chunk = (
            LinkChunk.objects.filter(free, run=run, run__state=S.RUNNING).select_related("run", "listed")
            .order_by("phase", "id").select_for_update(skip_locked=True, of=("self",)).first()
        )  # fmt: skip
        if chunk is None or run.chunks.filter(phase__lt=chunk.phase).exclude(state=C.DONE).exists():
            return None
        chunk.state, chunk.holder, chunk.leased_until = C.RUNNING, uuid.uuid4(), timezone.now() + LEASE
        chunk.attempts += 1
        chunk.save(update_fields=["state", "holder", "leased_until", "attempts"])
    return chunk


def release(chunk: LinkChunk) -> None:
    """Give a chunk back, if it is still held here and not done."""
    held = LinkChunk.objects.filter(pk=chunk.pk, holder=chunk.holder, state=C.RUNNING)
    held.update(state=C.WAITING, holder=None, leased_until=None)


# --- Beginning and end --------------------------------------------------------------------------------


def _set_going(run: LinkRun) -> bool:
    """Plan a waiting run, by one worker alone; True when it runs now."""
    try:
        with transaction.atomic():
            waiting = LinkRun.objects.filter(pk=run.pk, state=S.WAITING)
            if waiting.select_for_update(skip_locked=True, of=("self",)).first() is None:
                return LinkRun.objects.filter(pk=run.pk, state=S.RUNNING).exists()
            plan(run)
            waiting.update(state=S.RUNNING, moving_since=timezone.now())
    except OperationalError:
        raise
    except Exception as problem:
        logger.exception("Linking run %s could not be planned.", run.pk)
        _finish(run, S.FAILED, type(problem).__name__)
        return False
    run.refresh_from_db()
    return True


def _end(run: LinkRun) -> Next:
    """When no chunk can be claimed: is it all done, does somebody else hold the rest, or was it halted?"""
    if not LinkRun.objects.filter(pk=run.pk, state=S.RUNNING).exists():
        return Next.OVER
    if run.chunks.exclude(state=C.DONE).exists():
        return Next.WAIT
    _finish(run, S.FINISHED)
    return Next.OVER


def _finish(run: LinkRun, state: str, error: str = "") -> None:
    LinkRun.objects.unfinished().filter(pk=run.pk).update(
        state=state, error=error[:100], finished_at=timezone.now()
    )
