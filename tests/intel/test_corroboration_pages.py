"""Corroboration on the pages: circular reporting is shown, only independent origins count, people may correct it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies import actions as agency_actions
from agencies.audit import AuditEvent
from agencies.models import Agency, User
from agencies.visibility import Level
from intel import actions
from intel.corroboration import Corroboration
from intel.facts import LeadFacts
from intel.matching import engine
from intel.models import Lead, OriginMark
from tests.factories import case, lead, protect
from tests.factories.hits import link, notice_of
from tests.intel.test_origins import OTHER, TEXT

PHONE = "+1 404 555 0134"
THIRD = "A third account of somebody else, who saw neither of the two and tells of the harbour and its boats alone."


def origins(of: Lead, viewer: User) -> list[list[str]]:
    found = Corroboration.of(of, viewer).origins
    return [[report.reference for report in origin.reports] for origin in found]


def panel(client: Any, of: Lead) -> str:
    text: str = client.get(
        reverse("intel:lead-origins", args=[of.pk]), HTTP_HX_REQUEST="true"
    ).content.decode()
    return text


def test_copies_are_one_origin_and_the_chain_is_shown(alice: User, as_user: Any) -> None:
    first = lead(alice, "First", narrative=TEXT)
    again = lead(alice, "Again", narrative=f"Received today. {TEXT}")
    assert origins(again, alice) == [[first.reference, again.reference]]
    text = panel(as_user(alice), again)
    assert f"2 linked reports, one origin: all go back to {first.reference}" in text
    assert f"of the text is that of {first.reference}" in text
    assert "Repetition is no confirmation" in text


def test_only_a_third_independent_report_raises_the_grade(alice: User, as_user: Any) -> None:
    first = lead(alice, narrative=TEXT, source="Informant Falcon", phone=PHONE)
    lead(alice, narrative=OTHER, source="informant falcon", phone=PHONE)
    assert "can be given instead" not in panel(as_user(alice), first)
    lead(alice, narrative=THIRD, phone=PHONE)
    text = panel(as_user(alice), first)
    assert "3 linked reports, 2 independent origins: 1 only repeats another." in text
    assert "grade 3 (corroborated) can be given instead of 4" in text


def test_reports_are_linked_by_hit_case_and_identifier(alice: User, anna: User) -> None:
    ours = lead(alice, narrative=TEXT, phone=PHONE)
    by_number = lead(alice, narrative=OTHER, phone=PHONE)
    by_case = lead(alice, narrative=THIRD)
    file = case(anna)
    for each in (ours, by_case):
        actions.attach_lead(file, each, by=anna)
    lead(alice, narrative="Of something else altogether, and at another time and place, nobody knows where.")
    assert {one for origin in origins(ours, alice) for one in origin} == {
        ours.reference, by_number.reference, by_case.reference,
    }  # fmt: skip


def test_a_hotline_in_both_makes_no_corroboration(alice: User, anna: User) -> None:
    ours = lead(alice, narrative=TEXT, phone=PHONE)
    lead(alice, narrative=OTHER, phone=PHONE)
    assert len(origins(ours, alice)) == 2
    protect(anna, PHONE, category="hotline")
    assert len(origins(ours, alice)) == 1


def test_a_mark_by_hand_joins_parts_and_is_taken_back(alice: User, as_user: Any) -> None:
    ours, other = lead(alice, "Ours", narrative=TEXT), lead(alice, "Other", narrative=OTHER)
    client, path = as_user(alice), reverse("intel:origin-mark", args=[ours.pk])

    def mark(status: str, reference: str = other.reference) -> Any:
        return client.post(path, {"reference": reference, "status": status}, HTTP_HX_REQUEST="true")

    text = mark("same", f" {other.reference.lower()} ").content.decode()
    assert f"Marked as one origin with {ours.reference} by you" in text
    assert "Undo" in text
    mark("same")
    assert OriginMark.objects.count() == 1
    assert AuditEvent.objects.filter(kind="intel.originmark").count() == 1
    mark("cleared")
    assert origins(ours, alice) == [[ours.reference]]
    wrong = mark("same", "QQQQ-QQQQ")
    assert wrong.status_code == 422
    assert "No lead that you may read" in wrong.content.decode()


def test_a_copy_may_be_marked_independent(alice: User) -> None:
    ours, other = lead(alice, narrative=TEXT), lead(alice, narrative=TEXT)
    actions.mark_origin(ours, other, status="independent", by=alice)
    assert len(origins(ours, alice)) == 2


def test_while_logging_one_is_told_that_it_was_logged_already(alice: User, as_user: Any) -> None:
    known = lead(alice, narrative=TEXT)
    sent = {
        "narrative": TEXT.replace("Viktor", "Victor"),
        "chips-TOTAL_FORMS": "0",
        "subjects-TOTAL_FORMS": "0",
    }
    text = as_user(alice).post(reverse("intel:lead-chips"), sent).content.decode()
    assert known.reference in text
    assert "% the same text" in text
    text = as_user(alice).post(reverse("intel:lead-chips"), {**sent, "lead": known.pk}).content.decode()
    assert "% the same text" not in text


def test_an_edited_narrative_is_found_by_its_new_text_alone(alice: User) -> None:
    first, again = lead(alice, narrative=TEXT), lead(alice, narrative=TEXT)
    assert len(origins(first, alice)[0]) == 2
    facts = LeadFacts(title="A lead", narrative=OTHER)
    actions.edit_lead(again, facts, version=again.updated_at.isoformat(), by=alice)
    assert origins(first, alice) == [[first.reference]]


def test_the_hit_page_says_whether_it_is_one_report_twice(
    alice: User, bob: User, bea: User, northland: Agency, as_user: Any
) -> None:
    ours, theirs = lead(alice, narrative=TEXT, phone=PHONE), lead(bob, narrative=TEXT, phone=PHONE)
    path = reverse("intel:notice-origins", args=[notice_of(northland, link(ours, theirs)).pk])
    client = as_user(alice)
    assert "Circular" not in client.get(path).content.decode()
    agency_actions.share(theirs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    text = client.get(path).content.decode()
    assert "Circular: the two reports trace to one origin" in text
    assert "100% of the text" in text


def test_the_number_of_queries_does_not_grow_with_the_linked_leads(
    alice: User, anna: User, as_user: Any
) -> None:
    ours, file = lead(alice, narrative=TEXT, phone=PHONE), case(anna)
    actions.attach_lead(file, ours, by=anna)

    def grow() -> None:
        for text in (TEXT, OTHER, THIRD):
            made = lead(alice, narrative=text, phone=PHONE, source="Informant Falcon")
            actions.attach_lead(file, made, by=anna)
            actions.mark_origin(ours, made, status="same", by=anna)
            engine.match(made.pk)

    def queries() -> int:
        client = as_user(alice)
        panel(client, ours)
        with CaptureQueriesContext(connection) as seen:
            panel(client, ours)
        return len(seen)

    grow()
    few = queries()
    grow()
    assert queries() == few


@pytest.mark.parametrize("name", ["lead-origins", "origin-mark"])
def test_a_published_list_has_no_origins(alice: User, as_user: Any, name: str) -> None:
    listed = lead(alice, kind="reference")
    assert as_user(alice).post(reverse(f"intel:{name}", args=[listed.pk])).status_code in {404, 405}
