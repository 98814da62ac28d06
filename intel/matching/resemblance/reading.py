"""One way of reading a name as written, and what all kinds of names have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

WORDS = re.compile(r"[a-z0-9]+")
IN_WORD = re.compile(r"(?<=\w)['’‘ʼʻ`´](?=\w)")
BRACKETS = re.compile(r"[(\[{]([^)\]}]*)[)\]}]")
QUOTED = re.compile(r"[\"“”„«»]([^\"“”„«»]+)[\"“”„«»]")
ALSO = re.compile(
    r"[\s,;]+(?:a\.?\s?k\.?\s?a\.?|f\.?k\.?a\.?|also known as|formerly known as|formerly|alias|dit|genannt)[\s:]+"
    r"|\s*[;|]\s*",
    re.IGNORECASE,
)
MOST_READINGS = 8  # no name is said in more ways; a list in one cell must not be compared each with each
_ROMAN = re.compile(r"(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}


@dataclass(frozen=True, slots=True)
class Reading:
    """`words` and `numbers` are compared; the rest is what stood beside them."""

    shown: str
    words: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    form: str = ""
    suffix: str = ""
    filiation: bool = False  # "bin", "ben", "ould": the order says who is whose child
    aside: frozenset[str] = frozenset()  # titles, particles: their absence on one side costs next to nothing
    together: str = ""  # all words, particles too, as one
    initials: frozenset[str] = frozenset()
    syllables: bool = False
    alternative: bool = False

    @property
    def letters(self) -> int:
        return sum(map(len, self.words))


@lru_cache(maxsize=65_536)
def is_number(word: str) -> bool:
    """Whether a word counts: "3", "iii", "2004", "ar16"."""
    return any(char.isdigit() for char in word) or bool(_ROMAN.fullmatch(word))


def number_of(word: str) -> str:
    """Roman figures as digits, so that "Fund III" is "Fund 3"."""
    if any(char.isdigit() for char in word):
        return word.lstrip("0") or "0"
    values = [_ROMAN_VALUES[letter] for letter in word]
    return str(sum(-value if value < max(values[i:]) else value for i, value in enumerate(values)))


def is_foreign(char: str) -> bool:
    """Whether a letter belongs to a script other than Latin (and so is not merely a Latin letter with a mark)."""
    return char > "\u0370" and not "\u1e00" <= char <= "\u1eff" and char.isalpha()
