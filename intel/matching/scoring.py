"""Findings -> one score. Bits are additive: prior + the bits of each piece of evidence is the score, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt

from intel.matching.company import Company, company
from intel.matching.comparing import Compared, compare, in_chunks
from intel.matching.comparisons import Comparison, names
from intel.matching.evidence import Evidence, Frequencies
from intel.matching.frame import Bools, Floats, Frame, Ints
from intel.matching.model import Band, Model, shipped
from intel.matching.normalise import Features

BANDS = tuple(Band)  # from the strongest; in arrays of bands a place in it, NO_BAND where none is reached
NO_BAND = len(BANDS)
_POSSIBLE = BANDS.index(Band.POSSIBLE)
# Without one of these agreeing, the rest is coincidence: born the same day in the same town is no hit.
_TELLING_WHO = ("identifiers", "emails", "phones", "names", "organisations")
_CIRCUMSTANCES = ("births", "places", "aliases", "nationalities", "birth_places", "postcodes", "streets")
_DECIMALS = 3


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


@dataclass(frozen=True, slots=True)
class Scored:
    """`bits` of every pair, and its place in BANDS (NO_BAND where it does not even reach "possible")."""

    bits: Floats
    bands: npt.NDArray[np.int8]


def score(
    left: Features, right: Features, frequencies: Frequencies, model: Model | None = None
) -> Score | None:
    """The score of one pair, or None where it does not even reach "possible"."""
    frame = Frame.of([left, right], frequencies)
    return explain(frame, np.array([0]), np.array([1]), model)[0]


def scored(frame: Frame, left: Ints, right: Ints, model: Model | None = None) -> Scored:
    """Bits and bands of any number of pairs (indices into the frame), in bounded memory."""
    model = model or shipped()
    said = np.empty(len(left))
    bands = np.empty(len(left), np.int8)
    for part, compared in in_chunks(frame, left, right):
        by_field = _by_field(compared, model)
        said[part] = _total(compared, by_field, model)
        bands[part] = _bands(compared, by_field, frame.listed[left[part]], frame.listed[right[part]], model)
    return Scored(said, bands)


def second_look(
    left: Ints, right: Ints, first: Floats, records: int, model: Model
) -> tuple[Floats, Company | None]:
    """For whole files: the bits of `scored` (pairs ascending, left < right) corrected by the company each pair keeps,
    and that company, which `explain` wants to be told of. A model without a second look changes nothing."""
    if not model.second_look:
        return first, None
    kept = company(left, right, first, records)
    look = model.second_look
    said = look["scale"] * first + look["prior_bits"] + kept.bits(look)
    return np.asarray(np.round(said, _DECIMALS), np.float64), kept


def bits(compared: Compared, model: Model) -> Floats:
    """Log2 odds of each pair: the prior and the bits of each field."""
    return _total(compared, _by_field(compared, model), model)


def _by_field(compared: Compared, model: Model) -> dict[str, Floats]:
    return {each.field: field_bits(compared, each, model) for each in compared.comparisons}


def _total(compared: Compared, by_field: dict[str, Floats], model: Model) -> Floats:
    total = _sum(compared, by_field, model)
    rounded: Floats = np.round(total - by_chance(compared, total, model), _DECIMALS)
    return rounded


def _sum(compared: Compared, by_field: dict[str, Floats], model: Model) -> Floats:
    total: Floats = np.where(compared.listed, model.listed_prior_bits, model.prior_bits).astype(np.float64)
    for said in by_field.values():
        total = total + said
    rounded: Floats = np.round(total, _DECIMALS)
    return rounded


def by_chance(compared: Compared, total: Floats, model: Model) -> Floats:
    """By how many bits `total` is too much for a file of this size.

    In a million rows common names meet by the thousand. However the pairs that were compared look, two rows are no
    likelier one than the odds of any two rows, times how rare is everything in which they agree.
    """
    if model.random_bits is None:
        return np.zeros(len(compared))
    excess: Floats = total - (model.random_bits + agreement(compared))
    return np.asarray(np.round(np.where(excess > 0, excess, 0.0), _DECIMALS), np.float64)


def agreement(compared: Compared) -> Floats:
    """How rare it is that two rows agree in all that these agree in, in bits, by the shipped weights."""
    agree: Floats = np.zeros(len(compared))
    for each in compared.comparisons:
        agree = agree + np.maximum(0.0, field_bits(compared, each, shipped()))
    if "names" in compared.found:
        beyond: Floats = compared.found["names"].notes["beyond"]
        agree = agree + beyond
    return agree


def field_bits(compared: Compared, comparison: Comparison, model: Model) -> Floats:
    """What one field says, to the thousandth of a bit, so that what is shown adds up to the score."""
    found = compared.found[comparison.field]
    weigh = [0.0, *(model.weight(comparison.field, level) for level in comparison.levels)]
    said = np.array(weigh)[found.level]
    for amount in comparison.amounts:
        if weight := model.weight(comparison.field, amount):
            said = said + weight * found.amounts[amount]
    rounded: Floats = np.round(said, _DECIMALS)
    return rounded


def explain(
    frame: Frame,
    left: Ints,
    right: Ints,
    model: Model | None = None,
    *,
    all_bands: bool = False,
    kept: Company | None = None,
) -> list[Score | None]:
    """The scores of a few pairs, in words; None for those that reach no band, unless `all_bands`.

    `kept` is the company of these pairs after a second look.
    """
    model = model or shipped()
    compared = compare(frame, left, right)
    look = model.second_look if kept else {"scale": 1.0, "prior_bits": 0.0}
    by_field = _by_field(compared, model)
    bands = _bands(compared, by_field, frame.listed[left], frame.listed[right], model)
    said = {field: np.round(look["scale"] * own, _DECIMALS) for field, own in by_field.items()}
    priors = np.where(compared.listed, model.listed_prior_bits, model.prior_bits)
    priors = np.round(look["scale"] * priors + look["prior_bits"], _DECIMALS)
    beside = kept.bits(look) if kept else np.zeros(len(compared))
    over = by_chance(compared, _sum(compared, by_field, model), model)
    over = np.round(look["scale"] * over, _DECIMALS)
    found: list[Score | None] = []
    for pair, band in enumerate(bands.tolist()):
        if band == NO_BAND and not all_bands:
            found.append(None)
            continue
        evidence = _told(frame, compared, pair, said)
        if kept and (seen := kept.tell(pair, float(beside[pair]))):
            evidence.append(seen)
        if over[pair]:
            evidence.append(_many_alike(-float(over[pair])))
        total = fsum([float(priors[pair]), *(each.bits for each in evidence)])
        shown = BANDS[min(band, _POSSIBLE)]
        found.append(Score(total, shown, probability(total), tuple(evidence), model.version))
    return found


def _told(frame: Frame, compared: Compared, pair: int, said: dict[str, Floats]) -> list[Evidence]:
    return [
        _evidence(frame, compared, each, pair, float(said[each.field][pair]))
        for each in compared.comparisons
        if compared.found[each.field].level[pair] and _speaks(each, float(said[each.field][pair]))
    ]


def _many_alike(said: float) -> Evidence:
    sentence = "In a file of this size that many rows agree so far by chance."
    return Evidence("chance", "many alike", said, sentence, sentence, sentence, "", "")


def _speaks(comparison: Comparison, said: float) -> bool:
    """Identifiers that merely differ say nothing, and need no sentence."""
    return said != 0 or comparison.shown_as != "identifiers"


def probability(said: float) -> float:
    return float(1 / (1 + 2.0 ** -max(said, -1000.0)))


def _evidence(frame: Frame, compared: Compared, comparison: Comparison, pair: int, said: float) -> Evidence:
    told = comparison.tell(frame, compared.found[comparison.field], pair)
    return Evidence(
        field=comparison.shown_as or comparison.field,
        level=told.level,
        bits=said,
        sentence=told.sentence,
        left_sentence=told.left_sentence,
        right_sentence=told.right_sentence,
        left_value=told.left_value,
        right_value=told.right_value,
    )


# --- Bands ---------------------------------------------------------------------------------------------


def _bands(
    compared: Compared, said: dict[str, Floats], left_listed: Bools, right_listed: Bools, model: Model
) -> npt.NDArray[np.int8]:
    total = _total(compared, said, model)
    bands = np.full(len(compared), NO_BAND, np.int8)
    for place, band in reversed(list(enumerate(BANDS))):
        bands[total >= model.bands[band]] = place
    bands[(bands == NO_BAND) & _stands_on_the_list(compared, left_listed, right_listed)] = _POSSIBLE
    bands[(bands < _POSSIBLE) & _only_a_weak_name(compared, said)] = _POSSIBLE
    bands[~_any_agrees(said, _TELLING_WHO, len(compared))] = NO_BAND
    return bands


def _any_agrees(said: dict[str, Floats], fields: tuple[str, ...], pairs: int) -> Bools:
    agrees = np.zeros(pairs, np.bool_)
    for field in fields:
        if field in said:
            agrees |= said[field] > 0
    return agrees


def _stands_on_the_list(compared: Compared, left_listed: Bools, right_listed: Bools) -> Bools:
    """Every word of a listed name found in the subject's is for a person to dismiss, whatever the bits say:
    birth dates on sanctions lists are too often wrong to dismiss it by machine."""
    found = compared.found.get("names")
    if found is None:
        return np.zeros(len(compared), np.bool_)
    listed_over = np.where(left_listed, found.notes["left_over"], found.notes["right_over"])
    whole = np.isin(found.level, (names.SAME, names.CLOSE)) | ((found.level == names.WITHIN) & ~listed_over)
    stands: Bools = (left_listed != right_listed) & whole
    return stands


def _only_a_weak_name(compared: Compared, said: dict[str, Floats]) -> Bools:
    """A given name, a surname or a street name alone never says more than "possible", and an alias only with
    something beside it."""
    found = compared.found.get("names")
    if found is None:
        return np.zeros(len(compared), np.bool_)
    other = tuple(field for field in _TELLING_WHO if field != "names")
    weak = np.isin(found.level, [names.LEVELS.index(level) + 1 for level in names.WEAK_LEVELS])
    bare = names.through_alias(found) & ~_any_agrees(said, _CIRCUMSTANCES, len(compared))
    only: Bools = (weak | bare) & ~_any_agrees(said, other, len(compared))
    return only
