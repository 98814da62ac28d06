"""The words of two names, paired one to one whatever their order: for many pairs of names at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from intel.matching.frame import LIKENESSES, UNLIKE, Bools, Floats, Ints, Names
from intel.matching.words import Likeness

JOINED = UNLIKE + 1  # two words of one name met one of the other: "ana maria", "anamaria"
EXACT = LIKENESSES.index(Likeness.EXACT)
INITIAL = LIKENESSES.index(Likeness.INITIAL)
_FEW = 4_000  # below this many pairs, one pass over padded names is quicker than one for each pair of lengths


@dataclass(slots=True)
class Pairing:
    """For P pairs of names and up to T word pairs each. `kind` is a place in LIKENESSES, JOINED, or UNLIKE for none.

    `left` and `right` are positions, `a` and `b` the word ids there; `left_over` and `right_over` bit masks of the
    positions that found no counterpart.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int8]
    a: npt.NDArray[np.int64]
    b: npt.NDArray[np.int64]
    left_over: Ints
    right_over: Ints

    def count(self, kind: int) -> Ints:
        found: Ints = (self.kind == kind).sum(1)
        return found


def pair_words(names: Names, left: Ints, right: Ints) -> Pairing:
    """Strongest likeness first; of equals, the one least out of place."""
    most = int(min(names.count[left].max(initial=1), names.count[right].max(initial=1)))
    shape = (len(left), most)
    found = Pairing(
        np.full(shape, -1, np.int64),
        np.full(shape, -1, np.int64),
        np.full(shape, UNLIKE, np.int8),
        np.full(shape, -1, np.int64),
        np.full(shape, -1, np.int64),
        (1 << names.count[left]) - 1,
        (1 << names.count[right]) - 1,
    )
    for rows, wide, high in _by_length(names.count[left], names.count[right]):
        _pair(names, found, rows, names.tokens[left[rows], :wide], names.tokens[right[rows], :high])
    _pair_joined(names, found, left, right)
    return found


def _by_length(left: Ints, right: Ints) -> Iterator[tuple[Ints, int, int]]:
    """Rows of pairs whose names have so many words; all at once, padded, where there are few."""
    if len(left) < _FEW:
        if len(left):
            yield np.arange(len(left)), int(left.max()), int(right.max())
        return
    both = left * 16 + right
    order = np.argsort(both, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(both[order])) + 1):
        wide, high = divmod(int(both[rows[0]]), 16)
        yield rows, wide, high


def _pair(
    names: Names, found: Pairing, rows: Ints, x: npt.NDArray[np.int32], y: npt.NDArray[np.int32]
) -> None:
    cost = _costs(names, x, y)
    high = y.shape[1]
    for turn in range(min(x.shape[1], high)):
        flat = cost.reshape(len(rows), -1)
        pick = flat.argmin(1)
        value = flat[np.arange(len(rows)), pick]
        alive = np.flatnonzero(value < UNLIKE << 12)
        if not len(alive):
            return
        rows, cost, x, y = rows[alive], cost[alive], x[alive], y[alive]
        i, j = np.divmod(pick[alive], high)
        each = np.arange(len(rows))
        found.left[rows, turn], found.right[rows, turn] = i, j
        found.kind[rows, turn] = value[alive] >> 12
        found.a[rows, turn], found.b[rows, turn] = x[each, i], y[each, j]
        found.left_over[rows] &= ~(1 << i)
        found.right_over[rows] &= ~(1 << j)
        cost[each, i, :] = UNLIKE << 12
        cost[each, :, j] = UNLIKE << 12


def _costs(names: Names, x: npt.NDArray[np.int32], y: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Shape (pairs, words left, words right): likeness first, then how far out of place, then how far along."""
    wide, high = x.shape[1], y.shape[1]
    there = (x >= 0)[:, :, None] & (y >= 0)[:, None, :]
    same = (x[:, :, None] == y[:, None, :]) & there
    starts = names.words.starts
    may = ((starts[x][:, :, None] & starts[y][:, None, :]) != 0) & there & ~same
    kinds = np.full(may.shape, UNLIKE, np.int32)
    kinds[same] = EXACT
    pair, i, j = np.nonzero(may)
    kinds[pair, i, j] = names.words.likeness(x[pair, i].astype(np.int64), y[pair, j].astype(np.int64))
    row, column = np.arange(wide)[:, None], np.arange(high)[None, :]
    place = np.abs(row - column) * 256 + (row + column) * 16 + row
    costs: npt.NDArray[np.int32] = np.where(kinds == UNLIKE, UNLIKE << 12, (kinds << 12) + place)
    return costs


def _pair_joined(names: Names, found: Pairing, left: Ints, right: Ints) -> None:
    """Where over two words found no counterpart, two of one name may be one of the other."""
    spare = np.bitwise_count(found.left_over) + np.bitwise_count(found.right_over) > 2
    rows = np.flatnonzero(spare & (found.left_over > 0) & (found.right_over > 0))
    rows = rows[_may_join(names, left[rows], right[rows]) | _may_join(names, right[rows], left[rows])]
    if len(rows):
        for i, j in product(range(names.tokens.shape[1]), repeat=2):
            _join(names, found, rows, left, right, i, j)


def _may_join(names: Names, whole: Ints, split: Ints) -> Bools:
    """Is any word of the one name two neighbouring words of the other run together?"""
    words, joined = names.tokens[whole][:, :, None], names.joined[split][:, None, :]
    found: Bools = ((words == joined) & (words >= 0)).any((1, 2))
    return found


def _join(names: Names, found: Pairing, rows: Ints, left: Ints, right: Ints, i: int, j: int) -> None:
    a, b = left[rows], right[rows]
    free = (found.left_over[rows] >> i) & (found.right_over[rows] >> j) & 1 == 1
    word, other = names.tokens[a, i], names.tokens[b, j]
    splits_right = free & (word >= 0) & (word == names.joined[b, j])
    splits_right &= (found.right_over[rows] >> (j + 1)) & 1 == 1
    splits_left = free & (other >= 0) & (other == names.joined[a, i]) & ~splits_right
    splits_left &= (found.left_over[rows] >> (i + 1)) & 1 == 1
    for chosen, more_left, more_right in ((splits_right, 0, 1), (splits_left, 1, 0)):
        at = rows[chosen]
        if len(at):
            turn = (found.kind[at] != UNLIKE).sum(1)
            found.left[at, turn], found.right[at, turn], found.kind[at, turn] = i, j, JOINED
            found.a[at, turn], found.b[at, turn] = word[chosen], other[chosen]
            found.left_over[at] &= ~((1 << i) | (more_left << (i + 1)))
            found.right_over[at] &= ~((1 << j) | (more_right << (j + 1)))


def rarities(names: Names, pairing: Pairing, cap: float) -> Floats:
    """Bits that each word pair is worth by how few bear the word: shape of `pairing.kind`, 0 for none or an initial."""
    share = names.words.share
    one, other = share[pairing.a], share[pairing.b]
    borne = np.where(pairing.kind == EXACT, one, one + other)
    borne = np.where(pairing.kind == JOINED, np.minimum(one, other), borne)
    worth = np.minimum(cap, -np.log2(np.maximum(borne, 1e-9)))
    said: Floats = np.where((pairing.kind == UNLIKE) | initials(names, pairing), 0.0, worth)
    return said


def initials(names: Names, pairing: Pairing) -> Bools:
    letter = names.words.is_letter
    found: Bools = (pairing.kind == INITIAL) | (
        (pairing.kind != UNLIKE) & (letter[pairing.a] | letter[pairing.b])
    )
    return found


def at(mask: Ints, position: Ints) -> Bools:
    """Is the bit of the position set? Shapes broadcast; a position below 0 is never set."""
    found: Bools = ((mask >> np.maximum(position, 0)) & 1 == 1) & (position >= 0)
    return found
