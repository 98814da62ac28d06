"""Who of records held in memory is worth comparing with whom: the candidates of `keytable`, without the database.

Records go by their place in the order of their numbers. Each meets those before it, so that each pair comes up once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from intel.matching.frame import Bools, Ints

_SLAB_MEETINGS = 4_000_000
_BITS_OF_A_KEY = 21  # what a key says, in 65536ths of a bit, is below two to this

Smalls = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Rules:
    """As `keytable._CANDIDATES` has them: `said` what a key says by the number of its holders (up to the cap), a pair
    that is `telling` goes before others, of which a record meets `sure` ones; of one agency `few` before more; `most`
    in all."""

    said: Smalls
    telling: int
    sure: int
    few: int
    most: int


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose the records are, by place; agencies and leads go by codes."""

    agency: Smalls
    lead: Smalls
    listed: Bools
    excluded: Bools

    def may_meet(self, left: Ints, right: Ints) -> Bools:
        """As `sides.allowed` has it."""
        may: Bools = self.lead[left] != self.lead[right]
        if self.listed.any():
            may &= ~(self.listed[left] & self.listed[right])
        if self.excluded.any():
            may &= (self.agency[left] == self.agency[right]) | ~(self.excluded[left] | self.excluded[right])
        return may


@dataclass(frozen=True, slots=True)
class Meetings:
    """Entry e says: its record meets `holders[first[e] : first[e] + before[e]]`, who share a key with it that says
    `said[e]`; the entries of the record at place r are `start[r] : start[r + 1]`."""

    holders: Smalls
    first: Smalls
    before: Smalls
    said: Smalls
    start: Ints
    owners: Owners
    rules: Rules

    @classmethod
    def of(cls, keys: Ints, count: Ints, owners: Owners, rules: Rules) -> Meetings:
        """`keys` of all records, one after the other, `count` of each."""
        holders = np.repeat(np.arange(len(count), dtype=np.int32), count)
        order = np.argsort(keys, kind="stable")  # holders of a key stay in ascending order
        keys, holders = keys[order], holders[order]
        del order
        opens = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.empty(0, np.int64)
        size = np.diff(np.append(opens, len(keys)))
        useful = (size > 1) & (size < len(rules.said))
        holders = holders[np.repeat(useful, size)]
        size = size[useful].astype(np.int32)
        first = np.repeat(np.cumsum(size, dtype=np.int32) - size, size)
        before = np.arange(len(holders), dtype=np.int32) - first
        entries = np.flatnonzero(before).astype(np.int32)
        entries = entries[np.argsort(holders[entries], kind="stable")]
        start = np.searchsorted(holders[entries], np.arange(len(count) + 1))
        said = rules.said[np.repeat(size, size)]
        return cls(holders, first[entries], before[entries], said[entries], start, owners, rules)

    def best(self, own: Ints) -> tuple[Ints, Ints]:
        """(place, earlier place) of the pairs that are worth comparing for these places (ascending)."""
        found = [self._best(some) for some in self._slabs(own)]
        left, right = zip(*found, strict=True) if found else ((), ())
        none = np.empty(0, np.int64)
        return np.concatenate([none, *left]), np.concatenate([none, *right])

    def _slabs(self, own: Ints) -> Iterator[Ints]:
        """These places, so many at a time that their meetings fit into memory together."""
        entries, owner = self._entries(own)
        met = np.cumsum(np.bincount(owner, self.before[entries], len(own)))
        return (
            part for part in np.split(own, np.flatnonzero(np.diff(met // _SLAB_MEETINGS)) + 1) if len(part)
        )

    def _entries(self, own: Ints) -> tuple[Ints, Ints]:
        """The entries of these places, and of which of them each is."""
        count = self.start[own + 1] - self.start[own]
        owner = np.repeat(np.arange(len(own)), count)
        return np.repeat(self.start[own] - (np.cumsum(count) - count), count) + np.arange(len(owner)), owner

    def _best(self, own: Ints) -> tuple[Ints, Ints]:
        owner, other, said = self._shared(own)
        order = np.argsort((owner << 40) - said, kind="stable")
        owner, other, said = owner[order], other[order], said[order]
        kept = self._chosen(owner, self.owners.agency[other], said >= self.rules.telling)
        return own[owner[kept]], other[kept]

    def _shared(self, own: Ints) -> tuple[Ints, Ints, Ints]:
        """Whom each may meet and what the keys they share say together: (place in `own`, other place, bits)."""
        entries, owner = self._entries(own)
        count = self.before[entries]
        step = np.arange(int(count.sum())) - np.repeat(np.cumsum(count, dtype=np.int64) - count, count)
        other = self.holders[np.repeat(self.first[entries], count) + step].astype(np.int64)
        owner = np.repeat(owner, count)
        shift = len(self.start).bit_length()
        packed = (((owner << shift) | other) << _BITS_OF_A_KEY) | np.repeat(self.said[entries], count)
        packed = np.sort(packed[self.owners.may_meet(own[owner], other)])
        codes = packed >> _BITS_OF_A_KEY
        opens = _opens(codes)
        said = np.add.reduceat(packed & ((1 << _BITS_OF_A_KEY) - 1), opens) if len(opens) else opens
        return codes[opens] >> shift, codes[opens] & ((1 << shift) - 1), said

    def _chosen(self, owner: Ints, agency: Smalls, telling: Bools) -> Ints:
        """Which of these, the best of each owner first, are compared."""
        rules = self.rules
        near = _numbered(owner * np.int64(int(agency.max(initial=0)) + 1) + agency) <= rules.few
        place = _places(owner, near, np.ones(len(owner), np.bool_))
        among = _places(owner, near, telling)
        wanted = (place <= min(rules.sure, rules.most)) | (telling & (among <= rules.most))
        return np.flatnonzero(wanted & (_places(owner, near, wanted) <= rules.most))


def _opens(groups: Ints) -> Ints:
    """Where each group of equal neighbours begins."""
    return np.flatnonzero(np.append(True, groups[1:] != groups[:-1])) if len(groups) else groups


def _numbered(groups: Ints) -> Ints:
    """How many of its group have come so far, each with itself."""
    order = np.argsort(groups, kind="stable")
    opens = _opens(groups[order])
    numbers = np.empty(len(groups), np.int64)
    numbers[order] = np.arange(len(groups)) - np.repeat(opens, np.diff(np.append(opens, len(groups)))) + 1
    return numbers


def _places(owner: Ints, near: Bools, counted: Bools) -> Ints:
    """The place of each among the `counted` ones of its owner, those that are `near` first."""
    opens = _opens(owner)
    size = np.diff(np.append(opens, len(owner)))

    def so_far(which: Bools) -> tuple[Ints, Ints]:
        total = np.cumsum(which)
        base: Ints = np.repeat(total[opens] - which[opens], size)
        ends = np.repeat(total[opens + size - 1], size) - base
        return total - base, ends

    first, all_first = so_far(near & counted)
    then, _ = so_far(~near & counted)
    return np.where(near, first, all_first + then)
