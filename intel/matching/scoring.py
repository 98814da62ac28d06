"""Evidence -> one score. Bits are additive: prior + the bits of each piece of evidence is the score, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any

from intel.matching.comparisons import (
    aliases,
    births,
    identifiers,
    names,
    nationalities,
    organisations,
    places,
    sexes,
)
from intel.matching.evidence import Comparison, Evidence, Frequencies
from intel.matching.model import Band, Model, shipped
from intel.matching.normalise import Features

# What is compared, in the order it is shown. Each name is also the key of its weights in model.json.
FEATURES: tuple[tuple[str, Comparison], ...] = (
    ("identifiers", identifiers.compare),
    ("names", names.compare),
    ("organisations", organisations.compare),
    ("aliases", aliases.compare),
    ("births", births.compare),
    ("sexes", sexes.compare),
    ("nationalities", nationalities.compare),
    ("places", places.compare),
)
_TELLING_WHO = FEATURES[:3]  # without one of these agreeing, the rest is coincidence
_CIRCUMSTANCES = {"births", "places", "aliases", "nationalities"}


@dataclass(frozen=True, slots=True)
class Score:
    """`bits` are log2 odds that both sides are one; `probability` says the same between 0 and 1."""

    bits: float
    band: Band
    probability: float
    evidence: tuple[Evidence, ...]
    model_version: str

    def explanation(self) -> list[dict[str, Any]]:
        """The evidence as stored with a hit, strongest first."""
        return [each.to_json() for each in sorted(self.evidence, key=lambda each: -each.bits)]


def score(
    left: Features, right: Features, frequencies: Frequencies, model: Model | None = None
) -> Score | None:
    """The score of a pair, or None where it does not even reach "possible"."""
    model = model or shipped()
    found = _compared(_TELLING_WHO, left, right, frequencies, model)
    if not any(each.bits > 0 for each in found):
        return None  # born the same day in the same town is a coincidence, not a hit
    found += _compared(FEATURES[len(_TELLING_WHO) :], left, right, frequencies, model)
    listed = left.listed or right.listed
    prior = model.listed_prior_bits if listed else model.prior_bits
    bits = fsum([prior, *(each.bits for each in found)])  # the same whatever order they are shown in
    band = model.band_of(bits)
    if band is None and left.listed != right.listed and _stands_on_the_list(left, found):
        band = Band.POSSIBLE
    if band and _only_a_weak_name(found):
        band = Band.POSSIBLE
    return Score(bits, band, 1 / (1 + 2.0**-bits), tuple(found), model.version) if band else None


def _compared(
    features: tuple[tuple[str, Comparison], ...],
    left: Features,
    right: Features,
    frequencies: Frequencies,
    model: Model,
) -> list[Evidence]:
    found = (compare(left, right, model.weights[field], frequencies) for field, compare in features)
    return [evidence for evidence in found if evidence]


def _stands_on_the_list(left: Features, evidence: list[Evidence]) -> bool:
    """Every word of a listed name found in the subject's is for a person to dismiss, whatever the bits say:
    birth dates on sanctions lists are too often wrong to dismiss it by machine."""
    whole = {"same", "close", "contained" if left.listed else "contains"}
    return any(each.field == "names" and each.level.removeprefix("alias, ") in whole for each in evidence)


def _only_a_weak_name(evidence: list[Evidence]) -> bool:
    """A given name, a surname or a street name alone never says more than "possible", and an alias only with
    something beside it."""
    if any(each.field in {"identifiers", "organisations"} and each.bits > 0 for each in evidence):
        return False
    name = next(each for each in evidence if each.field == "names")
    if name.level.removeprefix("alias, ") in names.WEAK_LEVELS:
        return True
    supported = any(each.field in _CIRCUMSTANCES and each.bits > 0 for each in evidence)
    return name.level.startswith("alias") and not supported
