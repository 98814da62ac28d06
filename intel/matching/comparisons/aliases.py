"""Street names: a second agreement beside the one that `names` already counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from intel.matching.comparisons.found import Comparison, Found, Told, best, distinct, spread
from intel.matching.comparisons.names import compare_names
from intel.matching.frame import LIKENESSES, Bools, Floats, Frame, Ints
from intel.matching.words import Likeness

LEVELS = ("shared",)
AMOUNTS = ("rarity",)
_CAP = 5.0
_WEAK = tuple(
    each.value
    for each in LIKENESSES
    if each not in (Likeness.EXACT, Likeness.TYPO, Likeness.SOUND, Likeness.INITIAL)
)


def compare(frame: Frame, left: Ints, right: Ints) -> Found | None:
    """An alias held by both, when the main names agree too: "Noe Aranda-Soto", both times "Diablo"."""
    names = frame.names
    if not names.alias.any():
        return None
    bears = np.zeros(len(frame), np.bool_)
    owners = np.repeat(np.arange(len(frame)), names.lists.count)
    bears[owners[names.alias[names.lists.ids]]] = True
    at = np.flatnonzero(bears[left] & bears[right])
    places, a, b = names.lists.combinations(left[at], right[at])
    if not len(places):
        return None
    low, high, back, _ = distinct(a, b)
    level, amounts, notes = compare_names(names, low, high)
    mains = (~names.alias[a] & ~names.alias[b]) & (notes["words"][back] > 1)
    # Otherwise the alias is the best-agreeing name already, and would count twice.
    settled = np.bincount(places[mains], minlength=len(at)) > 0
    whole = _whole(notes["words"], amounts, notes)[back]
    shared = np.flatnonzero(whole & names.alias[a] & names.alias[b] & settled[places])
    if not len(shared):
        return None
    rarity = _rarity(frame, a[shared])
    chosen = best(places[shared], rarity)
    shared, rarity = shared[chosen], rarity[chosen]
    level = np.ones(len(shared), np.int8)
    return spread(len(left), at[places[shared]], level, {"rarity": rarity}, a[shared], b[shared])


def _whole(words: Ints, amounts: dict[str, Floats], notes: dict[str, npt.NDArray[Any]]) -> Bools:
    weak = amounts["initial"] + amounts["joined"] + sum(amounts[kind] for kind in _WEAK)
    whole: Bools = (words > 0) & (weak == 0) & ~notes["left_over"] & ~notes["right_over"]
    return whole


def _rarity(frame: Frame, ids: Ints) -> Floats:
    tokens = frame.names.tokens[ids]
    share = np.where(tokens >= 0, frame.names.words.share[tokens], 0.0).max(1)
    rarity: Floats = np.minimum(_CAP, -np.log2(np.maximum(share, 1e-9)))
    return rarity


def tell(frame: Frame, found: Found, pair: int) -> Told:
    a, b = (frame.names.shown[side[pair]].shown for side in (found.left, found.right))
    return Told(
        level="shared",
        sentence=f"Both are also called '{a}'." if a == b else f"Also called '{a}' and '{b}'.",
        left_sentence=f"Your alias '{a}' agrees with an alias they hold.",
        right_sentence=f"Your alias '{b}' agrees with an alias they hold.",
        left_value=a,
        right_value=b,
    )


AGREEING = frozenset({"shared", "rarity"})
COMPARISON = Comparison("aliases", LEVELS, AMOUNTS, compare, tell, AGREEING)
