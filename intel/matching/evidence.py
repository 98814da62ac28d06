"""One reason for or against a pair, and how common a value is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from intel.matching.normalise import Features, Place, postcode_parts
from intel.matching.records import Kind
from intel.matching.vocabulary import name_shares, organisation_shares

_RAREST = 1 / 25_000  # what is taken for a word that no table knows


@dataclass(frozen=True, slots=True)
class Evidence:
    """`bits` for (positive) or against (negative) the pair, in log2 odds.

    `sentence` names both sides' values and is only for readers who may see both; `left_sentence` and
    `right_sentence` each name that side's own values and nothing of the other's.
    """

    field: str
    level: str
    bits: float
    sentence: str
    left_sentence: str
    right_sentence: str
    left_value: str
    right_value: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Frequencies(Protocol):
    """How common values are among all that agencies hold."""

    def name_word(self, word: str) -> float:
        """Share of people (0..1] whose name holds the word."""

    def organisation_word(self, word: str) -> float:
        """Share of organisations (0..1] whose name holds the word."""

    def holders(self, kind: str, value: str) -> int:
        """How many records hold the identifier; 0 when nothing is known."""

    def share(self, field: str, value: str) -> float:
        """Share (0..1] of those with anything in the field who have this value (folded; a place's smallest part)."""


# What chance agreement is taken for where nothing is known of a value.
_SHARES = {
    "births": 1e-9, "places": 1 / 16, "birth_places": 1 / 64, "streets": 1 / 500, "postcodes": 1 / 4_000,
    "postcode heads": 1 / 500, "regions": 1 / 8, "occupations": 1 / 50, "categories": 1 / 8,
}  # fmt: skip


_ROWS_ELSEWHERE = 200  # how many rows of a file weigh as much as what is known without it


class CommonNames:
    """The shipped tables alone: what is known before any agency has logged a lead."""

    def name_word(self, word: str) -> float:
        return name_shares().get(word, _RAREST)

    def organisation_word(self, word: str) -> float:
        return organisation_shares().get(word, _RAREST)

    def holders(self, kind: str, value: str) -> int:
        return 0

    def share(self, field: str, value: str) -> float:
        return _SHARES[field]


class CountedValues(CommonNames):
    """A file's own counts, on top of the shipped tables: for linking many records at once."""

    def __init__(self, features: Sequence[Features]) -> None:
        self._words = _Counts(_words(features, person=True))
        self._organisation_words = _Counts(_words(features, person=False))
        self._holders = Counter(each for one in features for each in one.identifiers)
        self._values = {field: _Counts(held(one) for one in features) for field, held in _HELD.items()}

    def name_word(self, word: str) -> float:
        return self._words.share(word, super().name_word(word))

    def organisation_word(self, word: str) -> float:
        return self._organisation_words.share(word, super().organisation_word(word))

    def holders(self, kind: str, value: str) -> int:
        return self._holders[(kind, value)]

    def share(self, field: str, value: str) -> float:
        return self._values[field].share(value, super().share(field, value))


class _Counts:
    """In how many rows each value stands."""

    def __init__(self, rows: Iterable[Collection[str]]) -> None:
        self.counts: Counter[str] = Counter()
        self.rows = 0
        for row in rows:
            self.counts.update(row)
            self.rows += bool(row)

    def share(self, value: str, elsewhere: float) -> float:
        """The value's share here, drawn towards its share elsewhere: five rows cannot tell what is common."""
        return (self.counts[value] + _ROWS_ELSEWHERE * elsewhere) / (self.rows + _ROWS_ELSEWHERE)


def _words(features: Sequence[Features], *, person: bool) -> Iterator[set[str]]:
    held = (one for one in features if (one.kind == Kind.PERSON) == person)
    return ({word for name in one.names for word in name.tokens} for one in held)


def _towns(places: Sequence[Place]) -> set[str]:
    return {place.parts[0] if place.parts else place.country for place in places}


_HELD: dict[str, Callable[[Features], Collection[str]]] = {
    "births": lambda one: {str(birth) for birth in one.births},
    "places": lambda one: _towns(one.places),
    "birth_places": lambda one: _towns(one.birth_places),
    "streets": lambda one: one.streets,
    "postcodes": lambda one: one.postcodes,
    "postcode heads": lambda one: {postcode_parts(code)[1] for code in one.postcodes},
    "regions": lambda one: one.regions,
    "occupations": lambda one: one.occupations,
    "categories": lambda one: one.categories,
}
