"""Places lived in or seen at, and places of birth."""

from __future__ import annotations

from functools import partial

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cpdist

from intel.matching.comparisons.found import Comparison, Found, Told, best, distinct, spread
from intel.matching.frame import Floats, Frame, Interned, Ints
from intel.matching.normalise import Place

LEVELS = ("town", "close", "region", "country", "different")
TOWN, CLOSE, REGION, COUNTRY, DIFFERENT = range(1, 6)
AMOUNTS = ("rarity",)
_SPELT_ALIKE = 86.0  # of 100, of the smallest unit's name: "guadalajara" / "gudalajara"
_CAP = 10.0


def compare(field: str, frame: Frame, left: Ints, right: Ints) -> Found | None:
    """The smallest unit two places share."""
    places, a, b = frame.lists[field].combinations(left, right)
    if not len(places):
        return None
    low, high, back, _ = distinct(a, b)
    level = compare_places(frame, field, low, high)
    share = frame.derived(
        f"{field}.share", lambda: np.array([_share(frame, field, each) for each in frame.values[field]])
    )
    rarity = np.minimum(_CAP, -np.log2(np.maximum(share[low], share[high])))
    rarity = np.where((level > 0) & (level <= CLOSE), rarity, 0.0)
    chosen = best(places, np.where(level > 0, rarity / 100 - level, -np.inf)[back])
    back = back[chosen]
    return spread(len(left), places[chosen], level[back], {"rarity": rarity[back]}, a[chosen], b[chosen])


def _share(frame: Frame, field: str, place: Place) -> float:
    return frame.frequencies.share(field, place.parts[0] if place.parts else place.country)


def compare_places(frame: Frame, field: str, left: Ints, right: Ints) -> Ints:
    values: list[Place] = frame.values[field]
    country = frame.derived(f"{field}.country", lambda: _countries(values))
    town = frame.derived(f"{field}.town", lambda: [each.parts[0] if each.parts else "" for each in values])
    named = np.array([bool(each) for each in town])
    both_say = (country[left] > 0) & (country[right] > 0)
    abroad = both_say & (country[left] != country[right])
    named_both = named[left] & named[right]
    likeness = _alike([town[i] for i in left.tolist()], [town[j] for j in right.tolist()])
    within = np.fromiter(
        (
            bool(set(values[i].parts) & set(values[j].parts))
            for i, j in zip(left.tolist(), right.tolist(), strict=True)
        ),
        np.bool_,
        len(left),
    )
    return np.select(
        [abroad, named_both & (likeness == 100), named_both & (likeness >= _SPELT_ALIKE), within, both_say],
        [DIFFERENT, TOWN, CLOSE, REGION, COUNTRY],
        np.where(named_both, DIFFERENT, 0),
    )


def _countries(values: list[Place]) -> Ints:
    """A number for each country, 0 where none is named."""
    held: Interned[str] = Interned()
    held.id("")
    return np.array([held.id(each.country) for each in values], np.int64)


def _alike(left: list[str], right: list[str]) -> Floats:
    found: Floats = cpdist(left, right, scorer=fuzz.ratio, dtype=np.float64)
    return found


def tell(field: str, frame: Frame, found: Found, pair: int) -> Told:
    a, b = (frame.values[field][side[pair]].shown for side in (found.left, found.right))
    level = LEVELS[found.level[pair] - 1]
    what = "birthplace" if field == "birth_places" else "place"
    if level == "different":
        return Told(level, f"'{a}' and '{b}' are different places.", f"Your {what} '{a}' differs from theirs.",
                    f"Your {what} '{b}' differs from theirs.", a, b)  # fmt: skip
    unit = "town" if level == "close" else level
    return Told(
        level=level,
        sentence=f"'{a}' and '{b}' are in the same {unit}.",
        left_sentence=f"Your {what} '{a}' is in the same {unit} as one they hold.",
        right_sentence=f"Your {what} '{b}' is in the same {unit} as one they hold.",
        left_value=a,
        right_value=b,
    )


AGREEING = frozenset({"town", "rarity"})
AGAINST = frozenset({"different"})


def _comparison(field: str) -> Comparison:
    return Comparison(
        field, LEVELS, AMOUNTS, partial(compare, field), partial(tell, field), AGREEING, AGAINST
    )


PLACES, BIRTH_PLACES = _comparison("places"), _comparison("birth_places")
