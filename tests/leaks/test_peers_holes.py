"""Holes that others had: none of them is here, and each hunt finds the hole when it is put in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from intel.views import leads
from tests.leaks.gate import without_second_lock
from tests.leaks.holes import HOLES, Hole, planted
from tests.leaks.matrix import Matrix

pytestmark = pytest.mark.django_db


@contextmanager
def open_to_nobody_in_particular() -> Iterator[None]:
    """The hole that is no line of ours: a view that does not ask who it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leads.lead_detail, "login_required", False, raising=False)
        yield


@pytest.mark.parametrize("hole", HOLES, ids=str)
def test_a_hole_that_others_had(hole: Hole, matrix: Matrix) -> None:
    matrix._ghosts.clear()
    assert hole.hunt(matrix) == []
    plant = planted(hole.plant) if hole.plant else open_to_nobody_in_particular()
    with plant, without_second_lock(), transaction.atomic():
        matrix._ghosts.clear()
        found = hole.hunt(matrix)
        transaction.set_rollback(True)
    matrix._ghosts.clear()
    assert found, f"the hunt does not see it: {hole}"
