"""The gate: who sees a row, at which level, until when, and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from agencies import actions, visibility
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.visibility import Level, level_of
from intel.models import Identifier, Lead, Subject
from tests import factories


@pytest.fixture
def lead(alice: User) -> Lead:
    return factories.lead(alice, phone="+1 404 555 0134", subjects=(factories.subject("Jan Sample"),))


def test_it_shows_the_owner_its_own_lead(lead: Lead, alice: User, anna: User) -> None:
    assert level_of(alice, lead) == level_of(anna, lead) == Level.OWN


def test_it_hides_the_lead_from_everybody_else(lead: Lead, bob: User, charlie: User, nora: User) -> None:
    assert [level_of(viewer, lead) for viewer in (bob, charlie, nora, AnonymousUser())] == [None] * 4


def test_it_hides_the_lead_from_a_superuser(lead: Lead, db: None) -> None:
    root = User.objects.create_superuser("root@example.org", "x" * 12, name="Root", role=Role.SUPERVISOR)
    assert not Lead.objects.visible_to(root).exists()


def test_a_role_without_the_permission_sees_nothing_even_of_its_own_agency(lead: Lead, ada: User) -> None:
    assert not Lead.objects.visible_to(ada).exists()


def test_an_inactive_person_sees_nothing(lead: Lead, alice: User) -> None:
    alice.is_active = False
    assert not Lead.objects.visible_to(alice).exists()


@pytest.mark.parametrize("level", [Level.SUMMARY, Level.VIEW])
def test_a_share_gives_the_partner_that_level_and_no_more(
    lead: Lead, anna: User, bob: User, charlie: User, eastport: Agency, level: Level
) -> None:
    actions.share(lead, agency=eastport, level=level, reason="joint work", by=anna)
    assert level_of(bob, lead) == level
    assert level_of(charlie, lead) is None


def test_subjects_and_identifiers_come_with_the_full_lead_not_with_its_summary(
    lead: Lead, anna: User, bob: User, eastport: Agency
) -> None:
    actions.share(lead, agency=eastport, level=Level.SUMMARY, reason="joint work", by=anna)
    assert not Subject.objects.visible_to(bob).exists()
    assert not Identifier.objects.visible_to(bob).exists()
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    assert Subject.objects.visible_to(bob).count() == Identifier.objects.visible_to(bob).count() == 1


def test_revoking_takes_the_view_away(lead: Lead, anna: User, bob: User, eastport: Agency) -> None:
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    actions.revoke(lead, agency=eastport, reason="done", by=anna)
    assert level_of(bob, lead) is None


def test_a_share_ends_at_the_second_it_was_given_until(
    lead: Lead, anna: User, bob: User, eastport: Agency
) -> None:
    end = timezone.now() + timedelta(hours=1)
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna, expires_at=end)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert level_of(bob, lead) == Level.VIEW
    with time_machine.travel(end, tick=False):
        assert level_of(bob, lead) is None


def test_who_sees_this_names_every_agency_with_its_reason(
    lead: Lead, anna: User, northland: Agency, eastport: Agency
) -> None:
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    owner, partner = visibility.viewers_of(lead)
    assert (owner.agency, owner.level) == (northland, Level.OWN)
    assert (partner.agency, partner.level, partner.why, partner.granted_by) == (
        eastport,
        Level.VIEW,
        "joint work",
        anna,
    )


def test_an_agency_that_left_sees_nothing_any_more(
    lead: Lead, anna: User, bob: User, eastport: Agency
) -> None:
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    eastport.left_on = timezone.localdate()
    eastport.save()
    assert not Lead.objects.visible_to(User.objects.get(pk=bob.pk)).exists()
