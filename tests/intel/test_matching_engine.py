"""From a lead to hits over all agencies, in the database."""

from __future__ import annotations

import threading
from contextvars import copy_context
from datetime import date
from math import fsum
from typing import Any

import pytest
from django.db import connection, transaction

from agencies import jobs
from agencies.models import Job, User
from agencies.permissions import Role
from intel.matching import engine, frequencies, keytable, relinking
from intel.matching.model import shipped
from intel.matching.protection import words_kept
from intel.models import Hit, HitNotice, Judgement, Lead, MatchKey, MatchRecord, ProtectedValue, TermFrequency
from tests.factories import agency, lead, person, subject, task_force

PHONE = "+52 55 5412 8071"
NUMBER = "+525554128071"
OTHER = "+1 404 555 0134"
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
    own = MatchRecord.objects.filter(lead=ours).values("number")
    assert set(MatchKey.objects.filter(record__in=own).values_list("excluded", flat=True)) == {True}
    assert False in set(MatchKey.objects.values_list("excluded", flat=True))


def test_two_published_lists_are_not_compared_with_each_other_but_with_leads(alice: User, bob: User) -> None:
    for _ in range(2):
        matched(alice, subject("REJON AGUILAR, Jesus Enrique"), kind="reference")
    assert not Hit.objects.exists()
    matched(bob, subject("Rejon Aguilar", age=36))
    assert Hit.objects.count() == 2


def test_a_published_number_links_nobody(alice: User, bob: User) -> None:
    protect("phone", "+18883737888")
    matched(alice, phone="+1-888-373-7888")
    matched(bob, phone="+1 888 373 7888")
    assert not Hit.objects.exists()


def test_a_published_name_links_nobody(alice: User, bob: User) -> None:
    protect("name", "Nadia Hartveld")
    matched(alice, subject("Nadia Hartveld", age=50))
    matched(bob, subject("HARTVELD, Nadia", age=50))
    assert not Hit.objects.exists()


def protect(kind: str, value: str) -> None:
    ProtectedValue.objects.create(
        kind=kind, value=value, display=value, reason="Hotline", status="public", **words_kept(kind, value)
    )


def test_a_number_that_everybody_holds_links_nobody(alice: User, bob: User, settings: Any) -> None:
    settings.MATCHING_HOT_KEY_CAP = 3
    for by in (alice, alice, bob, bob, bob):
        engine.index(logged(by, phone=PHONE))
    engine.match(logged(bob, phone=PHONE).pk)
    assert not Hit.objects.exists()


@pytest.mark.parametrize("policy", ["excluded", "named"])
@pytest.mark.parametrize("times", [16, 60])
def test_no_agency_hides_a_number_from_others_by_logging_it_often(
    alice: User, bob: User, charlie: User, times: int, policy: str
) -> None:
    matched(alice, *(subject("", phone=PHONE) for _ in range(times)), pointer_policy=policy)
    theirs = [matched(bob, phone=PHONE), matched(charlie, phone=PHONE)]
    assert Hit.objects.filter(left__lead__in=theirs, right__lead__in=theirs).exists()


def test_the_key_table_holds_nothing_readable(alice: User) -> None:
    matched(alice, subject(ODILON), phone=PHONE)
    columns = {field.name for field in MatchKey._meta.fields}
    assert columns == {"pk", "key", "record", "agency", "listed", "excluded"}


def test_keys_depend_on_the_installation(settings: Any) -> None:
    here = keytable.hashed("id:phone +525554128071")
    settings.SECRET_KEY = "another installation's"
    assert keytable.hashed("id:phone +525554128071") != here


def test_the_bits_of_a_stored_hit_sum_to_its_score(alice: User, bob: User) -> None:
    matched(alice, subject(ODILON, age=43, sex="male"))
    matched(bob, subject("Odilon Martinez", age=44, sex="male"))
    hit = Hit.objects.get()
    assert hit.bits == fsum([shipped().prior_bits, *(row["bits"] for row in hit.evidence)])


# --- Features and counts keep up ----------------------------------------------------------------------


def test_what_older_code_stored_is_read_again_from_the_lead(alice: User, bob: User) -> None:
    matched(alice, subject(ODILON, age=43))
    MatchRecord.objects.update(features='{"version": 0}')
    matched(bob, subject(ODILON, age=43))
    assert Hit.objects.get().band == "strong"


def test_after_the_secret_is_rotated_relinking_makes_new_keys_that_meet_those_of_new_leads(
    alice: User, bob: User, settings: Any
) -> None:
    matched(alice, subject(ODILON, age=43, phone=PHONE), subject("Raul Cortes-Meza"))
    settings.SECRET_KEY = "another secret of this installation"
    [everything] = relinking.chunks()
    assert relinking.reindex(everything) == 2
    assert relinking.reindex(everything) == 0
    matched(bob, subject(ODILON, age=43))
    assert Hit.objects.count() == 1


def test_keys_and_counts_go_with_their_subject(alice: User, bob: User) -> None:
    first = matched(alice, subject(ODILON, phone=PHONE), subject("Raul Cortes-Meza"))
    matched(bob, subject("Odilon Xicohtencatl", phone=PHONE))
    assert (holders("name:odilon"), holders(f"id:phone {NUMBER}"), holders("name:raul")) == (2, 2, 1)
    first.subjects.get(name=ODILON).delete()
    assert (holders("name:odilon"), holders(f"id:phone {NUMBER}"), holders("name:raul")) == (1, 1, 1)
    Lead.objects.all().delete()
    assert (holders("name:odilon"), holders(f"id:phone {NUMBER}"), holders("name:raul")) == (0, 0, 0)
    assert not MatchKey.objects.exists()


def holders(term: str) -> int:
    hashed = keytable.hashed(term)
    return frequencies.counted([hashed]).get(hashed, 0)


def test_an_edit_is_counted_once(alice: User) -> None:
    changed = matched(alice, subject(ODILON))
    for name in ("Odilon Rojas", "Raul Rojas", "Raul Rojas"):
        rename(changed, name)
    assert (holders("name:odilon"), holders("name:rojas"), holders("name:raul")) == (0, 1, 1)


def test_many_rows_of_one_word_are_put_together_without_changing_their_sum(alice: User) -> None:
    for _ in range(frequencies.MOST_ROWS + 1):
        engine.index(logged(alice, subject(ODILON)))
    assert holders("name:odilon") == frequencies.MOST_ROWS + 1
    assert TermFrequency.objects.filter(term=keytable.hashed("name:odilon")).count() == 1
    assert holders("name:odilon") == frequencies.MOST_ROWS + 1


# --- Everything anew ----------------------------------------------------------------------------------


def test_relinking_finds_in_chunks_what_matching_one_by_one_finds(alice: User, bob: User) -> None:
    several_leads(alice, bob)
    for each in Lead.objects.all():
        engine.match(each.pk)
    one_by_one = kept()
    Hit.objects.all().delete()
    relink(size=2)
    assert one_by_one
    assert kept() == one_by_one


def test_relinking_twice_or_backwards_changes_nothing(alice: User, bob: User) -> None:
    several_leads(alice, bob)
    first = relink(size=3)
    before = kept(), list(HitNotice.objects.order_by("pk").values())
    again = relink(size=2, backwards=True)
    assert first.new == first.hits == Hit.objects.count()
    assert (again.hits, again.new, again.changed, again.withdrawn) == (first.hits, 0, 0, 0)
    assert (kept(), list(HitNotice.objects.order_by("pk").values())) == before


def test_relinking_compares_each_pair_once(alice: User, bob: User) -> None:
    for by in (alice, bob, alice, bob):
        engine.index(logged(by, subject(ODILON, age=43)))
    assert relink(size=1).compared == 6


def test_relinking_withdraws_what_a_new_protection_silences_and_tells_the_sides(
    alice: User, bob: User
) -> None:
    matched(alice, phone=PHONE)
    matched(bob, phone=PHONE)
    protect("phone", NUMBER)
    assert relink().withdrawn == 1
    assert set(HitNotice.objects.values_list("state", flat=True)) == {"withdrawn"}
    ProtectedValue.objects.all().delete()
    assert relink().changed == 1
    assert Hit.objects.get().withdrawn_at is None


def test_screening_compares_a_list_with_leads_and_not_with_another_list(alice: User, bob: User) -> None:
    listed, other = (
        logged(alice, subject("REJON AGUILAR, Jesus Enrique"), subject("Odd Man"), kind="reference")
        for _ in range(2)
    )
    for each in (listed, logged(bob, subject("Rejon Aguilar", age=36)), other):
        engine.index(each)
    results = [relinking.screen(listed.pk, chunk) for chunk in relinking.list_chunks(listed.pk, size=1)]
    assert sum(result.new for result in results) == 1
    assert listed in {Hit.objects.get().left.lead, Hit.objects.get().right.lead}


def several_leads(alice: User, bob: User) -> None:
    for by, name in ((alice, ODILON), (bob, "MARTINEZ ROJAS, Odilón"), (alice, "Raul Cortes-Meza"),
                     (bob, "Odilon Martinez Rojas"), (bob, "Raúl Cortes Meza")):  # fmt: skip
        engine.index(logged(by, subject(name, age=43, phone=PHONE if by == bob else ""), phone=PHONE))


def relink(size: int = 2_000, *, backwards: bool = False) -> engine.LinkResult:
    ranges = relinking.chunks(size)
    return sum((relinking.relink(each) for each in ranges[:: -1 if backwards else 1]), engine.LinkResult())


def kept() -> list[Any]:
    return list(
        Hit.objects.order_by("left", "right").values(
            "left", "right", "bits", "band", "evidence", "withdrawn_at"
        )
    )


# --- At the same moment -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_leads_matched_at_the_same_moment_find_each_other_once() -> None:
    police, court = agency("Police", "P"), agency("Court", "C")
    task_force("Together", [police, court])
    officers = [person(f"Officer {each}", each, Role.INVESTIGATOR) for each in (police, court)]
    first, second = [logged(officer, phone=PHONE) for officer in officers]
    other_worker = threading.Thread(target=copy_context().run, args=[match_and_hang_up, second])
    with transaction.atomic():
        engine.match(first.pk)
        other_worker.start()
        other_worker.join(timeout=1)  # it waits for this commit; had it finished, it would have missed us
    other_worker.join()
    assert Hit.objects.count() == 1


def match_and_hang_up(of: Lead) -> None:
    engine.match(of.pk)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_two_transactions_that_match_several_leads_never_wait_for_each_other_in_a_circle() -> None:
    police = agency("Police", "P")
    task_force("Together", [police])
    officer = person("Officer", police, Role.INVESTIGATOR)
    ours, theirs = (
        [logged(officer, phone=phone) for phone in phones] for phones in ((PHONE, OTHER), (OTHER, PHONE))
    )
    other_worker = threading.Thread(
        target=copy_context().run, args=[match_after, theirs, (halfway := threading.Event())]
    )
    Job.objects.all().delete()
    with transaction.atomic():
        engine.match(ours[0].pk)
        other_worker.start()
        assert halfway.wait(timeout=10)
        engine.match(ours[1].pk)  # the other holds this key and will ask for ours
    other_worker.join(timeout=10)
    assert not other_worker.is_alive()
    for job in Job.objects.filter(kind="intel.tasks.match_lead"):
        jobs.perform(job.pk, engine.match)
    assert Hit.objects.count() == 2


def match_after(leads: list[Lead], halfway: threading.Event) -> None:
    with transaction.atomic():
        engine.match(leads[0].pk)
        halfway.set()
        engine.match(leads[1].pk)
    connection.close()
