"""Corroboration in sentences: how many independent origins, which report repeats which, and why."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from agencies.models import User
from intel.corroboration import Corroboration
from intel.matching.origins import Because, Origin, Reason, pair
from intel.models import Lead, OriginMark

CANNOT_BE_CORROBORATED, CORROBORATED = "4", "3"  # Europol 4x4, grade of the information


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report in its origin: what it goes back to and why, "" for the first; what somebody said of it by hand."""

    lead: Lead
    is_this: bool
    why: str
    mark: OriginMark | None

    @property
    def said(self) -> str:
        """What was said of it and the lead of the page: "same", "independent" or ""."""
        return self.mark.status if self.mark else ""


@dataclass(frozen=True, slots=True)
class OriginBlock:
    reports: list[ReportLine]
    is_this: bool

    @property
    def is_circular(self) -> bool:
        return len(self.reports) > 1


@dataclass(frozen=True, slots=True)
class Account:
    """The panel: a sentence, what it means for the grade, and the origins with their chains, this lead's first."""

    summary: str
    advice: str
    mark: str  # the class of its icon: the colour of circular reporting, or of news
    blocks: list[OriginBlock]
    left_out: int


def account_of(found: Corroboration, viewer: User) -> Account:
    summary, mark = _summary(found)
    ordered = sorted(found.origins, key=lambda each: each is not found.own_origin)
    return Account(
        summary, _advice(found), mark, [_block(found, each, viewer) for each in ordered], found.left_out
    )


def _summary(found: Corroboration) -> tuple[str, str]:
    reports, independent = len(found.leads), len(found.origins)
    if reports == 1:
        return "No other report that you may read is linked to this one.", ""
    if independent == 1:
        first = found.own_origin.reports[0].reference
        return (
            f"{_counted(reports)}, one origin: all go back to {first}, so they do not confirm each other.",
            "warn",
        )
    repeats = reports - independent
    told = f"{_counted(reports)}, {independent} independent origins"
    if repeats:
        return f"{told}: {repeats} only {'repeats' if repeats == 1 else 'repeat'} another.", "mark-info"
    return f"{told}.", "mark-info"


def _counted(reports: int) -> str:
    return f"{reports} linked reports"


def _advice(found: Corroboration) -> str:
    """Only other origins speak for a better grade; how often one origin was written down does not."""
    if found.lead.grade_information != CANNOT_BE_CORROBORATED or len(found.leads) == 1:
        return ""
    if len(found.origins) == 1:
        return f"Repetition is no confirmation: the information stays at grade {CANNOT_BE_CORROBORATED}."
    return (
        f"If what they say agrees, grade {CORROBORATED} (corroborated) can be given instead of"
        f" {CANNOT_BE_CORROBORATED}."
    )


def _block(found: Corroboration, origin: Origin, viewer: User) -> OriginBlock:
    why = {reason.later: sentence(found, reason, viewer) for reason in origin.reasons}
    lines = [_line(found, report.id, why.get(report.id, "")) for report in origin.reports]
    return OriginBlock(lines, origin is found.own_origin)


def _line(found: Corroboration, pk: uuid.UUID, why: str) -> ReportLine:
    is_this = pk == found.lead.pk
    mark = None if is_this else found.marks.get(pair(pk, found.lead.pk))
    return ReportLine(found.leads[pk], is_this, why, mark)


def sentence(found: Corroboration, reason: Reason, viewer: User) -> str:
    """Why a report goes back to an earlier one. Both are leads that the viewer may read."""
    earlier, later = found.leads[reason.earlier], found.leads[reason.later]
    match reason.because:
        case Because.COPY:
            return f"{reason.share:.0%} of the text is that of {earlier.reference}."
        case Because.SOURCE:
            return f"Names the same source as {earlier.reference}: “{later.source}”."
        case Because.CITES:
            return f"Cites {earlier.reference}, or is cited by it."
        case Because.RECEIVED:
            return f"Received from {earlier.agency}, which had logged {earlier.reference}."
        case Because.BY_HAND:
            mark = found.marks[pair(earlier.pk, later.pk)]
            by = "you" if mark.marked_by_id == viewer.pk else str(mark.marked_by or "a colleague")
            return f"Marked as one origin with {earlier.reference} by {by}."


def line_for_pair(found: Corroboration, other: Lead, viewer: User) -> str:
    """For the page of a hit whose two leads the viewer may read: is it one report twice, or two?"""
    origin = found.own_origin
    if other.pk not in {report.id for report in origin.reports}:
        return "The two reports have independent origins: the match is between two accounts."
    reasons = " ".join(_chain(found, origin, other, viewer))
    return f"Circular: the two reports trace to one origin, so the match confirms nothing. {reasons}".strip()


def _chain(found: Corroboration, origin: Origin, other: Lead, viewer: User) -> Iterator[str]:
    """From either report back to the first of their origin."""
    by_later = {reason.later: reason for reason in origin.reasons}
    told: set[uuid.UUID] = set()
    for start in (found.lead.pk, other.pk):
        at: uuid.UUID | None = start
        while at in by_later and at not in told:
            told.add(at)
            yield f"{found.leads[at].reference}: {sentence(found, by_later[at], viewer)}"
            at = by_later[at].earlier
