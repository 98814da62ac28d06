"""Words of a text with their places, and the folded form in which names are looked up."""

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:['.-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start: int
    end: int
    folded: str
    capitalised: bool


def words_of(text: str) -> list[Word]:
    return [
        Word(match[0], match.start(), match.end(), fold(match[0]), match[0][0].isupper())
        for match in _WORD.finditer(text)
    ]


def fold(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(char for char in apart if not unicodedata.combining(char)).lower()
