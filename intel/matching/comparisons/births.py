"""Dates of birth, full or as wide as an age leaves them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from intel.matching.comparisons.found import Comparison, Found, Told, best, spread
from intel.matching.frame import Bools, Floats, Frame, Ints, span_days
from intel.matching.model import shipped

LEVELS = (
    "agree", "swapped", "digit", "year_and_month", "year_and_day", "other_year", "month_or_day", "year_apart",
    "two_years_apart", "years_apart", "far_apart",
)  # fmt: skip
AGREE = 1
AMOUNTS = ("rarity",)
_CAP = 12.0
_DAYS_IN_USE = 45 * 365  # subjects of one file are mostly born within some 45 years
_NEW_YEARS_DAYS = 60  # a first of January often stands for a year of which nobody knew the day
_YEAR = 366
_SAID = {
    "agree": "agrees with",
    "swapped": "agrees, day and month exchanged, with",
    "digit": "differs by one digit from",
    "year_and_month": "has the year and month of",
    "year_and_day": "has the year and day of",
    "other_year": "has the day and month of",
    "month_or_day": "has the year of",
    "year_apart": "lies within a year of",
    "two_years_apart": "lies one to two years from",
    "years_apart": "lies two to five years from",
    "far_apart": "lies over five years from",
}


def compare(frame: Frame, left: Ints, right: Ints) -> Found | None:
    """The closest two of the birth dates each side gives; an age counts as the year it leaves open."""
    places, a, b = frame.lists["births"].combinations(left, right)
    if not len(places):
        return None
    days = frame.derived("births.days", lambda: span_days(frame.values["births"]))
    digits = frame.derived("births.digits", lambda: _digits(frame))
    level = _levels(days[a], days[b], digits[a], digits[b])
    rarity = np.where(level == AGREE, _rarity(frame, days, a, b), 0.0)
    weigh = shipped().weights["births"]
    merit = (
        np.array([0.0, *(weigh[name] for name in LEVELS)])[level] + weigh["rarity"] * rarity - 1e-6 * level
    )
    chosen = best(places, merit)
    return spread(len(left), places[chosen], level[chosen], {"rarity": rarity[chosen]}, a[chosen], b[chosen])


def _digits(frame: Frame) -> npt.NDArray[np.int8]:
    """Year, month and day as written: shape (births, 8)."""
    written = [f"{birth.earliest:%Y%m%d}".rjust(8, "0") for birth in frame.values["births"]]
    return np.array([[int(digit) for digit in each] for each in written], np.int8).reshape(-1, 8)


def _rarity(frame: Frame, days: Ints, a: Ints, b: Ints) -> Floats:
    """Overlap by chance has odds (days of both) / (days in use); a day that the file gives many people says less."""
    width = days[:, 1] - days[:, 0] + 1
    digits = frame.derived("births.digits", lambda: _digits(frame))
    width = np.where((width == 1) & _new_year(digits), _NEW_YEARS_DAYS, width)
    by_chance = (width[a] + width[b] - 1) / _DAYS_IN_USE
    share = frame.derived(
        "births.share",
        lambda: np.array([frame.frequencies.share("births", str(birth)) for birth in frame.values["births"]]),
    )
    chance = np.maximum(by_chance, np.minimum(share[a], share[b]))
    rarity: Floats = np.minimum(_CAP, -np.log2(np.minimum(chance, 1.0)))
    return rarity


def _new_year(digits: npt.NDArray[np.int8]) -> Bools:
    found: Bools = (digits[:, 4:] == (0, 1, 0, 1)).all(1)
    return found


def _levels(left: Ints, right: Ints, x: npt.NDArray[np.int8], y: npt.NDArray[np.int8]) -> Ints:
    gap = np.maximum(0, np.maximum(left[:, 0] - right[:, 1], right[:, 0] - left[:, 1]))
    full = (left[:, 0] == left[:, 1]) & (right[:, 0] == right[:, 1])
    same = x == y
    full &= ~(same[:, 4:].all(1) & _new_year(x))  # both say hardly more than the year
    year, month, day = same[:, :4].all(1), same[:, 4:6].all(1), same[:, 6:].all(1)
    exchanged = (x[:, 4:6] == y[:, 6:]).all(1) & (x[:, 6:] == y[:, 4:6]).all(1)

    def both(found: Bools) -> Bools:
        said: Bools = full & found
        return said

    return np.select(
        [
            gap == 0, both(year & exchanged), both(same.sum(1) == 7), both(year & month), both(year & day),
            both(month & day), both(year), gap <= _YEAR, gap <= 2 * _YEAR, gap <= 5 * _YEAR,
        ],
        range(1, 11),
        11,
    )  # fmt: skip


def tell(frame: Frame, found: Found, pair: int) -> Told:
    left, right = (frame.values["births"][side[pair]] for side in (found.left, found.right))
    level = LEVELS[found.level[pair] - 1]
    said = _SAID[level]
    return Told(
        level=level.replace("_", " "),
        sentence=f"Birth {left} {said} {right}.",
        left_sentence=f"Your birth date {left} {said} one they hold.",
        right_sentence=f"Your birth date {right} {said} one they hold.",
        left_value=str(left),
        right_value=str(right),
    )


AGREEING = frozenset({"agree", "swapped", "rarity"})
AGAINST = frozenset({"far_apart", "years_apart"})
COMPARISON = Comparison("births", LEVELS, AMOUNTS, compare, tell, AGREEING, AGAINST)
