"""What extraction answers: a span of the text and what it says."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `start` and `end` count characters of the text as it was given.

    `kind` is an identifier kind, or date, age, country, nationality, place or person. `value` is canonical, `display`
    is read, `note` is a sentence of doubt. `fields` holds what belongs to it: name, aliases (joined by "; "), age,
    place, nationality and birth_date of a person; country, lat and lon of a place.
    """

    kind: str
    start: int
    end: int
    raw: str
    value: str
    display: str
    confidence: float
    note: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)


def without_overlaps(candidates: Iterable[Finding]) -> list[Finding]:
    """The strongest finding of each stretch, the longer of equals; in order of the text."""
    starts: list[int] = []
    chosen: list[Finding] = []
    for found in sorted(
        candidates, key=lambda f: (-round(f.confidence, 1), f.start - f.end, f.start, f.kind)
    ):
        at = bisect_left(starts, found.start)
        clear_before = at == 0 or chosen[at - 1].end <= found.start
        clear_after = at == len(chosen) or found.end <= chosen[at].start
        if clear_before and clear_after:
            starts.insert(at, found.start)
            chosen.insert(at, found)
    return chosen
