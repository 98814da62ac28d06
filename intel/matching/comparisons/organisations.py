"""Names of organisations, vessels and places of business: rare words count, legal forms hardly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from intel.matching.comparisons.found import Comparison, Found, Told, best, distinct, spread
from intel.matching.comparisons.pairing import (
    EXACT,
    INITIAL,
    JOINED,
    Pairing,
    at,
    pair_words,
    rarities,
)
from intel.matching.frame import LIKENESSES, MOST_WORDS, UNLIKE, Floats, Frame, Ints, Names
from intel.matching.model import shipped
from intel.matching.words import Likeness

LEVELS = ("same", "close", "partial", "conflict")
SAME, CLOSE, PARTIAL, CONFLICT = range(1, 5)
_LIKE = tuple(each.value for each in LIKENESSES if each not in (Likeness.EXACT, Likeness.INITIAL))
AMOUNTS = ("rarity", *_LIKE, "missing", "form_conflict")
_WORD_CAP, _MISSING_CAP = 10.0, 8.0
_SAID = {
    "same": "is the same as",
    "close": "agrees closely with",
    "partial": "agrees in part with",
    "conflict": "differs from",
}


def compare(frame: Frame, left: Ints, right: Ints) -> Found | None:
    """Two organisations' names, aliases included, without "Ltd", "S.A. de C.V." and the like."""
    names = frame.organisations
    same_kind = np.flatnonzero(frame.kinds[left] == frame.kinds[right])
    places, a, b = names.lists.combinations(left[same_kind], right[same_kind])
    if not len(places):
        return None
    low, high, back, _ = distinct(a, b)
    level, amounts = compare_names(names, low, high)
    weigh = shipped().weights["organisations"]
    merit = np.array([0.0, *(weigh[name] for name in LEVELS)])[level] - 1e-7 * level
    for order, name in enumerate(AMOUNTS):
        merit = merit + (weigh[name] + 1e-6 * (order + 1)) * amounts[name]
    chosen = best(places, np.round(merit, 9)[back])
    back = back[chosen]
    spoken = {name: values[back] for name, values in amounts.items()}
    return spread(len(left), same_kind[places[chosen]], level[back], spoken, a[chosen], b[chosen])


def compare_names(names: Names, left: Ints, right: Ints) -> tuple[Ints, dict[str, Floats]]:
    pairing = pair_words(names, left, right)
    worth = rarities(names, pairing, _WORD_CAP)
    worth[pairing.kind == INITIAL] = 0.5
    agreed = worth.sum(1)
    missing = _missing(names, pairing.left_over, left) + _missing(names, pairing.right_over, right)
    nothing = (pairing.kind == UNLIKE).all(1)
    exact = (missing == 0) & (
        (pairing.kind == EXACT) | (pairing.kind == JOINED) | (pairing.kind == UNLIKE)
    ).all(1)
    level = np.select([nothing, exact, missing <= agreed / 4], [CONFLICT, SAME, CLOSE], PARTIAL)
    form, other = names.form[left], names.form[right]
    amounts: dict[str, npt.NDArray[np.generic]] = {
        "rarity": agreed,
        "missing": missing,
        "form_conflict": (form > 0) & (other > 0) & (form != other),
        **_kinds(pairing),
    }
    return level, {name: np.where(nothing, 0.0, amounts[name].astype(np.float64)) for name in AMOUNTS}


def _kinds(pairing: Pairing) -> dict[str, npt.NDArray[np.generic]]:
    return {each.value: pairing.count(kind) for kind, each in enumerate(LIKENESSES) if each.value in _LIKE}


def _missing(names: Names, over: Ints, ids: Ints) -> Floats:
    """Rarity of the words that found no counterpart."""
    worth = np.minimum(_MISSING_CAP, -np.log2(np.maximum(names.words.share, 1e-9)))
    wide = names.tokens.shape[1]
    left_out = at(over[:, None], np.arange(min(wide, MOST_WORDS))[None, :])
    total: Floats = np.where(left_out, worth[names.tokens[ids]], 0.0).sum(1)
    return total


def tell(frame: Frame, found: Found, pair: int) -> Told:
    left = frame.organisations.shown[found.left[pair]].shown
    right = frame.organisations.shown[found.right[pair]].shown
    level = LEVELS[found.level[pair] - 1]
    said = _SAID[level]
    return Told(
        level=level,
        sentence=f"The name '{left}' {said} '{right}'.",
        left_sentence=f"Your name '{left}' {said} a name they hold.",
        right_sentence=f"Your name '{right}' {said} a name they hold.",
        left_value=left,
        right_value=right,
    )


AGREEING = frozenset({"same", "close", "rarity"})
AGAINST = frozenset({"conflict", "missing", "form_conflict"})
COMPARISON = Comparison("organisations", LEVELS, AMOUNTS, compare, tell, AGREEING, AGAINST)
