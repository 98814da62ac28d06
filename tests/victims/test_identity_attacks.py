"""Ways around the compartment: without the person's word, by guessing, by people made for it, by what is left lying."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from agencies.audit import Act, AuditEvent
from agencies.models import Agency, PointerPolicy, User
from agencies.permissions import Role
from agencies.policies import Refused
from tests import factories
from tests.factories import person
from tests.factories.identities import WHO, agreed, identity, victim
from victims import actions, ending, presenters
from victims.models import Consent, IdentityGrant, IdentityNotice, VictimIdentity
from victims.policies import access_of


@pytest.fixture
def dora(harbour: Agency) -> User:
    return person("Dora", harbour, Role.VICTIM_CASEWORKER)


@pytest.fixture
def olga(harbour: Agency) -> User:
    return person("Olga", harbour, Role.PROTECTION_OFFICER)


@pytest.fixture
def sam(harbour: Agency) -> User:
    return person("Sam", harbour, Role.SUPERVISOR)


@pytest.fixture
def otto(northland: Agency) -> User:
    return person("Otto", northland, Role.PROTECTION_OFFICER)


@pytest.fixture
def held(nora: User, dora: User) -> VictimIdentity:
    return identity(nora, dora)


def give(held: VictimIdentity, to: User, by: User, days: int = 3) -> IdentityGrant:
    until = timezone.now() + timedelta(days=days)
    return actions.give_identity(held, person=to, until=until, reason="Hearing", by=by)


# --- The person's word ------------------------------------------------------------------------------------------


def test_nobody_of_a_partner_is_told_who_somebody_is_without_their_word(
    held: VictimIdentity, nora: User, otto: User, eastport: Agency
) -> None:
    other = victim(nora)
    factories.consent(held.victim, eastport, by=nora)
    factories.consent(held.victim, otto.agency, by=nora, data_classes=["age_band"])  # type: ignore[arg-type]
    factories.consent(other, otto.agency, by=nora)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="No consent in force lets Northland"):
        give(held, otto, nora)
    agreed(held, otto.agency, by=nora)
    give(held, otto, nora)
    assert access_of(held, otto) is not None


@pytest.mark.parametrize("by_code", [True, False])
def test_their_word_taken_back_closes_it_and_leaves_nothing_on_the_desk(
    held: VictimIdentity, nora: User, otto: User, as_user: Any, client: Any, by_code: bool
) -> None:
    consent = agreed(held, otto.agency, by=nora)
    give(held, otto, nora)
    browser, page = as_user(otto), reverse("victims:identity", args=[held.pk])
    assert browser.get(page).status_code == 200
    if by_code:
        client.post(reverse("victims:withdraw"), {"code": consent.code})
    else:
        actions.withdraw_consent(consent, by=nora)
    assert browser.get(page).status_code == 404
    for name in ("identity-list", "desk-identities"):
        assert str(held.victim) not in browser.get(reverse(f"victims:{name}")).content.decode()
    assert not IdentityGrant.objects.filter(person=otto).exists()
    assert AuditEvent.objects.get(act=Act.IDENTITY_TAKEN).facts == {"people": [str(otto.pk)]}
    assert access_of(held, nora) is not None


def test_it_is_open_no_longer_than_they_agreed(held: VictimIdentity, nora: User, otto: User) -> None:
    soon, late = (timezone.now() + timedelta(days=days) for days in (2, 5))
    short = factories.consent(held.victim, otto.agency, by=nora, expires_at=soon)  # type: ignore[arg-type]
    assert give(held, otto, nora, days=9).expires_at == short.expires_at
    longer = factories.consent(held.victim, otto.agency, by=nora, expires_at=late)  # type: ignore[arg-type]
    assert give(held, otto, nora, days=9).expires_at == longer.expires_at
    actions.withdraw_consent(longer, by=nora)
    assert IdentityGrant.objects.get(person=otto).expires_at == short.expires_at
    Consent.objects.filter(pk=short.pk).update(withdrawn_at=timezone.now())  # by whatever way
    assert access_of(held, otto) is None
    assert presenters.open_to(otto) == []


def test_in_danger_on_record_it_is_opened_for_hours(
    held: VictimIdentity, nora: User, dora: User, otto: User
) -> None:
    danger = actions.override_for_danger(
        held.victim, recipients=[otto.agency], data_classes=["contact"], hours=6, reason="He is at the door.",  # type: ignore[list-item]
        told=dora, by=nora,
    )  # fmt: skip
    assert give(held, otto, nora).expires_at == danger.expires_at
    with time_machine.travel(danger.expires_at + timedelta(seconds=1), tick=False):
        assert access_of(held, otto) is None
        ending.end_outdated_consents()
    assert not IdentityGrant.objects.filter(person=otto).exists()


def test_no_deputy_at_a_partner_and_no_lasting_hold_for_who_went_there(
    held: VictimIdentity, nora: User, dora: User, otto: User, northland: Agency
) -> None:
    with pytest.raises(Refused, match="deputy"):
        actions.identify(victim(nora), {"name": "x"}, deputy=otto, by=nora)
    agreed(held, northland, by=nora)
    dora.agency = northland
    dora.save()
    assert access_of(held, dora) is None


# --- Guessing -------------------------------------------------------------------------------------------------------


def test_who_types_details_to_find_somebody_is_on_record_and_told_of_to_the_holders(
    held: VictimIdentity, nora: User, dora: User, olga: User, as_user: Any
) -> None:
    url = reverse("victims:identify", args=[victim(olga).pk])
    said = {"contact": WHO["contact"], "deputy": nora.pk}
    answer = as_user(olga).post(url, said)
    assert str(held.victim) in answer.content.decode()
    event = AuditEvent.objects.get(act=Act.NOTIFIED)
    assert (event.actor_id, event.object_id) == (olga.pk, held.victim_id)
    told = IdentityNotice.objects.filter(said__startswith="Olga typed details").values_list(
        "person", flat=True
    )
    assert set(told) == {nora.pk, dora.pk}


def test_a_list_of_guesses_is_not_taken(nora: User, dora: User) -> None:
    guesses = "\n".join(f"id: X{number:05}" for number in range(25))
    with pytest.raises(Refused, match="At most 24"):
        identity(nora, dora, documents=guesses)
    assert not VictimIdentity.objects.exists()


def test_pointers_fall_silent_with_the_task_force_and_by_choice_of_either_side(
    held: VictimIdentity, otto: User, anna: User, olga: User, crossroads: Any
) -> None:
    identity(otto, anna)
    assert [len(presenters.pointers_for(by)) for by in (otto, olga)] == [1, 1]
    Agency.objects.filter(pk=olga.agency_id).update(pointer_policy=PointerPolicy.EXCLUDED)
    fresh = [User.objects.get(pk=by.pk) for by in (otto, olga)]
    assert [presenters.pointers_for(by) for by in fresh] == [[], []]
    Agency.objects.filter(pk=olga.agency_id).update(pointer_policy=PointerPolicy.NAMED)
    crossroads.members.remove(otto.agency)
    fresh = [User.objects.get(pk=by.pk) for by in (otto, olga)]
    assert [presenters.pointers_for(by) for by in fresh] == [[], []]


@pytest.mark.parametrize(
    ("policy", "words"),
    [(PointerPolicy.NAMED, "known to Harbour House"), (PointerPolicy.LIAISON, "to another agency as well"), (PointerPolicy.OWNER_ONLY, None)],
)  # fmt: skip
def test_a_partner_learns_of_an_identity_what_the_holders_pointer_policy_lets_it_learn(
    held: VictimIdentity, otto: User, anna: User, olga: User, policy: str, words: str | None
) -> None:
    Agency.objects.filter(pk=olga.agency_id).update(pointer_policy=policy)
    theirs = identity(otto, anna)
    actions.change_identity(
        theirs, {"whereabouts": "x"}, empty=set(), version=1, by=otto
    )  # tells nobody anew
    told = [notice.said for notice in presenters.unread_notices(otto)]
    assert [words in said for said in told] == ([True] if words else [])  # type: ignore[operator]
    named = policy == PointerPolicy.NAMED
    assert [len(presenters.pointers_for(otto)), "Harbour" in str(told)] == [int(named), named]
    [ours] = presenters.unread_notices(olga)
    assert "Northland" in ours.said


# --- Breaking the glass ---------------------------------------------------------------------------------------------


def test_people_made_a_moment_ago_do_not_confirm_each_others_emergency(
    held: VictimIdentity, sam: User, olga: User, settings: Any
) -> None:
    settings.EMERGENCY_SETTLED_DAYS = 7
    asked = actions.ask_in_emergency(held, reason="Now", by=sam)
    with pytest.raises(Refused, match="younger than 7 days"):
        actions.decide_emergency(asked, confirm=True, by=olga)
    User.objects.filter(pk=olga.pk).update(created_at=timezone.now() - timedelta(days=8))
    olga.refresh_from_db()
    olga.reopened_at = timezone.now()
    with pytest.raises(Refused, match="younger"):
        actions.decide_emergency(asked, confirm=True, by=olga)
    olga.reopened_at = None
    actions.decide_emergency(asked, confirm=True, by=olga)
    assert access_of(held, sam) is not None


def test_a_partner_who_may_look_is_not_told_of_the_agencys_emergency(
    held: VictimIdentity, nora: User, otto: User, sam: User, olga: User
) -> None:
    agreed(held, otto.agency, by=nora)
    give(held, otto, nora)
    asked = actions.ask_in_emergency(held, reason="He found the shelter", by=sam)
    actions.decide_emergency(asked, confirm=True, by=olga)
    assert not IdentityNotice.objects.filter(person=otto, said__contains="shelter").exists()


# --- What colleagues read ---------------------------------------------------------------------------------------------


def test_a_colleague_reads_in_the_history_neither_who_holds_it_nor_for_what(
    held: VictimIdentity, nora: User, olga: User, harbour: Agency, as_user: Any
) -> None:
    actions.give_identity(held, person=olga, until=None, reason="She testifies on Monday", by=nora)
    actions.look(held, "name", purpose="care", words="The doctor asks.", by=nora)
    url = reverse("agencies:history", args=["victims.victim", held.victim_id])
    for role, told in ((Role.INVESTIGATOR, False), (Role.SUPERVISOR, True)):
        page = as_user(person(f"A {role}", harbour, role)).get(url).content.decode()
        assert [words in page for words in ("testifies", "doctor", "Olga")] == [told] * 3
