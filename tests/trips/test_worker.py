"""A lead logged while the broker is down is matched when it is back."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from agencies import jobs
from agencies.models import Job, User
from intel.matching import engine, runs
from intel.models import HitNotice, LinkRun
from tests import factories
from tests.trips.conftest import wait_until


@pytest.mark.django_db(transaction=True)
def test_a_saved_lead_is_matched_by_the_worker_and_both_sides_are_told(
    worker: None, contacts: None, alice: User, bob: User
) -> None:
    factories.lead(alice, "Northland's lead", phone="+1 404 555 0134")
    factories.lead(bob, "Eastport's lead", phone="001 (404) 555-0134")
    waited = wait_until(lambda: HitNotice.objects.count() == 2, 90)
    assert waited < 10
    told = {
        notice.agency.short_name: str(notice.contact)
        for notice in HitNotice.objects.select_related("agency", "contact")
    }
    assert told == {"NPD": "Bea", "EPO": "Anna"}


@pytest.mark.django_db(transaction=True)
def test_a_lead_logged_while_the_broker_is_down_is_matched_when_it_is_back(
    worker: None, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(jobs.current_app, "send_task", _refuse)
        factories.lead(alice, phone="+1 404 555 0134")
        factories.lead(bob, phone="+1 404 555 0134")
    assert Job.objects.unfinished().count() == 2
    monkeypatch.setattr(jobs, "RING_AGAIN_AFTER", jobs.timedelta(0))
    assert jobs.ring_overdue() == 2
    wait_until(lambda: HitNotice.objects.count() == 2, 90)


def _refuse(*args: object, **kwargs: object) -> None:
    raise ConnectionError("the broker is down")


@pytest.mark.django_db(transaction=True)
def test_workers_relink_everything_and_take_over_what_a_killed_one_held(
    worker: None, alice: User, bob: User
) -> None:
    for by in (alice, bob):
        engine.index(factories.lead(by, phone="+1 404 555 0134"))
    Job.objects.all().delete()  # as if these leads had never been matched
    run = LinkRun.objects.create(kind="relink", model_version="before")
    runs.work(run, stop=lambda: True)  # planned, and one chunk begun
    held = run.chunks.first()
    assert held
    run.chunks.filter(pk=held.pk).update(
        state="running", holder=uuid.uuid4(), leased_until=timezone.now() - timedelta(seconds=1)
    )
    assert runs.ring(run)
    wait_until(lambda: LinkRun.objects.filter(state="finished").exists(), 120)
    assert HitNotice.objects.count() == 2
