"""Recorded sex."""

from __future__ import annotations

import numpy as np

from intel.matching.comparisons.found import Comparison, Found, Told
from intel.matching.frame import Frame, Ints

LEVELS = ("same", "different")
_WORDS = ("", "female", "male")


def compare(frame: Frame, left: Ints, right: Ints) -> Found | None:
    """Both sides say F or M; "X" (unspecified in a document) speaks neither for nor against."""
    one, other = frame.sexes[left], frame.sexes[right]
    said = (one > 0) & (other > 0)
    level = np.where(said, np.where(one == other, 1, 2), 0).astype(np.int8)
    return Found(level, {}, one, other) if said.any() else None


def tell(frame: Frame, found: Found, pair: int) -> Told:
    a, b = _WORDS[found.left[pair]], _WORDS[found.right[pair]]
    said = "agrees with" if a == b else "differs from"
    return Told(
        level=LEVELS[found.level[pair] - 1],
        sentence=f"Sex {a} {said} {b}." if a != b else f"Both are recorded as {a}.",
        left_sentence=f"Your recorded sex ({a}) {said} theirs.",
        right_sentence=f"Your recorded sex ({b}) {said} theirs.",
        left_value=a,
        right_value=b,
    )


AGREEING = frozenset({"same"})
AGAINST = frozenset({"different"})
COMPARISON = Comparison("sexes", LEVELS, (), compare, tell, AGREEING, AGAINST)
