"""One reason for or against a pair, and how common a value is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import log2
from typing import Any, Protocol

from intel.matching.normalise import Features
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


class CommonNames:
    """The shipped tables alone: what is known before any agency has logged a lead."""

    def name_word(self, word: str) -> float:
        return name_shares().get(word, _RAREST)

    def organisation_word(self, word: str) -> float:
        return organisation_shares().get(word, _RAREST)

    def holders(self, kind: str, value: str) -> int:
        return 0


Weights = Mapping[str, float]
Comparison = Callable[[Features, Features, Weights, Frequencies], Evidence | None]


def rarity(share: float, cap: float) -> float:
    """Bits that agreement on a value held by `share` of all is worth (Fellegi and Sunter's log2 1/u), capped."""
    return min(cap, -log2(max(share, 1e-9)))
