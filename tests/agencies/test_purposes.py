"""For what a partner opens one's records: asked once a day and record where the owner asks, kept with each look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from agencies import actions, purposes
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, ClientTerms, User
from agencies.permissions import Role
from agencies.policies import NotPermitted, Refused
from agencies.visibility import Level
from intel.models import Lead
from tests import factories
from tests.api_client import Api


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel("2026-11-22T08:10:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def lead(alice: User, anna: User, ada: User, eastport: Agency) -> Lead:
    lead = factories.lead(alice, "Ferry", subjects=(factories.subject("Jan Sample"),))
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    purposes.ask_for_purposes(agency=lead.agency, asks=True, by=ada)
    return lead


def page(lead: Lead) -> str:
    return reverse("intel:lead-detail", args=[lead.pk])


def question(lead: Lead) -> str:
    return reverse("agencies:purpose", args=["intel.lead", lead.pk])


def looks(by: User) -> list[Any]:
    return [event.facts.get("purpose") for event in AuditEvent.objects.filter(act=Act.VIEWED, actor_id=by.pk)]


def test_a_partner_is_asked_once_a_day_and_record_and_the_owner_reads_the_answer_with_each_look(
    lead: Lead, bob: User, anna: User, as_user: Any, clock: time_machine.Coordinates
) -> None:
    client = as_user(bob)
    asked = client.get(page(lead))
    assert asked["Location"].startswith(question(lead))
    assert looks(bob) == []
    data = {"purpose": "prosecution", "words": "Case of the pier", "next": page(lead)}
    assert client.post(question(lead), data)["Location"] == page(lead)
    for path in (page(lead), reverse("intel:subject-detail", args=[lead.subjects.get().pk])):
        assert client.get(path).status_code == 200
    assert looks(bob) == ["Prosecution: Case of the pier"] * 2
    record = reverse("agencies:audit-record")
    assert (
        "Prosecution: Case of the pier"
        in as_user(anna).get(record, {"record": str(lead.pk)}).content.decode()
    )
    clock.shift(timedelta(days=1))
    assert as_user(bob).get(page(lead)).status_code == 302


def test_a_part_of_a_page_says_that_the_question_is_open_and_shows_nothing(
    lead: Lead, bob: User, as_user: Any
) -> None:
    part = reverse("intel:lead-subjects", args=[lead.pk])
    answer = as_user(bob).get(part, headers={"HX-Request": "true"}).content.decode()
    assert "State the purpose" in answer
    assert "Jan" not in answer


def test_ones_own_people_searches_summaries_and_programs_are_not_asked(
    lead: Lead,
    alice: User,
    anna: User,
    bob: User,
    bob_api: User,
    cora: User,
    southshore: Agency,
    as_user: Any,
) -> None:
    actions.share(lead, agency=southshore, level=Level.SUMMARY, reason="their desk", by=anna)
    for user in (alice, cora):
        assert as_user(user).get(page(lead)).status_code == 200
    assert as_user(bob).get(reverse("intel:search"), {"q": "Ferry"}).status_code == 200
    answer = Api(bob_api).get("/leads/")
    assert answer.json()["results"][0]["level"] == "view"
    pulled = AuditEvent.objects.get(act=Act.PULLED, object_id=lead.pk)
    assert pulled.facts["purpose"]


def test_a_purpose_that_was_not_agreed_on_opens_nothing(
    lead: Lead, ada: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    emil = factories.person("Emil", eastport, Role.AGENCY_ADMINISTRATOR)
    agreement = actions.propose_agreement(
        by=ada, partner=eastport, level=Level.VIEW, handling="H3", purposes=["prosecution", "finance"]
    )
    actions.answer_agreement(agreement, accept=True, by=emil)
    form = as_user(bob).get(question(lead)).content.decode()
    assert "Prosecution" in form
    assert "Prevention" not in form
    with pytest.raises(Refused, match="prosecution, tracing of money"):
        purposes.state_purpose(lead, purpose="prevention", words="", by=bob)
    assert as_user(bob).post(question(lead), {"purpose": "prevention"}).status_code == 422
    assert as_user(bob).get(page(lead)).status_code == 302


def test_the_question_is_there_for_those_alone_who_may_open_the_record(
    lead: Lead, alice: User, charlie: User, ada: User, bob: User, as_user: Any
) -> None:
    assert [as_user(user).get(question(lead)).status_code for user in (charlie, alice, bob)] == [
        404,
        404,
        200,
    ]
    with pytest.raises(NotPermitted):
        purposes.state_purpose(lead, purpose="prosecution", words="", by=charlie)
    with pytest.raises(NotPermitted):
        purposes.ask_for_purposes(agency=lead.agency, asks=False, by=alice)
    room = reverse("agencies:room")
    assert as_user(ada).post(room, {"pointer_policy": "named"}).status_code == 302
    assert as_user(bob).get(question(lead)).status_code == 404
    assert as_user(bob).get(page(lead)).status_code == 200


def test_a_part_of_the_page_asks_though_the_person_looked_today_before_the_owner_asked_or_had_more_to_show(
    lead: Lead, bob: User, anna: User, ada: User, as_user: Any
) -> None:
    part, client = reverse("intel:lead-subjects", args=[lead.pk]), as_user(bob)
    actions.share(lead, agency=bob.agency, level=Level.SUMMARY, reason="less", by=anna)
    assert client.get(page(lead)).status_code == 200  # a summary needs no purpose
    actions.share(lead, agency=bob.agency, level=Level.VIEW, reason="more", by=anna)
    assert "Jan Sample" not in client.get(part).content.decode()
    purposes.ask_for_purposes(agency=lead.agency, asks=False, by=ada)
    assert "Jan Sample" in client.get(part).content.decode()
    purposes.ask_for_purposes(agency=lead.agency, asks=True, by=ada)
    assert "Jan Sample" not in client.get(part).content.decode()


# --- Over the API ---------------------------------------------------------------------------------------------------


def feed(answer: Any) -> tuple[list[str], list[str]]:
    """The rows that a list gives, and those that it keeps back."""
    body = answer.json()
    return [row["id"] for row in body["results"]], [row["id"] for row in body["withheld"]]


def test_a_list_answers_without_the_rows_whose_owner_asks_and_says_where_to_state_the_purpose(
    lead: Lead, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    own, client = factories.lead(bob, "Own"), as_user(bob)
    summary = factories.lead(anna, "In summary")
    actions.share(summary, agency=eastport, level=Level.SUMMARY, reason="joint work", by=anna)
    answer = client.get("/api/v1/leads/")
    assert answer.status_code == 200
    assert sorted(feed(answer)[0]) == sorted(str(each.pk) for each in (own, summary))
    assert answer.json()["withheld"] == [
        {"id": str(lead.pk), "why": purposes.STATE_IT, "state_at": question(lead)}
    ]
    assert "Ferry" not in answer.content.decode()
    assert not AuditEvent.objects.filter(act=Act.PULLED, object_id=lead.pk).exists()
    client.post(question(lead), {"purpose": "prosecution", "words": "Pier"})
    assert feed(client.get("/api/v1/leads/"))[1] == []
    pulled = AuditEvent.objects.get(act=Act.PULLED, object_id=lead.pk)
    assert pulled.facts["purpose"] == "Prosecution: Pier"


def test_who_may_not_have_a_row_is_told_of_no_question_about_it(
    lead: Lead, charlie: User, as_user: Any
) -> None:
    assert feed(as_user(charlie).get("/api/v1/leads/")) == ([], [])


def test_subjects_of_such_a_record_wait_with_it(lead: Lead, bob: User, as_user: Any) -> None:
    answer = as_user(bob).get("/api/v1/subjects/")
    assert feed(answer) == ([], [str(lead.subjects.get().pk)])
    assert "Jan" not in answer.content.decode()


@pytest.mark.parametrize(("declared", "given"), [("finance", True), ("prevention", False), ("", False)])
def test_agreed_purposes_bind_a_program_to_what_it_is_registered_for(
    declared: str, given: bool, lead: Lead, ada: User, bob_api: User, eastport: Agency
) -> None:
    emil = factories.person("Emil", eastport, Role.AGENCY_ADMINISTRATOR)
    deal = actions.propose_agreement(
        by=ada, partner=eastport, level=Level.VIEW, handling="H3", purposes=["prosecution", "finance"]
    )
    actions.answer_agreement(deal, accept=True, by=emil)
    api = Api(bob_api)
    ClientTerms.objects.filter(application__user=bob_api).update(purpose_code=declared)
    results, withheld = feed(api.get("/leads/"))
    assert (results, withheld) == (([str(lead.pk)], []) if given else ([], [str(lead.pk)]))
    one = api.get(f"/leads/{lead.pk}/")
    assert one.status_code == (200 if given else 403)
    assert given or "Ferry" not in one.content.decode()
