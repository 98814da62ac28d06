"""Values that must never link: whose word silences which pairs, and what everybody learns of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies import jobs
from agencies.acting import SYSTEM_ROLE
from agencies.audit import AuditEvent
from agencies.jobs import Job
from agencies.models import Agency, TaskForce, User
from agencies.policies import NotPermitted, Refused
from intel import actions
from intel.matching import engine, protection
from intel.matching.normalise import VERSION
from intel.models import Hit, HitNotice, Lead, ProtectedValue
from tests import factories
from tests.factories import lead, protect, subject

DESK = "+1 404 555 0134"
WORK = {
    protection.APPLY: protection.apply,
    protection.MATCH_LEAD: engine.match,
    protection.REMATCH_LEAD: engine.match,
}


def do_all_jobs() -> None:
    """What the workers do, until nothing is left to do."""
    while waiting := list(Job.objects.filter(state=Job.State.WAITING).order_by("kind", "created_at")):
        for job in waiting:
            jobs.perform(job.pk, WORK[job.kind])


def pairs() -> set[frozenset[str]]:
    """The agencies of the hits that stand."""
    rows = Hit.objects.filter(withdrawn_at=None).values_list(
        "left__agency__short_name", "right__agency__short_name"
    )
    return {frozenset(row) for row in rows}


@pytest.fixture
def three_leads(alice: User, bob: User, charlie: User) -> list[Lead]:
    """Northland, Eastport and Southshore each hold the number."""
    held = [lead(each, phone=DESK) for each in (alice, bob, charlie)]
    do_all_jobs()
    assert pairs() == {frozenset(pair) for pair in (("NPD", "EPO"), ("NPD", "SBG"), ("EPO", "SBG"))}
    return held


# --- Whose pairs are silent -----------------------------------------------------------------------------------


def test_one_agencys_word_silences_only_pairs_with_its_own_records(
    three_leads: list[Lead], anna: User
) -> None:
    protect(anna, DESK)
    do_all_jobs()
    assert pairs() == {frozenset(("EPO", "SBG"))}


def test_a_new_lead_of_another_agency_is_not_linked_to_the_protecting_one(
    three_leads: list[Lead], anna: User, bob: User
) -> None:
    protect(anna, DESK)
    lead(bob, phone=DESK)
    do_all_jobs()
    assert pairs() == {frozenset(("EPO", "SBG")), frozenset(("EPO",))}


def test_removing_the_entry_brings_the_hits_back(three_leads: list[Lead], anna: User) -> None:
    [entry] = protect(anna, DESK)
    do_all_jobs()
    actions.remove_protection(entry, by=anna)
    do_all_jobs()
    assert len(pairs()) == 3
    actions.restore_protection(entry, by=anna)
    do_all_jobs()
    assert len(pairs()) == 1


def test_a_second_agency_of_the_task_force_makes_it_silent_for_all(
    three_leads: list[Lead], anna: User, bea: User, eastport: Agency
) -> None:
    [entry] = protect(anna, DESK)
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    do_all_jobs()
    assert pairs() == {frozenset(("EPO", "SBG"))}
    actions.confirm_protection(entry, by=bea)
    do_all_jobs()
    assert pairs() == set()
    actions.withdraw_second_word(entry, by=bea)
    do_all_jobs()
    assert pairs() == {frozenset(("EPO", "SBG"))}


def test_what_two_agencies_agreed_ends_with_their_task_force(
    three_leads: list[Lead], anna: User, bea: User, eastport: Agency
) -> None:
    [entry] = protect(anna, DESK)
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    actions.confirm_protection(entry, by=bea)
    do_all_jobs()
    TaskForce.objects.update(ends_on="2020-01-01")
    factories.task_force("The next one", [bea.agency, three_leads[2].agency])
    assert protection.lapse_outdated() == 1
    assert protection.lapse_outdated() == 0
    do_all_jobs()
    assert pairs() == {frozenset(("EPO", "SBG"))}


def test_a_published_value_links_nobody(three_leads: list[Lead], bob: User) -> None:
    row = {"kind": "phone", "value": DESK, "category": "hotline", "reason": "National hotline"}
    assert protection.publish([{**row, "value": "+14045550134"}]) == 1
    assert protection.publish([{**row, "value": "+14045550134"}]) == 0
    do_all_jobs()
    assert pairs() == set()


def test_a_protected_name_links_nobody_but_its_bearers_numbers_do(alice: User, bob: User, anna: User) -> None:
    for each in (alice, bob):
        lead(each, subjects=(subject("Nadia Hartveld", age=50),))
    do_all_jobs()
    assert len(pairs()) == 1
    protect(anna, "HARTVELD, Nadia", kind="name", category="counsel", reason="Interpreter")
    do_all_jobs()
    assert pairs() == set()
    for each in (alice, bob):
        lead(each, subjects=(subject("Nadia Hartveld", age=50, phone=DESK),))
    do_all_jobs()
    assert frozenset(("NPD", "EPO")) in pairs()


def test_applying_an_entry_twice_changes_nothing(three_leads: list[Lead], anna: User) -> None:
    [entry] = protect(anna, DESK)
    do_all_jobs()

    def everything() -> list[Any]:
        return [list(table.objects.order_by("pk").values()) for table in (Hit, HitNotice, ProtectedValue)]

    before = everything()
    jobs.enqueue(protection.APPLY, entry.pk)
    do_all_jobs()
    assert everything() == before


def test_ten_thousand_reports_of_one_agency_do_not_silence_a_number_of_others(
    alice: User, bob: User, charlie: User, settings: Any
) -> None:
    """Logging a number again and again would else do what protecting it may not."""
    settings.MATCHING_HOT_KEY_CAP = 6
    for _ in range(10):
        lead(alice, phone=DESK)
    do_all_jobs()
    lead(bob, phone=DESK)
    lead(charlie, phone=DESK)
    do_all_jobs()
    assert frozenset(("EPO", "SBG")) in pairs()
    assert frozenset(("EPO", "NPD")) not in pairs()


# --- However long the lists are ---------------------------------------------------------------------------------


def plan_of_the_lookup(of: Lead) -> list[dict[str, Any]]:
    """What PostgreSQL did to find the protected values of a lead: every step, with how many rows it read."""
    with CaptureQueriesContext(connection) as seen:
        engine.match(of.pk)
    [asked] = {each["sql"] for each in seen if "name_words &&" in each["sql"]}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked}")
        waiting, steps = [cursor.fetchone()[0][0]["Plan"]], []
        while waiting:
            steps.append(step := waiting.pop())
            waiting += step.get("Plans", [])
    return steps


def copy_protected_values(times: int) -> None:
    """Put that many more names on the list of the one that protects a name already."""
    columns = [field.column for field in ProtectedValue._meta.concrete_fields]
    other = {
        "id": "gen_random_uuid()", "value": "'eligia ' || n", "display": "'Eligia ' || n",
        "name_words": "ARRAY['eligia ' || n]",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO intel_protectedvalue ({', '.join(columns)}) "
            f"SELECT {', '.join(other.get(column, column) for column in columns)} "
            f"FROM intel_protectedvalue, generate_series(1, {times}) AS n"
        )
        # As autovacuum would before long; the app's role may not.
        cursor.execute(f"RESET ROLE; ANALYZE intel_protectedvalue; SET ROLE {SYSTEM_ROLE}")


def test_thirty_thousand_protected_names_are_not_read_to_match_a_lead(
    alice: User, bob: User, anna: User
) -> None:
    protect(anna, "HARTVELD, Nadia", kind="name")
    copy_protected_values(30_000)
    for each in (alice, bob):
        ours = lead(each, subjects=(subject("Nadia Hartveld", age=50),))

    steps = plan_of_the_lookup(ours)

    assert sum(step["Actual Rows"] for step in steps if step.get("Relation Name")) <= 1
    assert not [step for step in steps if step["Node Type"] == "Seq Scan"]
    assert pairs() == set()


def test_names_that_an_older_release_read_stay_protected_until_they_are_read_anew(
    alice: User, bob: User, anna: User
) -> None:
    [entry] = protect(anna, "HARTVELD, Nadia", kind="name")
    ProtectedValue.objects.update(name_words=["something else"], words_version=0)
    for each in (alice, bob):
        lead(each, subjects=(subject("Nadia Hartveld", age=50),))
    do_all_jobs()
    assert pairs() == set()
    assert (protection.read_names_anew(), protection.read_names_anew()) == (1, 0)
    entry.refresh_from_db()
    assert (entry.name_words, entry.words_version) == (["hartveld nadia"], VERSION)


@pytest.mark.parametrize(("kind", "most"), [("name", "NAMES"), ("phone", "VALUES")])
def test_a_list_is_no_longer_than_the_installation_allows(
    kind: str, most: str, anna: User, bea: User, settings: Any
) -> None:
    setattr(settings, f"PROTECTED_{most}_MOST", 2)
    names, phones = (
        ("Nadia Hartveld", "Ilse Tamminga", "Ruta Kalnina"),
        (DESK, "+14045550135", "+14045550136"),
    )
    values, others = (names, phones) if kind == "name" else (phones, names)
    first, _ = protect(anna, *values[:2], kind=kind)
    with pytest.raises(Refused, match=r"would then protect 3 .*, and at most 2 are possible"):
        protect(anna, values[2], kind=kind)
    assert ProtectedValue.objects.count() == 2
    protect(anna, *values[:2], kind=kind)  # they stand on the list already
    protect(anna, others[0], kind="phone" if kind == "name" else "name")
    protect(bea, values[2], kind=kind)
    actions.remove_protection(first, by=anna)
    protect(anna, values[2], kind=kind)
    with pytest.raises(Refused, match="at most 2"):
        actions.restore_protection(first, by=anna)


# --- Who may ----------------------------------------------------------------------------------------------------


def test_an_agency_cannot_confirm_its_own_entry(anna: User, bea: User, eastport: Agency) -> None:
    [entry] = protect(anna, DESK)
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    with pytest.raises(NotPermitted, match="second agency"):
        actions.confirm_protection(entry, by=anna)


def test_where_two_agencies_work_together_twice_they_say_which_task_force_is_meant(
    three_leads: list[Lead], anna: User, bea: User, eastport: Agency, northland: Agency, southshore: Agency
) -> None:
    two = factories.task_force("Amber, of two", [northland, eastport])
    elsewhere = factories.task_force("Without them", [northland, southshore])
    [entry] = protect(anna, DESK)
    for chosen in (None, elsewhere):
        with pytest.raises(Refused, match="“Amber, of two” or “Crossroads”"):
            actions.ask_second_agency(entry, agency=eastport, task_force=chosen, by=anna)
    actions.ask_second_agency(entry, agency=eastport, task_force=two, by=anna)
    actions.confirm_protection(entry, by=bea)
    do_all_jobs()
    assert pairs() == {frozenset(("EPO", "SBG"))}


def test_only_the_agency_that_was_asked_confirms_and_only_its_supervisor(
    anna: User, bob: User, bea: User, cora: User, eastport: Agency
) -> None:
    [entry] = protect(anna, DESK)
    for nobody in (bea, cora):
        with pytest.raises(NotPermitted):
            actions.confirm_protection(entry, by=nobody)
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    for nobody in (bob, cora):
        with pytest.raises(NotPermitted):
            actions.confirm_protection(entry, by=nobody)
    assert actions.confirm_protection(entry, by=bea).confirmed_by == bea
    with pytest.raises(Refused):
        actions.confirm_protection(entry, by=bea)


def test_investigators_do_not_change_the_list(alice: User, anna: User) -> None:
    [entry] = protect(anna, DESK)
    with pytest.raises(NotPermitted):
        protect(alice, "+1 404 555 0135")
    with pytest.raises(NotPermitted):
        actions.remove_protection(entry, by=alice)


def test_a_shelter_protects_its_number_though_it_keeps_no_leads(nora: User) -> None:
    assert protect(nora, DESK, category="shelter", reason="Our night line")


def test_a_partners_word_does_not_count_for_another_reason(anna: User, bea: User, eastport: Agency) -> None:
    [entry] = protect(anna, DESK)
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    actions.confirm_protection(entry, by=bea)
    said = {"category": "desk", "reason": "Something else", "told": "nothing"}
    entry = actions.edit_protection(entry, by=anna, **said)
    assert (entry.status, entry.confirmed_by) == ("own", None)
    assert not ProtectedValue.objects.visible_to(bea).exists()


def test_both_names_stay_on_record(anna: User, bea: User, eastport: Agency) -> None:
    [entry] = protect(anna, DESK)
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    actions.confirm_protection(entry, by=bea)
    events = AuditEvent.objects.filter(object_id=entry.pk).order_by("pk")
    assert [(event.actor_name, event.act, event.facts.get("now")) for event in events] == [
        ("Anna", "registered", None), ("Anna", "moved", "asked"), ("Bea", "moved", "task_force"),
    ]  # fmt: skip
    assert "404" not in str([event.facts for event in events])


def test_adding_twice_makes_one_entry_and_a_removed_one_comes_back_unconfirmed(
    anna: User, bea: User, eastport: Agency
) -> None:
    [entry] = protect(anna, DESK, "404-555-0134")
    assert protect(anna, "(404) 555 0134") == []
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    actions.confirm_protection(entry, by=bea)
    actions.remove_protection(entry, by=anna)
    assert protect(anna, DESK) == [entry]
    entry.refresh_from_db()
    assert (entry.status, entry.second_agency) == ("own", None)
    assert ProtectedValue.objects.count() == 1


# --- What a holder is told ----------------------------------------------------------------------------------------


def told(client: Any, of: Lead) -> str:
    text: str = client.get(reverse("intel:lead-hits", args=[of.pk])).content.decode()
    return text


def test_the_owner_reads_its_own_reason_and_others_what_it_lets_them(
    three_leads: list[Lead], anna: User, bea: User, eastport: Agency, as_user: Any, alice: User, charlie: User
) -> None:
    ours, _, theirs = three_leads
    [entry] = protect(anna, DESK, category="shelter", reason="Night line of the house", told="category")
    actions.ask_second_agency(entry, agency=eastport, by=anna)
    do_all_jobs()
    assert "Night line of the house" in told(as_user(alice), ours)
    assert "is protected (" not in told(as_user(charlie), theirs)
    actions.confirm_protection(entry, by=bea)
    do_all_jobs()
    text = told(as_user(charlie), theirs)
    assert "is protected (ngo or shelter)" in text
    assert "Night line" not in text
    assert "Northland" not in text


def test_that_a_value_is_too_common_is_said_of_own_records_alone(
    alice: User, bob: User, settings: Any, as_user: Any
) -> None:
    settings.MATCHING_HOT_KEY_CAP = 4
    theirs = [lead(bob, phone=DESK) for _ in range(6)]
    ours = lead(alice, phone=DESK)
    do_all_jobs()
    assert "of your own records" in told(as_user(bob), theirs[0])
    assert "of your own records" not in told(as_user(alice), ours)
