"""Which elements of trafficking an offence is recorded with, and which are missing. Pure.

Trafficking in an adult is an act, by some means, for a purpose of exploitation (UN Trafficking in Persons Protocol,
Art. 3(a)); of a child, an act for such a purpose, whatever the means (Art. 3(c), (d)). Smuggling of migrants is something
else (UN Smuggling Protocol, Art. 3(a)): illegal entry, procured for gain, to which the person consents. This helps to
complete a record; it finds nobody guilty of anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

TRAFFICKING, SMUGGLING, OTHER = "trafficking", "smuggling", "other"


class Element(NamedTuple):
    name: str
    codes: tuple[str, ...]
    state: str  # "recorded", "missing", "not_needed"


class Reading(NamedTuple):
    elements: tuple[Element, ...]
    is_complete: bool
    sentence: str


def read(
    kind: str, acts: Sequence[str], means: Sequence[str], purposes: Sequence[str], *, child: bool
) -> Reading:
    """What is recorded of an offence of this kind, with a sentence that says what is missing."""
    if kind == OTHER:
        return Reading((), True, "")
    known = tuple(purpose for purpose in purposes if purpose != "unknown")
    if kind == SMUGGLING:
        return _smuggling(bool(known))
    elements = (
        Element("Act", tuple(acts), _state(acts)),
        Element("Means", tuple(means), "not_needed" if child and not means else _state(means)),
        Element("Purpose", known, _state(known)),
    )
    missing = [element.name for element in elements if element.state == "missing"]
    return Reading(elements, not missing, " ".join(map(_MISSING.__getitem__, missing)) or _complete(child))


def _state(codes: Sequence[str]) -> str:
    return "recorded" if codes else "missing"


_MISSING = {
    "Act": "The act is missing: who recruited, moved, harboured or took in whom.",
    "Means": "The means is missing: force, deception, abuse or another way by which an adult was made to."
    " A victim under 18 needs none.",
    "Purpose": "The purpose is missing: without exploitation it is not trafficking. Helping people across a border for"
    " gain is smuggling.",
}


def _complete(child: bool) -> str:
    if child:
        return "Act and purpose are recorded. The victim is under 18, so no means is needed."
    return "Act, means and purpose are recorded."


def _smuggling(exploits: bool) -> Reading:
    if exploits:
        return Reading(
            (), False,
            "Smuggling knows no exploitation, and a purpose of exploitation is recorded. Record it as trafficking, or"
            " take the purpose away.",
        )  # fmt: skip
    return Reading(
        (),
        True,
        "Smuggling: illegal entry for gain. Whoever is exploited afterwards is a victim of trafficking.",
    )
