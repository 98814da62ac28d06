"""Tasks and notes on a case, and the tasks on the desk."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import Agency, User
from cases import actions
from cases.models import Case, Task
from tests import factories

HTMX = {"HX-Request": "true"}
DESK = "/cases/desk/tasks/"


@pytest.fixture
def case(alice: User, anna: User, eastport: Agency) -> Case:
    case = factories.case(alice, "Cannery")
    actions.assign_case(case, agency=eastport, part="support", reason="Money", by=anna)
    return case


def text(response: Any) -> str:
    return str(response.content.decode())


def shown_state(html: str) -> str:
    """The state that the live part of a panel asks to be compared with."""
    found = re.search(r"since=(\w+)", html)
    assert found is not None
    return found[1]


def add(client: Client, case: Case, **facts: str) -> Any:
    return client.post(f"/cases/{case.pk}/tasks/", {"title": "Call the harbour", **facts}, headers=HTMX)


# --- Tasks ----------------------------------------------------------------------------------------------------


def test_a_task_is_added_for_a_person_of_ones_own_a_partner_agency_or_nobody_yet(
    case: Case, alice: User, eastport: Agency, as_user: Any
) -> None:
    client = as_user(alice)
    for who in ("", f"agency:{eastport.pk}", f"person:{alice.pk}"):
        assert "Call the harbour" in text(add(client, case, who=who, due_on="2099-01-31"))
    given = [(task.assigned_agency, task.assignee) for task in case.tasks.order_by("created_at")]
    assert given == [(None, None), (eastport, None), (alice.agency, alice)]


def test_of_a_partner_only_the_people_it_named_to_the_case_are_offered(
    case: Case, alice: User, bea: User, bob: User, as_user: Any
) -> None:
    assert add(as_user(alice), case, who=f"person:{bob.pk}").status_code == 422
    actions.staff_case(case.assignments.get(agency=bea.agency), people=[bob], by=bea)
    html = text(as_user(alice).get(f"/cases/{case.pk}/tasks/"))
    assert "Bob" in html
    assert "Bea" not in html
    assert add(as_user(alice), case, who=f"person:{bob.pk}").status_code == 200


def test_what_is_wrong_with_a_task_is_said_and_what_was_typed_stays(
    case: Case, alice: User, eastport: Agency, as_user: Any
) -> None:
    client = as_user(alice)
    empty = add(client, case, title="", details="Nights of 3 to 9")
    assert empty.status_code == 422
    assert "Write what is to be done" in text(empty)
    assert "Nights of 3 to 9" in text(empty)
    private = add(client, case, who=f"agency:{eastport.pk}", agency_private="on")
    assert private.status_code == 422
    assert "cannot be given to another agency" in text(private)
    assert "Write the date as" in text(add(client, case, due_on="tomorrow"))
    assert not case.tasks.exists()


def test_a_private_task_is_hidden_from_the_other_agencies_on_the_case(
    case: Case, alice: User, bob: User, as_user: Any
) -> None:
    add(as_user(alice), case, agency_private="on")
    assert "Call the harbour" in text(as_user(alice).get(f"/cases/{case.pk}/tasks/"))
    assert "Call the harbour" not in text(as_user(bob).get(f"/cases/{case.pk}/tasks/"))


@pytest.mark.parametrize("status", ["doing", "done", "dropped"])
def test_either_agency_moves_a_task_and_may_reopen_it(
    case: Case, alice: User, bob: User, as_user: Any, status: str
) -> None:
    task = actions.set_task(case, title="Call", by=alice)
    address = f"/cases/tasks/{task.pk}/move/"
    answer = as_user(bob).post(address, {"status": status}, headers=HTMX)
    assert answer.status_code == 204
    assert "tasks-changed" in answer["HX-Trigger"]
    assert Task.objects.get(pk=task.pk).status == status
    assert as_user(alice).post(address, {"status": "open"})["Location"] == f"/cases/{case.pk}/"
    assert Task.objects.get(pk=task.pk).status == "open"


def test_a_move_that_is_refused_says_why(case: Case, alice: User, anna: User, as_user: Any) -> None:
    task = actions.set_task(case, title="Call", by=alice)
    address = f"/cases/tasks/{task.pk}/move/"
    assert (
        "Choose what becomes of the task"
        in as_user(alice).post(address, {"status": "x"}, headers=HTMX)["HX-Trigger"]
    )
    actions.move_case(case, status="closed", reason="Done", by=anna)
    assert "Reopen it first" in as_user(alice).post(address, {"status": "done"}, headers=HTMX)["HX-Trigger"]
    assert as_user(alice).get(address).status_code == 405


def test_a_task_one_set_on_a_case_since_taken_away_can_no_longer_be_moved(
    case: Case, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    task = actions.set_task(case, title="Call", by=bob, assignee=bob)
    assert "Call" in text(as_user(bob).get(DESK))
    actions.withdraw_assignment(case.assignments.get(agency=eastport), reason="Over", by=anna)
    assert as_user(bob).post(f"/cases/tasks/{task.pk}/move/", {"status": "done"}).status_code == 404
    html = text(as_user(bob).get(DESK))
    assert "Call" not in html
    assert "Cannery" not in html


def test_an_overdue_task_is_marked(case: Case, alice: User, as_user: Any) -> None:
    actions.set_task(case, title="Late", due_on=timezone.localdate() - timedelta(days=2), by=alice)
    actions.set_task(case, title="Soon", due_on=timezone.localdate() + timedelta(days=9), by=alice)
    assert text(as_user(alice).get(f"/cases/{case.pk}/tasks/")).count("Overdue") == 1


# --- The desk ---------------------------------------------------------------------------------------------------


def test_the_desk_shows_my_tasks_and_those_nobody_of_us_has_taken_the_soonest_first(
    case: Case, alice: User, anna: User, eastport: Agency, as_user: Any
) -> None:
    today = timezone.localdate()
    actions.set_task(case, title="Mine later", assignee=alice, due_on=today + timedelta(days=5), by=anna)
    actions.set_task(case, title="Ours now", assigned_agency=alice.agency, due_on=today, by=anna)
    actions.set_task(case, title="Annas", assignee=anna, by=anna)
    actions.set_task(case, title="Theirs", assigned_agency=eastport, by=anna)
    tasks = as_user(alice).get(DESK).context["tasks"]
    assert [task.title for task, _ in tasks] == ["Ours now", "Mine later"]


def test_the_desk_answers_only_when_something_changed(case: Case, alice: User, as_user: Any) -> None:
    task = actions.set_task(case, title="Call", assignee=alice, by=alice)
    client = as_user(alice)
    state = shown_state(text(client.get(DESK, headers=HTMX)))
    assert client.get(DESK, {"since": state}, headers=HTMX).status_code == 204
    actions.move_task(task, status="doing", by=alice)
    changed = client.get(DESK, {"since": state}, headers=HTMX)
    assert "In progress" in text(changed)
    assert "<html" not in text(changed)


def test_a_task_just_done_stays_for_a_moment_to_be_taken_back(case: Case, alice: User, as_user: Any) -> None:
    task = actions.set_task(case, title="Call", assignee=alice, by=alice)
    actions.move_task(task, status="done", by=alice)
    assert "Undo" in text(as_user(alice).get(DESK))
    Task.objects.filter(pk=task.pk).update(updated_at=timezone.now() - timedelta(minutes=2))
    assert "Call" not in text(as_user(alice).get(DESK))


# --- Notes --------------------------------------------------------------------------------------------------------


def test_a_note_is_read_by_all_on_the_case_or_by_ones_own_agency_alone(
    case: Case, alice: User, bob: User, as_user: Any
) -> None:
    client, address = as_user(alice), f"/cases/{case.pk}/notes/"
    assert "Van is registered" in text(client.post(address, {"text": "Van is registered"}, headers=HTMX))
    client.post(address, {"text": "Protect the caller", "readers": "agency"})
    hers, his = (text(as_user(user).get(address)) for user in (alice, bob))
    assert ("Van is registered" in hers, "Van is registered" in his) == (True, True)
    assert ("Protect the caller" in hers, "Protect the caller" in his) == (True, False)


def test_an_empty_note_is_sent_back(case: Case, alice: User, as_user: Any) -> None:
    response = as_user(alice).post(
        f"/cases/{case.pk}/notes/", {"text": "  ", "readers": "agency"}, headers=HTMX
    )
    assert response.status_code == 422
    assert "Write the note first" in text(response)
    assert re.search(r'value="agency"[^>]* checked', text(response))


def test_the_notes_of_a_page_renew_themselves_when_a_partner_writes(
    case: Case, alice: User, bob: User, as_user: Any
) -> None:
    client, address = as_user(alice), f"/cases/{case.pk}/notes/"
    state = shown_state(text(client.get(address, headers=HTMX)))
    asked = {"part": "list", "since": state}
    assert client.get(address, asked, headers=HTMX).status_code == 204
    actions.write_note(case, text="Bank answered", by=bob)
    fresh = text(client.get(address, asked, headers=HTMX))
    assert "Bank answered" in fresh
    assert "<textarea" not in fresh
