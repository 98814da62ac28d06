"""Places lived in, born in or seen at."""

from __future__ import annotations

from intel.matching.evidence import Evidence, Frequencies, Weights
from intel.matching.normalise import Features, Place
from intel.matching.words import Likeness, likeness

_CLOSE = (Likeness.EXACT, Likeness.TYPO, Likeness.SOUND)
_LEVELS = ("town", "region", "country")


def compare(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> Evidence | None:
    """The smallest unit two places share. No common place says nothing: people move, and are moved."""
    found = [
        (_LEVELS.index(level), level, a, b)
        for a in left.places
        for b in right.places
        if (level := shared_unit(a, b))
    ]
    if not found:
        return None
    _, level, a, b = min(found, key=lambda each: each[0])
    return Evidence(
        field="places",
        level=level,
        bits=weigh[level],
        sentence=f"'{a.shown}' and '{b.shown}' are in the same {level}.",
        left_sentence=f"Your place '{a.shown}' is in the same {level} as one they hold.",
        right_sentence=f"Your place '{b.shown}' is in the same {level} as one they hold.",
        left_value=a.shown,
        right_value=b.shown,
    )


def shared_unit(left: Place, right: Place) -> str | None:
    if left.country and right.country and left.country != right.country:
        return None
    if left.parts and right.parts:
        if likeness(left.parts[0], right.parts[0]) in _CLOSE and len(left.parts[0]) > 1:
            return "town"
        if set(left.parts) & set(right.parts):
            return "region"
    return "country" if left.country and left.country == right.country else None
