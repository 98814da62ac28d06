"""Values that must not link: protected ones (hotlines, shelters' phones) and those that too many records hold.

They are never silently dropped: `explain` says which and why, so that "no hit" is not read as "not known".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db.models import Q

from intel.matching import keytable
from intel.matching.naming import Name, parse_organisation, parse_person
from intel.matching.normalise import Features
from intel.models import HotKey, ProtectedValue

NAME = "name"  # the kind under which a name is protected; every other kind is an identifier's


class Why(StrEnum):
    PROTECTED = "protected"
    TOO_COMMON = "too common to link"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A value of a lead that links nothing. `reason` is what whoever protected it wrote."""

    kind: str
    value: str
    why: Why
    reason: str = ""


def explain(features: Iterable[Features]) -> list[Suppressed]:
    """The identifiers and names of these records that link nothing."""
    held = list(features)
    identifiers = sorted({identifier for each in held for identifier in each.identifiers})
    protected = _protected_identifiers(identifiers) + _protected_names(held)
    known = {(each.kind, each.value) for each in protected}
    return protected + _too_common([each for each in identifiers if each not in known])


def _protected_identifiers(identifiers: list[tuple[str, str]]) -> list[Suppressed]:
    if not identifiers:
        return []
    wanted = Q()
    for kind in {kind for kind, _ in identifiers}:
        wanted |= Q(kind=kind, value__in=[value for other, value in identifiers if other == kind])
    rows = ProtectedValue.objects.filter(wanted).order_by("kind", "value")
    return [Suppressed(row.kind, row.value, Why.PROTECTED, row.reason) for row in rows]


def _protected_names(features: list[Features]) -> list[Suppressed]:
    """By the words of the name in any order; the list of protected names is short, so it is read whole."""
    reasons: dict[frozenset[str], str] = {}
    for row in ProtectedValue.objects.filter(kind=NAME):
        for parsed in (parse_person(row.value), parse_organisation(row.value)):
            if parsed:
                reasons[_words(parsed)] = row.reason
    names = {_words(name): name.shown for each in features for name in each.names}
    return [
        Suppressed(NAME, names[words], Why.PROTECTED, reasons[words]) for words in names if words in reasons
    ]


def _words(name: Name) -> frozenset[str]:
    return frozenset(name.tokens)


def _too_common(identifiers: list[tuple[str, str]]) -> list[Suppressed]:
    hashed = {keytable.hashed(f"id:{kind} {value}"): (kind, value) for kind, value in identifiers}
    hot = set(HotKey.objects.filter(key__in=hashed).values_list("key", flat=True)) if hashed else set()
    return [Suppressed(*identifier, Why.TOO_COMMON) for key, identifier in hashed.items() if key in hot]


def without(features: Features, suppressed: Iterable[Suppressed]) -> Features:
    """The features that may link: neither in blocking nor in scoring does a suppressed value speak."""
    silenced = {(each.kind, each.value) for each in suppressed}
    names = {words for name in features.names if (NAME, name.shown) in silenced for words in [_words(name)]}
    return replace(
        features,
        identifiers=tuple(each for each in features.identifiers if each not in silenced),
        names=tuple(name for name in features.names if _words(name) not in names),
    )
