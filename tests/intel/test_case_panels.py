"""What intel adds to a case: leads, subjects and hits, each as far as the reader's own gate goes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agencies import actions as agency_actions
from agencies.models import Agency, User
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from cases.models import Case
from intel import actions
from intel.models import CaseLead, CaseSubject, Lead
from tests import factories
from tests.factories.hits import link

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def case(anna: User, eastport: Agency) -> Case:
    """Anna's case, on which Eastport works too."""
    case = factories.case(anna, "Harbour cannery")
    case_actions.assign_case(case, agency=eastport, part="support", reason="joint work", by=anna)
    return case


@pytest.fixture
def lead(alice: User) -> Lead:
    return factories.lead(alice, "Alices lead", subjects=(factories.subject("Odilon Martinez-Rojas"),))


@pytest.fixture
def bobs(bob: User) -> Lead:
    return factories.lead(bob, "Bobs lead", subjects=(factories.subject("Bobs woman"),))


def panel(client: Client, name: str, case: Case, **query: str) -> str:
    response = client.get(reverse(f"intel:{name}", args=[case.pk]), query, **HTMX)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, name: str, case: Case, **data: Any) -> Any:
    return client.post(reverse(f"intel:{name}", args=[case.pk]), data, **HTMX)


# --- Leads ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("find", ["reference", "Alices"])
def test_a_lead_is_found_and_attached(
    find: str, case: Case, lead: Lead, anna: User, bob: User, as_user: Any
) -> None:
    client = as_user(anna)
    assert "Alices lead" in panel(
        client, "case-leads", case, find=lead.reference if find == "reference" else find
    )
    response = post(client, "case-attach", case, lead=lead.pk)
    assert response.status_code == 200
    assert "leads-changed" in response.headers["HX-Trigger"]
    assert level_of(bob, lead) is not None, "attached openly by its owner, the case's agencies may read it"
    assert "Alices lead" in panel(as_user(bob), "case-leads", case)


def test_attached_privately_only_the_own_agency_knows(
    case: Case, lead: Lead, anna: User, bob: User, as_user: Any
) -> None:
    post(as_user(anna), "case-attach", case, lead=lead.pk, private="on")
    assert "Alices lead" in panel(as_user(anna), "case-leads", case)
    assert "Alices lead" not in panel(as_user(bob), "case-leads", case)
    assert level_of(bob, lead) is None


def test_the_search_finds_only_what_the_reader_may_read(
    case: Case, bobs: Lead, anna: User, as_user: Any
) -> None:
    client = as_user(anna)
    for find in ("Bobs", bobs.reference):
        assert "Bobs lead" not in panel(client, "case-leads", case, find=find)
    assert post(client, "case-attach", case, lead=bobs.pk).status_code == 404
    assert not CaseLead.objects.exists()


def test_a_lead_whose_share_was_taken_back_stays_as_a_line_without_its_name(
    case: Case, bobs: Lead, anna: User, bea: User, northland: Agency, as_user: Any
) -> None:
    agency_actions.share(bobs, agency=northland, level=Level.VIEW, reason="joint work", by=bea)
    post(as_user(anna), "case-attach", case, lead=bobs.pk)
    assert "Bobs lead" in panel(as_user(anna), "case-leads", case)
    agency_actions.revoke(bobs, agency=northland, reason="done", by=bea)
    text = panel(as_user(anna), "case-leads", case)
    assert "no longer open to you" in text
    assert "Bobs" not in text


def test_the_agency_that_attached_a_lead_detaches_it(
    case: Case, lead: Lead, anna: User, bob: User, as_user: Any
) -> None:
    tie = actions.attach_lead(case, lead, by=anna)
    assert post(as_user(bob), "case-detach", case, tie=tie.pk).status_code == 422
    assert post(as_user(anna), "case-detach", case, tie=tie.pk).status_code == 200
    assert level_of(bob, lead) is None


@pytest.mark.parametrize("tie", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_tie_that_is_not_there_cannot_be_detached(tie: str, case: Case, anna: User, as_user: Any) -> None:
    assert post(as_user(anna), "case-detach", case, tie=tie).status_code == 404


def test_a_closed_case_takes_no_more_leads(case: Case, lead: Lead, anna: User, as_user: Any) -> None:
    case_actions.move_case(case, status="closed", reason="done", by=anna)
    client = as_user(anna)
    assert "Find a lead" not in panel(client, "case-leads", case)
    response = post(client, "case-attach", case, lead=lead.pk)
    assert response.status_code == 422
    assert "closed" in response.content.decode()


# --- Subjects ---------------------------------------------------------------------------------------------------


def test_a_subject_of_the_cases_leads_is_offered_and_gets_its_part(
    case: Case, lead: Lead, anna: User, bob: User, as_user: Any
) -> None:
    actions.attach_lead(case, lead, by=anna)
    client = as_user(anna)
    assert "Odilon Martinez-Rojas" in panel(client, "case-subjects", case)
    subject = lead.subjects.get()
    assert post(client, "case-subject-add", case, subject=subject.pk, role="suspect").status_code == 200
    text = panel(as_user(bob), "case-subjects", case)
    assert "Odilon Martinez-Rojas" in text
    assert "Suspect" in text


def test_its_part_can_change(case: Case, lead: Lead, anna: User, as_user: Any) -> None:
    client, subject = as_user(anna), lead.subjects.get()
    for role in ("suspect", "witness"):
        post(client, "case-subject-add", case, subject=subject.pk, role=role)
    assert CaseSubject.objects.get().role == "witness"


@pytest.mark.parametrize("role", ["", "villain"])
def test_a_part_that_no_list_knows_is_refused(
    role: str, case: Case, lead: Lead, anna: User, as_user: Any
) -> None:
    response = post(as_user(anna), "case-subject-add", case, subject=lead.subjects.get().pk, role=role)
    assert response.status_code == 422
    assert not CaseSubject.objects.exists()


def test_subjects_the_reader_may_not_see_are_neither_found_nor_added(
    case: Case, bobs: Lead, anna: User, as_user: Any
) -> None:
    client = as_user(anna)
    assert "Bobs woman" not in panel(client, "case-subjects", case, find="bobs woman")
    assert (
        post(client, "case-subject-add", case, subject=bobs.subjects.get().pk, role="witness").status_code
        == 404
    )


def test_only_the_agency_that_added_it_takes_a_subject_out(
    case: Case, lead: Lead, anna: User, bob: User, as_user: Any
) -> None:
    tie = actions.add_case_subject(case, lead.subjects.get(), role="suspect", by=anna)
    assert post(as_user(bob), "case-subject-drop", case, tie=tie.pk).status_code == 422
    assert post(as_user(anna), "case-subject-drop", case, tie=tie.pk).status_code == 200
    assert not CaseSubject.objects.exists()


# --- Hits -------------------------------------------------------------------------------------------------------


def test_each_agency_sees_its_own_hits_on_the_case_alone(
    case: Case, alice: User, anna: User, bob: User, charlie: User, as_user: Any
) -> None:
    """Northland's hit with an agency outside the case is no business of the partner on it."""
    ours = factories.lead(alice, "Alices lead", phone="+1 404 555 0134")
    actions.attach_lead(case, ours, by=anna)
    link(ours, factories.lead(charlie, "Charlies lead", phone="+1 404 555 0134"))
    assert "Southshore Border Guard" in panel(as_user(anna), "case-hits", case)
    text = panel(as_user(bob), "case-hits", case)
    assert "Southshore" not in text
    assert "No hits on this case" in text


# --- Who may open them at all ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["case-leads", "case-subjects", "case-hits"])
@pytest.mark.parametrize("who", ["charlie", "nora", "ada"])
def test_the_panels_of_a_case_one_does_not_see_are_not_there(
    name: str, who: str, request: pytest.FixtureRequest, case: Case, as_user: Any
) -> None:
    client = as_user(request.getfixturevalue(who))
    assert client.get(reverse(f"intel:{name}", args=[case.pk])).status_code == 404


@pytest.mark.parametrize("name", ["case-leads", "case-subjects", "case-hits"])
def test_each_panel_is_a_page_of_its_own_without_scripts(
    name: str, case: Case, lead: Lead, anna: User, as_user: Any
) -> None:
    actions.attach_lead(case, lead, by=anna)
    text = as_user(anna).get(reverse(f"intel:{name}", args=[case.pk])).content.decode()
    assert "<html" in text
    assert reverse("cases:case-detail", args=[case.pk]) in text


def test_without_scripts_a_change_leads_back_to_the_case(
    case: Case, lead: Lead, anna: User, as_user: Any
) -> None:
    response = as_user(anna).post(reverse("intel:case-attach", args=[case.pk]), {"lead": lead.pk})
    assert (response.status_code, response.headers["Location"]) == (
        302,
        reverse("cases:case-detail", args=[case.pk]),
    )
