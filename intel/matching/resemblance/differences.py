"""What keeps two names apart: each difference with its cost in slips, their sum as a score, and the sentence for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

STEEPNESS = 1.4
_SAID = {
    # Words that stand for one another.
    "different": "'{}' is not '{}'",
    "spelling": "'{}' and '{}' are spelled nearly alike",
    "other name": "'{}' and '{}' are spelled nearly alike, but both are names",
    "sound": "'{}' and '{}' sound alike",
    "form": "'{}' and '{}' are forms of one name",
    "nickname": "'{}' and '{}' are forms of one name",
    "gender": "'{}' and '{}' are a man's and a woman's name",
    "initial": "'{}' may be the initial of '{}'",
    "script": "'{}' may be how '{}' is written in another script",
    "plural": "'{}' and '{}' are one word in singular and plural",
    "translation": "'{}' and '{}' mean the same",
    "abbreviation": "'{}' is short for '{}'",
    "type": "'{}' is not '{}'",
    # Words on one side only.
    "missing": "'{}' is in one name only",
    "one word": "a single word speaks for both",
    "suffix": "'{}' is not '{}'",
    # The whole.
    "swapped": "the words are in another order",
    "turned round": "who is the child in one name is the parent in the other",
    "spaced": "'{}' and '{}' have nearly the same letters",
    "alternative": "one name is given as another name of the same",
    "acronym": "'{}' are the initials of '{}'",
    "number": "number {} is not {}",
    "series": "number {} is not {}: perhaps another of the same series",
    "missing number": "number {} is in one name only",
    "forms": "the legal forms differ ({}, {})",
    "missing form": "one has no legal form ({})",
}


class Difference(NamedTuple):
    cost: float
    how: str
    left: str = ""
    right: str = ""

    @property
    def said(self) -> str:
        """A clause for people."""
        shown = (self.left, self.right)
        if self.how in ("initial", "abbreviation") and len(self.left) > len(self.right):
            shown = (self.right, self.left)
        return _SAID[self.how].format(*shown)


class Finding(NamedTuple):
    """All differences of two readings, and how many slips names of this length bear."""

    differences: tuple[Difference, ...]
    bearable: float
    cost: float

    @property
    def score(self) -> float:
        """1 without a difference, 0.5 at what is bearable, then ever nearer to 0."""
        return float(0.5 ** ((self.cost / self.bearable) ** STEEPNESS))


def bearable(letters: float, most: float, rate: float) -> float:
    """Slips that still leave an even chance: a share of the letters, but no more than a pen makes in one name."""
    return max(0.3, min(most, rate * letters))


def finding(differences: Iterable[Difference], bears: float) -> Finding:
    kept = tuple(difference for difference in differences if difference.cost > 0)
    return Finding(kept, bears, sum(difference.cost for difference in kept))
