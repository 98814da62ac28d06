"""How much one account reads: far more than usual is told, far too much is stopped with a sentence, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies import actions, audit, volume
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, Alarm, ReadTally, User
from agencies.permissions import Role
from agencies.visibility import Level
from intel.models import Lead
from tests import factories
from tests.api_client import Api


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel("2026-11-22T08:10:00Z", tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _bounds(settings: Any) -> None:
    settings.UNUSUAL_READS, settings.UNUSUAL_TIMES = 5, 2
    settings.READS_PER_HOUR, settings.CLIENT_READS_PER_HOUR = 20, 20


@pytest.fixture
def lead(alice: User, anna: User, eastport: Agency) -> Lead:
    lead = factories.lead(alice, "Ferry")
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    return lead


def read(lead: Lead, by: User, times: int) -> None:
    for _ in range(times):
        audit.record_looks(Act.VIEWED, [lead], by=by)


def desk(user: User, as_user: Any) -> str:
    page: str = as_user(user).get(reverse("agencies:desk-alarms")).content.decode()
    return page


def test_far_more_than_usual_is_told_once_an_hour_to_the_readers_own_agency(
    lead: Lead,
    bob: User,
    bea: User,
    anna: User,
    eastport: Agency,
    as_user: Any,
    clock: time_machine.Coordinates,
) -> None:
    emil = factories.person("Emil", eastport, Role.AGENCY_ADMINISTRATOR)
    read(lead, bob, 5)
    assert "No alarm waits" in desk(bea, as_user)
    read(lead, bob, 3)
    for user in (bea, emil):
        assert "Bob</bdi> read far more records within an hour" in desk(user, as_user)
    assert "No alarm waits" in desk(anna, as_user)
    assert Alarm.objects.get().looks == 8
    clock.shift(timedelta(hours=1))
    read(lead, bob, 6)
    assert Alarm.objects.count() == 2


def test_the_owners_of_what_was_read_find_it_in_their_record_but_not_how_much_else_was_read(
    lead: Lead, bob: User, anna: User, cora: User, southshore: Agency, eastport: Agency, as_user: Any
) -> None:
    theirs = factories.lead(cora, "Pier")
    actions.share(theirs, agency=eastport, level=Level.VIEW, reason="joint work", by=cora)
    read(lead, bob, 6)
    lines = [AuditEvent.objects.of_agency(user).filter(act=Act.ALARMED).count() for user in (anna, cora)]
    assert lines == [1, 0]
    read(theirs, bob, 2)
    page = as_user(cora).get(reverse("agencies:room-audit")).content.decode()
    assert "Bob read far more records within an hour than they usually do, some of yours among them" in page
    assert not AuditEvent.objects.of_agency(cora).get(act=Act.ALARMED).facts.keys() - {"people", "how"}
    assert AuditEvent.objects.of_agency(anna).filter(act=Act.ALARMED).count() == 1


def test_what_is_usual_is_learned_from_the_days_on_which_somebody_reads(
    lead: Lead, bob: User, clock: time_machine.Coordinates
) -> None:
    for _ in range(4):
        read(lead, bob, 5)
        clock.shift(timedelta(days=1))
    read(lead, bob, 9)
    assert ReadTally.objects.get(person=bob).usual == 5
    assert not Alarm.objects.exists()
    read(lead, bob, 2)
    assert "usual is 5 a day" in Alarm.objects.get().how


def test_at_the_limit_a_page_says_so_and_shows_nothing(
    lead: Lead, bob: User, as_user: Any, clock: time_machine.Coordinates
) -> None:
    read(lead, bob, 20)
    client, url = as_user(bob), reverse("intel:lead-detail", args=[lead.pk])
    response = client.get(url)
    assert (response.status_code, response["Retry-After"]) == (429, "3001")
    assert "as one account may (20)" in response.content.decode()
    assert "Ferry" not in response.content.decode()
    assert AuditEvent.objects.filter(act=Act.VIEWED).count() == 20
    assert client.get(reverse("agencies:desk")).status_code == 200
    clock.shift(timedelta(minutes=50))
    assert as_user(bob).get(url).status_code == 200


def test_an_api_client_at_its_limit_gets_a_problem_and_when_to_come_again(lead: Lead, bob_api: User) -> None:
    api = Api(bob_api)
    read(lead, bob_api, 20)
    response = api.get("/leads/")
    assert (response.status_code, response["Retry-After"]) == (429, "3001")
    assert "as one account may" in response.json()["detail"]


def test_however_high_the_usual_day_half_of_what_is_allowed_is_told() -> None:
    assert volume.much_for(usual=10_000, most=1_000) == 500
    assert volume.much_for(usual=10_000, most=0) == 20_000


def test_nobody_is_told_of_an_alarm_about_themselves(lead: Lead, bea: User, as_user: Any) -> None:
    read(lead, bea, 6)
    assert "No alarm waits" in desk(bea, as_user)
    assert as_user(bea).get(reverse("agencies:alarm", args=[Alarm.objects.get().pk])).status_code == 404


def test_watching_costs_three_statements_however_much_is_read(lead: Lead, bob: User, settings: Any) -> None:
    settings.UNUSUAL_READS = 10_000
    settings.READS_PER_HOUR = 0
    costs = []
    for rows in ([lead], [lead] * 500):
        with CaptureQueriesContext(connection) as queries:
            audit.record_looks(Act.PULLED, rows, by=bob)
        costs.append(len(queries))
    assert costs == [4, 4]
