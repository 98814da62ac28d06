"""Phones, documents, plates, accounts and the other identifiers, compared kind by kind."""

from __future__ import annotations

from math import log2

from rapidfuzz.distance import OSA

from intel.matching.evidence import Evidence, Frequencies, Weights
from intel.matching.identifiers import KINDS, reads
from intel.matching.normalise import Features

_WEIGHED_BY_KIND = {"ip", "url", "docket", "handle", "email"}  # every other kind weighs "exact"
# Whoever or whatever has one keeps it, so two different ones (of one length, hence of one scheme) speak for two.
_ONE_FOR_LIFE = {"vin": "conflict", "imo": "conflict", "national_id": "other_number"}
_NEVER_A_SLIP = {"ip", "url", "docket"}  # neighbours there are different things, not misprints
_LEAST_LENGTH_FOR_A_SLIP = 7

Identifier = tuple[str, str]


def compare(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> Evidence | None:
    """The strongest identifier in common, else a near miss of one, else two that exclude each other."""
    if not left.identifiers or not right.identifiers:
        return None
    if shared := set(left.identifiers) & set(right.identifiers):
        bits, (kind, value) = max((exact_bits(each, weigh, frequencies), each) for each in shared)
        return _evidence("exact", bits, kind, value, value)
    pairs = [(kind, a, b) for kind, a in left.identifiers for other, b in right.identifiers if kind == other]
    for kind, a, b in pairs:
        if kind not in _NEVER_A_SLIP and _slipped(a, b):
            return _evidence("near", weigh["near"], kind, a, b)
    for kind, a, b in pairs:
        if kind in _ONE_FOR_LIFE and len(a) == len(b):
            return _evidence("conflict", weigh[_ONE_FOR_LIFE[kind]], kind, a, b)
    return None


def exact_bits(identifier: Identifier, weigh: Weights, frequencies: Frequencies) -> float:
    """Worth of an exact agreement: a short value is sooner met by chance, a value many hold says less."""
    kind, value = identifier
    worth = min(weigh[kind if kind in _WEIGHED_BY_KIND else "exact"], weigh["character"] * len(value))
    return round(worth - log2(max(1.0, frequencies.holders(kind, value) / 2)), 3)


def _slipped(left: str, right: str) -> bool:
    """One character mistyped, missing or two exchanged."""
    long_enough = min(len(left), len(right)) >= _LEAST_LENGTH_FOR_A_SLIP
    return long_enough and OSA.distance(left, right, score_cutoff=1) == 1


def _evidence(level: str, bits: float, kind: str, left: str, right: str) -> Evidence:
    a, b = _reads(kind, left), _reads(kind, right)
    both, own = {
        "exact": (f"{a} is in both records.", "is also in a record they hold."),
        "near": (
            f"{a} differs by one character from {right}.",
            "differs by one character from one they hold.",
        ),
        "conflict": (f"{a} differs from {right}.", "differs from the one they hold."),
    }[level]
    return Evidence(
        field="identifiers",
        level=level,
        bits=bits,
        sentence=both,
        left_sentence=f"{a} {own}",
        right_sentence=f"{b} {own}",
        left_value=left,
        right_value=right,
    )


def _reads(kind: str, value: str) -> str:
    text = reads(kind, value) if kind in KINDS else f"{kind.replace('_', ' ')} {value}"
    return text[0].upper() + text[1:]
