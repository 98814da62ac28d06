"""Named people only, and conflict walls: what is kept from a person they do not see, whatever their agency may."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from agencies import actions, guards, passing
from agencies.audit import AuditEvent
from agencies.changes import Change
from agencies.models import Agency, ReleaseRequest, User
from agencies.permissions import Role
from agencies.policies import Refused
from agencies.visibility import Level, level_of
from cases import actions as case_actions
from cases.models import Assignment, Case, Note, Task
from intel import actions as intel_actions
from intel.models import CaseLead, HitNotice, Identifier, Lead, Subject
from tests import factories
from tests.api_client import Api
from tests.factories.hits import ask, link, notice_of

PHONE = "+1 404 555 0134"


@pytest.fixture
def arno(northland: Agency) -> User:
    """A colleague of Alice's who has nothing to do with it."""
    return factories.person("Arno", northland, Role.SUPERVISOR)


@pytest.fixture
def lead(alice: User, anna: User, eastport: Agency) -> Lead:
    lead = factories.lead(alice, "Mole", subjects=(factories.subject("Jan Sample", phone=PHONE),))
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    return lead


def restrict(obj: Any, by: User, *named: User, walled: tuple[User, ...] = ()) -> None:
    actions.restrict(obj, named=list(named) or None, walled=walled, reason="A colleague is suspected", by=by)


def test_only_the_named_see_a_restricted_lead_and_what_belongs_to_it(
    lead: Lead, alice: User, anna: User, arno: User, bob: User, bea: User
) -> None:
    restrict(lead, anna, alice, anna, bea)
    seen = {user.name: level_of(user, lead) for user in (alice, anna, arno, bea, bob)}
    assert seen == {"Alice": Level.OWN, "Anna": Level.OWN, "Arno": None, "Bea": Level.VIEW, "Bob": None}
    for model in (Subject, Identifier):
        held = {user.name: model.objects.visible_to(user).count() for user in (alice, arno, bea, bob)}
        assert held == {"Alice": 1, "Arno": 0, "Bea": 1, "Bob": 0}


def test_naming_a_person_gives_their_agency_nothing_it_does_not_have(
    lead: Lead, anna: User, charlie: User
) -> None:
    restrict(lead, anna, anna, charlie)
    assert level_of(charlie, lead) is None


def test_opening_it_again_restores_everybody(lead: Lead, anna: User, arno: User, bob: User) -> None:
    restrict(lead, anna, anna)
    restrict(lead, anna)
    assert (level_of(arno, lead), level_of(bob, lead)) == (Level.OWN, Level.VIEW)


def test_a_wall_keeps_one_supervisor_out_of_a_case_and_of_all_that_hangs_on_it(
    anna: User, arno: User, alice: User, bea: User, eastport: Agency
) -> None:
    case = factories.case(anna, "Cannery")
    case_actions.assign_case(case, agency=eastport, part="support", reason="joint", by=anna)
    case_actions.write_note(case, text="Arno's brother was seen", by=alice)
    case_actions.set_task(case, title="Ask", by=alice)
    intel_actions.attach_lead(case, factories.lead(bea, "Bea's lead"), by=bea)
    restrict(case, anna, walled=(arno,))
    for model in (Case, Note, Task, Assignment, CaseLead, Lead):
        assert not model.objects.visible_to(arno).exists(), model
        assert model.objects.visible_to(alice).exists(), model
        assert model.objects.visible_to(bea).exists(), model


def test_what_says_no_wins(lead: Lead, anna: User, alice: User) -> None:
    guards.admit(lead, named=[anna, alice], walled=[], by=anna, reason="x")
    type(lead).admission_model()._default_manager.filter(person=alice).update(let_in=False)  # type: ignore[union-attr]
    assert level_of(alice, lead) is None


def test_a_superuser_is_kept_out_like_anybody_else(lead: Lead, anna: User, northland: Agency) -> None:
    root = User.objects.create_superuser(
        "root@example.org", "x" * 12, name="Root", role=Role.SUPERVISOR, agency=northland
    )
    assert level_of(root, lead) == Level.OWN
    restrict(lead, anna, anna)
    assert level_of(root, lead) is None


def test_matching_goes_on_and_tells_the_named_alone(
    anna: User, alice: User, arno: User, bob: User, northland: Agency
) -> None:
    lead = factories.lead(alice, "Mole", phone=PHONE)
    restrict(lead, anna, anna, alice)
    hit = link(lead, factories.lead(bob, phone=PHONE))
    told = {user.name: HitNotice.objects.visible_to(user).count() for user in (alice, anna, arno, bob)}
    assert told == {"Alice": 1, "Anna": 1, "Arno": 0, "Bob": 1}
    assert not Change.objects.filter(agency_id=northland.pk, kind="intel.hitnotice").exists()
    theirs = ask(notice_of(bob.agency, hit), bob)  # type: ignore[arg-type]
    assert [level_of(user, theirs) for user in (anna, arno, bob)] == [Level.VIEW, None, Level.OWN]


def test_a_hit_between_two_own_records_is_kept_from_whoever_may_know_only_one(
    anna: User, alice: User, arno: User
) -> None:
    restricted, plain = factories.lead(alice, phone=PHONE), factories.lead(arno, phone=PHONE)
    link(restricted, plain)
    assert HitNotice.objects.visible_to(arno).count() == 1
    restrict(restricted, anna, anna, alice)
    assert HitNotice.objects.visible_to(arno).count() == 0
    assert HitNotice.objects.visible_to(alice).count() == 1


# --- What is refused ------------------------------------------------------------------------------------------


def test_a_supervisor_of_the_owner_always_stays(lead: Lead, anna: User, alice: User, bea: User) -> None:
    with pytest.raises(Refused, match="At least one supervisor"):
        restrict(lead, anna, alice, bea)
    with pytest.raises(Refused, match="cannot keep a record from yourself"):
        restrict(lead, anna, walled=(anna,))


def test_the_account_of_the_last_one_who_may_see_it_is_not_closed(
    lead: Lead, anna: User, ada: User, arno: User
) -> None:
    restrict(lead, anna, anna)
    with pytest.raises(Refused, match="the only supervisor who may see 1 restricted record"):
        actions.dismiss(person=anna, reason="leaves", by=ada)
    restrict(lead, anna, anna, arno)
    actions.dismiss(person=anna, reason="leaves", by=ada)


def test_only_the_owners_supervisors_restrict(lead: Lead, alice: User, bea: User, bob_api: User) -> None:
    for by in (alice, bea):
        with pytest.raises(Refused):
            restrict(lead, by, by)


def test_nobody_is_named_and_kept_out_at_once(lead: Lead, anna: User, alice: User, bob_api: User) -> None:
    with pytest.raises(Refused, match="Alice cannot be named and kept out"):
        restrict(lead, anna, anna, alice, walled=(alice,))
    with pytest.raises(Refused, match="API client"):
        restrict(lead, anna, anna, bob_api)


# --- Feeds and the record --------------------------------------------------------------------------------------


def test_a_restricted_record_leaves_every_feed_and_comes_back(
    lead: Lead, anna: User, bob_api: User, northland: Agency
) -> None:
    restrict(lead, anna, anna)
    [tombstone] = Api(bob_api).get("/leads/").data["results"]
    assert tombstone["withdrawn"] is True
    assert set(Change.objects.filter(object_id=lead.pk).values_list("withdrawn", flat=True)) == {True}
    restrict(lead, anna)
    [again] = Api(bob_api).get("/leads/").data["results"]
    assert again["title"] == "Mole"


def test_restricting_is_not_noticed_in_the_feeds_of_those_who_never_saw_it(
    anna: User, alice: User, bob: User, eastport: Agency
) -> None:
    lead = factories.lead(alice, phone=PHONE)
    link(lead, factories.lead(bob, phone=PHONE))
    Change.objects.update(txid=1)
    restrict(lead, anna, anna)
    restrict(lead, anna)
    assert set(Change.objects.filter(agency_id=eastport.pk).values_list("txid", flat=True)) == {1}


def test_who_is_kept_out_does_not_read_in_the_audit_record_what_was_done(
    lead: Lead, anna: User, arno: User, alice: User
) -> None:
    case = factories.case(arno, "Arno's case")
    intel_actions.attach_lead(case, lead, by=alice)
    restrict(lead, anna, anna, alice)
    acts = AuditEvent.objects.of_agency(arno)
    assert not acts.filter(object_id=lead.pk).exists()
    assert not acts.filter(act="attached").exists()
    assert AuditEvent.objects.of_agency(anna).filter(object_id=lead.pk, act="restricted").exists()
    assert acts.filter(act="opened").exists()


# --- Pages -----------------------------------------------------------------------------------------------------


def test_a_supervisor_restricts_on_the_page_and_names_partners_whom_the_agency_knows(
    lead: Lead, anna: User, alice: User, arno: User, bob: User, bea: User, as_user: Any
) -> None:
    bea.agency.contact = bea  # type: ignore[union-attr]
    bea.agency.save()  # type: ignore[union-attr]
    url = reverse("agencies:restrict", args=["intel.lead", lead.pk])
    page = as_user(anna).get(url).content.decode()
    assert "Bea" in page
    assert "Bob" not in page
    data = {"open_to": "named", "named": [anna.pk, bea.pk], "walled": [arno.pk], "reason": "Suspected"}
    assert as_user(anna).post(url, data).status_code == 302
    assert [level_of(user, lead) for user in (anna, bea, alice)] == [Level.OWN, Level.VIEW, None]
    seen = as_user(anna).get(reverse("agencies:who-sees", args=["intel.lead", lead.pk])).content.decode()
    assert "Only these people" in seen
    assert "Kept from" in seen
    assert as_user(alice).get(url).status_code == 404


def test_a_restriction_without_reason_or_supervisor_is_sent_back_as_it_was_typed(
    lead: Lead, anna: User, alice: User, as_user: Any
) -> None:
    url = reverse("agencies:restrict", args=["intel.lead", lead.pk])
    response = as_user(anna).post(url, {"open_to": "named", "named": [alice.pk], "reason": "Suspected"})
    assert response.status_code == 422
    assert "At least one supervisor" in response.content.decode()
    assert (
        f'value="{alice.pk}" checked' in response.content.decode().replace("  ", " ")
        or "checked" in response.content.decode()
    )
    assert level_of(alice, lead) == Level.OWN


def test_partners_read_nothing_of_who_is_named(lead: Lead, anna: User, bea: User, as_user: Any) -> None:
    restrict(lead, anna, anna, bea)
    seen = as_user(bea).get(reverse("agencies:who-sees", args=["intel.lead", lead.pk])).content.decode()
    assert "Only these people" not in seen
    assert "Anna" not in seen.replace("by <bdi>Anna", "")


def test_a_share_with_an_agency_of_which_nobody_is_named_still_stands_to_be_revoked(
    lead: Lead, anna: User, bob: User, eastport: Agency, as_user: Any
) -> None:
    restrict(lead, anna, anna)
    page = as_user(anna).get(reverse("agencies:who-sees", args=["intel.lead", lead.pk])).content.decode()
    assert "Eastport Prosecution" in page
    url = reverse("agencies:revoke", args=["intel.lead", lead.pk, eastport.pk])
    assert as_user(anna).post(url, {"reason": "Done"}).status_code == 302
    restrict(lead, anna)
    assert level_of(bob, lead) is None


def test_what_was_judged_on_a_restricted_record_counts_for_nobody_else(
    lead: Lead, alice: User, anna: User, arno: User, bob: User, as_user: Any
) -> None:
    other = factories.lead(bob, subjects=(factories.subject("Jan Sample", phone=PHONE),))
    intel_actions.judge_hit(
        notice_of(lead.agency, link(lead, other)), verdict="same", reason="one man", by=alice
    )
    restrict(lead, anna, alice, anna)
    judged = {
        user.name: as_user(user).get(reverse("intel:weights")).context["judged"]["same"]
        for user in (anna, arno)
    }
    assert judged == {"Anna": 1, "Arno": 0}


def test_a_request_to_release_a_restricted_record_is_kept_with_it_from_the_askers_own_colleagues(
    lead: Lead, anna: User, bob: User, bea: User, southshore: Agency, as_user: Any
) -> None:
    purpose = "Southshore watches his harbour"
    passing.pass_on(lead, agency=southshore, level=Level.VIEW, reason=purpose, by=bob)
    assert purpose in as_user(bea).get(reverse("agencies:releases")).content.decode()
    assert AuditEvent.objects.of_agency(bea).filter(kind="agencies.releaserequest").exists()
    restrict(lead, anna, anna, bob)
    assert purpose in as_user(bob).get(reverse("agencies:releases")).content.decode()
    assert purpose not in as_user(bea).get(reverse("agencies:releases")).content.decode()
    [asked] = ReleaseRequest.objects.all()
    assert as_user(bea).get(reverse("agencies:release", args=[asked.pk])).status_code == 404
    assert not AuditEvent.objects.of_agency(bea).filter(kind="agencies.releaserequest").exists()
