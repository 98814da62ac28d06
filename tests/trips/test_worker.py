"""A lead logged while the broker is down is matched when it is back."""

from __future__ import annotations

import pytest

from agencies import jobs
from agencies.models import Job, User
from intel.models import HitNotice
from tests import factories
from tests.trips.conftest import wait_until


@pytest.mark.django_db(transaction=True)
def test_a_saved_lead_is_matched_by_the_worker_and_both_sides_are_told(
    worker: None, contacts: None, alice: User, bob: User
) -> None:
    factories.lead(alice, "Northland's lead", phone="+1 404 555 0134")
    factories.lead(bob, "Eastport's lead", phone="001 (404) 555-0134")
    waited = wait_until(lambda: HitNotice.objects.count() == 2, 20)
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
    wait_until(lambda: HitNotice.objects.count() == 2, 20)


def _refuse(*args: object, **kwargs: object) -> None:
    raise ConnectionError("the broker is down")
