"""Every list of the agencies' and cases' pages asks the database as often for twenty rows as for ten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies import actions as agency_actions
from agencies.audit import Act, record_looks
from agencies.models import Agency, TaskForce, User
from agencies.permissions import Role
from agencies.visibility import Level
from cases import actions
from cases.actions.tracking import track_version
from cases.models import Case
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(alice: User, anna: User, eastport: Agency) -> Case:
    case = factories.case(alice, "Cannery")
    actions.assign_case(case, agency=eastport, part="support", reason="Money", by=anna)
    return case


def queries(client: Client, path: str, **headers: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = client.get(path, headers=headers)
    assert response.status_code == 200
    return len(asked)


def assert_no_growth(client: Client, path: str, add: Callable[[int], Any]) -> None:
    for n in range(10):
        add(n)
    queries(client, path)  # fills caches of content types and templates
    ten = queries(client, path)
    for n in range(10, 20):
        add(n)
    assert queries(client, path) == ten


def partner(n: int, northland: Agency) -> Agency:
    agency = factories.agency(f"Partner {n}", f"P{n}")
    factories.task_force("Wide circle", [northland, agency])
    return agency


def test_cases(case: Case, alice: User, anna: User, eastport: Agency, as_user: Any) -> None:
    def add(n: int) -> None:
        one = factories.case(alice, f"Case {n}")
        actions.assign_case(one, agency=eastport, part="lead", reason="Money", by=anna)
        actions.set_task(
            one, title="Late", due_on=timezone.localdate() - timezone.timedelta(days=1), by=alice
        )

    assert_no_growth(as_user(alice), "/cases/", add)


@pytest.mark.parametrize("reader", ["alice", "bob"])
def test_tasks_of_a_case(
    case: Case, alice: User, bob: User, eastport: Agency, as_user: Any, reader: str
) -> None:
    def add(n: int) -> None:
        actions.set_task(case, title=f"Task {n}", assignee=alice, by=alice)
        actions.set_task(case, title=f"Theirs {n}", assigned_agency=eastport, by=alice)
        actions.move_task(actions.set_task(case, title=f"Done {n}", by=bob), status="done", by=bob)

    assert_no_growth(as_user({"alice": alice, "bob": bob}[reader]), f"/cases/{case.pk}/tasks/", add)


def test_notes(case: Case, alice: User, bob: User, as_user: Any) -> None:
    def add(n: int) -> None:
        actions.write_note(case, text=f"Note {n}", by=bob if n % 2 else alice)

    assert_no_growth(as_user(alice), f"/cases/{case.pk}/notes/", add)


def test_tasks_on_the_desk(alice: User, anna: User, as_user: Any) -> None:
    def add(n: int) -> None:
        actions.set_task(factories.case(alice, f"Case {n}"), title=f"Task {n}", assignee=alice, by=anna)

    assert_no_growth(as_user(alice), "/cases/desk/tasks/", add)


@pytest.mark.parametrize("page", ["agencies/", ""])
def test_agencies_on_a_case(case: Case, anna: User, northland: Agency, as_user: Any, page: str) -> None:
    def add(n: int) -> None:
        agency = partner(n, northland)
        assignment = actions.assign_case(case, agency=agency, part="support", reason="Help", by=anna)
        supervisor = factories.person(f"Boss {n}", agency, Role.SUPERVISOR)
        actions.staff_case(assignment, people=[supervisor], by=supervisor)

    assert_no_growth(as_user(anna), f"/cases/{case.pk}/{page}", add)


def test_who_sees_a_case(case: Case, anna: User, northland: Agency, as_user: Any) -> None:
    def add(n: int) -> None:
        agency_actions.share(case, agency=partner(n, northland), level=Level.VIEW, reason="Joint", by=anna)

    assert_no_growth(as_user(anna), f"/sharing/cases.case/{case.pk}/", add)


def test_history_and_audit(case: Case, anna: User, bob: User, eastport: Agency, as_user: Any) -> None:
    def add(n: int) -> None:
        actions.staff_case(case.assignments.get(agency=anna.agency), people=[anna], by=anna)
        actions.move_case(case, status="suspended" if n % 2 else "active", reason="Wait", by=anna)
        record_looks(Act.VIEWED, [case], by=bob)

    actions.move_case(case, status="active", reason="Start", by=anna)
    actions.move_case(case, status="suspended", reason="Start", by=anna)
    for path in (f"/history/cases.case/{case.pk}/", "/agency/audit/", f"/agency/audit/?record={case.pk}"):
        assert_no_growth(as_user(anna), path, add)


def test_people(ada: User, northland: Agency, as_user: Any) -> None:
    def add(n: int) -> None:
        factories.person(f"Person {n}", northland, Role.ANALYST)

    assert_no_growth(as_user(ada), "/agency/people/", add)


def test_partners(ada: User, northland: Agency, crossroads: TaskForce, as_user: Any) -> None:
    def add(n: int) -> None:
        agency = partner(n, northland)
        factories.task_force(f"Force {n}", [northland, agency])
        contact = factories.person(f"Contact {n}", agency, Role.SUPERVISOR)
        agency_actions.name_contact(agency=agency, contact=contact, by=None)

    assert_no_growth(as_user(ada), "/agency/partners/", add)


def test_api_clients(ada: User, as_user: Any) -> None:
    assert_no_growth(
        as_user(ada),
        "/agency/clients/",
        lambda n: agency_actions.issue_api_client(name=f"System {n}", by=ada),
    )


def lane(case: Case, by: User, n: int) -> None:
    track = actions.open_track(case, country="US", district=f"District {n}", by=by)
    today = timezone.localdate()
    actions.edit_track(
        track, version=track_version(track), private=["court"], by=by, country="US", district=track.district,
        prosecutor="Office", prosecutor_contact="", court="Court", docket=str(n), limitation_on=today,
        limitation_basis="", remarks="",
    )  # fmt: skip
    actions.write_offence(
        track, kind="trafficking", law=f"Art. {n}", title="Servitude", acts=["transfer"], means=[], purposes=[],
        child=True, agency_private=False, by=by,
    )  # fmt: skip
    actions.draft_request(track, kind="mla", country="BR", asks=f"Accounts {n}", due_on=today, by=by)


@pytest.mark.parametrize("path", ["/cases/{}/tracks/", "/cases/desk/clocks/", "/api/v1/tracks/"])
def test_lanes(case: Case, alice: User, as_user: Any, path: str) -> None:
    assert_no_growth(as_user(alice), path.format(case.pk), lambda n: lane(case, alice, n))
