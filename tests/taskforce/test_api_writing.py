"""What a program may change: leads, tasks, judgements, requests and answers; once, and only what is its to change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agencies import actions, tasks
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, IdempotentAnswer, PointerPolicy, User
from agencies.visibility import Level, can
from cases import actions as case_actions
from cases.models import Case, Task
from intel.models import Disclosure, Lead
from tests import factories
from tests.api_client import Api
from tests.factories import hits

PHONE = "+1 404 555 0134"
FACTS: dict[str, Any] = {
    "title": "Bus stop",
    "narrative": "A woman asked for help at the bus stop.",
    "category": "sex_trafficking",
    "handling": ["H1"],
    "countries": ["US", "mx"],
    "identifiers": [{"kind": "phone", "raw": "404 555 0134"}],
    "subjects": [
        {
            "name": "Jan Sample",
            "nationalities": ["MX"],
            "identifiers": [{"kind": "email", "raw": "jan@x.example"}],
        }
    ],
}


@pytest.fixture
def api(bob_api: User) -> Api:
    return Api(bob_api)


# --- Leads --------------------------------------------------------------------------------------------


def test_a_lead_is_logged_for_the_clients_agency(alice: User, northland: Agency) -> None:
    northland.pointer_policy = PointerPolicy.LIAISON
    northland.save()
    answer = Api(alice).post("/leads/", FACTS)
    assert answer.status_code == 201
    lead = Lead.objects.get(pk=answer.data["id"])
    assert (lead.agency, lead.logged_by, lead.countries) == (northland, alice, ["US", "MX"])
    assert lead.pointer_policy == PointerPolicy.LIAISON
    assert [each["display"] for each in answer.data["identifiers"]] == ["+1 404-555-0134"]
    assert answer.data["subjects"][0]["identifiers"][0]["value"] == "jan@x.example"
    assert answer.data == Api(alice).get(f"/leads/{lead.pk}/").data


def test_a_lead_is_edited_by_sending_it_whole_and_its_subjects_go_on(api: Api) -> None:
    lead = api.post("/leads/", FACTS).data
    (subject,) = lead["subjects"]
    people = [{"id": subject["id"], "name": "Jan B. Sample"}, {"name": "Kim Sample"}]
    answer = api.put(f"/leads/{lead['id']}/", {**FACTS, "subjects": people, "version": lead["version"]})
    assert answer.status_code == 200
    assert [each["name"] for each in answer.data["subjects"]] == ["Jan B. Sample", "Kim Sample"]
    assert answer.data["subjects"][0]["id"] == subject["id"]


def test_the_slower_of_two_editors_gets_the_row_as_it_is_now(api: Api) -> None:
    lead = api.post("/leads/", FACTS).data
    first = api.put(f"/leads/{lead['id']}/", {**FACTS, "title": "First", "version": lead["version"]})
    second = api.put(f"/leads/{lead['id']}/", {**FACTS, "title": "Second", "version": lead["version"]})
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.data["current"] == first.data == api.get(f"/leads/{lead['id']}/").data


def test_a_partners_lead_may_be_read_and_not_edited(api: Api, alice: User, eastport: Agency) -> None:
    lead = factories.lead(alice)
    body = {**FACTS, "version": "x"}
    assert api.put(f"/leads/{lead.pk}/", body).status_code == 404
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint", by=alice)
    assert api.put(f"/leads/{lead.pk}/", body).status_code == 403


def test_a_subject_of_somebody_else_reads_like_one_that_never_was(api: Api, alice: User) -> None:
    theirs = factories.lead(alice, subjects=(factories.subject("Hidden"),)).subjects.get()
    lead = api.post("/leads/", FACTS).data
    answers = [
        api.put(f"/leads/{lead['id']}/", {**FACTS, "version": lead["version"], "subjects": [{"id": pk}]})
        for pk in (str(theirs.pk), "00000000-0000-4000-8000-000000000000")
    ]
    assert answers[0].status_code == 409
    assert answers[0].content == answers[1].content
    theirs.refresh_from_db()
    assert theirs.name == "Hidden"


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "agency",
        "agency_id",
        "logged_by",
        "status",
        "kind",
        "reference",
        "assigned_to",
        "created_at",
        "search",
    ],
)
def test_nobody_sets_what_is_not_theirs_to_set(api: Api, field: str) -> None:
    answer = api.post("/leads/", {**FACTS, field: "x"})
    assert (answer.status_code, set(answer.data["errors"])) == (400, {field})
    assert not Lead.objects.exists()


def test_every_mistake_is_named_by_its_field(api: Api) -> None:
    body = {
        "title": "",
        "handling": ["H9"],
        "subjects": [{"age": -1, "nationalities": ["XX"], "agency": "x"}],
    }
    errors = api.post("/leads/", body).data["errors"]
    assert set(errors) == {"title", "narrative", "handling", "subjects"}
    assert set(errors["subjects"]["0"]) == {"agency"}
    assert set(api.post("/leads/", {**FACTS, "subjects": [{"age": -1}]}).data["errors"]["subjects"]["0"]) == {
        "age"
    }


def test_what_is_no_identifier_is_refused_with_the_reason(api: Api) -> None:
    answer = api.post("/leads/", {**FACTS, "identifiers": [{"kind": "iban", "raw": "not one"}]})
    assert answer.status_code == 409
    assert "not one" in answer.data["detail"]


# --- Tasks --------------------------------------------------------------------------------------------


@pytest.fixture
def case(anna: User, eastport: Agency) -> Case:
    case = factories.case(anna)
    case_actions.assign_case(case, agency=eastport, part="support", reason="local knowledge", by=anna)
    return case


def test_a_task_is_set_on_a_case_and_moved(api: Api, case: Case, northland: Agency, bob: User) -> None:
    body = {"title": "Trace the phone", "due_on": "2030-01-31", "assigned_agency": str(northland.pk)}
    task = api.post(f"/cases/{case.pk}/tasks/", body)
    assert (task.status_code, task.data["assigned_agency"]["name"]) == (201, "Northland Police")
    assert api.post(f"/tasks/{task.data['id']}/move/", {"status": "done"}).data["status"] == "done"
    mine = api.post(f"/cases/{case.pk}/tasks/", {"title": "Ask around", "assignee": str(bob.pk)})
    assert mine.data["assignee"] == "Bob"


def test_work_goes_to_those_on_the_case_and_all_others_are_unknown(
    api: Api, case: Case, southshore: Agency, charlie: User, alice: User
) -> None:
    ghost = "00000000-0000-4000-8000-000000000000"
    for field, strangers in {"assigned_agency": [southshore], "assignee": [charlie, alice]}.items():
        answers = [
            api.post(f"/cases/{case.pk}/tasks/", {"title": "x", field: str(pk)})
            for pk in (ghost, *(stranger.pk for stranger in strangers))
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(400, answers[0].content)}
    assert not Task.objects.exists()


def test_a_reader_of_a_case_sets_no_tasks(api: Api, anna: User, eastport: Agency) -> None:
    case = factories.case(anna)
    actions.share(case, agency=eastport, level=Level.VIEW, reason="for information", by=anna)
    assert api.post(f"/cases/{case.pk}/tasks/", {"title": "x"}).status_code == 403


def test_a_closed_case_takes_no_tasks(api: Api, case: Case, anna: User) -> None:
    case_actions.move_case(case, status="closed", reason="done", by=anna)
    assert api.post(f"/cases/{case.pk}/tasks/", {"title": "x"}).status_code == 409


def test_a_task_forgets_its_case_when_the_case_is_gone(api: Api, case: Case, anna: User) -> None:
    task = api.post(f"/cases/{case.pk}/tasks/", {"title": "Ours"}).data
    assert task["case"] == str(case.pk)
    assignment = case.assignments.get(agency__short_name="EPO")
    case_actions.withdraw_assignment(assignment, reason="done", by=anna)
    assert api.get(f"/tasks/{task['id']}/").data["case"] is None


# --- Hits and disclosure --------------------------------------------------------------------------------


def tomorrow() -> str:
    return (timezone.now() + timedelta(days=1)).isoformat()


def test_a_hit_is_judged(api: Api, alice: User, bob: User, eastport: Agency) -> None:
    notice = hits.notice_of(
        eastport, hits.link(factories.lead(bob, phone=PHONE), factories.lead(alice, phone=PHONE))
    )
    answer = api.post(
        f"/hit-notices/{notice.pk}/judge/", {"verdict": "same", "reason": "Same phone, same town."}
    )
    assert (answer.status_code, answer.data["state"]) == (200, "same")


def test_from_a_sealed_hit_to_the_other_record(
    api: Api, alice: User, anna: User, bob: User, eastport: Agency, northland: Agency
) -> None:
    theirs = factories.lead(alice, "Kept quiet", phone=PHONE)
    notice = hits.notice_of(eastport, hits.link(factories.lead(bob, phone=PHONE), theirs))
    sealed = api.get(f"/hit-notices/{notice.pk}/").data
    assert (sealed["is_open"], sealed["other_lead"], sealed["other_agency"]["name"]) == (
        False,
        None,
        northland.name,
    )
    assert {row["other_value"] for row in sealed["evidence"]} == {None}
    assert str(theirs.pk) not in str(sealed)

    request = {"level": "view", "purpose": "To plan a raid", "deadline": tomorrow()}
    asked = api.post(f"/hit-notices/{notice.pk}/ask/", request)
    assert (asked.status_code, asked.data["lead"], asked.data["notice"]) == (201, None, str(notice.pk))

    holder = Api(anna)
    (incoming,) = holder.get("/disclosures/").data["results"]
    assert (incoming["lead"], incoming["notice"], incoming["asked_by"]) == (
        str(theirs.pk),
        None,
        "Eastport API",
    )
    path = f"/disclosures/{incoming['id']}/answer/"
    assert api.post(path, {"state": "full"}).status_code == 409
    assert holder.post(path, {"state": "full"}).data["state"] == "full"

    opened = api.get(f"/hit-notices/{notice.pk}/").data
    assert AuditEvent.objects.filter(
        act=Act.PULLED, object_id=theirs.pk
    ).exists()  # its evidence tells of theirs
    assert (opened["is_open"], opened["other_lead"]) == (True, str(theirs.pk))
    assert [row["other_value"] for row in opened["evidence"]] == ["+14045550134"]
    assert api.get(f"/leads/{theirs.pk}/").data["title"] == "Kept quiet"


def test_an_answer_gives_no_more_than_the_summary_where_only_that_was_asked(
    api: Api, alice: User, anna: User, bob: User, bob_api: User, eastport: Agency
) -> None:
    theirs = factories.lead(alice, phone=PHONE)
    notice = hits.notice_of(eastport, hits.link(factories.lead(bob, phone=PHONE), theirs))
    disclosure = hits.ask(notice, bob, level=Level.SUMMARY)
    Api(anna).post(f"/disclosures/{disclosure.pk}/answer/", {"state": "full", "level": "view"})
    assert can(bob_api, Level.SUMMARY, theirs)
    assert not can(bob_api, Level.VIEW, theirs)
    assert api.get(f"/disclosures/{disclosure.pk}/").data["lead"] == str(theirs.pk)
    assert api.get(f"/hit-notices/{notice.pk}/").data["is_open"] is False


def test_declining_needs_a_reason_and_names_nobody(
    api: Api, alice: User, anna: User, bob: User, eastport: Agency
) -> None:
    notice = hits.notice_of(
        eastport, hits.link(factories.lead(bob, phone=PHONE), factories.lead(alice, phone=PHONE))
    )
    disclosure = hits.ask(notice, bob)
    path = f"/disclosures/{disclosure.pk}/answer/"
    assert Api(anna).post(path, {"state": "declined"}).status_code == 409
    assert Api(anna).post(path, {"state": "declined", "answer": "Ongoing operation."}).status_code == 200
    told = api.get(f"/disclosures/{disclosure.pk}/").data
    assert (told["state"], told["lead"], told["holder_contact"]) == (Disclosure.State.DECLINED, None, None)


# --- Once -----------------------------------------------------------------------------------------------


def test_the_same_post_with_the_same_key_is_done_once(api: Api) -> None:
    first, second = api.post("/leads/", FACTS, key="k1"), api.post("/leads/", FACTS, key="k1")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert Lead.objects.count() == 1
    assert api.post("/leads/", FACTS, key="k2").data["id"] != first.data["id"]


def test_a_key_comes_with_one_request_only(api: Api) -> None:
    api.post("/leads/", FACTS, key="k1")
    assert api.post("/leads/", {**FACTS, "title": "Other"}, key="k1").status_code == 422
    assert Lead.objects.count() == 1


def test_a_key_belongs_to_its_user(api: Api, alice: User) -> None:
    answers = [each.post("/leads/", FACTS, key="k1") for each in (api, Api(alice))]
    assert len({answer.data["id"] for answer in answers}) == 2


def test_what_was_refused_may_be_sent_again_corrected(api: Api) -> None:
    assert api.post("/leads/", {"title": "x"}, key="k1").status_code == 400
    assert api.post("/leads/", FACTS, key="k1").status_code == 201


def test_a_repeated_answer_is_not_given_to_those_who_lost_the_row(api: Api, case: Case, anna: User) -> None:
    task = case_actions.set_task(case, title="Theirs", by=anna)
    assert api.post(f"/tasks/{task.pk}/move/", {"status": "doing"}, key="k1").status_code == 200
    case_actions.withdraw_assignment(case.assignments.get(agency__short_name="EPO"), reason="done", by=anna)
    assert api.post(f"/tasks/{task.pk}/move/", {"status": "doing"}, key="k1").status_code == 404


def test_keys_are_forgotten_after_a_day(api: Api) -> None:
    api.post("/leads/", FACTS, key="old")
    api.post("/leads/", FACTS, key="new")
    day_ago = timezone.now() - timedelta(hours=24, seconds=1)
    IdempotentAnswer.objects.filter(key="old").update(created_at=day_ago)
    tasks.forget_idempotent_answers()
    assert [kept.key for kept in IdempotentAnswer.objects.all()] == ["new"]
