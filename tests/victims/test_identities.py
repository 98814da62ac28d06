"""Who a victim is: held apart, open to named people alone, each look with a purpose and on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from agencies import acting
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.policies import EditConflict, Refused
from tests.factories import person
from tests.factories.identities import WHO, agreed, identity, victim
from victims import actions, presenters
from victims.models import FIELDS, IdentityNotice, IdentityPointer, VictimIdentity

WHY = {"purpose": "care", "words": "The doctor asks."}


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


def sees(identity: VictimIdentity, by: User) -> bool:
    try:
        return actions.look(identity, "name", by=by, **WHY) == WHO["name"]
    except Refused:
        return False


# --- Writing and looking ------------------------------------------------------------------------------------------


def test_the_writer_and_the_deputy_see_it_and_nobody_else_of_any_role(
    nora: User, dora: User, harbour: Agency, alice: User
) -> None:
    held = identity(nora, dora)
    assert [sees(held, by) for by in (nora, dora)] == [True, True]
    others = [person(f"A {role}", harbour, role) for role in Role]
    root = User.objects.create_superuser("root@nowhere.example", name="root", role=Role.SUPERVISOR)
    root.agency, root.is_staff = harbour, True
    root.save()
    assert [by for by in (*others, root, alice) if sees(held, by)] == []


def test_a_caseworker_writes_it_down_and_looks_at_one_field_at_a_time(
    nora: User, dora: User, as_user: Any
) -> None:
    who, browser = victim(nora), as_user(nora)
    form = browser.get(reverse("victims:identify", args=[who.pk])).content.decode()
    assert "Date of birth" in form
    answer = browser.post(reverse("victims:identify", args=[who.pk]), {**WHO, "deputy": dora.pk})
    page = browser.get(answer["Location"]).content.decode()
    assert not any(value.splitlines()[0] in page for value in WHO.values())
    held = VictimIdentity.objects.get()
    shown = browser.post(reverse("victims:identity-look", args=[held.pk]), {**WHY, "field": "name"})
    assert WHO["name"] in (text := shown.content.decode())
    assert not any(WHO[field] in text for field in FIELDS if field != "name")
    assert shown["Cache-Control"] == "no-store, private"
    assert shown["Refresh"].startswith("180; url=/victims/identities/")
    assert WHO["name"] not in browser.get(reverse("victims:identity", args=[held.pk])).content.decode()


def test_a_look_without_a_purpose_shows_nothing_and_a_get_never_does(
    nora: User, dora: User, as_user: Any
) -> None:
    held, browser = identity(nora, dora), as_user(nora)
    url = reverse("victims:identity-look", args=[held.pk])
    for said in ({"field": "name"}, {"field": "name", "purpose": "care"}, {**WHY, "field": "index"}):
        answer = browser.post(url, said)
        assert (answer.status_code, WHO["name"] in answer.content.decode()) == (422, False)
    assert browser.get(f"{url}?field=name&purpose=care&words=x").status_code == 405
    assert not AuditEvent.objects.filter(act=Act.REVEALED).exists()


def test_each_look_is_on_record_with_its_purpose_and_without_what_was_seen(nora: User, dora: User) -> None:
    held = identity(nora, dora)
    actions.look(held, "whereabouts", by=dora, **WHY)
    event = AuditEvent.objects.get(act=Act.REVEALED)
    assert (event.actor_id, event.object_id) == (dora.pk, held.victim_id)
    assert event.facts == {
        "field": "Where the person stays", "purpose": "Care and services: The doctor asks."
    }  # fmt: skip


def test_a_partners_look_is_seen_by_the_owner(nora: User, dora: User, otto: User, sam: User) -> None:
    held = identity(nora, dora)
    agreed(held, otto.agency, by=nora)
    until = timezone.now() + timedelta(days=3)
    actions.give_identity(held, person=otto, until=until, reason="Consent of today", by=nora)
    assert sees(held, otto)
    told = AuditEvent.objects.looks_at_rows_of(sam).get(act=Act.REVEALED)
    assert (told.actor_id, told.owner_id) == (otto.pk, nora.agency_id)
    page = presenters.identity_page(held.pk, nora)
    assert page is not None
    assert [(look.by, look.agency) for look in page.looks] == [("Otto", "Northland Police")]


def test_what_is_typed_replaces_a_field_and_the_rest_stays(nora: User, dora: User) -> None:
    held = identity(nora, dora)
    actions.change_identity(held, {"contact": "None safe"}, empty={"aliases"}, version=1, by=dora)
    now = {field: actions.look(held, field, by=nora, **WHY) for field in FIELDS}
    assert now == WHO | {"contact": "None safe", "aliases": ""}


def test_the_second_writer_is_told_and_keeps_what_they_typed(nora: User, dora: User, as_user: Any) -> None:
    held = identity(nora, dora)
    url = reverse("victims:identity-edit", args=[held.pk])
    assert as_user(nora).post(url, {"contact": "By letter", "version": 1}).status_code == 302
    late = as_user(dora).post(url, {"contact": "By telephone", "version": 1})
    assert late.status_code == 422
    assert "By telephone" in late.content.decode()
    with pytest.raises(EditConflict):
        actions.change_identity(held, {"contact": "x"}, empty=set(), version=1, by=dora)
    assert as_user(dora).post(url, {"contact": "By telephone", "version": 2}).status_code == 302
    assert actions.look(held, "contact", by=nora, **WHY) == "By telephone"


def test_sent_twice_it_is_written_once_and_nothing_is_lost(nora: User, dora: User, as_user: Any) -> None:
    who, browser = victim(nora), as_user(nora)
    url = reverse("victims:identify", args=[who.pk])
    browser.post(url, {**WHO, "deputy": dora.pk})
    again = browser.post(url, {"name": "Somebody else", "deputy": dora.pk})
    assert again.status_code == 422
    assert "Somebody else" in again.content.decode()
    assert VictimIdentity.objects.count() == 1


def test_without_a_deputy_or_for_another_agencys_victim_nothing_is_written(
    nora: User, dora: User, otto: User
) -> None:
    who = victim(nora)
    for deputy, by in ((None, nora), (nora, nora), (dora, otto)):
        with pytest.raises(Refused):
            actions.identify(who, WHO, deputy=deputy, by=by)
    assert not VictimIdentity.objects.exists()


# --- Giving and taking ----------------------------------------------------------------------------------------------


def test_only_who_holds_it_without_an_end_opens_it_to_others(
    nora: User, dora: User, olga: User, sam: User, otto: User
) -> None:
    held = identity(nora, dora)
    agreed(held, otto.agency, by=nora)
    soon = timezone.now() + timedelta(hours=2)
    with pytest.raises(Refused):
        actions.give_identity(held, person=sam, until=soon, reason="Mine", by=sam)
    actions.give_identity(held, person=olga, until=soon, reason="Hearing", by=nora)
    with pytest.raises(Refused, match="to look"):
        actions.give_identity(held, person=sam, until=soon, reason="Onward", by=olga)
    actions.give_identity(held, person=otto, until=soon, reason="Consent", by=dora)
    with pytest.raises(Refused):
        actions.give_identity(held, person=sam, until=soon, reason="Onward", by=otto)
    assert [sees(held, by) for by in (olga, otto, sam)] == [True, True, False]
    with time_machine.travel(soon + timedelta(seconds=1), tick=False):
        assert [sees(held, by) for by in (olga, otto)] == [False, False]


def test_a_partners_person_gets_it_with_an_end_and_of_ones_own_agency_only_readers(
    nora: User, dora: User, otto: User, harbour: Agency
) -> None:
    held = identity(nora, dora)
    agreed(held, otto.agency, by=nora)
    year, auditor = timezone.now() + timedelta(days=400), person("Aud", harbour, Role.AUDITOR)
    for who, until in ((otto, None), (otto, year), (auditor, None), (nora, None)):
        with pytest.raises(Refused):
            actions.give_identity(held, person=who, until=until, reason="Because", by=nora)
    with pytest.raises(Refused):
        actions.give_identity(held, person=dora, until=None, reason=" ", by=nora)


def test_taken_back_or_left_the_agency_it_closes_at_once(nora: User, dora: User, otto: User) -> None:
    held = identity(nora, dora)
    agreed(held, otto.agency, by=nora)
    until = timezone.now() + timedelta(days=3)
    actions.give_identity(held, person=otto, until=until, reason="Consent", by=nora)
    actions.take_identity(held, person=otto, by=dora)
    assert not sees(held, otto)
    User.objects.filter(pk=dora.pk).update(is_active=False)
    dora.refresh_from_db()
    assert not sees(held, dora)
    with pytest.raises(Refused, match="Nobody else"):
        actions.take_identity(held, person=nora, by=nora)


def test_when_nobody_holds_it_any_more_who_broke_the_glass_names_a_new_keeper(
    nora: User, dora: User, olga: User, sam: User
) -> None:
    held = identity(nora, dora)
    asked = actions.ask_in_emergency(held, reason="All left", by=olga)
    actions.decide_emergency(asked, confirm=True, by=sam)
    with pytest.raises(Refused):
        actions.give_identity(held, person=sam, until=None, reason="Keeper", by=olga)
    User.objects.filter(pk__in=[nora.pk, dora.pk]).update(is_active=False)
    actions.give_identity(held, person=sam, until=None, reason="Keeper", by=olga)
    assert sees(held, sam)


# --- Breaking the glass ---------------------------------------------------------------------------------------------


def test_the_glass_takes_two_people_tells_all_and_closes_by_itself(
    nora: User, dora: User, olga: User, sam: User
) -> None:
    held = identity(nora, dora)
    asked = actions.ask_in_emergency(held, reason="A threat to her life", by=sam)
    with pytest.raises(Refused, match="second person"):
        actions.decide_emergency(asked, confirm=True, by=sam)
    with pytest.raises(Refused):
        actions.decide_emergency(asked, confirm=True, by=nora)
    assert not sees(held, sam)
    actions.decide_emergency(asked, confirm=True, by=olga)
    assert sees(held, sam)
    told = IdentityNotice.objects.filter(said__contains="A threat to her life").values_list(
        "person", flat=True
    )
    assert set(told) == {nora.pk, dora.pk, olga.pk, sam.pk}
    assert AuditEvent.objects.get(act=Act.REVEALED).facts["emergency"] is True
    with pytest.raises(Refused, match="decided"):
        actions.decide_emergency(asked, confirm=False, by=olga)
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert not sees(held, sam)


def test_nobody_of_another_agency_or_role_breaks_it_and_a_late_word_opens_nothing(
    nora: User, dora: User, olga: User, sam: User, otto: User
) -> None:
    held = identity(nora, dora)
    investigator = person("Ivo", nora.agency, Role.INVESTIGATOR)  # type: ignore[arg-type]
    for by in (otto, investigator):
        with pytest.raises(Refused):
            actions.ask_in_emergency(held, reason="Now", by=by)
    asked = actions.ask_in_emergency(held, reason="Now", by=sam)
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        with pytest.raises(Refused, match="too long"):
            actions.decide_emergency(asked, confirm=True, by=olga)
        assert not sees(held, sam)
    actions.decide_emergency(asked, confirm=False, by=olga)
    assert not sees(held, sam)


def test_an_emergency_is_asked_decided_and_read_on_the_pages(
    nora: User, dora: User, olga: User, sam: User, as_user: Any
) -> None:
    held = identity(nora, dora)
    page = as_user(sam).get(reverse("victims:identity", args=[held.pk])).content.decode()
    assert "Nora" in page
    assert "It is an emergency" in page
    as_user(sam).post(reverse("victims:emergency-ask", args=[held.pk]), {"reason": "He is at the door"})
    desk = as_user(olga).get(reverse("victims:desk-identities")).content.decode()
    assert "He is at the door" in desk
    [asked] = presenters.waiting_emergencies(olga)
    assert as_user(sam).get(reverse("victims:emergency", args=[asked.pk])).status_code == 404
    url = reverse("victims:emergency", args=[asked.pk])
    assert as_user(olga).get(url).status_code == 200
    assert as_user(olga).post(url, {"act": "confirm"}).status_code == 302
    assert as_user(olga).post(url, {"act": "confirm"}).status_code == 404
    assert "He is at the door" in as_user(nora).get(reverse("victims:desk-identities")).content.decode()
    notice = IdentityNotice.objects.get(person=nora)
    as_user(dora).post(reverse("victims:notice-read", args=[notice.pk]))
    assert len(presenters.unread_notices(nora)) == 1
    as_user(nora).post(reverse("victims:notice-read", args=[notice.pk]))
    assert presenters.unread_notices(nora) == []
    shown = as_user(sam).post(reverse("victims:identity-look", args=[held.pk]), {**WHY, "field": "name"})
    assert WHO["name"] in shown.content.decode()


# --- The same person twice ---------------------------------------------------------------------------------------------

SAME = [
    {"name": "VASQUEZ OTORI, Mirela", "birth_date": "2004-05-17"},
    {"name": "Otori Mimi", "birth_date": "2004-05-17"},
    {"documents": "id: 1\nQX-4417-720"},
    {"contact": "ask for her at 0048 601222333"},
]
DIFFERENT = [
    {"name": "Mirela Vasquez Otori"},
    {"name": "Mirela Vasquez Otori", "birth_date": "2004-05-18"},
    {"documents": "QX4417721"},
    {"contact": "+48 601 222 334"},
]


@pytest.mark.parametrize("values", SAME)
def test_somebody_held_already_is_found_by_exact_details(
    nora: User, dora: User, values: dict[str, str]
) -> None:
    first = identity(nora, dora)
    with pytest.raises(actions.AlreadyHeld, match=str(first.victim)):
        identity(dora, nora, **values)
    second = victim(dora)
    actions.identify(second, values, deputy=nora, is_another=True, by=dora)
    assert VictimIdentity.objects.count() == 2


@pytest.mark.parametrize("values", DIFFERENT)
def test_others_are_not(nora: User, dora: User, values: dict[str, str]) -> None:
    identity(nora, dora)
    identity(dora, nora, **values)
    assert VictimIdentity.objects.count() == 2


def test_held_by_another_agency_only_protection_officers_of_both_learn_whom_to_ask(
    nora: User, dora: User, olga: User, otto: User, anna: User, as_user: Any
) -> None:
    nora.agency.contact = olga  # type: ignore[union-attr]
    nora.agency.save()  # type: ignore[union-attr]
    theirs = identity(nora, dora)
    answer = as_user(otto).post(
        reverse("victims:identify", args=[victim(otto).pk]), {**WHO, "deputy": anna.pk}, follow=True
    )
    assert "Harbour House" not in answer.content.decode()
    [ours, other] = [presenters.pointers_for(by) for by in (otto, olga)]
    assert [(each[0].known_to, len(each)) for each in (ours, other)] == [(nora.agency, 1), (otto.agency, 1)]
    assert ours[0].identity.victim.pseudonym != str(theirs.victim)
    page = as_user(otto).get(reverse("victims:identity-list")).content.decode()
    assert "olga@hh.example" in page
    assert str(theirs.victim) not in page
    assert "Harbour House" not in as_user(anna).get(reverse("victims:identity-list")).content.decode()
    told = set(IdentityNotice.objects.values_list("person", flat=True))
    assert told == {otto.pk, olga.pk}
    actions.erase_identity(theirs, reason="Asked for", by=nora)
    assert not IdentityPointer.objects.exists()


def test_writing_answers_alike_whether_another_agency_holds_the_person(
    nora: User, dora: User, otto: User, anna: User, as_user: Any
) -> None:
    def answer() -> tuple[Any, ...]:
        who = victim(otto)
        said = as_user(otto).post(reverse("victims:identify", args=[who.pk]), {**WHO, "deputy": anna.pk})
        VictimIdentity.objects.filter(agency=otto.agency).delete()
        return said.status_code, len(said.content), sorted(said.headers)

    before = answer()
    identity(nora, dora)
    assert answer() == before


# --- The database itself ---------------------------------------------------------------------------------------------------


def test_postgresql_shows_the_row_to_whom_it_is_open_and_what_is_sealed_to_nobody(
    nora: User, dora: User, olga: User, sam: User, otto: User
) -> None:
    held = identity(nora, dora)
    agreed(held, otto.agency, by=nora)
    actions.give_identity(
        held, person=otto, until=timezone.now() + timedelta(days=1), reason="Consent", by=nora
    )
    asked = actions.ask_in_emergency(held, reason="Now", by=sam)

    def shown(to: User) -> int:
        with acting.on_behalf_of(acting.viewer(to)):
            return VictimIdentity.objects.count()

    assert [shown(to) for to in (nora, dora, otto, olga, sam)] == [1, 1, 1, 0, 0]
    actions.decide_emergency(asked, confirm=True, by=olga)
    assert shown(sam) == 1
    actions.take_identity(held, person=otto, by=nora)
    assert shown(otto) == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert shown(sam) == 0
