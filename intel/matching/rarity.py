"""How rare a shared value is, in words: from the shipped public tables and the calendar alone.

Never from what agencies hold: how many records hold a name or a number would tell of files that the reader may not
see. Two readers with the same value read the same words, whoever else holds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from intel.matching.vocabulary import fold, name_shares, organisation_shares, person_words

_BIRTH_YEARS = 45  # within which most subjects of a file are born, as `comparisons.births` takes it
_SHORTEST_WORD = 2
_MOST_WORDS = 4

Table = Callable[[], Mapping[str, float]]


def in_words(field: str, value: str, other: str | None = None) -> str:
    """What agreement on `value` is worth, or "". `other` is the other side's value where the reader may see it.

    Without `other` the whole of `value` must be known to agree.
    """
    if field in {"names", "aliases"}:
        return _words(value, other, name_shares, "people’s names")
    if field == "organisations":
        return _words(value, other, organisation_shares, "names of organisations")
    if field == "births" and other in {None, value}:
        return _birth(value)
    return ""


def _words(value: str, other: str | None, table: Table, where: str) -> str:
    """Of each word in both values how common it is, the rarest first."""
    shares, words = table(), _folded(value)
    if other is not None:
        shared = _folded(other)
        words = {word: shown for word, shown in words.items() if word in shared}
    rarest = sorted(words, key=lambda word: (shares.get(word, 0.0), word))[:_MOST_WORDS]
    said = [f"“{words[word]}” in {_one_in(shares.get(word), _least(table))}" for word in rarest]
    return f"{', '.join(said)} {where}." if said else ""


def _folded(value: str) -> dict[str, str]:
    """Folded words of a name -> as written, without "de", "el", "bin" and single letters."""
    known = person_words()
    small = known.particles | known.articles
    words = {fold(word): word for word in re.findall(r"[^\W\d_]+", value)}
    return {word: shown for word, shown in words.items() if len(word) >= _SHORTEST_WORD and word not in small}


@cache
def _least(table: Table) -> float:
    """The rarest share that a table gives; what it does not hold is rarer still."""
    return min(table().values())


def _one_in(share: float | None, least: float) -> str:
    return f"fewer than 1 in {_rounded(1 / least)}" if share is None else f"about 1 in {_rounded(1 / share)}"


def _birth(value: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return f"About 1 in {_rounded(365 * _BIRTH_YEARS)} people are born on a given day."
    if re.fullmatch(r"\d{4}", value):
        return f"About 1 in {_BIRTH_YEARS} people are born in a given year."
    return ""


def _rounded(number: float) -> str:
    """Two figures are all these tables are good for: 1,786 -> 1,800."""
    whole = round(number)
    return f"{round(whole, 2 - len(str(whole))):,}"
