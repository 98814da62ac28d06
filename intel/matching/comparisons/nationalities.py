"""Nationalities, as countries."""

from __future__ import annotations

import numpy as np

from intel.matching.comparisons.found import Comparison, Found, Told, best, spread
from intel.matching.frame import Frame, Ints

LEVELS = ("shared", "different")


def compare(frame: Frame, left: Ints, right: Ints) -> Found | None:
    """Any nationality in common; a difference counts little, for many hold two and some claim a third."""
    places, a, b = frame.lists["nationalities"].combinations(left, right)
    if not len(places):
        return None
    chosen = best(places, (a == b).astype(np.float64))
    level = np.where(a == b, 1, 2)[chosen]
    return spread(len(left), places[chosen], level, {}, left[places[chosen]], right[places[chosen]])


def tell(frame: Frame, found: Found, pair: int) -> Told:
    lists, shown = frame.lists["nationalities"], frame.values["nationalities"]
    held = [
        [shown[each] for each in lists.ids[lists.start[one] : lists.start[one] + lists.count[one]]]
        for one in (found.left[pair], found.right[pair])
    ]
    a, b = (", ".join(side) for side in held)
    shared = sorted(set(held[0]) & set(held[1]))
    said = "agrees with" if shared else "differs from"
    return Told(
        level=LEVELS[found.level[pair] - 1],
        sentence=f"Nationality {shared[0]} is on both sides."
        if shared
        else f"Nationality {a} differs from {b}.",
        left_sentence=f"Your nationality {a} {said} theirs.",
        right_sentence=f"Your nationality {b} {said} theirs.",
        left_value=a,
        right_value=b,
    )


AGREEING = frozenset({"shared"})
AGAINST = frozenset({"different"})
COMPARISON = Comparison("nationalities", LEVELS, (), compare, tell, AGREEING, AGAINST)
