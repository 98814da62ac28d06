"""People's names: words are paired one to one whatever their order, and each pair counts by its rarity."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from intel.matching.comparisons.found import Comparison, Found, Told, best, distinct, spread
from intel.matching.comparisons.pairing import (
    EXACT,
    JOINED,
    Pairing,
    at,
    initials,
    pair_words,
    rarities,
)
from intel.matching.frame import LIKENESSES, UNLIKE, Bools, Floats, Frame, Ints, Names
from intel.matching.model import shipped
from intel.matching.words import Likeness

LEVELS = ("same", "close", "within", "partial", "family", "given", "one word", "initials", "conflict")
WEAK_LEVELS = frozenset({"one word", "initials", "given"})
SAME, CLOSE, WITHIN, PARTIAL, FAMILY, GIVEN, ONE_WORD, INITIALS, CONFLICT = range(1, 10)
_LIKE = tuple(each.value for each in LIKENESSES if each not in (Likeness.EXACT, Likeness.INITIAL))
AMOUNTS = (
    "rarity", *_LIKE, "joined", "initial", "swapped", "omitted", "omitted_first", "conflicts", "conflict_first",
    "suffix_conflict", "alias", "street_name",
)  # fmt: skip
# The most bits of rarity of one word, and of words that relatives, or all bearers of a common given name, share by
# nature and not by chance.
_WORD_CAP = 11.0
_CAPS = {FAMILY: 5.0, GIVEN: 5.0, ONE_WORD: 11.0, INITIALS: 11.0}
_SAID = {
    "same": "agrees word for word with",
    "close": "agrees closely with",
    "contains": "agrees closely with",
    "contained": "agrees closely with",
    "partial": "agrees in part with",
    "family": "shares only family names with",
    "one word": "shares one word with",
    "initials": "shares one word and an initial with",
    "given": "shares only given names with",
    "conflict": "differs from",
}


def compare(frame: Frame, left: Ints, right: Ints) -> Found | None:
    """Two people's names, aliases included: the best-agreeing pair of names speaks for the records."""
    names = frame.names
    places, a, b = names.lists.combinations(left, right)
    if not len(places):
        return None
    low, high, back, turned = distinct(a, b)
    level, amounts, notes = compare_names(names, low, high)
    chosen = best(places, _merit(level, amounts)[back])
    back, turned = back[chosen], turned[chosen]
    return spread(
        len(left),
        places[chosen],
        level[back],
        {name: values[back] for name, values in amounts.items()},
        a[chosen],
        b[chosen],
        {
            "words": notes["words"][back],
            "beyond": notes["beyond"][back],
            "left_over": np.where(turned, notes["right_over"][back], notes["left_over"][back]),
            "right_over": np.where(turned, notes["left_over"][back], notes["right_over"][back]),
        },
    )


def _merit(level: Ints, amounts: dict[str, Floats]) -> Floats:
    """What the shipped weights say, whichever model is in use; equal names are told apart by anything that differs."""
    weigh = shipped().weights["names"]
    merit = np.array([0.0, *(weigh[name] for name in LEVELS)])[level]
    for order, name in enumerate(AMOUNTS):
        merit = merit + (weigh[name] + 1e-6 * (order + 1)) * amounts[name]
    rounded: Floats = np.round(merit - 1e-7 * level, 9)
    return rounded


def compare_names(
    names: Names, left: Ints, right: Ints
) -> tuple[Ints, dict[str, Floats], dict[str, npt.NDArray[Any]]]:
    """Level, amounts and notes of pairs of name ids."""
    pairing = pair_words(names, left, right)
    level = _levels(names, pairing, left, right)
    nothing = level == CONFLICT
    each_worth = rarities(names, pairing, np.inf)
    worth = np.minimum(each_worth, _WORD_CAP).sum(1)
    caps = np.array([_CAPS.get(each, np.inf) for each in range(len(LEVELS) + 1)])
    beyond = np.where(np.isinf(caps[level]) & ~nothing, each_worth.sum(1) - worth, 0.0)
    amounts = {"rarity": np.minimum(worth, caps[level])}
    initial = initials(names, pairing)
    for kind, likeness in enumerate(LIKENESSES):
        if likeness.value in _LIKE:
            amounts[likeness.value] = ((pairing.kind == kind) & ~initial).sum(1)
    alias = names.alias[left] | names.alias[right]
    words = (pairing.kind != UNLIKE).sum(1)
    amounts |= {
        "joined": pairing.count(JOINED),
        "initial": initial.sum(1),
        "swapped": _swapped(names, pairing, left, right),
        **_disagreements(names, pairing, left, right),
        "alias": alias & (words > 1),
        "street_name": alias & (words == 1),
    }
    amounts = {name: np.where(nothing, 0.0, amounts[name].astype(np.float64)) for name in AMOUNTS}
    notes = {
        "words": words,
        "beyond": beyond,
        "left_over": pairing.left_over > 0,
        "right_over": pairing.right_over > 0,
    }
    return level, amounts, notes


def _swapped(names: Names, pairing: Pairing, left: Ints, right: Ints) -> Ints:
    """Given names that stand where the other has a sure surname."""
    there = pairing.kind != UNLIKE
    one = (pairing.left == names.first[left][:, None]) & at(names.marked[right][:, None], pairing.right)
    other = (pairing.right == names.first[right][:, None]) & at(names.marked[left][:, None], pairing.left)
    found: Ints = (there & (one | other)).sum(1)
    return found


def _disagreements(names: Names, pairing: Pairing, left: Ints, right: Ints) -> dict[str, npt.NDArray[Any]]:
    left_first = at(pairing.left_over, names.first[left])
    right_first = at(pairing.right_over, names.first[right])
    both = left_first & right_first
    one = left_first ^ right_first
    left_many = np.bitwise_count(pairing.left_over).astype(np.int64)
    right_many = np.bitwise_count(pairing.right_over).astype(np.int64)
    spare = np.abs(left_many - right_many)
    suffix, other = names.suffix[left], names.suffix[right]
    return {
        "suffix_conflict": (suffix > 0) & (other > 0) & (suffix != other),
        "conflict_first": both,
        "conflicts": np.minimum(left_many, right_many) - both,
        "omitted_first": one,
        "omitted": np.where(one, np.maximum(0, spare - 1), spare),
    }


def _levels(names: Names, pairing: Pairing, left: Ints, right: Ints) -> Ints:
    there = pairing.kind != UNLIKE
    initial = initials(names, pairing)
    pairs, whole = there.sum(1), (there & ~initial).sum(1)
    over = (pairing.left_over > 0).astype(np.int64) + (pairing.right_over > 0)
    exact = (pairing.kind == EXACT).sum(1) == pairs
    family = at(names.family[left][:, None], pairing.left) | at(names.family[right][:, None], pairing.right)
    strangers = at(pairing.left_over, names.first[left]) & at(pairing.right_over, names.first[right])
    few = (whole < 2) & (pairing.count(JOINED) == 0)
    return np.select(
        [pairs == 0, strangers, ~(family & there).any(1), few & (pairs > whole), few, over == 2, over == 1, exact],
        [CONFLICT, FAMILY, GIVEN, INITIALS, ONE_WORD, PARTIAL, WITHIN, SAME],
        CLOSE,
    )  # fmt: skip


def through_alias(found: Found) -> Bools:
    said: Bools = (found.amounts["alias"] > 0) | (found.amounts["street_name"] > 0)
    return said


def level_of(found: Found, pair: int) -> str:
    """ "contained": every word of the left name is in the right one; "contains": the reverse."""
    level = LEVELS[found.level[pair] - 1]
    if level != "within":
        return level
    return "contains" if found.notes["left_over"][pair] else "contained"


def tell(frame: Frame, found: Found, pair: int) -> Told:
    left, right = frame.names.shown[found.left[pair]], frame.names.shown[found.right[pair]]
    level = level_of(found, pair)
    said = _SAID[level]
    by_alias = left.alias or right.alias
    alias = " (an alias)" if by_alias else ""
    return Told(
        level=f"alias, {level}" if by_alias else level,
        sentence=f"The name '{left.shown}' {said} '{right.shown}'{alias}.",
        left_sentence=f"Your name '{left.shown}' {said} a name they hold.",
        right_sentence=f"Your name '{right.shown}' {said} a name they hold.",
        left_value=left.shown,
        right_value=right.shown,
    )


AGREEING = frozenset({"same", "rarity"})
AGAINST = frozenset({"conflict", "conflicts", "conflict_first", "suffix_conflict"})
COMPARISON = Comparison("names", LEVELS, AMOUNTS, compare, tell, AGREEING, AGAINST)
