"""The list of protected values, on its pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies import jobs
from agencies.jobs import Job
from agencies.models import Agency, TaskForce, User
from intel import actions
from intel.matching import engine, protection
from intel.models import HitNotice, ProtectedValue
from tests.factories import lead, protect, subject, task_force

LIST = reverse("intel:protected-list")
DESK = "+1 404 555 0134"


@pytest.fixture
def client(anna: User, as_user: Any) -> Client:
    signed_in: Client = as_user(anna)
    return signed_in


def add(client: Client, values: str, **changed: str) -> Any:
    sent = {"kind": "phone", "values": values, "category": "desk", "reason": "Hotel desk", "told": "nothing"}
    return client.post(reverse("intel:protected-add"), {**sent, **changed}, follow=True)


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


def test_several_values_are_pasted_and_read_as_in_a_lead(client: Client) -> None:
    page = add(client, "(404) 555-0134\n\n+44 20 7946 0018,\n404 555 0134\n")
    assert "2 values are protected." in text(page)
    assert set(ProtectedValue.objects.values_list("value", flat=True)) == {"+14045550134", "+442079460018"}
    assert "Already on your list." in text(add(client, "+1 404-555-0134"))


def test_lines_that_cannot_be_read_are_named_and_nothing_typed_is_lost(client: Client) -> None:
    page = add(client, "+1 404 555 0134\nnext door\n", reason="A reason that I typed")
    assert page.status_code == 422
    assert "Line 2, “next door”" in text(page)
    assert "next door\n</textarea>" in text(page)
    assert "A reason that I typed" in text(page)
    assert not ProtectedValue.objects.exists()


def test_the_effect_is_shown_while_and_after_leads_are_matched_again(
    client: Client, anna: User, alice: User, bob: User
) -> None:
    for each in (alice, alice, bob):
        engine.match(lead(each, phone=DESK).pk)
    assert HitNotice.objects.filter(agency=anna.agency).count() == 3
    Job.objects.all().delete()
    page = add(client, DESK)
    assert "data-live=" in text(page)
    while waiting := list(Job.objects.filter(state=Job.State.WAITING)):
        for job in waiting:
            jobs.perform(job.pk, protection.apply if job.kind == protection.APPLY else engine.match)
    page = client.get(LIST)
    assert "data-live=" not in text(page)
    [row] = page.context["rows"]
    assert (row.effect.leads, row.effect.matching, row.effect.silenced) == (2, 0, 3)


def test_a_removed_value_offers_undo_and_comes_back(client: Client, anna: User) -> None:
    [entry] = protect(anna, DESK)
    page = client.post(reverse("intel:protected-remove", args=[entry.pk]), follow=True)
    assert "links again" in text(page)
    assert page.context["rows"] == []
    again = client.post(reverse("intel:protected-remove", args=[entry.pk]), follow=True)
    assert "was removed already" in text(again)
    page = client.post(reverse("intel:protected-restore", args=[entry.pk]), follow=True)
    assert [row.entry for row in page.context["rows"]] == [entry]


def test_the_list_is_searched_by_value_however_written_reason_and_category(
    client: Client, anna: User
) -> None:
    protect(anna, DESK, reason="Front desk of the Plaza")
    protect(anna, "desk@example.org", kind="email", category="counsel")

    def found(query: str) -> list[str]:
        return [row.entry.kind for row in client.get(f"{LIST}?{query}").context["rows"]]

    assert found("q=404.555") == ["phone"]
    assert found("q=plaza") == ["phone"]
    assert found("q=example.org") == ["email"]
    assert found("category=counsel") == ["email"]
    assert found("q=nothing") == []
    assert len(found("q=%00nothing")) == 2  # a question that makes no sense is left out


def test_a_partner_confirms_and_withdraws_on_its_own_list(
    client: Client, anna: User, bea: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    [entry] = protect(anna, DESK)
    page = client.post(reverse("intel:protected-ask", args=[entry.pk]), {"agency": eastport.pk}, follow=True)
    assert "Eastport Prosecution is asked" in text(page)
    asked = as_user(bea).get(f"{LIST}?list=asked")
    assert "Northland Police" in text(asked)
    assert as_user(bob).get(f"{LIST}?list=asked").context["rows"] == []
    page = as_user(bea).post(reverse("intel:protected-confirm", args=[entry.pk]), follow=True)
    assert "In the whole task force" in text(page)
    twice = as_user(bea).post(reverse("intel:protected-confirm", args=[entry.pk]), follow=True)
    assert "no longer open" in text(twice)
    as_user(bea).post(reverse("intel:protected-withdraw", args=[entry.pk]))
    entry.refresh_from_db()
    assert (entry.status, entry.confirmed_by) == ("own", None)


def test_the_task_force_is_asked_for_where_there_are_several(
    client: Client, anna: User, eastport: Agency, northland: Agency, southshore: Agency, crossroads: TaskForce
) -> None:
    [entry] = protect(anna, DESK)
    detail, ask = (reverse(f"intel:protected-{name}", args=[entry.pk]) for name in ("detail", "ask"))
    assert "Choose a task force" not in text(client.get(detail))
    other = task_force("Of the border", [northland, southshore])
    assert "Choose a task force" in text(client.get(detail))
    refused = client.post(ask, {"agency": eastport.pk, "task_force": other.pk})
    assert refused.status_code == 422
    assert "Choose a task force in which Eastport Prosecution works with you: “Crossroads”." in text(refused)
    page = client.post(ask, {"agency": eastport.pk, "task_force": crossroads.pk}, follow=True)
    assert "Eastport Prosecution is asked" in text(page)
    entry.refresh_from_db()
    assert entry.task_force == crossroads


def test_the_question_stands_on_the_desk_of_the_asked_supervisor_alone(
    anna: User, bea: User, bob: User, cora: User, eastport: Agency, as_user: Any
) -> None:
    [entry] = protect(anna, DESK)
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    shown = {
        each.name: entry.display in text(as_user(each).get(reverse("intel:desk-protected")))
        for each in (bea, bob, cora, anna)
    }
    assert shown == {"Bea": True, "Bob": False, "Cora": False, "Anna": False}


def test_only_readers_of_the_list_find_it(ada: User, alice: User, nora: User, as_user: Any) -> None:
    assert as_user(ada).get(LIST).status_code == 404
    assert "Protect values" not in text(as_user(alice).get(LIST))
    assert "Protect values" in text(as_user(nora).get(LIST))
    assert add(as_user(alice), DESK).status_code == 422


def test_published_hotlines_are_everybodys_to_read_and_nobodys_to_change(client: Client, anna: User) -> None:
    assert protection.publish_shipped() > 0
    assert protection.publish_shipped() == 0
    page = client.get(f"{LIST}?list=published")
    assert "National Human Trafficking Hotline" in text(page)
    assert not any(row.may for row in page.context["rows"])
    entry = ProtectedValue.objects.public().first()
    assert entry
    assert client.post(reverse("intel:protected-remove", args=[entry.pk])).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_list(
    client: Client, anna: User, eastport: Agency
) -> None:
    def grow(start: int) -> None:
        for n in range(start, start + 8):
            phone, name = f"+1 404 555 {n:04}", f"Nadia Hartvel{'abcdefghijklmnop'[n]}"
            engine.match(lead(anna, phone=phone, subjects=(subject(name, age=50),)).pk)
            [entry] = protect(anna, phone)
            protect(anna, name, kind="name")
            actions.ask_second_agency(entry, agency=eastport, by=anna)

    def queries() -> int:
        client.get(LIST)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(LIST).status_code == 200
        return len(seen)

    grow(0)
    few = queries()
    grow(8)
    assert queries() == few
