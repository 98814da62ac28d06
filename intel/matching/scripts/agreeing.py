"""Whether two single words are one name, in whatever scripts they are written."""

from __future__ import annotations

import math
from functools import lru_cache

from intel.matching.scripts.lattice import Lattice, fit
from intel.matching.scripts.letters import background
from intel.matching.scripts.signs import is_latin, tidy
from intel.matching.scripts.spelling import (
    Reading,
    customary_spellings,
    latin_forms,
    lattices,
    spellings,
)
from intel.matching.scripts.tables import calibration

WORST = -40.0  # natural-log units; worse is no more telling
CUSTOMARY = 0.98  # a spelling that the source has met for that very word
# One foreign word stands for several Latin names (ルイス: Lewis, Luis), so there are no pairs to tell spellings of one
# name from neighbours by: set by eye between Mohammed/Muhammad, Stephen/Steven and Maria/Mario, Garcia/Garza.
STEEPNESS, ENOUGH = 1.5, 2.2
BEYOND_REPAIR = -6.0  # evidence that the other direction cannot make up for


def agreement(left: str, right: str) -> float:
    """0 to 1, symmetric: 0.5 and more is worth calling one name, in every script. What holds no letter agrees
    with nothing."""
    first, second = sorted((tidy(left), tidy(right)))
    return _agreement(first, second)


@lru_cache(maxsize=131_072)
def _agreement(left: str, right: str) -> float:
    if left == right:
        return 1.0 if spellings(left) else 0.0
    if is_latin(left) and is_latin(right):
        return _spelled_alike(latin_forms(left), latin_forms(right))
    if is_latin(left):
        return _transcribed(right, latin_forms(left))
    if is_latin(right):
        return _transcribed(left, latin_forms(right))
    return (_transcribed(left, spellings(right)) + _transcribed(right, spellings(left))) / 2


def _spelled_alike(left: tuple[str, ...], right: tuple[str, ...]) -> float:
    """Two Latin words. The evidence is averaged, not the chance: Robert may be cut from Roberta, hardly grown to it."""
    if set(left) & set(right):
        return 1.0
    found = [_mutual_evidence(one, other) for one in left for other in right]
    return _spelling_chance(max(found)) if found else 0.0


def _mutual_evidence(left: str, right: str) -> float:
    forth = _evidence(left, right)
    return forth if forth < BEYOND_REPAIR else (forth + _evidence(right, left)) / 2


def _evidence(word: str, letters: str) -> float:
    return _per_length(gain(lattices(word)[0].choices, letters), letters)


def _transcribed(word: str, forms: tuple[str, ...]) -> float:
    """The best chance that a word of another script is spelled as one of the Latin forms."""
    if not customary_spellings(word).keys().isdisjoint(forms):
        return CUSTOMARY
    return max((_chance(reading, word, form) for reading in lattices(word) for form in forms), default=0.0)


def _chance(reading: Reading, word: str, letters: str) -> float:
    found = gain(reading.choices, letters)
    weights = calibration().get(reading.script)
    if weights is None:
        return _spelling_chance(_per_length(found, letters))
    facts = telling(found, letters, word)
    return _logistic(sum(weight * fact for weight, fact in zip(weights, facts, strict=True)))


def gain(choices: Lattice, letters: str) -> float:
    """Natural log of how much likelier the letters are as this word's spelling than as any name's."""
    return max(fit(choices, letters) - background(letters), WORST)


def telling(found: float, letters: str, word: str) -> tuple[float, float, float, float]:
    """What the calibration weighs: a constant, the gain, and both lengths, because long words gain more easily."""
    return 1.0, found, float(min(len(letters), 12)), float(min(len(tidy(word)), 9))


def _per_length(found: float, letters: str) -> float:
    return found / math.sqrt(len(letters) + 3)


def _spelling_chance(evidence: float) -> float:
    return _logistic(STEEPNESS * (evidence - ENOUGH))


def _logistic(total: float) -> float:
    return 1 / (1 + math.exp(-max(total, -30.0)))
