"""Nationalities, as countries."""

from __future__ import annotations

from intel.matching.evidence import Evidence, Frequencies, Weights
from intel.matching.normalise import Features


def compare(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> Evidence | None:
    """Any nationality in common; a difference counts little, for many hold two and some claim a third."""
    if not left.nationalities or not right.nationalities:
        return None
    shared = sorted(set(left.nationalities) & set(right.nationalities))
    level = "shared" if shared else "different"
    a, b = ", ".join(left.nationalities), ", ".join(right.nationalities)
    said = "agrees with" if shared else "differs from"
    return Evidence(
        field="nationalities",
        level=level,
        bits=weigh[level],
        sentence=f"Nationality {shared[0]} is on both sides."
        if shared
        else f"Nationality {a} differs from {b}.",
        left_sentence=f"Your nationality {a} {said} theirs.",
        right_sentence=f"Your nationality {b} {said} theirs.",
        left_value=a,
        right_value=b,
    )
