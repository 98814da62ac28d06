"""Work that survives: the job row in PostgreSQL is the truth, the broker is only the bell.

A change writes its job row in its own transaction and rings Celery on commit. When the bell is lost (broker dead,
wiped or late, worker killed) a beat task rings every overdue row again. Tasks are idempotent, so twice is once.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

from celery import current_app
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

logger = logging.getLogger("taskforce.jobs")

RING_AGAIN_AFTER = timedelta(seconds=10)
GIVEN_UP_BY_WORKER_AFTER = timedelta(minutes=6)  # longer than the soft time limit of a task
MOST_ATTEMPTS = 5


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> JobQuerySet:
        return self.filter(state__in=[Job.State.WAITING, Job.State.RUNNING])

    def abandoned(self) -> JobQuerySet:
        return self.filter(state=Job.State.RUNNING, started_at__lt=timezone.now() - GIVEN_UP_BY_WORKER_AFTER)


class Job(models.Model):
    """One piece of background work on one object. `kind` is the dotted name of the Celery task that does it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=100)
    object_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    rung_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(
        max_length=200, blank=True
    )  # the exception's class only: messages may quote content

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_id"], condition=Q(state="waiting"), name="one_waiting_job_per_object"
            )
        ]
        indexes = [models.Index(fields=["state", "rung_at"]), models.Index(fields=["kind", "object_id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.state}"


@transaction.atomic
def enqueue(kind: str, object_id: uuid.UUID) -> None:
    """Have `kind` done for this object after commit. Asking again before it starts changes nothing."""
    job = _lock_waiting(kind, object_id)
    transaction.on_commit(lambda: ring(job), robust=True)


def _lock_waiting(kind: str, object_id: uuid.UUID) -> Job:
    """The one waiting job, locked until commit: a worker that claimed it earlier would not see this change."""
    waiting = Job.objects.select_for_update().filter(kind=kind, object_id=object_id, state=Job.State.WAITING)
    while (job := waiting.first()) is None:
        Job.objects.bulk_create([Job(kind=kind, object_id=object_id)], ignore_conflicts=True)
    return job


def ring(job: Job) -> bool:
    """Tell the workers. A dead broker is no error: the row waits and is rung again."""
    try:
        current_app.send_task(job.kind, args=[str(job.pk)])
    except (OperationalError, OSError):
        logger.warning("Broker away; job %s waits for the next bell.", job.pk)
        return False
    return True


def ring_overdue() -> int:
    """Ring every job whose bell was lost; returns how many."""
    for job in Job.objects.abandoned():
        _give_back(job, TimeoutError())
    overdue = Job.objects.filter(state=Job.State.WAITING, rung_at__lt=timezone.now() - RING_AGAIN_AFTER)
    rung = 0
    for job in overdue.order_by("created_at")[:500]:
        if not ring(job):
            break
        Job.objects.filter(pk=job.pk).update(rung_at=timezone.now())
        rung += 1
    return rung


def perform(job_id: uuid.UUID | str, work: Callable[[uuid.UUID], object]) -> bool:
    """Do `work(object_id)` for a waiting job, once, in one transaction. Returns whether it was done here."""
    job = _claim(job_id)
    if job is None:
        return False
    try:
        with transaction.atomic():
            work(job.object_id)
            Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, finished_at=timezone.now())
    except Exception as problem:
        _give_back(job, problem)
        raise
    return True


def _claim(job_id: uuid.UUID | str) -> Job | None:
    claimed = Job.objects.filter(pk=job_id, state=Job.State.WAITING).update(
        state=Job.State.RUNNING, started_at=timezone.now(), attempts=F("attempts") + 1
    )
    return Job.objects.get(pk=job_id) if claimed else None


def _give_back(job: Job, problem: Exception) -> None:
    """Put a failed job back in the queue, or park it after too many attempts so that it blocks nobody."""
    parked = job.attempts >= MOST_ATTEMPTS or _superseded(job)
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.FAILED if parked else Job.State.WAITING,
        rung_at=timezone.now(),
        error=type(problem).__name__,
    )


def _superseded(job: Job) -> bool:
    return Job.objects.filter(kind=job.kind, object_id=job.object_id, state=Job.State.WAITING).exists()
