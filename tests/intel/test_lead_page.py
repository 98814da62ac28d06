"""The page of a lead: its owner's, a partner's, and the card that a summary is; its triage, cases and subjects."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agencies import actions as agency_actions
from agencies.audit import Act, AuditEvent
from agencies.jobs import Job
from agencies.models import Agency, User
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from cases.models import Case
from intel import actions
from intel.models import CaseLead, Lead
from tests import factories


@pytest.fixture
def web(anna: User, as_user: Any) -> Client:
    client: Client = as_user(anna)
    return client


@pytest.fixture
def lead(alice: User) -> Lead:
    jan = factories.subject("Jan Sample", phone="+48 601 234 567", note="Walks with a stick")
    return factories.lead(
        alice, "The van", narrative="Call (404) 555-0134 about the van.", phone="+1 404 555 0134", subjects=(jan,),
        source="A neighbour", place="Atlanta",
    )  # fmt: skip


def url(name: str, lead: Lead) -> str:
    return reverse(f"intel:{name}", args=[lead.pk])


def page(web: Client, lead: Lead) -> str:
    answer = web.get(url("lead-detail", lead))
    assert answer.status_code == 200
    return str(answer.content.decode())


# --- Who gets which page --------------------------------------------------------------------------------------------


def test_the_owner_reads_all_of_it_and_identifiers_are_marked(web: Client, lead: Lead) -> None:
    shown = page(web, lead)
    assert "A neighbour" in shown
    assert '<mark title="Telephone: +1 404-555-0134">(404) 555-0134</mark>' in shown
    look = AuditEvent.objects.get(act=Act.VIEWED)
    assert (look.object_id, look.agency_id, look.owner_id) == (lead.pk, lead.agency_id, lead.agency_id)


def test_a_partner_reads_the_report_but_not_how_the_owner_works_it(
    as_user: Any, lead: Lead, anna: User, alice: User, bob: User, eastport: Agency
) -> None:
    actions.assign_lead(lead, to=alice, by=anna)
    agency_actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint", by=anna)
    shown = page(as_user(bob), lead)
    assert "A neighbour" in shown
    for own in ("Alice", "lead-triage", "lead-edit", "On a match"):
        assert own not in shown
    seen = AuditEvent.objects.get(act=Act.VIEWED)
    assert (seen.object_id, seen.actor_id, seen.owner_id) == (lead.pk, bob.pk, lead.agency_id)


def test_of_a_summary_there_is_a_card_and_whom_to_ask(
    as_user: Any, lead: Lead, anna: User, bob: User, eastport: Agency
) -> None:
    agency_actions.name_contact(agency=lead.agency, contact=anna, by=None)
    agency_actions.share(lead, agency=eastport, level=Level.SUMMARY, reason="joint", by=anna)
    partner = as_user(bob)
    shown = page(partner, lead)
    assert "The van" in shown
    assert anna.email in shown
    for hidden in ("555-0134", "A neighbour", "Atlanta", "Jan Sample", lead.reference):
        assert hidden not in shown
    for panel in ("lead-subjects", "lead-cases", "lead-matching", "lead-edit"):
        assert partner.get(url(panel, lead)).status_code == 404


@pytest.mark.parametrize("name", ["lead-detail", "lead-subjects", "lead-cases", "lead-matching", "lead-edit"])
def test_for_an_outsider_it_is_not_there(as_user: Any, lead: Lead, charlie: User, name: str) -> None:
    assert as_user(charlie).get(url(name, lead)).status_code == 404


# --- Deciding ---------------------------------------------------------------------------------------------------------


def decide(web: Client, lead: Lead, act: str, **more: str) -> Any:
    answer = web.post(url("lead-triage", lead), {"act": act} | more)
    lead.refresh_from_db()
    return answer


def test_it_is_assigned_accepted_rejected_and_opened_again(web: Client, lead: Lead, alice: User) -> None:
    for act, more, status in [
        ("assign", {"to": str(alice.pk)}, "assigned"),
        ("accept", {}, "accepted"),
        ("reject", {"reason": "Known"}, "rejected"),
        ("assign", {"to": str(alice.pk)}, "assigned"),
    ]:
        assert decide(web, lead, act, **more).status_code == 302
        assert lead.status == status


def test_a_rejection_without_a_reason_is_refused_in_words(web: Client, lead: Lead) -> None:
    answer = decide(web, lead, "reject", reason="  ")
    assert (answer.status_code, lead.status) == (422, "new")
    assert "Give a reason" in answer.content.decode()


def test_the_buttons_are_those_that_work(
    web: Client, as_user: Any, lead: Lead, alice: User, anna: User
) -> None:
    assert "assign-dialog" in page(web, lead)
    assert "assign-dialog" not in page(as_user(alice), lead)
    actions.assign_lead(lead, to=alice, by=anna)
    assert 'value="accept"' in page(as_user(alice), lead)


def test_only_the_owner_decides(as_user: Any, lead: Lead, anna: User, bea: User, eastport: Agency) -> None:
    agency_actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint", by=anna)
    assert decide(as_user(bea), lead, "accept").status_code == 404
    assert lead.status == "new"


# --- Matching -----------------------------------------------------------------------------------------------------------


def test_the_page_is_told_when_matching_is_done(web: Client, lead: Lead) -> None:
    waiting = web.get(url("lead-matching", lead), headers={"HX-Request": "true"})
    assert "Matching…" in waiting.content.decode()
    assert web.get(f"{url('lead-matching', lead)}?since=waiting").status_code == 204
    Job.objects.filter(object_id=lead.pk).update(state=Job.State.DONE)
    done = web.get(f"{url('lead-matching', lead)}?since=waiting", headers={"HX-Request": "true"})
    assert "matched" in done["HX-Trigger"]
    assert "data-live" not in done.content.decode()


# --- Subjects -------------------------------------------------------------------------------------------------------------


def test_a_long_list_of_subjects_comes_in_pages(web: Client, alice: User) -> None:
    lead = factories.lead(alice, subjects=tuple(factories.subject(f"Entry {n:02}") for n in range(30)))
    first = web.get(url("lead-subjects", lead)).content.decode()
    assert "Entry 24" in first
    assert "Entry 25" not in first
    assert "Entry 29" in web.get(f"{url('lead-subjects', lead)}?page=2").content.decode()
    assert web.get(f"{url('lead-subjects', lead)}?page=rubbish").status_code == 200


def test_a_subject_has_its_page(web: Client, lead: Lead) -> None:
    shown = web.get(reverse("intel:subject-detail", args=[lead.subjects.get().pk])).content.decode()
    for known in ("Jan Sample", "Walks with a stick", "+48 601 234 567", "The van"):
        assert known in shown


def test_looking_at_a_partners_subject_is_on_record(
    as_user: Any, lead: Lead, anna: User, bob: User, charlie: User, eastport: Agency
) -> None:
    subject = lead.subjects.get()
    address = reverse("intel:subject-detail", args=[subject.pk])
    assert as_user(bob).get(address).status_code == as_user(charlie).get(address).status_code == 404
    agency_actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint", by=anna)
    assert as_user(bob).get(address).status_code == 200
    assert AuditEvent.objects.filter(act=Act.VIEWED, object_id=subject.pk, actor_id=bob.pk).exists()


def test_a_subject_shared_by_itself_does_not_show_its_lead(
    as_user: Any, lead: Lead, anna: User, bob: User, eastport: Agency
) -> None:
    subject = lead.subjects.get()
    agency_actions.share(subject, agency=eastport, level=Level.VIEW, reason="joint", by=anna)
    shown = as_user(bob).get(reverse("intel:subject-detail", args=[subject.pk])).content.decode()
    assert "Jan Sample" in shown
    assert "The van" not in shown
    assert lead.reference not in shown


# --- Cases ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def case(anna: User, eastport: Agency) -> Case:
    """Northland's case, on which Eastport works."""
    case = factories.case(anna, "The harbour")
    case_actions.assign_case(case, agency=eastport, part="support", reason="local knowledge", by=anna)
    return case


def test_attaching_opens_the_lead_to_the_cases_agencies(
    web: Client, lead: Lead, case: Case, bob: User
) -> None:
    assert "every agency of the case can read this lead" in web.get(url("lead-cases", lead)).content.decode()
    web.post(url("lead-cases", lead), {"act": "attach", "attach-case": str(case.pk)})
    assert (level_of(bob, lead) or 0) >= Level.VIEW
    attached = CaseLead.objects.get()
    web.post(url("lead-cases", lead), {"act": "detach", "pk": str(attached.pk)})
    assert level_of(bob, lead) is None


def test_kept_private_it_does_not(web: Client, lead: Lead, case: Case, bob: User) -> None:
    web.post(url("lead-cases", lead), {"act": "attach", "attach-case": str(case.pk), "attach-private": "on"})
    assert CaseLead.objects.get().agency_private
    assert level_of(bob, lead) is None


def test_a_case_is_opened_from_it(web: Client, lead: Lead) -> None:
    web.post(url("lead-cases", lead), {"act": "open", "open-title": "New case", "open-kind": "smuggling"})
    assert Case.objects.get().title == "New case"
    assert "New case" in web.get(url("lead-cases", lead)).content.decode()


def test_a_case_that_one_may_not_see_cannot_be_chosen(web: Client, lead: Lead, bob: User) -> None:
    hidden = factories.case(bob, "Hidden case")
    answer = web.post(url("lead-cases", lead), {"act": "attach", "attach-case": str(hidden.pk)})
    assert answer.status_code == 422
    assert "Hidden case" not in answer.content.decode()
    assert not CaseLead.objects.exists()


def test_a_hidden_case_that_the_lead_feeds_is_not_shown(
    web: Client, as_user: Any, lead: Lead, anna: User, bob: User, eastport: Agency
) -> None:
    agency_actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint", by=anna)
    actions.attach_lead(factories.case(bob, "Their case"), lead, by=bob)
    assert "Their case" in as_user(bob).get(url("lead-cases", lead)).content.decode()
    assert "Their case" not in web.get(url("lead-cases", lead)).content.decode()


@pytest.mark.parametrize("sent", [{"act": "detach", "pk": "rubbish"}, {"act": "detach"}])
def test_detaching_what_is_not_there_is_not_found(web: Client, lead: Lead, sent: dict[str, str]) -> None:
    assert web.post(url("lead-cases", lead), sent).status_code == 404
