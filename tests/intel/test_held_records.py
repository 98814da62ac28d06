"""Records held in memory link exactly as records that are read anew, whatever happens to them meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from agencies.models import User
from intel import actions
from intel.matching import engine, held, holding, keytable, relinking, run_steps, runs
from intel.matching.held import Held, Reading
from intel.models import Hit, HitNotice, Lead, LinkRun, MatchRecord
from tests.factories import lead, protect, subject

pytestmark = pytest.mark.django_db(transaction=True)

GIVEN = ("Odilon", "Raul", "Maria", "Li", "Nadia")
FAMILY = ("Martinez-Rojas", "Cortes Meza", "Okonkwo", "Khan", "Hartveld", "Martinez Roja")
PHONES = [f"+1 404 555 01{number}" for number in range(10, 16)]
LEADS = 45


@pytest.fixture(autouse=True)
def small_caps(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """So low that a small world has keys and values that are too common, and records with too many candidates."""
    settings.MATCHING_HOT_KEY_CAP = 14
    monkeypatch.setattr(keytable, "SURE", 3)
    monkeypatch.setattr(keytable, "FEW", 2)
    for each in (engine, held):
        monkeypatch.setattr(each, "MOST_CANDIDATES", 6)


@pytest.fixture
def everybody_meets(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No caps: else who is crowded out by whom would depend on what changed meanwhile."""
    settings.MATCHING_HOT_KEY_CAP = 200
    monkeypatch.setattr(keytable, "SURE", 1_000)
    for each in (engine, held):
        monkeypatch.setattr(each, "MOST_CANDIDATES", 1_000)


@pytest.fixture(autouse=True)
def nothing_is_held() -> Any:
    yield
    holding.let_go()


@pytest.fixture(params=[1, 2])
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


@pytest.fixture
def world(dice: random.Random, alice: User, bob: User, charlie: User, anna: User) -> random.Random:
    """Indexed leads of three agencies, lists and excluded ones among them; one phone and one name are protected."""
    for _ in range(LEADS):
        logged(dice, dice.choice([alice, bob, bob, charlie]))
    protect(anna, PHONES[0])
    protect(anna, "Nadia Khan", kind="name")
    return dice


def logged(dice: random.Random, by: User) -> Lead:
    subjects = [
        subject(
            f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}",
            age=dice.choice([None, 30, 31, 44]),
            phone=dice.choice(["", "", *PHONES]),
            places=dice.choice([(), ("Tenancingo, Tlaxcala",)]),
        )
        for _ in range(dice.choice([1, 1, 2]))
    ]
    made = lead(
        by, subjects=subjects, reported_on=date(2015, 1, 22), phone=dice.choice(["", PHONES[1]]),
        kind=dice.choice(["report", "report", "report", "reference"]), pointer_policy=dice.choice(["named", "named", "excluded"]),
    )  # fmt: skip
    engine.index(made)
    return made


def read() -> Held:
    reading = Reading()
    while not reading.go_on():
        pass
    assert reading.held is not None
    return reading.held


def relinked(records: Held | None) -> engine.LinkResult:
    return sum((relinking.relink(each, records) for each in relinking.chunks(7)), engine.LinkResult())


def told() -> Any:
    hits = Hit.objects.order_by("left", "right")
    said = [
        (hit.left_id, hit.right_id, hit.bits, hit.band, hit.evidence, hit.withdrawn_at is None)
        for hit in hits
    ]
    notices = HitNotice.objects.order_by("hit__left", "hit__right", "agency")
    return said, list(notices.values_list("hit__left", "hit__right", "agency", "state", "band", "evidence"))


def after(work: Callable[[], Any]) -> Any:
    """What the work comes to and what stands then; nothing of it stays."""
    with transaction.atomic():
        result = work(), told()
        transaction.set_rollback(True)
    return result


def test_they_link_as_those_read_anew(world: random.Random) -> None:
    records = read()
    assert len(records.unchanged(0, 10**9)[0]) == len(records) == MatchRecord.objects.count()
    anew = after(lambda: relinked(None))
    assert anew[0].new > LEADS
    assert records.silenced().any()
    assert not records.silenced().all()
    assert after(lambda: relinked(records)) == anew
    relinked(records)
    again = relinked(records)
    assert (again.new, again.changed, again.withdrawn) == (0, 0, 0)


def test_what_changes_meanwhile_is_not_lost_and_not_undone(
    world: random.Random, alice: User, bob: User, anna: User, bea: User, everybody_meets: None
) -> None:
    relinked(None)
    records = read()
    edited, excluded, gone, unindexed = world.sample(list(Lead.objects.exclude(kind="reference")), 4)
    edited.subjects.update(name="Odilon Okonkwo")
    Lead.objects.filter(pk__in=[excluded.pk, unindexed.pk]).update(pointer_policy="excluded")
    changed = [edited, excluded, logged(world, bob), logged(world, alice)]
    for each in changed:
        engine.index(Lead.objects.get(pk=each.pk))
    gone.delete()
    protect(bea, PHONES[2])

    def work(records: Held | None) -> None:
        relinked(records)
        for each in [*changed, unindexed]:
            engine.match(each.pk)

    assert after(lambda: work(records))[1] == after(lambda: work(None))[1]


def test_a_change_that_was_matched_has_the_last_word(alice: User, bob: User) -> None:
    ours, theirs = (lead(by, phone=PHONES[3]) for by in (alice, bob))
    for each in (ours, theirs):
        engine.match(each.pk)
    records = read()
    Lead.objects.filter(pk=ours.pk).update(pointer_policy="excluded")
    engine.match(ours.pk)
    assert relinked(records).hits == 0
    assert Hit.objects.get().withdrawn_at is not None


# --- By runs --------------------------------------------------------------------------------------------


@pytest.fixture
def run(alice: User, bob: User) -> LinkRun:
    for by in (alice, bob):
        engine.index(lead(by, phone=PHONES[3]))
    return actions.start_run(by=None)


def test_a_run_over_everything_reads_it_once_when_all_is_indexed(
    run: LinkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = []
    relink = relinking.relink
    monkeypatch.setattr(
        run_steps.relinking, "relink", lambda chunk, records: used.append(records) or relink(chunk, records)
    )
    assert runs.work(run, stop=lambda: False) == runs.Next.OVER
    assert len({id(records) for records in used}) == 1
    assert len(used[0]) == MatchRecord.objects.count()
    assert Hit.objects.count() == 1


def test_reading_lets_others_pass(run: LinkRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "_A_READING", 1)
    asked: list[bool] = []

    def stop() -> bool:
        asked.append(True)
        return True

    while runs.work(run, stop=stop) != runs.Next.OVER:
        pass
    assert len(asked) > 3
    assert Hit.objects.count() == 1


@pytest.mark.parametrize("hindrance", ["limit", "trouble"])
def test_without_memory_records_are_read_for_each_chunk(
    run: LinkRun, hindrance: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hindrance == "limit":
        settings.MATCHING_HELD_RECORDS = 1
    else:
        monkeypatch.setattr(Reading, "_made", lambda self, frame: [][0])
    assert runs.work(run, stop=lambda: False) == runs.Next.OVER
    assert holding.of(run.pk) is None
    assert Hit.objects.count() == 1


def test_an_agencys_run_does_not_read_everything(run: LinkRun, anna: User) -> None:
    own = actions.start_run(by=anna)
    assert runs.work(own, stop=lambda: False) == runs.Next.OVER
    assert holding.of(own.pk) is None
