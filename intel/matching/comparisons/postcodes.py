"""Postcodes: whole, one slip apart, or sharing the part that names the delivery area."""

from __future__ import annotations

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from intel.matching.comparisons.found import Comparison, Found, Told, best, distinct, spread
from intel.matching.frame import Floats, Frame, Interned, Ints
from intel.matching.normalise import postcode_parts

LEVELS = ("same", "sector", "slip", "head", "area", "different")
SAME = 1
HEAD = 4
AMOUNTS = ("rarity",)
_CAP = 12.0
_SAID = {
    "same": "agrees with",
    "sector": "is in the same sector as",
    "slip": "differs by one character from",
    "head": "is in the same district as",
    "area": "is in the same area as",
    "different": "differs from",
}


def compare(frame: Frame, left: Ints, right: Ints) -> Found | None:
    """The two postcodes that share most."""
    places, a, b = frame.lists["postcodes"].combinations(left, right)
    if not len(places):
        return None
    low, high, back, _ = distinct(a, b)
    values: list[str] = frame.values["postcodes"]
    units = frame.derived("postcodes.units", lambda: _units(values))
    level = _levels(values, units, low, high)
    rarity = _rarity(frame, values, level, low, high)
    chosen = best(places, (rarity / 100 - level)[back])
    back = back[chosen]
    return spread(len(left), places[chosen], level[back], {"rarity": rarity[back]}, a[chosen], b[chosen])


def _units(values: list[str]) -> Ints:
    """The whole code and each unit it lies in as a number: shape (postcodes, 4)."""
    held: Interned[tuple[int, str]] = Interned()
    return np.array(
        [
            [held.id(unit) for unit in enumerate(("".join(each.split()), *postcode_parts(each)))]
            for each in values
        ],
        np.int64,
    )


def _levels(values: list[str], units: Ints, low: Ints, high: Ints) -> Ints:
    same, sector, head, area = (units[low] == units[high]).T
    slips = cpdist(
        [values[i] for i in low.tolist()], [values[j] for j in high.tolist()],
        scorer=OSA.distance, score_cutoff=1, dtype=np.int64,
    )  # fmt: skip
    return np.select([same, sector, slips == 1, head, area], range(1, 6), 6)


def _rarity(frame: Frame, values: list[str], level: Ints, low: Ints, high: Ints) -> Floats:
    shares = frame.derived(
        "postcodes.shares",
        lambda: np.array(
            [
                (
                    frame.frequencies.share("postcodes", each),
                    frame.frequencies.share("postcode heads", postcode_parts(each)[1]),
                )
                for each in values
            ]
        ),
    )
    whole, head = -np.log2(np.maximum(shares[low], shares[high])).T
    rarity: Floats = np.minimum(_CAP, np.select([level == SAME, level <= HEAD], [whole, head], 0.0))
    return rarity


def tell(frame: Frame, found: Found, pair: int) -> Told:
    a, b = (frame.values["postcodes"][side[pair]].upper() for side in (found.left, found.right))
    level = LEVELS[found.level[pair] - 1]
    said = _SAID[level]
    return Told(
        level=level,
        sentence=f"Postcode {a} {said} {b}.",
        left_sentence=f"Your postcode {a} {said} one they hold.",
        right_sentence=f"Your postcode {b} {said} one they hold.",
        left_value=a,
        right_value=b,
    )


AGREEING = frozenset({"same", "rarity"})
AGAINST = frozenset({"different"})
COMPARISON = Comparison("postcodes", LEVELS, AMOUNTS, compare, tell, AGREEING, AGAINST)
