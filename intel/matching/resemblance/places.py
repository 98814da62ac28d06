"""Addresses and places: numbers must agree, the order is free, "St." is a street."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from intel.matching.resemblance.alignment import align, join_split_words
from intel.matching.resemblance.differences import Difference, Finding, bearable, finding
from intel.matching.resemblance.read_organisations import plain
from intel.matching.resemblance.reading import WORDS, Reading
from intel.matching.vocabulary import countries

_MOST, _RATE = 2.4, 0.25
_OTHER_NUMBER, _MISSING_NUMBER = 3.0, 1.0
_EXTRA, _EXTRA_TYPE, _EXTRA_COUNTRY = 0.9, 0.3, 0.3
_OTHER_TYPE = 1.2
_OTHER_ORDER = 0.15
_TYPES = {
    full: full_and_short.split()[0]
    for full_and_short in (
        "street st str strasse straat rue calle c via ulitsa ul ulica utca rua cadde cad gata gaten vul vulytsia",
        "road rd", "avenue av ave avda avenida aven prospekt pr prosp pkt", "boulevard blvd bd bulevar bulvar", "lane ln",
        "drive dr", "square sq plaza pl platz place piazza praca plac ploshchad", "court ct", "highway hwy", "park pk",
        "apartment apt flat ap kv app appartement", "floor fl piso etage", "building bldg edificio edif korpus korp",
        "suite ste", "north n nord norte", "south s sud sur sul", "east e este est ost", "west w oeste ouest",
        "number no nr num", "saint san santa sankt", "house dom d haus casa", "box", "po", "room rm", "district raion rayon rn",
        "mount mt", "fort ft", "city", "region oblast obl",
    )
    for full in full_and_short.split()
}  # fmt: skip
_SMALL = frozenset(
    [
        "de",
        "del",
        "la",
        "le",
        "les",
        "el",
        "the",
        "of",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "der",
        "den",
        "van",
        "und",
        "and",
        "et",
        "y",
    ]
)
_JOINED_TYPE = re.compile(r"(?<=[a-z]{3})(?:strasse|str|gasse|weg|platz|gatan|gata|straat|laan|vej|utca)$")


@lru_cache(maxsize=16_384)
def read(text: str) -> tuple[Reading, ...]:
    """The words of the address, types of street as one word each, numbers apart."""
    written = [word for word in WORDS.findall(plain(text)) if word not in _SMALL]
    numbers = tuple(sorted(word.lstrip("0") for word in written if any(char.isdigit() for char in word)))
    words: list[str] = []
    for word in written:
        if not any(char.isdigit() for char in word):
            bare = _JOINED_TYPE.sub("", word)
            words += [_TYPES.get(word, word)] if bare == word else [bare, "street"]
    return (Reading(text, tuple(words), numbers),) if words or numbers else ()


def compare(left: Reading, right: Reading) -> Finding:
    bears = bearable((left.letters + right.letters) / 2, _MOST, _RATE)
    return finding(_differences(left, right), bears)


def _differences(left: Reading, right: Reading) -> Iterator[Difference]:
    one, other = join_split_words(left.words, right.words)
    alignment = align(one, other)
    for i, j, found in alignment.pairs:
        types = one[i] in _TYPES and other[j] in _TYPES
        yield Difference(min(found.cost, _OTHER_TYPE) if types else found.cost, found.how, one[i], other[j])
    known = countries()
    for word in [*(one[i] for i in alignment.only_left), *(other[j] for j in alignment.only_right)]:
        cost = _EXTRA_TYPE if word in _TYPES else _EXTRA_COUNTRY if word in known else _EXTRA
        yield Difference(cost, "missing", word)
    if not alignment.in_order:
        yield Difference(_OTHER_ORDER, "swapped")
    yield from _numbers(left.numbers, right.numbers)


def _numbers(left: tuple[str, ...], right: tuple[str, ...]) -> Iterator[Difference]:
    one, other = [n for n in left if n not in right], [n for n in right if n not in left]
    for a, b in zip(one, other, strict=False):
        yield Difference(_OTHER_NUMBER, "number", a, b)
    for spare in [*one[len(other) :], *other[len(one) :]]:
        yield Difference(_MISSING_NUMBER, "missing number", spare)
