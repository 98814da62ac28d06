"""Conflict walls against a unit: who is in it, comes to it, or was in it since, is kept out; leaving it opens nothing."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse

from agencies import acting, actions, reviewing, units
from agencies.guards import circle_of
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.policies import NotPermitted, Refused
from agencies.visibility import Level, level_of
from intel.models import Lead, Subject
from tests import factories

HARBOUR = "Harbour team"


@pytest.fixture
def arno(northland: Agency, ada: User) -> User:
    arno = factories.person("Arno", northland, Role.SUPERVISOR)
    units.place(person=arno, unit=HARBOUR, by=ada)
    return arno


@pytest.fixture
def abel(northland: Agency) -> User:
    return factories.person("Abel", northland, Role.INVESTIGATOR)


@pytest.fixture
def lead(alice: User, anna: User, arno: User) -> Lead:
    lead = factories.lead(alice, "Mole", subjects=(factories.subject("Jan Sample"),))
    wall(lead, anna, [HARBOUR])
    return lead


def wall(lead: Lead, by: User, names: list[str] | None, **who: Any) -> None:
    kept: dict[str, Any] = {"named": None, "walled": [], **who}
    actions.restrict(lead, reason="The harbour is suspected", units=names, by=by, **kept)


def test_who_is_in_a_unit_comes_to_it_or_leaves_it_is_kept_out_and_what_belongs_to_the_record_follows(
    lead: Lead, arno: User, abel: User, alice: User, ada: User
) -> None:
    assert [level_of(user, lead) for user in (alice, abel, arno)] == [Level.OWN, Level.OWN, None]
    units.place(person=abel, unit=HARBOUR, by=ada)
    units.place(person=arno, unit="Front desk", by=ada)
    units.place(person=abel, unit="", by=ada)
    assert [level_of(user, lead) for user in (abel, arno)] == [None, None]
    assert not Subject.objects.visible_to(abel).exists()


def test_a_wall_that_is_set_anew_still_keeps_those_who_left_and_one_that_is_lifted_opens_to_all_but_the_walled_by_name(
    lead: Lead, arno: User, abel: User, anna: User, ada: User
) -> None:
    units.place(person=arno, unit="", by=ada)
    wall(lead, anna, None, walled=[abel])
    assert [level_of(user, lead) for user in (abel, arno)] == [None, None]
    assert units.walled_by_name(lead, circle_of(lead)) == [abel]
    wall(lead, anna, [], walled=[abel])
    assert [level_of(user, lead) for user in (abel, arno)] == [None, Level.OWN]


def test_what_says_no_wins_and_a_supervisor_always_stays(
    lead: Lead, arno: User, anna: User, alice: User, ada: User
) -> None:
    with pytest.raises(Refused, match="Arno cannot be named and kept out at once"):
        wall(lead, anna, [HARBOUR], named=[anna, arno])
    wall(lead, anna, [HARBOUR], named=[anna, alice])
    units.place(person=alice, unit=HARBOUR, by=ada)
    assert level_of(alice, lead) is None
    with pytest.raises(Refused, match="only supervisor"):
        units.place(person=anna, unit=HARBOUR, by=ada)
    anna.refresh_from_db()
    assert (anna.unit, level_of(anna, lead)) == ("", Level.OWN)


def test_a_unit_is_kept_out_on_the_page_and_stands_there_for_the_owner_alone(
    alice: User, anna: User, arno: User, bea: User, eastport: Agency, as_user: Any
) -> None:
    lead = factories.lead(alice, "Pier")
    actions.share(lead, agency=eastport, level=Level.VIEW, reason="joint work", by=anna)
    url = reverse("agencies:restrict", args=["intel.lead", lead.pk])
    assert HARBOUR in as_user(anna).get(url).content.decode()
    data = {"open_to": "all", "units": ["Nobody's"], "reason": "Suspected"}
    assert as_user(anna).post(url, data).status_code == 422
    assert as_user(anna).post(url, data | {"units": [HARBOUR]}).status_code == 302
    seen = reverse("agencies:who-sees", args=["intel.lead", lead.pk])
    assert "Kept from the unit" in as_user(anna).get(seen).content.decode()
    assert HARBOUR not in as_user(bea).get(seen).content.decode()
    assert as_user(arno).get(reverse("intel:lead-detail", args=[lead.pk])).status_code == 404


def test_administrators_place_people_of_their_own_agency(
    arno: User, abel: User, alice: User, ada: User, bob: User, as_user: Any
) -> None:
    url = reverse("agencies:person-unit", args=[abel.pk])
    assert as_user(alice).get(url).status_code == 404
    assert as_user(ada).get(reverse("agencies:person-unit", args=[bob.pk])).status_code == 404
    assert as_user(ada).post(url, {"unit": "  Harbour   team "}).status_code == 302
    abel.refresh_from_db()
    assert abel.unit == HARBOUR
    assert HARBOUR in as_user(alice).get(reverse("agencies:room-people")).content.decode()
    with pytest.raises(NotPermitted):
        units.place(person=bob, unit=HARBOUR, by=ada)


def test_who_comes_to_a_walled_unit_after_the_record_was_purged_is_kept_from_what_is_left_of_it(
    lead: Lead, anna: User, ada: User, northland: Agency
) -> None:
    certificate = reviewing.purge(lead, reason="Over", by=anna)
    audrey = factories.person("Audrey", northland, Role.AUDITOR)
    assert level_of(audrey, certificate) == Level.OWN
    units.place(person=audrey, unit=HARBOUR, by=ada)
    assert level_of(audrey, certificate) is None
    audrey.refresh_from_db()
    assert audrey.unit == HARBOUR


@pytest.mark.django_db(transaction=True)
def test_who_comes_to_a_unit_while_a_wall_is_set_against_it_is_kept_out(
    alice: User, anna: User, arno: User, abel: User, ada: User
) -> None:
    lead = factories.lead(alice, "Mole")

    def come() -> None:
        with acting.on_behalf_of(acting.SYSTEM):
            units.place(person=abel, unit=HARBOUR, by=ada)
        connection.close()

    coming = threading.Thread(target=come)
    with transaction.atomic():
        wall(lead, anna, [HARBOUR])
        coming.start()
        coming.join(timeout=3)
    coming.join(timeout=60)
    assert [level_of(user, lead) for user in (arno, abel)] == [None, None]
