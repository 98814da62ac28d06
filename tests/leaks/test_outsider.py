"""What a fresh reader with the source code tried, and may not get: each test is a hole that was there once."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agencies import actions as agency_actions
from agencies.changes import Change
from agencies.models import Agency, PointerPolicy, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from cases.models import Assignment, Case
from intel import actions
from intel.matching import pointers
from intel.models import CaseLead, CaseSubject, Disclosure, Lead
from tests import factories
from tests.api_client import Api
from tests.factories.hits import ask, link, notice_of

PHONE = "+1 404 555 0134"
SECRET = "Odylon Martines"


@pytest.fixture
def case(anna: User, eastport: Agency) -> Case:
    """Anna's case, on which Eastport works too."""
    case = factories.case(anna, "Harbour cannery")
    case_actions.assign_case(case, agency=eastport, part="support", reason="joint work", by=anna)
    return case


def feed_of(agency: Agency, row: Lead) -> Change:
    """What the agency's feed says of a row, the place in the feed included."""
    return Change.objects.get(agency_id=agency.pk, object_id=row.pk)


def take_back(case: Case, agency: Agency, by: User) -> None:
    part = Assignment.objects.get(case=case, agency=agency, ended_at=None)
    case_actions.withdraw_assignment(part, reason="done", by=by)


# --- Hits -----------------------------------------------------------------------------------------------------


def test_a_summary_does_not_name_the_owner_who_lets_only_the_liaison_be_named(
    alice: User, bob: User, bea: User, northland: Agency, as_user: Any
) -> None:
    quiet = factories.lead(bob, "Bobs quiet lead", phone=PHONE, pointer_policy=PointerPolicy.LIAISON)
    agency_actions.share(quiet, agency=northland, level=Level.SUMMARY, reason="other work", by=bea)
    own = factories.lead(alice, phone=PHONE)
    notice = notice_of(northland, link(own, quiet))
    pages = ["/hits/", f"/hits/{notice.pk}/", f"/leads/{own.pk}/hits/", reverse("intel:desk-hits")]
    for path in pages:
        text = as_user(alice).get(path).content.decode()
        assert "Bobs quiet lead" not in text
        assert "Eastport" not in text


def test_a_kept_answer_is_not_given_again_once_the_other_record_was_taken_back(
    alice: User, bea: User, bob_api: User, northland: Agency, eastport: Agency
) -> None:
    theirs = factories.lead(alice, subjects=(factories.subject(f"{SECRET} Rojas", phone=PHONE),))
    agency_actions.share(theirs, agency=eastport, level=Level.VIEW, reason="joint work", by=alice)
    own = factories.lead(bea, subjects=(factories.subject("Odilon Martinez-Rojas", phone=PHONE),))
    path = f"/hit-notices/{notice_of(eastport, link(own, theirs)).pk}/judge/"
    body = {"verdict": "same", "reason": "one number"}
    first = Api(bob_api).post(path, body, key="once")
    assert SECRET in first.content.decode()
    assert Api(bob_api).post(path, body, key="once").content == first.content
    agency_actions.revoke(theirs, agency=eastport, reason="done", by=alice)
    again = Api(bob_api).post(path, body, key="once")
    assert again.status_code == 404
    assert SECRET not in again.content.decode()


def test_a_hit_that_is_over_does_not_quote_what_the_other_record_said_before(
    alice: User, bea: User, northland: Agency, eastport: Agency, as_user: Any
) -> None:
    theirs = factories.lead(alice, subjects=(factories.subject(f"{SECRET} Rojas", phone=PHONE),))
    own = factories.lead(bea, subjects=(factories.subject("Odilon Martinez-Rojas", phone=PHONE),))
    hit = link(own, theirs)
    notice = notice_of(eastport, hit)
    actions.judge_hit(notice, verdict="same", reason="one number", by=bea)
    theirs.subjects.update(name="Somebody else")
    pointers.withdraw(hit)
    agency_actions.share(theirs, agency=eastport, level=Level.VIEW, reason="joint work", by=alice)
    page = as_user(bea).get(f"/hits/{notice.pk}/").content.decode()
    assert "Somebody else" in page
    assert SECRET not in page
    assert SECRET not in Api(bea).get(f"/hit-notices/{notice.pk}/").content.decode()


# --- Disclosure requests ----------------------------------------------------------------------------------------


@pytest.fixture
def asked(alice: User, bea: User, northland: Agency, eastport: Agency) -> Disclosure:
    """Eastport asks Northland."""
    hit = link(factories.lead(alice, phone=PHONE), factories.lead(bea, phone=PHONE))
    return ask(notice_of(eastport, hit), bea)


def test_who_asks_cannot_take_the_request_back_from_the_agency_that_was_asked(
    asked: Disclosure, bea: User, anna: User, northland: Agency, as_user: Any
) -> None:
    with pytest.raises(Refused):
        agency_actions.revoke(asked, agency=northland, reason="never happened", by=bea)
    path = reverse("agencies:revoke", args=["intel.disclosure", asked.pk, northland.pk])
    assert as_user(bea).post(path, {"reason": "never happened"}).status_code == 404
    assert level_of(anna, asked) == Level.VIEW


def test_who_asks_cannot_tell_a_third_agency_that_the_asked_one_holds_a_match(
    asked: Disclosure, bea: User, charlie: User, southshore: Agency, as_user: Any
) -> None:
    with pytest.raises(Refused):
        agency_actions.share(asked, agency=southshore, level=Level.VIEW, reason="look", by=bea)
    assert as_user(bea).get(reverse("agencies:share", args=["intel.disclosure", asked.pk])).status_code == 404
    assert level_of(charlie, asked) is None


# --- Through a case ---------------------------------------------------------------------------------------------


def test_a_lead_can_be_taken_out_of_a_case_that_was_taken_from_its_owner(
    case: Case, anna: User, bea: User, alice: User, eastport: Agency, as_user: Any
) -> None:
    lead = factories.lead(bea, "Beas lead")
    tie = actions.attach_lead(case, lead, by=bea)
    take_back(case, eastport, by=anna)
    assert level_of(alice, lead) is not None
    path = reverse("intel:lead-cases", args=[lead.pk])
    text = as_user(bea).get(path).content.decode()
    assert str(tie.pk) in text
    assert case.title not in text
    as_user(bea).post(path, {"act": "detach", "pk": str(tie.pk)})
    assert level_of(alice, lead) is None


def test_a_lead_and_a_subject_can_be_taken_out_of_a_closed_case(case: Case, anna: User, bob: User) -> None:
    lead = factories.lead(anna, subjects=(factories.subject("Odilon"),))
    subject = lead.subjects.get()
    actions.attach_lead(case, lead, by=anna)
    actions.add_case_subject(case, subject, role="suspect", by=anna)
    case_actions.move_case(case, status="closed", reason="done", by=anna)
    actions.detach_lead(CaseLead.objects.get(), by=anna)
    actions.drop_case_subject(CaseSubject.objects.get(), by=anna)
    assert (level_of(bob, lead), level_of(bob, subject)) == (None, None)


@pytest.mark.parametrize("kind", ["cases.note", "cases.task", "cases.assignment"])
def test_who_was_on_a_case_does_not_learn_from_its_own_rows_who_joined_later(
    kind: str, case: Case, anna: User, bob: User, eastport: Agency, southshore: Agency, as_user: Any
) -> None:
    rows = {
        "cases.note": case_actions.write_note(case, text="seen", by=bob),
        "cases.task": case_actions.set_task(case, title="look", by=bob),
        "cases.assignment": Assignment.objects.get(case=case, agency=eastport),
    }
    take_back(case, eastport, by=anna)
    case_actions.assign_case(case, agency=southshore, part="support", reason="quietly", by=anna)
    text = as_user(bob).get(reverse("agencies:who-sees", args=[kind, rows[kind].pk])).content.decode()
    assert "Southshore" not in text
    assert "Anna" not in text


def test_an_attachment_for_oneself_is_not_noticed_in_the_feeds_of_others(
    case: Case, alice: User, bob: User, northland: Agency, eastport: Agency, southshore: Agency
) -> None:
    lead = factories.lead(alice, subjects=(factories.subject("Odilon"),))
    for agency in (eastport, southshore):
        agency_actions.share(lead, agency=agency, level=Level.VIEW, reason="joint work", by=alice)
    Change.objects.update(txid=1)
    tie = actions.attach_lead(case, lead, by=bob)
    role = actions.add_case_subject(case, lead.subjects.get(), role="suspect", by=bob)
    actions.detach_lead(tie, by=bob)
    actions.drop_case_subject(role, by=bob)
    assert {feed_of(agency, lead).txid for agency in (northland, eastport, southshore)} == {1}
    assert not Change.objects.filter(kind="intel.subject").exclude(txid=1).exists()


def test_attaching_is_noticed_by_the_agencies_of_the_case_alone(
    case: Case, anna: User, alice: User, bob: User, eastport: Agency, southshore: Agency
) -> None:
    lead = factories.lead(alice)
    agency_actions.share(lead, agency=southshore, level=Level.VIEW, reason="other work", by=alice)
    Change.objects.update(txid=1)
    tie = actions.attach_lead(case, lead, by=anna)
    assert not feed_of(eastport, lead).withdrawn
    actions.detach_lead(tie, by=anna)
    assert feed_of(eastport, lead).withdrawn
    assert feed_of(southshore, lead).txid == 1


def test_who_may_not_share_hands_no_subject_to_the_agencies_of_a_case(
    case: Case, alice: User, bob: User, northland: Agency
) -> None:
    program = factories.person("Northland API", northland, Role.SERVICE_ACCOUNT)
    subject = factories.lead(alice, subjects=(factories.subject("Odilon"),)).subjects.get()
    with pytest.raises(Refused):
        actions.add_case_subject(case, subject, role="suspect", by=program)
    actions.add_case_subject(case, subject, role="suspect", by=program, private=True)
    assert level_of(bob, subject) is None
    assert not CaseLead.objects.exists()
