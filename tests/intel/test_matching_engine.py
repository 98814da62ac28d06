"""From a lead to hits over all agencies, in the database."""

from __future__ import annotations

import threading
from datetime import date
from math import fsum
from typing import Any

import pytest
from django.db import connection, transaction

from agencies.models import User
from agencies.permissions import Role
from intel.matching import engine, keytable
from intel.matching.model import shipped
from intel.matching.suppression import Why
from intel.models import Hit, HitNotice, Judgement, Lead, MatchKey, MatchRecord, ProtectedValue, TermFrequency
from tests.factories import agency, lead, person, subject, task_force

PHONE = "+52 55 5412 8071"
ODILON = "Odilon Martinez-Rojas"


def logged(by: User, *subjects: Any, on: date = date(2015, 1, 22), **fields: Any) -> Lead:
    return lead(by, subjects=subjects, reported_on=on, **fields)


def matched(by: User, *subjects: Any, **fields: Any) -> Lead:
    made = logged(by, *subjects, **fields)
    engine.match(made.pk)
    return made


def test_it_links_the_same_man_in_two_agencies_files(alice: User, bob: User) -> None:
    ours = matched(alice, subject(ODILON, age=43, places=("Tenancingo, Tlaxcala",)))
    theirs = matched(bob, subject(ODILON, aliases=("Chino or Saul",), age=44), on=date(2015, 11, 20))
    hit = Hit.objects.get()
    assert {hit.left.lead, hit.right.lead} == {ours, theirs}
    assert hit.band == "strong"
    assert HitNotice.objects.filter(hit=hit).count() == 2


def test_it_links_a_loose_phone_to_a_subject_who_uses_it(alice: User, bob: User) -> None:
    matched(alice, phone=PHONE)
    matched(bob, subject("Maria Lopez", phone="0052 (55) 5412-8071"))
    assert Hit.objects.get().band == "strong"


def test_it_never_links_placeholders(alice: User, bob: User) -> None:
    for name in ("FNU LNU", "Bottom Girl", "Unknown", "Jane Doe 2", "Victim 1", "N/A", "J.M."):
        matched(alice, subject(name, age=30))
        matched(bob, subject(name, age=30))
    assert not Hit.objects.exists()


def test_it_never_compares_two_subjects_of_one_lead(alice: User) -> None:
    matched(alice, subject(ODILON, age=43), subject(ODILON, age=43))
    assert not Hit.objects.exists()


def test_running_it_twice_changes_nothing(alice: User, bob: User) -> None:
    ours = matched(alice, subject(ODILON, age=43, phone=PHONE), phone="+1 404 555 0134")
    matched(bob, subject(ODILON, age=43, phone=PHONE))

    def everything() -> list[Any]:
        tables = (Hit, HitNotice, MatchRecord, MatchKey, TermFrequency)
        return [list(table.objects.order_by("pk").values()) for table in tables]

    before = everything()
    result = engine.match(ours.pk)
    assert everything() == before
    assert result is not None
    assert (result.hits, result.new, result.withdrawn) == (1, 0, 0)


def test_an_edit_withdraws_the_hit_that_no_longer_holds_and_a_return_revives_it(
    alice: User, bob: User
) -> None:
    ours = matched(alice, subject(ODILON, age=43))
    matched(bob, subject(ODILON, age=43))
    rename(ours, "Christopher Williams")
    assert Hit.objects.get().withdrawn_at is not None
    assert set(HitNotice.objects.values_list("state", flat=True)) == {"withdrawn"}
    rename(ours, ODILON)
    assert Hit.objects.get().withdrawn_at is None


def rename(changed: Lead, name: str) -> None:
    changed.subjects.update(name=name)
    engine.match(changed.pk)


def test_a_judged_hit_outlives_an_edit_for_those_who_judged_it(alice: User, bob: User) -> None:
    ours = matched(alice, subject(ODILON, age=43))
    matched(bob, subject(ODILON, age=43))
    notice = HitNotice.objects.get(agency=bob.agency)
    Judgement.objects.create(
        notice=notice, agency=bob.agency, verdict="same", reason="Same fingerprints", judged_by=bob
    )
    rename(ours, "Christopher Williams")
    states = dict(HitNotice.objects.values_list("agency__short_name", "state"))
    assert states == {"EPO": "new", "NPD": "withdrawn"}


def test_a_rejected_pair_does_not_come_back(alice: User, bob: User) -> None:
    ours = matched(alice, subject(ODILON, age=43))
    matched(bob, subject(ODILON, age=43))
    HitNotice.objects.update(state="not_same")
    engine.match(ours.pk)
    assert Hit.objects.count() == 1
    assert set(HitNotice.objects.values_list("state", flat=True)) == {"not_same"}


def test_an_excluded_lead_is_compared_with_its_own_agency_only(alice: User, bob: User) -> None:
    matched(bob, subject(ODILON, age=43))
    matched(alice, subject(ODILON, age=43), pointer_policy="excluded")
    assert not Hit.objects.exists()
    own = matched(alice, subject(ODILON, age=43), pointer_policy="excluded")
    assert {Hit.objects.get().left.agency, Hit.objects.get().right.agency} == {own.agency}


def test_excluding_a_lead_later_withdraws_its_hits_with_others(alice: User, bob: User) -> None:
    ours = matched(alice, subject(ODILON, age=43))
    matched(bob, subject(ODILON, age=43))
    Lead.objects.filter(pk=ours.pk).update(pointer_policy="excluded")
    engine.match(ours.pk)
    assert Hit.objects.get().withdrawn_at is not None


def test_two_published_lists_are_not_compared_with_each_other_but_with_leads(alice: User, bob: User) -> None:
    for _ in range(2):
        matched(alice, subject("REJON AGUILAR, Jesus Enrique"), kind="reference")
    assert not Hit.objects.exists()
    matched(bob, subject("Rejon Aguilar", age=36))
    assert Hit.objects.count() == 2


def test_a_protected_number_links_nobody_and_is_named(alice: User, bob: User) -> None:
    ProtectedValue.objects.create(kind="phone", value="+18883737888", reason="National hotline")
    matched(alice, phone="+1-888-373-7888")
    theirs = logged(bob, phone="+1 888 373 7888")
    result = engine.match(theirs.pk)
    assert not Hit.objects.exists()
    assert result is not None
    assert [(each.why, each.reason) for each in result.suppressed] == [(Why.PROTECTED, "National hotline")]


def test_a_protected_name_links_nobody(alice: User, bob: User) -> None:
    ProtectedValue.objects.create(kind="name", value="Nadia Hartveld", reason="Shelter's director")
    matched(alice, subject("Nadia Hartveld", age=50))
    matched(bob, subject("HARTVELD, Nadia", age=50))
    assert not Hit.objects.exists()


def test_a_number_that_everybody_holds_links_nobody_and_is_named(
    alice: User, bob: User, settings: Any
) -> None:
    settings.MATCHING_HOT_KEY_CAP = 3
    for _ in range(4):
        engine.index(logged(alice, phone=PHONE))
    result = engine.match(logged(bob, phone=PHONE).pk)
    assert not Hit.objects.exists()
    assert result is not None
    assert [each.why for each in result.suppressed] == [Why.TOO_COMMON]


def test_the_key_table_holds_nothing_readable(alice: User) -> None:
    matched(alice, subject(ODILON), phone=PHONE)
    columns = {field.name for field in MatchKey._meta.fields}
    assert columns == {"id", "key", "record"}


def test_keys_depend_on_the_installation(settings: Any) -> None:
    here = keytable.hashed("id:phone +525554128071")
    settings.SECRET_KEY = "another installation's"
    assert keytable.hashed("id:phone +525554128071") != here


def test_the_bits_of_a_stored_hit_sum_to_its_score(alice: User, bob: User) -> None:
    matched(alice, subject(ODILON, age=43, sex="male"))
    matched(bob, subject("Odilon Martinez", age=44, sex="male"))
    hit = Hit.objects.get()
    assert hit.bits == fsum([shipped().prior_bits, *(row["bits"] for row in hit.evidence)])


@pytest.mark.django_db(transaction=True)
def test_two_leads_matched_at_the_same_moment_find_each_other_once() -> None:
    police, court = agency("Police", "P"), agency("Court", "C")
    task_force("Together", [police, court])
    officers = [person(f"Officer {each}", each, Role.INVESTIGATOR) for each in (police, court)]
    first, second = [logged(officer, phone=PHONE) for officer in officers]
    other_worker = threading.Thread(target=match_and_hang_up, args=[second])
    with transaction.atomic():
        engine.match(first.pk)
        other_worker.start()
        other_worker.join(timeout=1)  # it waits for this commit; had it finished, it would have missed us
    other_worker.join()
    assert Hit.objects.count() == 1


def match_and_hang_up(of: Lead) -> None:
    engine.match(of.pk)
    connection.close()
