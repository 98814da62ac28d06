"""Which reports trace to one origin, and why: circular reporting must not look like corroboration.

Pure: reports in, groups out. A chain of reasons joins (a copy of a copy); one "independent" by hand parts only that pair.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import combinations

from intel.matching.narratives import COPY, Shingles, shared

Pair = tuple[uuid.UUID, uuid.UUID]  # the lower id first
_WORD = re.compile(r"\w+")

# Words that name a kind of source and nobody in particular: "anonymous caller" twice may be two callers.
_KINDS_OF_SOURCE = """
    a an the of by from via in on at to our own and or anonymous unknown unnamed unidentified confidential public
    caller callers call calls phone telephone hotline helpline tip tips tipster line e email mail letter online web
    website internet social media press newspaper news radio tv open osint source sources informant informants human
    witness witnesses victim victims survivor survivors neighbour neighbor relative family friend citizen member
    police officer officers patrol unit agency agencies partner partners border check control inspection inspector
    interview statement report reports reporting surveillance intercept observation walk walkin visit ngo shelter
    bank hotel customs prosecution task force none na
"""
_ANYBODY = frozenset(_KINDS_OF_SOURCE.split())


class Because(StrEnum):
    """Why two reports are taken for one, strongest first."""

    BY_HAND = "by hand"
    CITES = "cites"
    SOURCE = "source"
    COPY = "copy"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Report:
    """What of a lead tells where it comes from. `cites` are references of other leads that it names."""

    id: uuid.UUID
    reference: str
    agency: str
    agency_names: frozenset[str]
    logged_at: datetime
    reported_on: date
    source: str
    shingles: Shingles
    cites: frozenset[str] = frozenset()
    from_partner: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """`later` goes back to `earlier`, or both to the same. `share` is the part of the text in common, for a copy."""

    earlier: uuid.UUID
    later: uuid.UUID
    because: Because
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Origin:
    """One origin: its reports, the earliest first, and the reasons that join them (none for a single report)."""

    reports: tuple[Report, ...]
    reasons: tuple[Reason, ...]


def origins(reports: Collection[Report], by_hand: Mapping[Pair, bool] | None = None) -> list[Origin]:
    """The reports grouped by where they come from, largest group first.

    `by_hand` says of pairs that somebody judged them: True for one origin, False for independent ones.
    """
    ordered = sorted(reports, key=lambda each: (each.logged_at, each.id))
    reasons = [
        reason
        for one, other in combinations(ordered, 2)
        if (reason := reason_for(one, other, (by_hand or {}).get(pair(one.id, other.id))))
    ]
    groups = _joined([each.id for each in ordered], reasons)
    found = [_origin(ordered, members, reasons) for members in groups]
    return sorted(found, key=lambda each: (-len(each.reports), each.reports[0].logged_at, each.reports[0].id))


def _origin(ordered: Sequence[Report], members: set[uuid.UUID], reasons: Iterable[Reason]) -> Origin:
    """Of the reasons only those that a chain from the first report needs: each later report goes back to one."""
    kept: dict[uuid.UUID, Reason] = {}
    for reason in reasons:
        if reason.later in members and _rank(reason) < _rank(kept.get(reason.later)):
            kept[reason.later] = reason
    return Origin(tuple(each for each in ordered if each.id in members), tuple(kept.values()))


def _rank(reason: Reason | None) -> tuple[int, float]:
    return (len(Because), 0.0) if reason is None else (list(Because).index(reason.because), -reason.share)


def pair(one: uuid.UUID, other: uuid.UUID) -> Pair:
    return (one, other) if one < other else (other, one)


def reason_for(earlier: Report, later: Report, judged: bool | None = None) -> Reason | None:
    """Why these two are one origin, if they are."""
    if judged is not None:
        return Reason(earlier.id, later.id, Because.BY_HAND) if judged else None
    return next(_reasons(earlier, later), None)


def _reasons(earlier: Report, later: Report) -> Iterator[Reason]:
    if earlier.reference in later.cites or later.reference in earlier.cites:
        yield Reason(earlier.id, later.id, Because.CITES)
    if (named := named_source(earlier.source)) and named == named_source(later.source):
        yield Reason(earlier.id, later.id, Because.SOURCE)
    if (share := shared(earlier.shingles, later.shingles)) >= COPY:
        yield Reason(earlier.id, later.id, Because.COPY, share)
    if later.from_partner and earlier.agency != later.agency and _names(later.source, earlier.agency_names):
        yield Reason(earlier.id, later.id, Because.RECEIVED)


def named_source(text: str) -> str:
    """The source in comparable words, "" where it names a kind of source and nobody in particular."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return " ".join(words) if any(word not in _ANYBODY for word in words) else ""


def _names(source: str, agency_names: Collection[str]) -> bool:
    words = f" {' '.join(_WORD.findall(source.casefold()))} "
    names = (" ".join(_WORD.findall(name.casefold())) for name in agency_names)
    return any(name and f" {name} " in words for name in names)


def _joined(ids: Iterable[uuid.UUID], reasons: Iterable[Reason]) -> list[set[uuid.UUID]]:
    group = {each: {each} for each in ids}
    for reason in reasons:
        one, other = group[reason.earlier], group[reason.later]
        if one is not other:
            one |= other
            for member in other:
                group[member] = one
    return list({id(each): each for each in group.values()}.values())
