"""Pulling: what a partner's program finds in its feeds, page by page, and what stays on record of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies import actions
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, User
from agencies.visibility import Level
from cases import actions as case_actions
from intel.models import Lead
from tests import factories
from tests.api_client import Api
from tests.factories import hits


@pytest.fixture
def api(bob_api: User) -> Api:
    return Api(bob_api)


def shared(by: User, to: Agency, title: str = "A lead", *, level: Level = Level.VIEW, **fields: Any) -> Lead:
    lead = factories.lead(by, title, **fields)
    actions.share(lead, agency=to, level=level, reason="joint work", by=by)
    return lead


def test_a_partner_finds_what_is_shared_and_nothing_else(api: Api, alice: User, eastport: Agency) -> None:
    factories.lead(alice, "Hidden")
    lead = shared(
        alice, eastport, "Shown", phone="+1 404 555 0134", subjects=(factories.subject("Jan Sample"),)
    )
    (row,) = api.get("/leads/").data["results"]
    assert (row["id"], row["level"], row["title"]) == (str(lead.pk), "view", "Shown")
    assert [each["display"] for each in row["identifiers"]] == ["+1 404-555-0134"]
    assert [each["name"] for each in row["subjects"]] == ["Jan Sample"]
    (subject,) = api.get("/subjects/").data["results"]
    assert (subject["name"], subject["lead"]) == ("Jan Sample", str(lead.pk))


def test_a_summary_shows_the_outline_only(api: Api, alice: User, eastport: Agency) -> None:
    lead = shared(
        alice, eastport, level=Level.SUMMARY, narrative="Secret", subjects=(factories.subject("Jan"),)
    )
    (row,) = api.get("/leads/").data["results"]
    assert row == api.get(f"/leads/{lead.pk}/").data
    assert set(row) == {
        "id", "level", "title", "kind", "category", "countries", "reported_on", "occurred_on", "agency", "contact",
        "created_at", "updated_at",
    }  # fmt: skip
    assert row["level"] == "summary"
    assert api.get("/subjects/").data["results"] == []


def test_what_is_the_owners_business_stays_with_the_owner(api: Api, alice: User, eastport: Agency) -> None:
    lead = shared(alice, eastport)
    own = {"pointer_policy", "assigned_to", "decision_reason", "version"}
    assert not own & set(api.get(f"/leads/{lead.pk}/").data)
    assert own <= set(Api(alice).get(f"/leads/{lead.pk}/").data)


def test_pages_join_without_gap_or_repetition(api: Api, alice: User, eastport: Agency) -> None:
    leads = [shared(alice, eastport, f"Lead {number}") for number in range(7)]
    rows, cursor = api.pull("/leads/", limit=3)
    assert sorted(row["id"] for row in rows) == sorted(str(lead.pk) for lead in leads)
    assert api.pull("/leads/", cursor) == ([], cursor)


def test_revoking_leaves_a_tombstone_and_nothing_more(api: Api, alice: User, eastport: Agency) -> None:
    lead = shared(alice, eastport, "Seven words nobody else would ever write")
    api.pull("/leads/")
    actions.revoke(lead, agency=eastport, reason="done", by=alice)
    answer = api.get("/leads/").data["results"]
    assert [set(row) for row in answer] == [{"id", "withdrawn", "changed_at"}]
    assert (answer[0]["id"], answer[0]["withdrawn"]) == (str(lead.pk), True)
    assert api.get(f"/leads/{lead.pk}/").status_code == 404


def test_a_share_that_ran_out_is_a_tombstone_at_once(api: Api, alice: User, eastport: Agency) -> None:
    lead = factories.lead(alice)
    end = timezone.now() + timedelta(minutes=5)
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint", by=alice, expires_at=end)
    with time_machine.travel(end, tick=False):
        assert [row.get("withdrawn") for row in api.get("/leads/").data["results"]] == [True]


def test_updated_since_leaves_out_what_is_older(api: Api, alice: User, eastport: Agency) -> None:
    shared(alice, eastport, "Old")
    moment = timezone.now()
    new = shared(alice, eastport, "New")
    rows = api.get("/leads/", updated_since=moment.isoformat()).data["results"]
    assert [row["id"] for row in rows] == [str(new.pk)]


def test_tasks_and_subjects_can_be_asked_for_by_what_they_belong_to(
    api: Api, anna: User, alice: User, eastport: Agency
) -> None:
    case, other = factories.case(anna), factories.case(anna)
    for each in (case, other):
        case_actions.assign_case(each, agency=eastport, part="support", reason="local", by=anna)
        case_actions.set_task(each, title=f"For {each.pk}", by=anna)
    lead = shared(alice, eastport, subjects=(factories.subject("Jan Sample"),))
    shared(alice, eastport, subjects=(factories.subject("Another"),))
    assert [row["title"] for row in api.get("/tasks/", case=case.pk).data["results"]] == [f"For {case.pk}"]
    assert [row["name"] for row in api.get("/subjects/", lead=lead.pk).data["results"]] == ["Jan Sample"]


def test_a_cursor_is_good_for_its_own_list_and_agency_only(
    api: Api, alice: User, eastport: Agency, charlie: User
) -> None:
    shared(alice, eastport)
    _, cursor = api.pull("/leads/")
    for reader, path in ((api, "/subjects/"), (Api(charlie), "/leads/")):
        assert reader.get(path, cursor=cursor).status_code == 400


def test_every_pull_of_a_partners_row_is_on_record_before_it_leaves(
    api: Api, alice: User, bob_api: User, eastport: Agency
) -> None:
    lead = shared(alice, eastport)
    factories.lead(bob_api, "Own")
    api.get("/leads/")
    api.get(f"/leads/{lead.pk}/")
    pulled = AuditEvent.objects.filter(act=Act.PULLED, owner_id=lead.agency_id)
    assert [(event.object_id, event.actor_id) for event in pulled] == [(lead.pk, bob_api.pk)] * 2


@pytest.mark.parametrize(
    "path", ["/leads/", "/subjects/", "/cases/", "/tasks/", "/hit-notices/", "/disclosures/"]
)
def test_a_page_costs_the_same_queries_however_long_it_is(
    api: Api, path: str, anna: User, alice: User, bea: User, eastport: Agency
) -> None:
    people = (factories.subject("Jan Sample"),)

    def grow(phones: list[str]) -> int:
        for phone in phones:
            case = factories.case(anna)
            case_actions.assign_case(case, agency=eastport, part="support", reason="local", by=anna)
            case_actions.set_task(case, title="Trace", by=anna)
            lead = shared(alice, eastport, phone=phone, subjects=people)
            hits.ask(hits.notice_of(eastport, hits.link(factories.lead(bea, phone=phone), lead)), bea)
        with CaptureQueriesContext(connection) as queries:
            assert len(api.get(path).data["results"]) >= 3
        return len(queries)

    few = grow([f"+1 404 555 01{number}" for number in range(30, 33)])
    assert grow([f"+1 404 555 01{number}" for number in range(33, 39)]) == few <= 14
