"""Blocking keys: two records are compared when they share at least one that is not too common.

Keys are readable here ("pair:kskr mrtns"); `engine` stores only a keyed hash of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

from intel.matching.naming import Name
from intel.matching.normalise import Features
from intel.matching.records import Kind
from intel.matching.vocabulary import full_names, name_shares
from intel.matching.words import skeleton

_MOST_WORDS = 5  # of one name that are paired
_MOST_BIRTH_YEARS = 4
_WIDEST_SPAN_DAYS = 3 * 366  # a wider "born in the seventies" blocks nothing
_COMMON_SHARE = 0.001
_SHORTEST_HALVED = 8
_SHORTEST_JOINED = 6


def keys(features: Features) -> frozenset[str]:
    """Every family's keys of one record."""
    found: set[str] = set(_identifier_keys(features))
    if features.kind == Kind.PERSON:
        for name in features.names:
            found.update(_person_keys(name, features))
    else:
        for name in features.names:
            found.update(_organisation_keys(name))
    return frozenset(found)


def _identifier_keys(features: Features) -> Iterator[str]:
    for kind, value in features.identifiers:
        yield f"id:{kind} {value}"
        if len(value) >= _SHORTEST_HALVED:
            middle = len(value) // 2
            yield f"head:{kind} {value[:middle]}"
            yield f"tail:{kind} {value[middle:]}"


def _person_keys(name: Name, features: Features) -> Iterator[str]:
    words = [word for word in name.tokens if len(word) > 1][:_MOST_WORDS]
    if len(name.tokens) == 1 or name.alias:
        yield f"whole:{' '.join(sorted(name.tokens))}"
    yield from _pair_keys(words)
    yield from _initial_keys(name, words)
    yield from _birth_keys(words, features)
    yield from (f"rare:{word}" for word in words if name_shares().get(word, 0.0) < _COMMON_SHARE)
    towns = {place.parts[0] for place in features.places if place.parts}
    yield from (f"place:{town} {skeleton(word)}" for town in towns for word in words)


def _pair_keys(words: list[str]) -> Iterator[str]:
    """Two sounds in either order, nicknames spelt out, and both run together ("ana maria", "anamaria")."""
    heard = {word: _heard(word) for word in words}
    for left, right in combinations(words, 2):
        yield from (f"pair:{' '.join(sorted(both))}" for both in product(heard[left], heard[right]))
        yield f"joined:{skeleton(left + right)}"
    yield from (f"joined:{skeleton(word)}" for word in words if len(word) > _SHORTEST_JOINED)


def _heard(word: str) -> list[str]:
    """The word's sound, and those of the full names it may be short for."""
    return sorted({skeleton(word), *(skeleton(full) for full in full_names().get(word, ()))})[:4]


def _initial_keys(name: Name, words: list[str]) -> Iterator[str]:
    """Surname and first letter, for "J. Castaneda"; where the text marks no surname, the last word is one."""
    surnames = [name.tokens[i] for i in name.surnames] or [name.tokens[-1]]
    for surname in surnames:
        for other in name.tokens:
            if other != surname and surname in words:
                yield f"initial:{other[0]} {skeleton(surname)}"


def _birth_keys(words: list[str], features: Features) -> Iterator[str]:
    for span in features.births:
        if span.days > _WIDEST_SPAN_DAYS:
            continue
        years = range(span.earliest.year, span.latest.year + 1)
        if span.days > 1:  # an age may be a birthday out
            years = range(span.earliest.year - 1, span.latest.year + 2)
        for word in words:
            for year in years[:_MOST_BIRTH_YEARS]:
                yield f"born:{year} {skeleton(word)}"
        if span.days == 1:
            day, month = sorted((span.earliest.day, span.earliest.month))
            for word in words:
                yield f"birthday:{span.earliest.year}-{day}-{month} {word[0]}"


def _organisation_keys(name: Name) -> Iterator[str]:
    yield f"named:{' '.join(sorted(name.tokens))}"
    words = [word for word in name.tokens if len(word) > 1][:_MOST_WORDS]
    for left, right in combinations(words, 2):
        yield f"both:{' '.join(sorted((skeleton(left), skeleton(right))))}"
    for word in words:
        yield f"word:{skeleton(word)}"
    if len(words) > 1:
        yield f"joined:{skeleton(''.join(words))}"
