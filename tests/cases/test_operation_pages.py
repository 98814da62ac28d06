"""Planning, giving, running and reporting, as pages; and the list of places that nobody else may know of."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Agency, User
from agencies.permissions import Role
from cases import actions, deconfliction
from cases.models import Case, ConflictNotice, Operation, Report, SensitiveSite
from tests import factories

PLAN = {
    "title": "Warrant", "kind": "search", "place": "Pier Road 4", "coordinates": "59.9139, 10.7522", "radius_m": "300",
    "starts_at": "2099-03-01T06:00", "ends_at": "2099-03-01T09:00", "time_zone": "Europe/Oslo", "risk": "high",
    "tells": "named",
}  # fmt: skip


@pytest.fixture
def case(alice: User, anna: User, eastport: Agency) -> Case:
    case = factories.case(alice, "Cannery")
    actions.assign_case(case, agency=eastport, part="support", reason="Money", by=anna)
    return case


def text(response: Any) -> str:
    return str(response.content.decode())


def plan(client: Client, case: Case, **facts: str) -> Any:
    return client.post(f"/cases/{case.pk}/operations/plan/", {**PLAN, **facts})


# --- Planning -------------------------------------------------------------------------------------------------


def test_an_operation_is_planned_by_the_clock_there_and_compared(
    case: Case, alice: User, as_user: Any
) -> None:
    client = as_user(alice)
    answer = plan(client, case)
    operation = Operation.objects.get()
    assert answer["Location"] == f"/cases/operations/{operation.pk}/"
    assert operation.starts_at.isoformat() == "2099-03-01T05:00:00+00:00"
    assert "Being compared" in text(client.get(f"/cases/operations/{operation.pk}/conflicts/"))
    deconfliction.check_operation(operation.pk)
    page = text(client.get(f"/cases/operations/{operation.pk}/conflicts/"))
    assert "nothing that you may be told of comes near" in page
    assert "06:00 to 09:00 (Europe/Oslo)" in text(client.get(f"/cases/operations/{operation.pk}/"))
    assert "Warrant" in text(client.get(f"/cases/{case.pk}/operations/"))
    assert "Warrant" in text(client.get("/cases/operations/"))
    assert "Warrant" in text(client.get("/cases/operations/day/?on=2099-03-01"))


def test_a_form_that_is_sent_twice_plans_once(case: Case, alice: User, as_user: Any) -> None:
    key = str(uuid.uuid4())
    for _ in range(2):
        plan(as_user(alice), case, key=key)
    assert Operation.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"coordinates": "110, 59"}, "are the two swapped"),
        ({"coordinates": "", "place": "Behind the barn"}, "Where is it?"),
        ({"ends_at": "2099-03-01T05:00"}, "It must end after it starts"),
        ({"starts_at": "2099-03-29T02:30"}, "That hour does not exist in Europe/Oslo"),
        ({"radius_m": "90000"}, "At most 20,000 metres"),
        ({"starts_at": "tomorrow"}, "Write date and time"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    wrong: dict[str, str], says: str, case: Case, alice: User, as_user: Any
) -> None:
    answer = plan(as_user(alice), case, **wrong)
    assert answer.status_code == 422
    assert says in text(answer).replace("&#x27;", "'")
    assert 'value="Warrant"' in text(answer)
    assert not Operation.objects.exists()


def test_an_address_without_coordinates_is_looked_up_and_the_person_chooses(
    case: Case, alice: User, as_user: Any
) -> None:
    offered = plan(as_user(alice), case, coordinates="", place="Pier Road 4, Rotterdam, Netherlands")
    assert offered.status_code == 422
    found = re.search(r'name="found" value="(51\.[\d., -]+)"', text(offered))
    assert found, "the town is offered with its coordinates"
    plan(as_user(alice), case, coordinates="", place="Pier Road 4, Rotterdam, Netherlands", found=found[1])
    assert str(Operation.objects.get().latitude).startswith("51.9")


def test_two_who_edit_at_once_see_both_versions(case: Case, alice: User, anna: User, as_user: Any) -> None:
    operation = factories.operation(alice, case, "Warrant", place="Old address")
    opened = text(as_user(alice).get(f"/cases/operations/{operation.pk}/edit/"))
    version = re.search(r'name="version" value="([^"]+)"', opened)
    assert version
    actions.change_operation(
        operation, by=anna, version=operation.updated_at.isoformat(), place="Their address"
    )
    mine = {**PLAN, "place": "My address", "version": version[1]}
    answer = as_user(alice).post(f"/cases/operations/{operation.pk}/edit/", mine)
    assert answer.status_code == 422
    assert "Their address" in text(answer)
    assert "My address" in text(answer)
    again = re.search(r'name="version" value="([^"]+)"', text(answer))
    assert again
    as_user(alice).post(
        f"/cases/operations/{operation.pk}/edit/", {**mine, "version": again[1].replace("&#x2B;", "+")}
    )
    operation.refresh_from_db()
    assert operation.place == "My address"
    assert operation.status == "planned", "another time is compared anew"


# --- Who has it -----------------------------------------------------------------------------------------------


def test_only_its_planner_has_an_operation_until_it_is_given(
    case: Case, alice: User, bob: User, eastport: Agency, southshore: Agency, as_user: Any
) -> None:
    operation = factories.operation(alice, case, "Warrant")
    his = as_user(bob)
    url = f"/cases/operations/{operation.pk}/"
    assert his.get(url).status_code == 404
    assert "Warrant" not in text(his.get(f"/cases/{case.pk}/operations/"))
    refused = as_user(alice).post(url + "give/", {"agency": str(southshore.pk), "reason": "Joint"})
    assert "does not work on this case" in text(refused)
    as_user(alice).post(url + "give/", {"agency": str(eastport.pk), "reason": "Joint day"})
    assert "Warrant" in text(his.get(url))
    assert his.post(url + "edit/", PLAN).status_code == 404
    as_user(alice).post(url + "give/", {"act": "take", "agency": str(eastport.pk), "reason": "Over"})
    assert his.get(url).status_code == 404


def test_who_leaves_the_case_loses_its_operations_but_keeps_its_own_plans(
    case: Case, alice: User, anna: User, bea: User, eastport: Agency, as_user: Any
) -> None:
    theirs, own = (
        factories.operation(alice, case, "Ours"),
        factories.operation(bea, case, "Hers", at="50.1, 8.6"),
    )
    actions.give_operation(theirs, agency=eastport, reason="Joint", by=anna)
    actions.withdraw_assignment(case.assignments.get(agency=eastport), reason="Done", by=anna)
    hers = as_user(bea)
    assert hers.get(f"/cases/operations/{theirs.pk}/").status_code == 404
    page = hers.get(f"/cases/operations/{own.pk}/")
    assert "Hers" in text(page)
    assert "Cannery" not in text(page)
    actions.move_operation(own, status="called_off", by=bea, reason="Off the case")


# --- The day --------------------------------------------------------------------------------------------------


def test_the_board_from_go_to_done_with_teams_and_results_of_two_agencies(
    case: Case, alice: User, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    operation = factories.operation(alice, case, "Warrant")
    actions.give_operation(operation, agency=eastport, reason="Joint", by=anna)
    url = f"/cases/operations/{operation.pk}/"
    ours, theirs = as_user(alice), as_user(bob)
    ours.post(url + "teams/", {"name": "Delta", "of": str(eastport.pk), "phone": "+47 900 00 000"})
    early = theirs.post(url + "board/", {"kind": "arrests", "number": "1"})
    assert "from the go on" in text(early)
    assert f'name="next" value="{url}board/"' in text(ours.get(url + "board/"))
    moved = ours.post(url + "move/", {"status": "go", "next": url + "board/"})
    assert moved["Location"] == url + "board/", "who steers from the board stays there"
    ours.post(url + "move/", {"status": "under_way"})
    team, key = operation.teams.get(), str(uuid.uuid4())
    for _ in range(2):
        theirs.post(url + "board/", {"kind": "in_place", "team": str(team.pk), "key": key})
        theirs.post(url + "board/", {"kind": "arrests", "number": "2", "key": key})
    theirs.post(url + "board/", {"kind": "victims", "number": "3"})
    ours.post(url + "board/", {"kind": "seizure", "text": "14 passports"})
    assert Report.objects.count() == 4, "what is sent twice is written once"
    named = ours.post(url + "board/", {"kind": "victims", "number": "1", "text": "Maria"})
    assert "only the number is written" in text(named)
    board = text(ours.get(url + "board/"))
    assert "2 arrests" in board
    assert "3 victims found" in board
    assert "14 passports" in board
    wrong = Report.objects.get(kind="arrests")
    ours.post(url + "strike/", {"line": str(wrong.pk)})
    wrong.refresh_from_db()
    assert wrong.struck_at is None, "only the agency that wrote it takes it back"
    theirs.post(url + "strike/", {"line": str(wrong.pk)})
    assert "taken back" in text(ours.get(url + "board/"))
    ours.post(url + "move/", {"status": "done"})
    operation.refresh_from_db()
    assert operation.status == "done"


def test_the_board_answers_nothing_new_until_something_is(case: Case, alice: User, as_user: Any) -> None:
    operation = factories.operation(alice, case)
    client, url = as_user(alice), f"/cases/operations/{operation.pk}/board/"
    since = re.search(r"since=(\w+)", text(client.get(url)))
    assert since
    assert client.get(f"{url}?part=live&since={since[1]}").status_code == 204
    actions.move_operation(operation, status="go", by=alice)
    assert client.get(f"{url}?part=live&since={since[1]}").status_code == 200


# --- Conflicts ------------------------------------------------------------------------------------------------


def test_a_conflict_is_resolved_on_the_pages_of_both_sides(
    case: Case, alice: User, bea: User, as_user: Any
) -> None:
    ours = factories.operation(alice, case, "Ours")
    factories.operation(bea, factories.case(bea, "Ferry"), "Theirs")
    client, url = as_user(alice), f"/cases/operations/{ours.pk}/"
    assert "No go: there is an unresolved conflict. Call Eastport Prosecution" in text(
        client.get(url + "conflicts/")
    )
    assert "Call <bdi>Eastport Prosecution" in text(client.get("/cases/desk/conflicts/"))
    client.post(url + "move/", {"status": "go"})
    ours.refresh_from_db()
    assert ours.status == "checked"
    for user, of in ((alice, alice.agency), (bea, bea.agency)):
        notice = ConflictNotice.objects.get(agency=of)
        empty = as_user(user).post(f"/cases/conflicts/{notice.pk}/", {"act": "settle", "note": ""})
        assert "Say how it is settled" in text(empty)
        as_user(user).post(f"/cases/conflicts/{notice.pk}/", {"act": "settle", "note": "They go at nine."})
    client.post(url + "move/", {"status": "go"})
    ours.refresh_from_db()
    assert ours.status == "go"
    assert "Resolved" in text(client.get("/cases/conflicts/?which=past"))


# --- Sensitive places -----------------------------------------------------------------------------------------


def test_a_provider_keeps_its_shelters_and_colleagues_without_that_role_do_not_see_them(
    nora: User, harbour: Agency, as_user: Any
) -> None:
    client = as_user(nora)
    facts = {name: PLAN[name] for name in ("place", "coordinates", "radius_m")}
    client.post("/cases/sites/", {**facts, "name": "Quiet house", "kind": "shelter", "tells": "liaison"})
    site = SensitiveSite.objects.get()
    assert "Quiet house" in text(client.get("/cases/sites/"))
    investigator = as_user(factories.person("Ines", harbour, Role.INVESTIGATOR))
    assert investigator.get("/cases/sites/").status_code == 404
    assert investigator.get(f"/cases/sites/{site.pk}/").status_code == 404
    client.post(f"/cases/sites/{site.pk}/remove/")
    assert "Quiet house" not in text(client.get("/cases/sites/")).partition("<table")[2]
    client.post(f"/cases/sites/{site.pk}/remove/", {"act": "restore"})
    site.refresh_from_db()
    assert site.removed_at is None


# --- Growth ---------------------------------------------------------------------------------------------------


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def test_lists_ask_the_database_as_often_for_twelve_rows_as_for_six(
    case: Case, anna: User, bea: User, as_user: Any, settings: Any
) -> None:
    settings.DECONFLICTION_MOST = 1_000
    ferry = factories.case(bea, "Ferry")
    begins = timezone.now() + timedelta(hours=2)
    paths = ("/cases/operations/", f"/cases/operations/day/?on={begins.date()}", "/cases/conflicts/", "/cases/sites/",
             f"/cases/{case.pk}/operations/", "/cases/desk/conflicts/")  # fmt: skip

    def add(n: int) -> None:
        at = f"{40 + n}.5, 10.5"
        operation = factories.operation(anna, case, f"O{n}", at=at, starts_at=begins)
        actions.add_team(operation, of=anna.agency, name="A", by=anna)  # type: ignore[arg-type]
        factories.operation(bea, ferry, f"E{n}", at=at, starts_at=begins)
        factories.site(anna, f"S{n}", at=f"{40 + n}.5, 50")

    client = as_user(anna)
    for n in range(6):
        add(n)
    before = {path: queries(client, path) for path in paths for _ in range(2)}
    for n in range(6, 12):
        add(n)
    assert {path: queries(client, path) for path in paths} == before
