"""Phones, documents, plates, accounts and the other identifiers, compared kind by kind."""

from __future__ import annotations

from math import log2

from rapidfuzz.distance import OSA

from intel.matching.evidence import Evidence, Frequencies, Weights
from intel.matching.normalise import Features

# A thing has one of these and keeps it, so two different ones speak for two things.
_EXCLUSIVE = {"vin": "conflict", "imo": "conflict", "hull": "conflict", "national_id": "conflict", "passport": "renewed"}
_WEAK = {"url", "domain", "website", "ip", "ip_address"}  # shared by design: sites host many, addresses rotate
_SHARED_BY_A_CIRCLE = {"handle", "email", "account", "username"}
_LEAST_LENGTH_FOR_A_SLIP = 7
_LABELS = {"iban": "IBAN", "vin": "VIN", "imei": "IMEI", "imo": "IMO number", "url": "URL", "email": "e-mail address"}

Identifier = tuple[str, str]


def compare(left: Features, right: Features, weigh: Weights, frequencies: Frequencies) -> Evidence | None:
    """The strongest identifier in common, else a near miss of one, else a conflict of two that exclude each other."""
    if not left.identifiers or not right.identifiers:
        return None
    if shared := set(left.identifiers) & set(right.identifiers):
        bits, (kind, value) = max((exact_bits(each, weigh, frequencies), each) for each in shared)
        return _evidence("exact", bits, kind, value, value)
    for kind, a, b in _same_kind(left, right):
        if _slipped(a, b) and kind not in _WEAK:
            return _evidence("near", weigh["near"], kind, a, b)
    for kind, a, b in _same_kind(left, right):
        if kind in _EXCLUSIVE and _same_country(a, b):
            return _evidence("conflict", weigh[_EXCLUSIVE[kind]], kind, a, b)
    return None


def exact_bits(identifier: Identifier, weigh: Weights, frequencies: Frequencies) -> float:
    """Worth of an exact agreement: less by one bit for each doubling of the records that hold the value."""
    kind, value = identifier
    level = "weak" if kind in _WEAK else "handle" if kind in _SHARED_BY_A_CIRCLE else "exact"
    return round(weigh[level] + weigh["holder"] * log2(max(1.0, frequencies.holders(kind, value) / 2)), 3)


def _same_kind(left: Features, right: Features) -> list[tuple[str, str, str]]:
    return [(kind, a, b) for kind, a in left.identifiers for other, b in right.identifiers if kind == other]


def _slipped(left: str, right: str) -> bool:
    """One character mistyped, missing or two exchanged."""
    long_enough = min(len(left), len(right)) >= _LEAST_LENGTH_FOR_A_SLIP
    return long_enough and OSA.distance(left, right, score_cutoff=1) == 1


def _same_country(left: str, right: str) -> bool:
    """Values are written "MX:G1234"; without a country both are taken for the same one's."""
    a, b = left.rpartition(":")[0], right.rpartition(":")[0]
    return a == b


def _evidence(level: str, bits: float, kind: str, left: str, right: str) -> Evidence:
    label = _LABELS.get(kind, kind.replace("_", " "))
    said = {
        "exact": (f"Both give the {label} {left}.", "is also in their record"),
        "near": (f"The {label} {left} differs from {right} by one character.", "differs by one character from one they hold"),
        "conflict": (f"The {label} {left} differs from {right}.", "differs from the one they hold"),
    }
    both, own = said[level]
    return Evidence(
        field="identifiers",
        level=f"{level} {label}",
        bits=bits,
        sentence=both,
        left_sentence=f"Your {label} {left} {own}.",
        right_sentence=f"Your {label} {right} {own}.",
        left_value=left,
        right_value=right,
    )
