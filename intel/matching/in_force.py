"""Which weights a pair of records is scored with."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence

import numpy as np
from django.db import connection

from agencies.models import TaskForce
from intel.matching.frame import Bools, Ints
from intel.matching.model import Model, shipped
from intel.models import LearnedWeights

logger = logging.getLogger("taskforce.linking")

Members = frozenset[uuid.UUID]


def members_of(task_force: TaskForce) -> Members:
    return frozenset(task_force.members.values_list("pk", flat=True))


class ModelsInForce:
    """The weights that a running task force has switched on score the pairs in which both agencies are its members,
    the shipped ones all others. Of several the longest in force counts; what cannot be read counts as not there."""

    def __init__(self) -> None:
        self._models = list(_switched_on()) if _are_any_in_force() else []

    def split(self, left: Sequence[uuid.UUID], right: Sequence[uuid.UUID]) -> Iterator[tuple[Model, Ints]]:
        """(model, places of the pairs that it scores), every pair once; `left` and `right` are the pairs' agencies."""
        free = np.ones(len(left), np.bool_)
        for model, members in self._models:
            chosen = free & _among(left, members) & _among(right, members)
            free &= ~chosen
            if chosen.any():
                yield model, np.flatnonzero(chosen)
        if free.any():
            yield shipped(), np.flatnonzero(free)


def _are_any_in_force() -> bool:
    """Asked for every lead, and mostly in vain: hence a plain question first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM intel_learnedweights WHERE switched_on_at IS NOT NULL AND switched_off_at IS NULL)"
        )
        return bool(cursor.fetchone()[0])


def _switched_on() -> Iterator[tuple[Model, Members]]:
    rows = LearnedWeights.objects.in_force().filter(task_force__in=TaskForce.objects.running())
    for row in rows.select_related("task_force").order_by("switched_on_at"):
        if (model := _read(row)) is not None:
            yield model, members_of(row.task_force)


def _read(row: LearnedWeights) -> Model | None:
    try:
        return Model.of(row.content)
    except (TypeError, KeyError, AttributeError, ValueError) as problem:
        # Only the class of the problem: its message may quote the weights.
        logger.error("Weights %s cannot be read (%s): others score.", row.pk, type(problem).__name__)
        return None


def _among(agencies: Sequence[uuid.UUID], members: Members) -> Bools:
    return np.array([agency in members for agency in agencies], np.bool_)
