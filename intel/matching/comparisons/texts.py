"""Streets, regions, occupations and categories: short texts that agree wholly, nearly or in some of their words."""

from __future__ import annotations

from functools import partial

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cpdist

from intel.matching.comparisons.found import Comparison, Found, Told, best, distinct, spread
from intel.matching.frame import Floats, Frame, Ints

LEVELS = ("same", "close", "partial", "different")
SAME, CLOSE, PARTIAL, DIFFERENT = range(1, 5)
AMOUNTS = ("rarity",)
_CLOSE, _PARTIAL = 85.0, 70.0  # of 100
_CAP = 10.0
_READS = {"streets": "street", "regions": "region", "occupations": "occupation", "categories": "category"}
_SAID = {
    "same": "agrees with",
    "close": "agrees closely with",
    "partial": "agrees in part with",
    "different": "differs from",
}


def compare(field: str, frame: Frame, left: Ints, right: Ints) -> Found | None:
    """The two texts most alike, and how rare what agrees is."""
    places, a, b = frame.lists[field].combinations(left, right)
    if not len(places):
        return None
    low, high, back, _ = distinct(a, b)
    values: list[str] = frame.values[field]
    level = compare_texts([values[i] for i in low.tolist()], [values[j] for j in high.tolist()])
    share = frame.derived(
        f"{field}.share", lambda: np.array([frame.frequencies.share(field, each) for each in values])
    )
    rarity = np.minimum(_CAP, -np.log2(np.maximum(share[low], share[high])))
    rarity = np.where(level <= CLOSE, rarity, 0.0)
    chosen = best(places, (rarity / 100 - level)[back])
    back = back[chosen]
    return spread(len(left), places[chosen], level[back], {"rarity": rarity[back]}, a[chosen], b[chosen])


def compare_texts(left: list[str], right: list[str]) -> Ints:
    """Levels of pairs of folded texts. Words may stand in another order or be run together."""
    same = np.fromiter((a == b for a, b in zip(left, right, strict=True)), np.bool_, len(left))
    sorted_words: Floats = cpdist(left, right, scorer=fuzz.token_sort_ratio, dtype=np.float64)
    together: Floats = cpdist(
        [each.replace(" ", "") for each in left],
        [each.replace(" ", "") for each in right],
        scorer=fuzz.ratio,
        dtype=np.float64,
    )
    words: Floats = cpdist(left, right, scorer=fuzz.token_set_ratio, dtype=np.float64)
    alike = np.maximum(sorted_words, together)
    return np.select(
        [same, alike >= _CLOSE, (words >= 100) | (alike >= _PARTIAL)], [SAME, CLOSE, PARTIAL], DIFFERENT
    )


def tell(field: str, frame: Frame, found: Found, pair: int) -> Told:
    a, b = (frame.values[field][side[pair]] for side in (found.left, found.right))
    level = LEVELS[found.level[pair] - 1]
    reads, said = _READS[field], _SAID[level]
    return Told(
        level=level,
        sentence=f"The {reads} '{a}' {said} '{b}'.",
        left_sentence=f"Your {reads} '{a}' {said} one they hold.",
        right_sentence=f"Your {reads} '{b}' {said} one they hold.",
        left_value=a,
        right_value=b,
    )


AGREEING = frozenset({"same", "rarity"})
AGAINST = frozenset({"different"})
COMPARISONS = tuple(
    Comparison(field, LEVELS, AMOUNTS, partial(compare, field), partial(tell, field), AGREEING, AGAINST)
    for field in _READS
)
