"""Pairs of records scored in one pass, each without the values that are silent between its two agencies."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from agencies.models import PointerPolicy
from intel.matching import indexing
from intel.matching.comparing import CHUNK
from intel.matching.frame import Bools, Frame, Ints
from intel.matching.frequencies import LiveFrequencies
from intel.matching.in_force import ModelsInForce
from intel.matching.model import Model
from intel.matching.normalise import Features
from intel.matching.scoring import Score, explain
from intel.matching.suppression import Silence, Spoken, spoken, without
from intel.models import Lead, MatchRecord

Pair = tuple[uuid.UUID, uuid.UUID]  # the ids of two records, the lower first: as a hit holds them
Numbers = Ints  # pairs of records by their numbers, shape (pairs, 2)


@dataclass(frozen=True, slots=True)
class Side:
    """A record as far as linking needs it. `stored` is what `features` was read from."""

    number: int
    id: uuid.UUID
    agency: uuid.UUID
    lead: uuid.UUID
    listed: bool
    excluded: bool
    stored: str
    features: Features

    @property
    def stamp(self) -> bytes:
        """Tells whether what matters of the record has changed since it was read."""
        return stamp(self.excluded, self.stored)


def stamp(excluded: bool, stored: str) -> bytes:
    """`held` has the database do the same."""
    return sha256(f"{str(excluded).lower()}{stored}".encode()).digest()[:16]


def of_record(lead: Lead, records: Iterable[MatchRecord]) -> dict[int, Side]:
    """The records of one lead, by number."""
    about = (lead.agency_id, lead.pk, lead.kind, lead.pointer_policy)
    return _read((record.number, record.pk, *about, record.features) for record in records)


def fetch(numbers: Collection[int] = (), ids: Collection[uuid.UUID] = ()) -> dict[int, Side]:
    """Records by number or id."""
    asked = ((_BY_NUMBER, numbers), (_BY_ID, ids))
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for statement, wanted in asked:
            if wanted:
                cursor.execute(statement, [list(wanted)])
                rows += cursor.fetchall()
    return _read(rows)


_ROWS = """
SELECT record.number, record.id, record.agency_id, record.lead_id, lead.kind, lead.pointer_policy, record.features
FROM intel_matchrecord AS record JOIN intel_lead AS lead ON lead.id = record.lead_id
"""
_BY_NUMBER = f"{_ROWS} WHERE record.number = ANY(%s::bigint[])"
_BY_ID = f"{_ROWS} WHERE record.id = ANY(%s::uuid[])"


def of_query(records: QuerySet[MatchRecord]) -> dict[int, Side]:
    return _read(
        records.values_list(
            "number", "id", "agency_id", "lead_id", "lead__kind", "lead__pointer_policy", "features"
        )
    )


def _read(rows: Iterable[tuple[int, uuid.UUID, uuid.UUID, uuid.UUID, str, str, str]]) -> dict[int, Side]:
    held = list(rows)
    features = indexing.features_of_all((row[1], row[-1]) for row in held)
    return {
        number: Side(
            number,
            pk,
            agency,
            lead,
            kind == Lead.Kind.REFERENCE,
            policy == PointerPolicy.EXCLUDED,
            stored,
            features[pk],
        )
        for number, pk, agency, lead, kind, policy, stored in held
        if pk in features
    }


def allowed(held: Mapping[int, Side], pairs: Numbers) -> Numbers:
    """Those pairs that may be compared, in their order.

    Two agencies' records are compared whatever either may see; only an owner who excludes a lead from comparison is
    heard. Two published lists are not compared with each other, nor a lead with itself.
    """
    numbers = np.array(sorted(held), np.int64)
    sides = [held[number] for number in sorted(held)]
    left, right = np.searchsorted(numbers, pairs).T
    lead, agency = _codes(side.lead for side in sides), _codes(side.agency for side in sides)
    listed = np.array([side.listed for side in sides], np.bool_)
    excluded = np.array([side.excluded for side in sides], np.bool_)
    may: Bools = (
        (lead[left] != lead[right])
        & ~(listed[left] & listed[right])
        & ((agency[left] == agency[right]) | ~(excluded[left] | excluded[right]))
    )
    return pairs[may]


def _codes(ids: Iterable[uuid.UUID]) -> Ints:
    known: dict[uuid.UUID, int] = {}
    return np.array([known.setdefault(each, len(known)) for each in ids], np.int64)


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of the values of some records: how common they are, and which are silent between whom."""

    frequencies: LiveFrequencies
    silence: Silence

    @classmethod
    def of(cls, features: Iterable[Features]) -> Background:
        held = list(features)
        frequencies = LiveFrequencies(held)
        return cls(frequencies, Silence.over(held, frequencies))

    def and_of(self, features: Iterable[Features]) -> Background:
        """The same for more records."""
        more = Background.of(features)
        return Background(self.frequencies | more.frequencies, self.silence | more.silence)


def scores(
    held: Mapping[int, Side], pairs: Numbers, model: Model | None = None, background: Background | None = None
) -> dict[Pair, Score]:
    """What reaches a band among the pairs (shape (pairs, 2): numbers of records), by `model` or the weights in force."""
    if not len(pairs):
        return {}
    sides = [held[number] for number in np.unique(pairs).tolist()]
    rows = _Rows(sides)
    background = background or Background.of(rows.features)
    places = np.searchsorted([side.number for side in sides], pairs)
    weighed = [(model, np.arange(len(pairs)))] if model else _in_force(sides, places)
    left, right = rows.heard(places[:, 0], places[:, 1], background.silence)
    frame = Frame.of(rows.features, background.frequencies)
    found: dict[Pair, Score] = {}
    for weights, chosen in weighed:
        found |= _scored(frame, rows, left[chosen], right[chosen], weights)
    return found


def _in_force(sides: Sequence[Side], places: Ints) -> list[tuple[Model, Ints]]:
    agencies = [side.agency for side in sides]
    left, right = ([agencies[place] for place in column] for column in places.T.tolist())
    return list(ModelsInForce().split(left, right))


def _scored(frame: Frame, rows: _Rows, left: Ints, right: Ints, model: Model) -> dict[Pair, Score]:
    left, right = rows.ordered(left, right)
    found: dict[Pair, Score] = {}
    for start in range(0, len(left), CHUNK):
        some = slice(start, start + CHUNK)
        told = explain(frame, left[some], right[some], model)
        found |= {
            (rows.ids[a], rows.ids[b]): score
            for a, b, score in zip(left[some].tolist(), right[some].tolist(), told, strict=True)
            if score is not None
        }
    return found


class _Rows:
    """The rows of a frame: every side as it is, and once more for each set of values it must keep to itself."""

    def __init__(self, sides: Sequence[Side]) -> None:
        self.sides = sides
        self.features = [side.features for side in sides]
        self.ids = [side.id for side in sides]
        self._quieter: dict[tuple[int, frozenset[Spoken]], int] = {}

    def heard(self, left: Ints, right: Ints, silence: Silence) -> tuple[Ints, Ints]:
        """The rows that stand for each pair's sides."""
        values = silence.values
        touched = [
            i for i, side in enumerate(self.sides) if values and not values.isdisjoint(spoken(side.features))
        ]
        if not touched:
            return left, right
        left, right = left.copy(), right.copy()
        for pair in np.flatnonzero(np.isin(left, touched) | np.isin(right, touched)):
            one, other = int(left[pair]), int(right[pair])
            silent = silence.between(self.sides[one].agency, self.sides[other].agency)
            left[pair], right[pair] = self._without(one, silent), self._without(other, silent)
        return left, right

    def _without(self, row: int, silent: Collection[Spoken]) -> int:
        kept_back = frozenset(spoken(self.features[row]).intersection(silent))
        if not kept_back:
            return row
        if (row, kept_back) not in self._quieter:
            self._quieter[row, kept_back] = len(self.features)
            self.features.append(without(self.features[row], kept_back))
            self.ids.append(self.ids[row])
        return self._quieter[row, kept_back]

    def ordered(self, left: Ints, right: Ints) -> tuple[Ints, Ints]:
        """Pairs of rows, the lower id first."""
        places = {pk: place for place, pk in enumerate(sorted(set(self.ids)))}
        place = np.array([places[pk] for pk in self.ids], np.int64)
        turned = place[left] > place[right]
        return np.where(turned, right, left), np.where(turned, left, right)
