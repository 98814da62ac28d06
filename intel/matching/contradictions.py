"""What excludes that two records are of one, however well they agree otherwise: groups never form across it."""

from __future__ import annotations

from intel.matching.identifiers import KINDS, reads
from intel.matching.normalise import Features

_FARTHEST_BIRTHS = 5 * 366  # days; nearer ones are slips of a pen, ages rounded, or years guessed
_ONE_FOR_LIFE = ("vin", "imo")


def contradiction(left: Features, right: Features) -> str:
    """Why they cannot be of one, as a sentence for whoever may read both records; "" if nothing excludes it."""
    if left.kind != right.kind:
        return f"One is a {left.kind}, the other a {right.kind}."
    if {left.sex, right.sex} == {"F", "M"}:
        return "One is recorded as female, the other as male."
    return _births_apart(left, right) or _numbers_apart(left, right)


def _births_apart(left: Features, right: Features) -> str:
    gaps = [(a.gap_to(b), a, b) for a in left.births for b in right.births]
    if not gaps:
        return ""
    days, a, b = min(gaps, key=lambda each: each[0])
    return f"Births {a} and {b} lie over five years apart." if days > _FARTHEST_BIRTHS else ""


def _numbers_apart(left: Features, right: Features) -> str:
    kinds = [*_ONE_FOR_LIFE]
    if set(left.nationalities) & set(right.nationalities):  # two states give one person two numbers
        kinds.append("national_id")
    for kind in kinds:
        ours = sorted(value for held, value in left.identifiers if held == kind)
        theirs = sorted(value for held, value in right.identifiers if held == kind)
        if ours and theirs and not set(ours) & set(theirs):
            return f"{_shown(kind, ours[0])} is not {_shown(kind, theirs[0])}."
    return ""


def _shown(kind: str, value: str) -> str:
    text = reads(kind, value) if kind in KINDS else f"{kind.replace('_', ' ')} {value}"
    return text[0].upper() + text[1:]
