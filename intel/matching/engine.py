"""Link matching: index a lead's records, fetch candidates of all agencies, score them, keep the hits.

Matching ignores who may see what, as it must; `pointers.write_notices` alone decides what anybody learns.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import transaction

from intel.matching import drowned, keytable
from intel.matching.indexing import features_of, index, records_of
from intel.matching.keeping import Kept, keep, known_hits, tell
from intel.matching.sides import Background, Numbers, Pair, Side, allowed, fetch, of_record, scores
from intel.matching.suppression import Silence, without
from intel.models import Hit, Lead, MatchRecord

__all__ = ["LinkResult", "features_of", "index", "link", "link_sides", "match", "records_of"]

MOST_CANDIDATES = 64  # per record
_RECORDS_A_ROUND = 200  # of one lead (a reference list has thousands) that are matched at once


@dataclass(frozen=True, slots=True)
class LinkResult:
    """What a run found: `hits` that hold now, and how many of them are `new` or `changed`; how many were `withdrawn`;
    how many pairs were `compared`."""

    hits: int = 0
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    compared: int = 0

    @classmethod
    def of(cls, kept: Kept, compared: int) -> LinkResult:
        holding = len(kept.new) + len(kept.changed) + len(kept.same)
        return cls(holding, len(kept.new), len(kept.changed), len(kept.fallen), compared)

    def __add__(self, other: LinkResult) -> LinkResult:
        return LinkResult(
            self.hits + other.hits,
            self.new + other.new,
            self.changed + other.changed,
            self.withdrawn + other.withdrawn,
            self.compared + other.compared,
        )


@transaction.atomic
def match(lead_id: uuid.UUID) -> LinkResult | None:
    """Index and link one lead; None when it is gone. Running it again changes nothing.

    The lead is locked without its key, so that notices of other leads' hits can still refer to it meanwhile.
    """
    lead = Lead.objects.defer("narrative", "search").select_for_update(no_key=True).filter(pk=lead_id).first()
    if lead is None:
        return None
    return link(lead, index(lead))


def link(lead: Lead, records: Sequence[MatchRecord] | None = None) -> LinkResult:
    """Score an indexed lead against all agencies' records and make its hits say what holds now."""
    held = sorted(lead.match_records.all() if records is None else records, key=lambda record: record.number)
    rounds = [held[start : start + _RECORDS_A_ROUND] for start in range(0, len(held), _RECORDS_A_ROUND)]
    return sum((_link_round(lead, each) for each in rounds), LinkResult())


def _link_round(lead: Lead, records: Sequence[MatchRecord]) -> LinkResult:
    own = of_record(lead, records)
    return link_sides(own, {record.number: record.keys for record in records}, tell_all=True)


def link_sides(
    own: Mapping[int, Side],
    keys: Mapping[int, Sequence[int]],
    *,
    earlier: bool = False,
    tell_all: bool = False,
) -> LinkResult:
    """Score these records (by number, with their keys) against all agencies' and make their hits say what holds now.

    With `earlier`, only pairs whose other record has a lower number, and their hits: over all records, each pair once.
    `tell_all` has also unchanged hits told, for whom may be told may have changed.
    """
    met = meet(own, keys, earlier=earlier)
    kept = keep(
        scores(met.everybody, met.pairs, background=met.background),
        met.known,
        None if tell_all else {side.id: side.stamp for side in met.everybody.values()},
    )
    tell(kept.new, [*kept.changed, *kept.fallen, *(kept.same if tell_all else ())])
    return LinkResult.of(kept, len(met.pairs))


@dataclass(frozen=True, slots=True)
class Met:
    """Records and those they may be compared with, by number; the pairs (shape (pairs, 2)); the hits on them so far."""

    everybody: Mapping[int, Side]
    pairs: Numbers
    known: Mapping[Pair, Hit]
    background: Background


def meet(own: Mapping[int, Side], keys: Mapping[int, Sequence[int]], *, earlier: bool) -> Met:
    """Whom these records (by number, with their keys) are compared with: others of a lower number, or any."""
    known = known_hits([side.id for side in own.values()])
    found = keytable.candidates(keys, most=MOST_CANDIDATES, earlier=earlier)
    everybody = {**fetch(_others(found, own), {pk for pair in known for pk in pair}), **own}
    background = Background.of(side.features for side in everybody.values())
    if quieter := keys_without(own, background.silence):
        found = [(mine, other) for mine, other in found if mine not in quieter]
        found += keytable.candidates(quieter, most=MOST_CANDIDATES, earlier=earlier)
    found += drowned.candidates(own, background.silence, earlier=earlier)
    if missing := _others(found, everybody):
        more = fetch(missing)
        everybody |= more
        background = background.and_of(side.features for side in more.values())
    numbers = {side.id: number for number, side in everybody.items()}
    # What is missing is being deleted.
    known = {pair: hit for pair, hit in known.items() if numbers.keys() >= set(pair)}
    if earlier:
        known = {pair: hit for pair, hit in known.items() if max(numbers[pair[0]], numbers[pair[1]]) in own}
    again = [(numbers[left], numbers[right]) for left, right in known]
    return Met(everybody, _chosen(everybody, found, again), known, background)


def _others(found: Iterable[tuple[int, int]], held: Mapping[int, Side]) -> set[int]:
    return {other for _, other in found} - held.keys()


def keys_without(own: Mapping[int, Side], silence: Silence) -> dict[int, Sequence[int]]:
    """The keys by which those records are sought of whose values some are silent: no such value leads to anybody."""
    values = silence.values
    quieter: dict[int, Sequence[int]] = {}
    for number, side in own.items() if values else ():
        heard = without(side.features, silence.always(side.agency))
        if heard != side.features:
            quieter[number] = keytable.keys_of(heard)
    return quieter


def _chosen(
    everybody: Mapping[int, Side], found: list[tuple[int, int]], met: list[tuple[int, int]]
) -> Numbers:
    """The best candidates of each record, and whoever is in a hit with it already; each pair once."""
    best = allowed(everybody, as_pairs(found))
    first = np.flatnonzero(np.diff(best[:, 0], prepend=-1))
    place = np.arange(len(best)) - np.repeat(first, np.diff(first, append=len(best)))
    again = allowed(everybody, as_pairs(met))
    pairs = np.concatenate([best[place < MOST_CANDIDATES], again])
    return np.unique(np.sort(pairs, axis=1), axis=0)


def as_pairs(found: list[tuple[int, int]]) -> Numbers:
    return np.array(found, np.int64).reshape(-1, 2)
