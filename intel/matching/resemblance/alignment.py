"""Which word of one name stands for which of the other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from intel.matching.resemblance.slips import Slips, slips


class Alignment(NamedTuple):
    """`pairs` of positions (left, right) with what lies between them; the rest stands on one side only."""

    pairs: tuple[tuple[int, int, Slips], ...]
    only_left: tuple[int, ...]
    only_right: tuple[int, ...]

    @property
    def in_order(self) -> bool:
        return all(before[1] < after[1] for before, after in pairwise(self.pairs))


def join_split_words(
    left: tuple[str, ...], right: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write "jin ping" as "jinping" where the other name does."""
    return _joined(left, frozenset(right)), _joined(right, frozenset(left))


def _joined(words: tuple[str, ...], known: frozenset[str]) -> tuple[str, ...]:
    written: list[str] = []
    for word in words:
        if written and word not in known and written[-1] + word in known:
            written[-1] += word
        else:
            written.append(word)
    return tuple(written)


def align(
    left: tuple[str, ...], right: tuple[str, ...], between: Callable[[str, str], Slips] = slips
) -> Alignment:
    """Pair the words one to one, nearest first, then nearest in place, until one side has none left."""
    near = sorted(
        ((found := between(a, b)).cost, abs(i - j), i + j, i, j, found)
        for i, a in enumerate(left)
        for j, b in enumerate(right)
    )
    pairs: list[tuple[int, int, Slips]] = []
    free_left, free_right = set(range(len(left))), set(range(len(right)))
    for _, _, _, i, j, found in near:
        if i in free_left and j in free_right:
            pairs.append((i, j, found))
            free_left.discard(i)
            free_right.discard(j)
            if not free_left or not free_right:
                break
    return Alignment(tuple(sorted(pairs)), tuple(sorted(free_left)), tuple(sorted(free_right)))
