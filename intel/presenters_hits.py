"""A hit as one reader may have it: its own side, the other as far as it is open, and the evidence that goes with it.

A notice holds its agency's own side. The other side is asked of the gate for the reader who looks, each time.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agencies.models import User
from agencies.policies import version_of
from agencies.visibility import Level
from intel.matching.identifiers import normalise
from intel.matching.sealing import REST
from intel.matching.vocabulary import fold
from intel.models import HitNotice, Lead, MatchRecord, Subject
from intel.models.hit import UNREAD_OF_SIDES
from intel.presenters import give_evidence, other_record
from intel.presenters_evidence import PRIOR, Amount, amount, least_bits, open_rows, sealed_rows

# --- Both sides of a hit ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OtherSide:
    """What the gate gives the reader of the other record: its subject or lead, or the lead's summary alone."""

    lead: Lead | None
    subject: Subject | None
    is_open: bool

    @property
    def is_listed(self) -> bool:
        return self.lead is not None and self.lead.kind == Lead.Kind.REFERENCE

    @property
    def whole_lead(self) -> Lead | None:
        """The other lead where all of it may be read, not its summary alone."""
        reads = self.lead is not None and self.lead.level >= Level.VIEW  # type: ignore[attr-defined]
        return self.lead if reads else None

    @property
    def agency(self) -> Any:
        return (self.subject or self.lead).agency  # type: ignore[union-attr]  # one of them is there

    @property
    def title(self) -> str:
        if self.is_open and self.subject:
            return str(self.subject)
        return self.lead.title if self.lead else ""


def _readable(value: str) -> str:
    """A telephone number as people write it; any other identifier as it is."""
    return normalise("phone", value).display if re.fullmatch(r"\+\d{8,15}", value) else value


@dataclass(frozen=True)
class HitCard:
    """One notice: the reader's own record, and the other side if they may have any of it."""

    notice: HitNotice
    lead: Lead | None
    subject: Subject | None
    other: OtherSide | None

    @property
    def is_open(self) -> bool:
        return self.other is not None and self.other.is_open

    @property
    def is_withdrawn(self) -> bool:
        return self.notice.state == HitNotice.State.WITHDRAWN

    @property
    def is_own(self) -> bool:
        """Both records are of the reader's agency."""
        return self.notice.other_agency_id == self.notice.agency_id

    @property
    def title(self) -> str:
        """The subject's name, or the identifier that nobody is tied to yet."""
        if self.subject is not None:
            return str(self.subject)
        shared = next((row["value"] for row in self.notice.evidence if row["field"] == "identifiers"), "")
        return _readable(shared) or str(self.lead or "A record of yours")

    @property
    def kind(self) -> str:
        return self.subject.kind if self.subject else "loose"

    @property
    def own_grade(self) -> str:
        return _grade(self.lead)

    @property
    def other_grade(self) -> str:
        return _grade(self.other.whole_lead) if self.other and not self.other.is_listed else ""

    @property
    def bits(self) -> float:
        """The score if both records are open to the reader; of a sealed one no more than its band tells."""
        return self.notice.hit.bits if self.tells_all else least_bits(self.notice.band)

    @property
    def tells_all(self) -> bool:
        """May the whole evidence be read? That of a hit that is over quotes what the other record no longer says."""
        return self.is_open and self.notice.hit.withdrawn_at is None

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The evidence in short: what the comparisons say, without the prior and the rest."""
        return [row for row in self.evidence if row["field"] not in {PRIOR, REST} and row["weight"]]

    @property
    def agreeing(self) -> list[dict[str, Any]]:
        return [row for row in self.notice.evidence if row["field"] != REST]

    @cached_property
    def evidence(self) -> list[dict[str, Any]]:
        """Rows {field, label, sentence, weight, note} of the chart; the weights add up to `bits`."""
        return open_rows(self.notice.hit) if self.tells_all else sealed_rows(self.notice)

    @cached_property
    def amount(self) -> Amount:
        return amount(self.evidence, is_open=self.tells_all)

    @property
    def version(self) -> str:
        return version_of(self.notice)

    @property
    def pair(self) -> tuple[object, ...] | None:
        """What makes several hits one pair of people to the reader: both names and whose they are. Of a sealed hit
        the reader may not know whom it is with, so it is a pair of its own."""
        theirs = self.other.subject if self.other and self.tells_all else None
        if self.subject is None or theirs is None or not (self.subject.name and theirs.name):
            return None
        own, other = ((each.kind, _words(each.name)) for each in (self.subject, theirs))
        return theirs.agency_id, own, other


def _words(name: str) -> tuple[str, ...]:
    """The words of a name in any order and writing."""
    return tuple(sorted(re.findall(r"\w+", fold(name))))


@dataclass(frozen=True, slots=True)
class Grouped:
    """A hit of the list, and the further hits of the same pair that stand on the same page."""

    card: HitCard
    more: list[HitCard]


def grouped(shown: Iterable[HitCard]) -> list[Grouped]:
    """In the order of each group's first."""
    groups: dict[object, Grouped] = {}
    for card in shown:
        key = card.pair or card.notice.pk
        if key in groups:
            groups[key].more.append(card)
        else:
            groups[key] = Grouped(card, [])
    return list(groups.values())


def _grade(lead: Lead | None) -> str:
    return f"{lead.grade_source}{lead.grade_information}" if lead else ""


def with_sides(notices: Any) -> Any:
    """A query for notices joined with what `cards` reads of them."""
    return notices.select_related("hit__left", "hit__right", "other_agency", "contact").defer(
        *UNREAD_OF_SIDES
    )


def cards(notices: Iterable[HitNotice], user: User) -> list[HitCard]:
    """The notices (of a query `with_sides`) and what the gate gives of each, in a fixed number of queries."""
    held = list(notices)
    others = {notice.pk: other_record(notice) for notice in held}
    leads = _leads({n.own_lead_id for n in held} | {record.lead_id for record in others.values()}, user)
    wanted = {n.own_subject_id for n in held} | {record.subject_id for record in others.values()}
    subjects = _subjects({pk for pk in wanted if pk}, user)
    made = [
        HitCard(
            notice,
            leads.get(notice.own_lead_id),
            subjects.get(notice.own_subject_id) if notice.own_subject_id else None,
            None
            if notice.state == HitNotice.State.WITHDRAWN
            else _other_side(notice, others[notice.pk], leads, subjects),
        )
        for notice in held
    ]
    give_evidence([card.notice.hit for card in made if card.tells_all])
    return made


def _leads(pks: Iterable[uuid.UUID], user: User) -> dict[uuid.UUID, Lead]:
    rows = Lead.objects.with_level(user).select_related("agency__contact").defer("narrative", "search")
    return {lead.pk: lead for lead in rows.filter(pk__in=list(pks))}


def _subjects(pks: Iterable[uuid.UUID], user: User) -> dict[uuid.UUID, Subject]:
    rows = Subject.objects.visible_to(user).select_related("agency__contact")
    return {subject.pk: subject for subject in rows.filter(pk__in=list(pks))}


def _other_side(
    notice: HitNotice, record: MatchRecord, leads: dict[uuid.UUID, Lead], subjects: dict[uuid.UUID, Subject]
) -> OtherSide | None:
    lead = leads.get(record.lead_id)
    subject = subjects.get(record.subject_id) if record.subject_id else None
    reads_lead = lead is not None and lead.level >= Level.VIEW  # type: ignore[attr-defined]
    is_open = subject is not None if record.subject_id else reads_lead
    # An owner who lets only the liaison be named is not given away by a summary that the reader has for other reasons.
    if not is_open and (lead is None or notice.other_agency_id is None):
        return None
    return OtherSide(lead, subject, is_open)
