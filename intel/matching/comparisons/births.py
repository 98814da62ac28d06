"""Dates of birth, full or as wide as an age leaves them."""

from __future__ import annotations

from math import log2

from rapidfuzz.distance import Hamming

from intel.matching.evidence import Evidence, Frequencies, Weights
from intel.matching.normalise import Features
from intel.matching.records import DateSpan

_BIRTH_DAYS_IN_USE = 45 * 365  # subjects of one file are mostly born within some 45 years
_YEAR = 366
_SAID = {
    "agree": "agrees with",
    "swapped": "agrees, day and month exchanged, with",
    "digit": "differs by one digit from",
    "month_or_day": "has the year of",
    "year_apart": "lies within a year of",
    "two_years_apart": "lies one to two years from",
    "years_apart": "lies two to five years from",
    "far_apart": "lies over five years from",
}


def compare(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> Evidence | None:
    """The closest two of the birth dates each side gives; an age counts as the year it leaves open."""
    if not left.births or not right.births:
        return None
    judged = [(*judge(a, b, weigh), a, b) for a in left.births for b in right.births]
    bits, level, a, b = max(judged, key=lambda found: found[0])
    said = _SAID[level]
    return Evidence(
        field="births",
        level=level.replace("_", " "),
        bits=round(bits, 3),
        sentence=f"Birth {a} {said} {b}.",
        left_sentence=f"Your birth date {a} {said} one they hold.",
        right_sentence=f"Your birth date {b} {said} one they hold.",
        left_value=str(a),
        right_value=str(b),
    )


def judge(left: DateSpan, right: DateSpan, weigh: Weights) -> tuple[float, str]:
    """Bits and level. Overlap by chance has odds (days of both spans) / (days in use): narrower says more."""
    gap = left.gap_to(right)
    if gap == 0:
        chance = (left.days + right.days - 1) / _BIRTH_DAYS_IN_USE
        return min(weigh["cap"], -log2(min(chance, 1.0))) + weigh["agree"], "agree"
    if left.days == right.days == 1 and (slip := _slip(left, right)):
        return weigh[slip], slip
    for level, reach in (("year_apart", 1), ("two_years_apart", 2), ("years_apart", 5)):
        if gap <= reach * _YEAR:
            return weigh[level], level
    return weigh["far_apart"], "far_apart"


def _slip(left: DateSpan, right: DateSpan) -> str | None:
    a, b = left.earliest, right.earliest
    if a.year == b.year and (a.day, a.month) == (b.month, b.day):
        return "swapped"
    if Hamming.distance(a.isoformat(), b.isoformat()) == 1:
        return "digit"
    return "month_or_day" if a.year == b.year else None
