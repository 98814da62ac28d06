"""How likely a Latin word is as any name at all: the background that agreement is measured against."""

from __future__ import annotations

import gzip
import math
from functools import cache, lru_cache

from intel.matching.scripts.tables import DATA, EDGE, Counts, read

ORDER = 3
ALPHABET = 27  # with the end of the word


class Letters:
    """Letter n-grams, interpolated as the tables of signs are."""

    def __init__(self, counts: Counts) -> None:
        self._followers = {
            before: (followers, sum(followers.values()), len(followers))
            for before, followers in counts.items()
        }

        self._known: dict[str, float] = {}

    def log_chance(self, word: str) -> float:
        text = EDGE * (ORDER - 1) + word + EDGE
        return sum(self._log_chance(text[at : at + ORDER]) for at in range(len(text) - ORDER + 1))

    def _log_chance(self, letters: str) -> float:
        """Of the last letter, after those before it."""
        if letters not in self._known:
            chance = 1 / ALPHABET
            for start in range(ORDER - 1, -1, -1):
                if known := self._followers.get(letters[start:-1]):
                    followers, total, kinds = known
                    chance = (followers.get(letters[-1], 0) + kinds * chance) / (total + kinds)
            self._known[letters] = math.log(chance)
        return self._known[letters]


def counted(words: list[str]) -> Counts:
    """The counts behind a background, from a list of names."""
    counts: Counts = {}
    for word in words:
        text = EDGE * (ORDER - 1) + word + EDGE
        for at in range(ORDER - 1, len(text)):
            for length in range(ORDER):
                followers = counts.setdefault(text[at - length : at], {})
                followers[text[at]] = followers.get(text[at], 0) + 1
    return counts


@cache
def _shipped() -> Letters:
    with gzip.open(DATA / "letters.tsv.gz", "rt", encoding="utf-8") as lines:
        return Letters(read(lines))


@lru_cache(maxsize=131_072)
def background(word: str) -> float:
    return _shipped().log_chance(word)
