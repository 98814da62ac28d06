"""At random, step by step: whatever people do to each other's access, product and oracle agree after each step."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from agencies import reach, visibility
from agencies.visibility import Level
from tests.leaks.conftest import NOW
from tests.leaks.machine import Machine, small_world

pytestmark = pytest.mark.django_db
STEPS = 25  # of one run
EACH: list[tuple[str, dict[str, Any]]] = [
    ("share", {"kind": "lead", "at": 0, "to": "E", "level": Level.VIEW, "hours": None}),
    ("share", {"kind": "subject", "at": 1, "to": "S", "level": Level.VIEW, "hours": 1}),
    ("assign", {"case": "ours", "to": "E"}),
    ("attach", {"case": "ours", "lead": "two", "by": "N", "private": False}),
    ("attach", {"case": "ours", "lead": "theirs", "by": "E", "private": False}),
    ("cast", {"case": "ours", "lead": "theirs", "by": "E", "private": False}),
    ("restrict", {"key": "lead two", "how": "walled"}),
    ("restrict", {"key": "case ours", "how": "named"}),
    ("close_or_open_an_account", {"person": "E.investigator"}),
    ("leave_or_return", {}),
    ("time_passes", {"hours": 2}),
    ("untie", {"at": 0}),
    ("agree", {"level": Level.SUMMARY}),
    ("end_the_agreement", {}),
    ("agree", {"level": Level.CONTRIBUTE}),
    ("assign", {"case": "also ours", "to": "E"}),
    ("withdraw", {"case": "also ours", "to": "E"}),
    ("share", {"kind": "lead", "at": 0, "to": "H", "level": Level.SUMMARY, "hours": None}),
    ("revoke", {"at": 0}),
    ("hand_over", {"key": "case also ours", "to": "E", "keeps": 3}),
    ("hand_over", {"key": "lead two", "to": "E", "keeps": 2}),
    ("hand_over", {"key": "lead two", "to": "N", "keeps": 0}),
]  # fmt: skip
# To make a run that failed as short as it can be takes hundreds of others: only where it is asked for.
PHASES = [Phase.generate, *([Phase.shrink] if os.environ.get("LEAK_SHRINK") else [])]


@pytest.fixture(scope="module")
def machine(django_db_setup: None, django_db_blocker: Any) -> Iterator[type[Machine]]:
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False) as clock, transaction.atomic():
        Machine.stage, Machine.clock = small_world(), clock
        yield Machine
        transaction.set_rollback(True)


def run(machine: type[Machine], runs: int, dice: random.Random) -> None:
    machine.steps = 0
    machine.done = {}
    steps = settings(
        max_examples=runs, stateful_step_count=STEPS, database=None, deadline=None, print_blob=True,
        suppress_health_check=list(HealthCheck), phases=PHASES, report_multiple_bugs=False,
    )  # fmt: skip
    chance = seed(dice.randrange(2**32))
    run_state_machine_as_test(chance(machine), settings=steps)


def test_one_of_each_is_done_and_seen(machine: type[Machine]) -> None:
    """Chance may leave a verb out: here each is done once, in an order in which it can be."""
    machine.done = {}
    one = machine()
    try:
        for act, given in EACH:
            getattr(one, act)(**given)
            for _ in range(2):  # as two people
                one.the_product_agrees_with_the_oracle()
    finally:
        one.teardown()
    assert set(machine.done) == {"share", "revoke", "assign", "withdraw", "attach", "cast", "untie", "named", "walled",
                                 "agree", "end", "hand over"}  # fmt: skip


def test_a_few_runs_agree_with_the_oracle(machine: type[Machine], dice: random.Random) -> None:
    run(machine, int(os.environ.get("LEAK_RUNS", "8")), dice)
    assert machine.steps > 50
    assert machine.done


@pytest.mark.release
def test_a_hundred_thousand_steps_agree_with_the_oracle(machine: type[Machine], dice: random.Random) -> None:
    wanted, before = int(os.environ.get("LEAK_STEPS", "100000")), 0
    while before < wanted:
        run(machine, 40, dice)
        before += machine.steps
    print(f"{before} steps, {machine.done}")  # noqa: T201 - the figure of a release


def endless(kept: Any, viewer: Any, level: int) -> Any:
    return kept._default_manager.filter(agency_id=viewer.sees_as.pk, level__gte=level)


def test_a_grant_that_never_ends_is_found(machine: type[Machine], monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control."""
    for module in (reach, visibility):
        monkeypatch.setattr(module, "ways_of", endless)
    monkeypatch.setattr("agencies.enforcing.end_expired", lambda: None)
    one = machine()
    try:
        one.share(kind="lead", at=0, to="E", level=Level.VIEW, hours=1)
        one.time_passes(hours=2)
        with pytest.raises(AssertionError, match="expected 0, got 2"):
            one.the_product_agrees_with_the_oracle()  # as E.supervisor, whose turn is first
    finally:
        one.teardown()
