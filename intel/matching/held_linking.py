"""Records linked anew out of what a worker holds of all of them: the same hits as `engine.link_sides` makes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from intel.matching import sides
from intel.matching.engine import LinkResult, as_pairs
from intel.matching.frame import Bools, Ints
from intel.matching.held import Held
from intel.matching.keeping import keep, known_hits, tell
from intel.matching.scoring import Score
from intel.matching.sides import Pair
from intel.models import Hit


def link_held(held: Held, own: Ints, silenced: Bools) -> LinkResult:
    """Link the records at these places, all as they were read and with nothing silenced, with those before them."""
    met = _Met.of(held, own)
    pairs = _pairs(held, own, met)
    apart = silenced[pairs[:, 0]]
    told = _told_by_the_database(held.numbers[pairs[apart]], met)
    found = held.scores(*pairs[~apart].T)
    concerned = held.places_of(list({pk for pair in found.keys() | met.known.keys() for pk in pair}))
    read = {held.id(place): held.stamp(place) for place in concerned[concerned >= 0].tolist()}
    kept = keep(found | told.found, met.known, read | told.read)
    tell(kept.new, [*kept.changed, *kept.fallen])
    return LinkResult.of(kept, int((~apart).sum()) + told.compared)


@dataclass(frozen=True, slots=True)
class _Met:
    """The hits so far on some records with earlier ones: `again` by place, `strange` (numbers) with records that are
    not held."""

    known: Mapping[Pair, Hit]
    again: Ints
    strange: Ints

    @classmethod
    def of(cls, held: Held, own: Ints) -> _Met:
        known = known_hits([held.id(place) for place in own.tolist()])
        ids = sorted({pk for pair in known for pk in pair})
        places = dict(zip(ids, held.places_of(ids).tolist(), strict=True))
        numbers = {pk: int(held.numbers[place]) for pk, place in places.items() if place >= 0}
        if late := [pk for pk in ids if pk not in numbers]:
            numbers |= {side.id: number for number, side in sides.fetch(ids=late).items()}
        mine = set(held.numbers[own].tolist())
        known = {
            pair: hit for pair, hit in known.items()
            if numbers.keys() >= set(pair) and max(numbers[pair[0]], numbers[pair[1]]) in mine
        }  # fmt: skip
        both = {pair: (places[pair[0]], places[pair[1]]) for pair in known}
        strange = [(numbers[left], numbers[right]) for left, right in known if min(both[left, right]) < 0]
        return cls(known, as_pairs([pair for pair in both.values() if min(pair) >= 0]), as_pairs(strange))


def _pairs(held: Held, own: Ints, met: _Met) -> Ints:
    """Places of the pairs to compare, the earlier first: the best of each record and those of its hits so far."""
    later, earlier = held.meetings.best(own)
    again = np.sort(met.again, axis=1)
    again = again[held.owners.may_meet(again[:, 0], again[:, 1])]
    codes = np.concatenate([earlier * len(held) + later, again[:, 0] * len(held) + again[:, 1]])
    return np.column_stack(np.divmod(np.unique(codes), max(len(held), 1)))


@dataclass(frozen=True, slots=True)
class _Told:
    found: dict[Pair, Score]
    read: dict[uuid.UUID, bytes]
    compared: int


def _told_by_the_database(numbers: Ints, met: _Met) -> _Told:
    """Scores of what cannot be told from what is held: values are silent in some, or a side came later."""
    pairs = np.concatenate([numbers, met.strange])
    everybody = sides.fetch(np.unique(pairs).tolist())
    pairs = pairs[np.isin(pairs, list(everybody)).all(axis=1)]
    pairs = np.unique(np.sort(sides.allowed(everybody, pairs), axis=1), axis=0)
    read = {side.id: side.stamp for side in everybody.values()}
    return _Told(sides.scores(everybody, pairs), read, len(pairs))
