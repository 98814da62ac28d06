from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction

from agencies.limits import ClientThrottle
from tests.leaks.matrix import Matrix
from tests.leaks.stage import Stage
from tests.leaks.states import every_state

NOW = "2026-11-22T08:00:00Z"


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """Rows in every state, once for all tests of a file; what a test does to them it takes back itself."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        logging.disable(logging.ERROR)  # thousands of refusals are asked for
        yield every_state()
        logging.disable(logging.NOTSET)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def matrix(stage: Stage) -> Matrix:
    """Everybody signs in before the first test, which takes back what it does, sessions too."""
    matrix = Matrix(stage)
    for who in matrix.who:
        matrix.client(who)
    return matrix


@pytest.fixture
def dice() -> random.Random:
    """Chance with a seed that is printed when a test fails; LEAK_SEED=… repeats it."""
    seed = int(os.environ.get("LEAK_SEED", random.SystemRandom().randrange(10**6)))
    print(f"LEAK_SEED={seed}")  # noqa: T201 - pytest shows it with a failure
    return random.Random(seed)


@pytest.fixture(autouse=True)
def _as_often_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hunt asks more within its one moment than a client may in a minute, and "too many" hides what it looks for."""
    monkeypatch.setattr(ClientThrottle, "rate", "1000000/min", raising=False)
