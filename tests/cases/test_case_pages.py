"""Cases in the browser: find them, open them, read them, edit them together, move them on."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agencies import actions as agency_actions
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, User
from agencies.policies import version_of
from agencies.visibility import Level
from cases import actions
from cases.models import Case
from tests import factories

HTMX = {"HX-Request": "true"}
FACTS = {"title": "Cannery", "kind": "forced_labour", "priority": "1", "jurisdictions": "Georgia\n Harris, Texas\n",
         "summary": "Four people."}  # fmt: skip


@pytest.fixture
def case(alice: User) -> Case:
    return factories.case(alice, "Cannery", summary="Quayside secret", jurisdictions=["Georgia"])


def give(case: Case, agency: Agency, level: Level, by: User) -> None:
    agency_actions.share(case, agency=agency, level=level, reason="Joint work", by=by)


def text(response: Any) -> str:
    return str(response.content.decode())


def listed(client: Client, **query: Any) -> str:
    response = client.get("/cases/", query, headers=HTMX)
    assert response.status_code == 200
    return text(response)


# --- The list ---------------------------------------------------------------------------------------------


def test_the_list_shows_ones_own_cases_and_those_partners_let_one_into(
    case: Case, alice: User, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    assert "Cannery" in listed(as_user(alice))
    assert "Cannery" not in listed(as_user(bob))
    give(case, eastport, Level.VIEW, anna)
    assert "Cannery" in listed(as_user(bob))


def test_a_list_without_cases_says_what_it_is_for(charlie: User, nora: User, as_user: Any) -> None:
    html = listed(as_user(charlie))
    assert "No cases yet" in html
    assert "/cases/new/" in html
    assert as_user(nora).get("/cases/").status_code == 404


def test_a_case_seen_in_summary_shows_no_status_priority_or_reference(
    case: Case, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    give(case, eastport, Level.SUMMARY, anna)
    html = listed(as_user(bob))
    assert "Summary only" in html
    assert case.reference not in html
    assert f"{case.get_status_display()}</span>" not in html


@pytest.mark.parametrize(
    "query",
    [{"status": "open"}, {"priority": "2"}, {"q": "Quayside"}, {"tasks": "idle"}, {"agency": "northland"}],
)
def test_no_filter_tells_what_a_summary_hides(
    case: Case,
    anna: User,
    bob: User,
    northland: Agency,
    eastport: Agency,
    as_user: Any,
    query: dict[str, Any],
) -> None:
    if "agency" in query:
        query = {"agency": northland.pk}
    give(case, eastport, Level.SUMMARY, anna)
    give(factories.case(anna, "Open to Eastport"), eastport, Level.VIEW, anna)
    assert "Cannery" in listed(as_user(bob))
    assert "Cannery" not in listed(as_user(bob), **query)
    assert "Cannery" in listed(as_user(anna), **query)


def test_filters_find_by_text_part_kind_and_lateness(alice: User, anna: User, as_user: Any) -> None:
    late = factories.case(alice, "Late one", kind="smuggling", summary="orchard")
    factories.case(anna, "Other one", priority=1)
    yesterday = timezone.localdate() - timezone.timedelta(days=1)
    actions.set_task(late, title="Call", due_on=yesterday, by=alice)
    client = as_user(alice)
    for query in ({"q": "late"}, {"q": "orchards"}, {"q": late.reference.lower()}, {"part": "mine"},
                  {"kind": "smuggling"}, {"tasks": "overdue"}, {"priority": "2"}):  # fmt: skip
        html = listed(client, **query)
        found = query == {"q": "orchards"}  # whole words only
        assert ("Late one" in html, "Other one" in html) == (not found, False), query


def test_a_filter_that_makes_no_sense_is_left_out(case: Case, alice: User, as_user: Any) -> None:
    assert "Cannery" in listed(as_user(alice), status="x", part="y", agency="z", priority="9", q="")


def test_agencies_are_offered_as_a_filter_only_where_the_reader_sees_them_at_work(
    case: Case, anna: User, bob: User, cora: User, eastport: Agency, as_user: Any
) -> None:
    actions.assign_case(case, agency=eastport, part="support", reason="Money", by=anna)
    assert "Eastport" in text(as_user(anna).get("/cases/"))
    assert "Eastport" not in text(as_user(cora).get("/cases/"))


# --- One case -----------------------------------------------------------------------------------------------


def test_opening_a_case_leads_to_its_page(alice: User, as_user: Any) -> None:
    response = as_user(alice).post("/cases/new/", FACTS)
    case = Case.objects.get()
    assert response["Location"] == f"/cases/{case.pk}/"
    assert (case.title, case.priority, case.jurisdictions) == ("Cannery", 1, ["Georgia", "Harris, Texas"])
    assert [a.agency_id for a in case.assignments.all()] == [alice.agency_id]


def test_a_case_without_title_is_sent_back_with_all_that_was_typed(alice: User, as_user: Any) -> None:
    response = as_user(alice).post("/cases/new/", FACTS | {"title": " "})
    assert response.status_code == 422
    assert "Give the case a title" in text(response)
    assert "Four people." in text(response)
    assert "Harris, Texas" in text(response)


def test_a_role_that_opens_no_cases_finds_no_form(nora: User, ada: User, as_user: Any) -> None:
    assert [as_user(user).post("/cases/new/", FACTS).status_code for user in (nora, ada)] == [404, 404]


def test_the_page_is_a_frame_of_panels_with_the_buttons_of_ones_role(
    case: Case, alice: User, anna: User, as_user: Any
) -> None:
    hers, the_supervisors = (text(as_user(user).get(f"/cases/{case.pk}/")) for user in (alice, anna))
    for panel in ("leads", "hits", "subjects", "tasks", "notes", "agencies"):
        assert f'hx-get="/cases/{case.pk}/{panel}/"' in hers
    assert f"/cases/{case.pk}/edit/" in hers
    assert f"/cases/{case.pk}/assign/" not in hers
    assert f"/cases/{case.pk}/move/" not in hers
    assert f"/cases/{case.pk}/assign/" in the_supervisors
    assert f"/cases/{case.pk}/move/" in the_supervisors


def test_a_reader_without_the_right_to_add_gets_no_button_that_writes(
    case: Case, anna: User, bea: User, eastport: Agency, as_user: Any
) -> None:
    give(case, eastport, Level.VIEW, anna)
    client = as_user(bea)
    pages = "".join(
        text(client.get(f"/cases/{case.pk}/{panel}")) for panel in ("", "tasks/", "notes/", "agencies/")
    )
    assert "Quayside secret" in pages
    assert "Your agency may read this but not add to it" in pages
    for button in ("/edit/", "/assign/", "/move/", "Add a task", "Add the note", "hx-post"):
        assert button not in pages.split('id="main"')[1], button


def test_a_summary_page_holds_the_card_and_whom_to_ask_and_no_panel(
    case: Case, anna: User, bob: User, northland: Agency, eastport: Agency, as_user: Any
) -> None:
    agency_actions.name_contact(agency=northland, contact=anna, by=None)
    give(case, eastport, Level.SUMMARY, anna)
    html = text(as_user(bob).get(f"/cases/{case.pk}/"))
    assert "Cannery" in html
    assert "Anna" in html
    for hidden in ("Quayside secret", case.reference, "Open</span>", "/tasks/", "/notes/", "Alice"):
        assert hidden not in html
    for panel in ("tasks", "notes", "agencies", "edit", "move", "assign"):
        assert as_user(bob).get(f"/cases/{case.pk}/{panel}/").status_code == 404


def test_reading_a_case_is_put_on_record_with_whose_it_is(
    case: Case, alice: User, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    give(case, eastport, Level.VIEW, anna)
    as_user(alice).get(f"/cases/{case.pk}/")
    as_user(bob).get(f"/cases/{case.pk}/")
    looks = AuditEvent.objects.filter(act=Act.VIEWED, object_id=case.pk)
    assert [(event.actor_id, event.owner_id) for event in looks] == [
        (bob.pk, case.agency_id),
        (alice.pk, case.agency_id),
    ]


def test_an_outsider_finds_nothing_at_any_address_of_the_case(case: Case, cora: User, as_user: Any) -> None:
    client = as_user(cora)
    for rest in ("", "edit/", "move/", "assign/", "agencies/", "tasks/", "notes/"):
        assert client.get(f"/cases/{case.pk}/{rest}").status_code == 404
        assert client.post(f"/cases/{case.pk}/{rest}", FACTS).status_code in {404, 405}


# --- Editing together ---------------------------------------------------------------------------------------


def opened_form(client: Client, case: Case) -> dict[str, str]:
    form = client.get(f"/cases/{case.pk}/edit/").context["form"]
    return {bound.html_name: bound.value() for bound in form}


def test_an_edit_is_saved(case: Case, alice: User, as_user: Any) -> None:
    client = as_user(alice)
    client.post(f"/cases/{case.pk}/edit/", opened_form(client, case) | {"title": "Cannery, pier 4"})
    case.refresh_from_db()
    assert (case.title, case.summary, case.jurisdictions) == (
        "Cannery, pier 4",
        "Quayside secret",
        ["Georgia"],
    )


def test_the_second_editor_sees_both_versions_and_loses_nothing(
    case: Case, alice: User, anna: User, as_user: Any
) -> None:
    second = as_user(anna)
    form = opened_form(second, case)
    actions.edit_case(case, by=alice, version=version_of(case), summary="Alice's words", priority=1)

    response = second.post(f"/cases/{case.pk}/edit/", form | {"summary": "Anna's words", "title": "Pier 4"})
    html = text(response).replace("&#x27;", "'")
    assert response.status_code == 422
    assert "Somebody changed this record while you were editing" in html
    assert "Alice's words" in html
    assert "Anna's words" in html
    case.refresh_from_db()
    assert case.summary == "Alice's words"

    again = response.context["form"]
    merged = {bound.html_name: bound.value() for bound in again}
    assert second.post(f"/cases/{case.pk}/edit/", merged).status_code == 302
    case.refresh_from_db()
    assert (case.summary, case.title, case.priority) == ("Anna's words", "Pier 4", 1)


@pytest.mark.parametrize("opened_with", ["", "{", "[1]", "7", '{"title": 3}'])
def test_a_form_that_was_tampered_with_breaks_nothing(
    case: Case, alice: User, as_user: Any, opened_with: str
) -> None:
    form = FACTS | {"version": "long ago", "opened_with": opened_with}
    assert as_user(alice).post(f"/cases/{case.pk}/edit/", form).status_code == 422


# --- Status ---------------------------------------------------------------------------------------------------


def test_the_status_moves_along_the_table_with_a_reason(case: Case, anna: User, as_user: Any) -> None:
    client, address = as_user(anna), f"/cases/{case.pk}/move/"
    offered = client.get(address).context["form"].fields["status"].choices
    assert [code for code, _ in offered] == ["active", "closed"]
    assert client.post(address, {"status": "active", "reason": ""}).status_code == 422
    assert client.post(address, {"status": "charged", "reason": "x"}).status_code == 422
    assert client.post(address, {"status": "active", "reason": "Two callers"}).status_code == 302
    case.refresh_from_db()
    assert case.status == "active"


def test_a_closed_case_is_read_and_not_added_to(case: Case, alice: User, anna: User, as_user: Any) -> None:
    actions.move_case(case, status="closed", reason="Done", by=anna)
    html = text(as_user(alice).get(f"/cases/{case.pk}/"))
    assert "The case is closed. Reopen it first." in html
    assert "Add the note" not in text(as_user(alice).get(f"/cases/{case.pk}/notes/"))
    assert as_user(alice).post(f"/cases/{case.pk}/notes/", {"text": "late"}).status_code == 200
    assert not case.notes.exists()
