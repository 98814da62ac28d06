"""Work survives: the row is the truth, the broker only the bell."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from agencies import jobs
from agencies.jobs import Job

KIND = "tests.work"
OBJECT = uuid.UUID(int=7)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The job ids that the broker was asked to ring."""
    rung: list[str] = []
    monkeypatch.setattr(jobs.current_app, "send_task", lambda kind, args: rung.append(args[0]))
    return rung


def overdue(job: Job) -> Job:
    Job.objects.filter(pk=job.pk).update(
        rung_at=timezone.now() - jobs.RING_AGAIN_AFTER - timedelta(seconds=1)
    )
    return job


@pytest.mark.django_db(transaction=True)
def test_it_rings_only_after_commit(bells: list[str]) -> None:
    with transaction.atomic():
        jobs.enqueue(KIND, OBJECT)
        assert bells == []
    assert bells == [str(Job.objects.get().pk)]


@pytest.mark.django_db(transaction=True)
def test_asking_twice_before_it_starts_makes_one_job(bells: list[str]) -> None:
    jobs.enqueue(KIND, OBJECT)
    jobs.enqueue(KIND, OBJECT)
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_asking_while_it_runs_makes_another_job(bells: list[str]) -> None:
    jobs.enqueue(KIND, OBJECT)
    Job.objects.update(state=Job.State.RUNNING)
    jobs.enqueue(KIND, OBJECT)
    assert Job.objects.filter(state=Job.State.WAITING).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(jobs.current_app, "send_task", dead)
    jobs.enqueue(KIND, OBJECT)
    job = overdue(Job.objects.get())
    assert jobs.ring_overdue() == 0
    rung: list[str] = []
    monkeypatch.setattr(jobs.current_app, "send_task", lambda kind, args: rung.append(args[0]))
    assert jobs.ring_overdue() == 1
    assert rung == [str(job.pk)]


@pytest.mark.django_db(transaction=True)
def test_it_is_done_once_however_often_the_bell_rings(bells: list[str]) -> None:
    done: list[uuid.UUID] = []
    jobs.enqueue(KIND, OBJECT)
    job = Job.objects.get()
    assert [jobs.perform(job.pk, done.append) for _ in range(3)] == [True, False, False]
    assert done == [OBJECT]
    assert Job.objects.get().state == Job.State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_failing_job_is_tried_again_and_then_parked_without_quoting_content(bells: list[str]) -> None:
    def fails(object_id: uuid.UUID) -> None:
        raise ValueError("the narrative of a lead")

    jobs.enqueue(KIND, OBJECT)
    job = Job.objects.get()
    for _ in range(jobs.MOST_ATTEMPTS):
        with pytest.raises(ValueError, match="narrative"):
            jobs.perform(job.pk, fails)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "ValueError")


@pytest.mark.django_db(transaction=True)
def test_the_work_of_a_killed_worker_is_rung_again(bells: list[str]) -> None:
    jobs.enqueue(KIND, OBJECT)
    long_ago = timezone.now() - jobs.GIVEN_UP_BY_WORKER_AFTER - timedelta(seconds=1)
    Job.objects.update(state=Job.State.RUNNING, started_at=long_ago, attempts=1)
    bells.clear()
    jobs.ring_overdue()
    overdue(Job.objects.get())
    jobs.ring_overdue()
    assert len(bells) == 1
    assert jobs.perform(bells[0], lambda _: None)
