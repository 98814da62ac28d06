"""Canaries: a look at a record that nobody has a reason to open is told to those who set it, and to nobody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies import actions, canaries, exporting, verifying
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, Alarm, Canary, User
from agencies.permissions import Role
from agencies.policies import NotPermitted, Refused
from agencies.tasks import seal_audit
from agencies.visibility import Level
from intel.models import Lead
from tests import factories
from tests.api_client import Api


@pytest.fixture
def arno(northland: Agency) -> User:
    return factories.person("Arno", northland, Role.SUPERVISOR)


@pytest.fixture
def audrey(northland: Agency) -> User:
    return factories.person("Audrey", northland, Role.AUDITOR)


@pytest.fixture
def lead(alice: User, anna: User, eastport: Agency) -> Lead:
    lead = factories.lead(anna, "Decoy of the harbour", subjects=(factories.subject("Jan Sample"),))
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    return lead


@pytest.fixture
def canary(lead: Lead, anna: User, audrey: User) -> Canary:
    return canaries.set_canary(lead, reason="Somebody sells what we know", by=anna)


def told(user: User, as_user: Any) -> str:
    page: str = as_user(user).get(reverse("agencies:desk-alarms")).content.decode()
    return page


LOOKS = {
    "part": lambda client, lead: client.get(reverse("intel:lead-subjects", args=[lead.pk])),
    "origins": lambda client, lead: client.get(reverse("intel:lead-origins", args=[lead.pk])),
    "cases": lambda client, lead: client.get(reverse("intel:lead-cases", args=[lead.pk])),
    "page": lambda client, lead: client.get(reverse("intel:lead-detail", args=[lead.pk])),
    "person": lambda client, lead: client.get(reverse("intel:subject-detail", args=[lead.subjects.get().pk])),
    "search": lambda client, lead: client.get(reverse("intel:search"), {"q": "Decoy harbour"}),
}


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("page", "opened it"),
        ("part", "opened it"),
        ("origins", "opened it"),
        ("cases", "opened it"),
        ("person", "opened it"),
        ("search", "met it in search results"),
    ],
)
def test_every_way_of_looking_is_told_at_once_to_who_set_it(
    canary: Canary, lead: Lead, anna: User, bob: User, as_user: Any, way: str, says: str
) -> None:
    assert "No alarm waits" in told(anna, as_user)
    LOOKS[way](as_user(bob), lead)
    assert f"<bdi>Bob</bdi> {says}" in told(anna, as_user)
    event = AuditEvent.objects.get(act=Act.ALARMED)
    assert (event.agency_id, event.facts["people"]) == (anna.agency_id, [str(bob.pk)])


def test_a_pull_over_the_api_is_told_too(canary: Canary, bob_api: User, anna: User, as_user: Any) -> None:
    Api(bob_api).get("/leads/")
    assert "Eastport API</bdi> pulled it over the API" in told(anna, as_user)


def test_a_colleagues_look_is_told_and_ones_own_is_not(
    canary: Canary, lead: Lead, anna: User, alice: User, as_user: Any
) -> None:
    LOOKS["page"](as_user(anna), lead)
    assert not Alarm.objects.exists()
    for _ in range(3):
        LOOKS["page"](as_user(alice), lead)
    assert Alarm.objects.get().looks == 3
    assert "3 times" in told(anna, as_user)


def test_nobody_but_keepers_and_auditors_learns_that_it_is_one(
    canary: Canary, lead: Lead, anna: User, alice: User, arno: User, ada: User, audrey: User, bea: User, as_user: Any
) -> None:  # fmt: skip
    LOOKS["page"](as_user(bea), lead)
    page = reverse("agencies:canary", args=[canary.pk])
    assert {user.name: as_user(user).get(page).status_code for user in (anna, audrey, arno, ada, alice, bea)} == {
        "Anna": 200, "Audrey": 200, "Arno": 404, "Ada": 404, "Alice": 404, "Bea": 404,
    }  # fmt: skip
    assert "Bea" in told(audrey, as_user)
    assert "Bea" not in told(arno, as_user) + told(ada, as_user)
    about = AuditEvent.objects.filter(kind="agencies.canary")
    readers = {
        user: (AuditEvent.objects.of_agency(user) & about).count() for user in (anna, audrey, arno, ada)
    }
    assert readers == {anna: 2, audrey: 2, arno: 0, ada: 0}
    assert "It is a canary" in seen_by(anna, lead, as_user)
    assert "Make it a canary" in seen_by(arno, lead, as_user)


def test_from_which_address_a_partner_looked_is_told_to_no_keeper(
    canary: Canary, lead: Lead, bob: User, as_user: Any
) -> None:
    """Of a partner's look its owner learns who, what, when and why, and not from which address: of an alarm no more."""
    as_user(bob).get(reverse("intel:lead-detail", args=[lead.pk]), REMOTE_ADDR="203.0.113.9")
    look, alarm = AuditEvent.objects.get(act=Act.VIEWED), AuditEvent.objects.get(act=Act.ALARMED)
    assert look.address == "203.0.113.9"
    assert (alarm.address, alarm.request_id) == (None, None)


def test_the_agencys_chain_has_no_row_about_a_canary_whose_place_would_tell_what_was_looked_at(
    canary: Canary, lead: Lead, arno: User, ada: User, anna: User, as_user: Any, tmp_path: Path, settings: Any
) -> None:
    """A hidden row behind every look at one record, in the places that files for inspectors number, would tell of it."""
    settings.AUDIT_SIGNING_KEY_FILE = str(tmp_path / "secrets" / "key")
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.jsonl")
    for _ in range(2):
        LOOKS["page"](as_user(arno), lead)
    seal_audit()
    assert verifying.verify().faults == []
    for reader in (arno, ada):
        told = exporting.as_proof(AuditEvent.objects.of_agency(reader), reader, reader.agency, {})[0]
        rows = [json.loads(line) for line in told.splitlines()]
        assert [row for row in rows if "leaf" in row] == []
        assert len([row for row in rows if row.get("row", {}).get("act") == "viewed"]) == 2
    about = AuditEvent.objects.of_agency(anna).filter(kind="agencies.canary")
    assert len(about) == 3  # set, and two looks
    assert exporting.as_csv(about, anna)[0].count("in the installation's chain") == len(about)


def seen_by(user: User, lead: Lead, as_user: Any) -> str:
    page: str = as_user(user).get(reverse("agencies:who-sees", args=["intel.lead", lead.pk])).content.decode()
    return page


def test_a_supervisor_who_does_not_know_may_set_the_same_record_and_an_auditor_who_comes_later_reads_of_both(
    canary: Canary, lead: Lead, anna: User, arno: User, ada: User, bob: User, northland: Agency, as_user: Any
) -> None:
    canaries.set_canary(lead, reason="I doubt somebody", by=arno)
    with pytest.raises(Refused, match="already"):
        canaries.set_canary(lead, reason="Again", by=anna)
    later = actions.appoint(agency=northland, email="l@npd.example", name="Lea", role=Role.AUDITOR, by=ada)
    LOOKS["page"](as_user(bob), lead)
    assert [Alarm.objects.visible_to(user).count() for user in (anna, arno, later)] == [1, 1, 2]


def test_keepers_are_changed_and_a_lifted_canary_tells_nobody(
    canary: Canary, lead: Lead, anna: User, arno: User, alice: User, bob: User, as_user: Any
) -> None:
    url = reverse("agencies:canary", args=[canary.pk])
    assert as_user(anna).post(url, {"act": "keep", "reason": "I am on leave"}).status_code == 422
    with pytest.raises(Refused, match="Supervisors"):
        canaries.choose_keepers(canary, keepers=[alice], reason="Leave", by=anna)
    data = {"act": "keep", "keepers": [anna.pk, arno.pk], "reason": "I am on leave"}
    assert as_user(anna).post(url, data).status_code == 302
    LOOKS["page"](as_user(bob), lead)
    assert "Bob" in told(arno, as_user)
    assert as_user(arno).post(url, {"act": "lift", "reason": "It is over"}).status_code == 302
    LOOKS["page"](as_user(alice), lead)
    assert Alarm.objects.count() == 1
    assert "Make it a canary" in seen_by(arno, lead, as_user)
    with pytest.raises(Refused, match="lifted"):
        canaries.lift_canary(Canary.objects.get(), reason="Twice", by=arno)


def test_an_alarm_is_settled_once_with_what_was_found(
    canary: Canary, lead: Lead, anna: User, arno: User, bob: User, as_user: Any
) -> None:
    LOOKS["page"](as_user(bob), lead)
    alarm = Alarm.objects.get()
    url = reverse("agencies:alarm", args=[alarm.pk])
    assert as_user(anna).post(url, {"reason": ""}).status_code == 422
    assert as_user(arno).post(url, {"reason": "Nothing"}).status_code == 404
    assert as_user(anna).post(url, {"reason": "He had the wrong file open"}).status_code == 302
    assert "No alarm waits" in told(anna, as_user)
    assert "He had the wrong file open" in as_user(anna).get(url).content.decode()
    with pytest.raises(Refused, match="already"):
        canaries.settle_alarm(alarm, finding="Twice", by=anna)


def test_only_supervisors_of_the_owner_set_one(
    lead: Lead, alice: User, bea: User, anna: User, as_user: Any
) -> None:
    for user in (alice, bea):
        with pytest.raises(NotPermitted):
            canaries.set_canary(lead, reason="I doubt somebody", by=user)
        assert (
            as_user(user).get(reverse("agencies:canary-set", args=["intel.lead", lead.pk])).status_code == 404
        )
    url = reverse("agencies:canary-set", args=["intel.lead", lead.pk])
    assert as_user(anna).post(url, {"reason": ""}).status_code == 422
    assert as_user(anna).post(url, {"reason": "I doubt somebody"}).status_code == 302
    assert Canary.objects.visible_to(anna).count() == 1


def test_the_list_of_alarms_asks_the_database_as_often_for_many_as_for_few(
    canary: Canary, lead: Lead, anna: User, eastport: Agency, as_user: Any
) -> None:
    client, url, costs = as_user(anna), reverse("agencies:room-alarms"), []
    for number in (2, 2, 12):
        for n in range(number):
            person = factories.person(f"Reader {len(costs)} {n}", eastport, Role.INVESTIGATOR)
            canaries.watch(Act.VIEWED, [lead], person, {})
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        costs.append(len(queries))
    assert costs[2] == costs[1]
