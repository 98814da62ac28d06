"""`./run test`: what runs, and when the large sizes do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from taskforce.local import checks
from tests.conftest import pytest_collection_modifyitems


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the checks, and the arguments of pytest, in the order in which they were run."""
    done: list[str] = []

    @contextmanager
    def services() -> Iterator[Any]:
        yield SimpleNamespace(environment=dict)

    def passes(check: checks.Check, env: checks.Environment) -> bool:
        done.append(check.name)
        return True

    monkeypatch.setattr(checks, "throwaway_services", services)
    monkeypatch.setattr(checks, "passes", passes)
    monkeypatch.setattr(checks, "browser_note", str)
    monkeypatch.setattr(checks, "pytest", lambda arguments, env: done.append(" ".join(arguments)) or 0)
    return done


def test_release_is_every_check_and_every_test_with_the_large_sizes(ran: list[str]) -> None:
    assert checks.test(["--release"]) == 0
    assert ran == [*(check.name for check in checks.all_checks()), "-n 2 --release tests"]


def test_without_it_the_large_sizes_stay_away_and_other_arguments_are_pytests_own(ran: list[str]) -> None:
    checks.test([])
    assert ran[-1] == "-n 2 tests"
    ran.clear()
    checks.test(["--release", "tests/agencies"])
    assert ran == ["--release tests/agencies"]


@pytest.mark.parametrize(
    ("release", "marks", "skipped"), [(False, "", True), (True, "", False), (False, "release", False)]
)
def test_a_large_size_runs_when_it_is_asked_for(release: bool, marks: str, skipped: bool) -> None:
    added: list[Any] = []
    item: Any = SimpleNamespace(keywords={"release"}, add_marker=added.append)
    config: Any = SimpleNamespace(getoption={"--release": release, "-m": marks}.__getitem__)
    pytest_collection_modifyitems(config, [item])
    assert bool(added) is skipped
