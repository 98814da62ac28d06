"""Recorded sex."""

from __future__ import annotations

from intel.matching.evidence import Evidence, Frequencies, Weights
from intel.matching.normalise import Features

_WORDS = {"F": "female", "M": "male", "X": "unspecified"}


def compare(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> Evidence | None:
    """Both sides say F or M; "X" (unspecified in a document) speaks neither for nor against."""
    if {left.sex, right.sex} - {"F", "M"}:
        return None
    level = "same" if left.sex == right.sex else "different"
    said = "agrees with" if level == "same" else "differs from"
    a, b = _WORDS[left.sex], _WORDS[right.sex]
    return Evidence(
        field="sexes",
        level=level,
        bits=weigh[level],
        sentence=f"Sex {a} {said} {b}." if a != b else f"Both are recorded as {a}.",
        left_sentence=f"Your recorded sex ({a}) {said} theirs.",
        right_sentence=f"Your recorded sex ({b}) {said} theirs.",
        left_value=a,
        right_value=b,
    )
