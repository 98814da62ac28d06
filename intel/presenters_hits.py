"""A hit as one reader may have it: its own side, the other as far as it is open, and the evidence that goes with it.

A notice holds its agency's own side. The other side is asked of the gate for the reader who looks, each time.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from agencies.models import User
from agencies.visibility import Level
from intel import codelists
from intel.extraction.gazetteer import country_names
from intel.matching.identifiers import normalise
from intel.matching.model import Band, shipped
from intel.matching.records import DateSpan
from intel.matching.sealing import REST, agrees_wholly
from intel.models import Hit, HitNotice, Identifier, Lead, MatchRecord, Subject
from intel.presenters import other_record

FIELDS = {
    "identifiers": "Identifier",
    "names": "Name",
    "organisations": "Name",
    "aliases": "Alias",
    "births": "Birth",
    "sexes": "Sex",
    "nationalities": "Nationality",
    "places": "Place",
    REST: "Sealed part",
}
PRIOR_SAYS = (
    "Before anything is compared: how rarely two records that have something in common are of the same one."
)


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


@dataclass(frozen=True, slots=True)
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
        return [row for row in self.evidence if row["field"] not in {"prior", REST} and row["weight"]]

    @property
    def agreeing(self) -> list[dict[str, Any]]:
        return [row for row in self.notice.evidence if row["field"] != REST]

    @property
    def evidence(self) -> list[dict[str, Any]]:
        """Rows {field, label, sentence, weight} of the chart; the weights add up to `bits`."""
        return _open_evidence(self.notice.hit) if self.tells_all else _sealed_evidence(self.notice)


def _grade(lead: Lead | None) -> str:
    return f"{lead.grade_source}{lead.grade_information}" if lead else ""


def with_sides(notices: Any) -> Any:
    """A query for notices joined with what `cards` reads of them."""
    return notices.select_related("hit__left", "hit__right", "other_agency", "contact").defer(
        "hit__left__features", "hit__right__features"
    )


def cards(notices: Iterable[HitNotice], user: User) -> list[HitCard]:
    """The notices (of a query `with_sides`) and what the gate gives of each, in a fixed number of queries."""
    held = list(notices)
    others = {notice.pk: other_record(notice) for notice in held}
    leads = _leads({n.own_lead_id for n in held} | {record.lead_id for record in others.values()}, user)
    wanted = {n.own_subject_id for n in held} | {record.subject_id for record in others.values()}
    subjects = _subjects({pk for pk in wanted if pk}, user)
    return [
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


# --- Evidence -----------------------------------------------------------------------------------------------


def least_bits(band: str) -> float:
    return shipped().bands[Band(band)]


def thresholds() -> list[tuple[str, float]]:
    """Where each band begins, weakest first."""
    return sorted(((str(band), bits) for band, bits in shipped().bands.items()), key=lambda each: each[1])


def _open_evidence(hit: Hit) -> list[dict[str, Any]]:
    """The prior and each comparison, in tenths that add up to the score as it is shown."""
    rows = [_row(each["field"], each["sentence"], round(each["bits"], 1)) for each in hit.evidence]
    prior = round(hit.bits, 1) - sum(row["weight"] for row in rows)
    return [
        {"field": "prior", "label": "To begin with", "sentence": PRIOR_SAYS, "weight": round(prior, 1)},
        *rows,
    ]


def _sealed_evidence(notice: HitNotice) -> list[dict[str, Any]]:
    return [_row(row["field"], row["sentence"], float(row["bits"])) for row in notice.evidence]


def _row(field: str, sentence: str, weight: float) -> dict[str, Any]:
    return {
        "field": field,
        "label": FIELDS.get(field, field.capitalize()),
        "sentence": sentence,
        "weight": weight,
    }


# --- What a record says, in the rows of a table ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a record as shown, and whether the other side holds it too."""

    text: str
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of two records side by side. `verdict`: agrees, close, differs, "" where nothing was compared."""

    label: str
    own: list[str]
    other: list[str]
    verdict: str


_EVIDENCE_OF = {
    "Name": {"names", "organisations"},
    "Also known as": {"aliases"},
    "Born": {"births"},
    "Sex": {"sexes"},
    "Nationality": {"nationalities"},
    "Places": {"places"},
    "Identifiers": {"identifiers"},
}


def own_facts(card: HitCard, user: User) -> list[tuple[str, list[Value]]]:
    """(label, values) of the reader's own record, marked where the notice says that they agree."""
    identifiers = _identifiers(card.subject, card.lead, user)
    agreeing = {row["field"] for row in card.agreeing}
    told = {row["value"] for row in card.agreeing}
    told |= {each.display for each in identifiers if each.value in told}
    facts = []
    for label, texts in _said(card.subject, identifiers).items():
        whole = len(texts) == 1 and bool(_EVIDENCE_OF.get(label, set()) & agreeing)
        facts.append((label, [Value(text, whole or text in told) for text in texts]))
    return [(label, values) for label, values in facts if values]


def side_by_side(card: HitCard, user: User) -> list[Compared]:
    """Both records line by line; only for a card whose other side is open."""
    if card.other is None or not card.is_open:
        return []
    own = _said(card.subject, _identifiers(card.subject, card.lead, user))
    other = _said(card.other.subject, _identifiers(card.other.subject, card.other.lead, user))
    found = {row["field"]: row for row in card.notice.hit.evidence if card.tells_all}
    labels = dict.fromkeys([*own, *other])
    lines = [
        Compared(label, own.get(label, []), other.get(label, []), _verdict(label, found)) for label in labels
    ]
    return [line for line in lines if line.own or line.other]


def _verdict(label: str, found: dict[str, dict[str, Any]]) -> str:
    each = next((found[field] for field in sorted(_EVIDENCE_OF.get(label, ())) if field in found), None)
    if each is None or not each["bits"]:
        return ""
    return "differs" if each["bits"] < 0 else "agrees" if agrees_wholly(each) else "close"


def _identifiers(subject: Subject | None, lead: Lead | None, user: User) -> list[Identifier]:
    holder = Q(subject=subject) if subject else Q(lead=lead, subject=None)
    return list(Identifier.objects.visible_to(user).filter(holder)[:50])


def _said(subject: Subject | None, identifiers: list[Identifier]) -> dict[str, list[str]]:
    shown = {"Identifiers": [identifier.display for identifier in identifiers]}
    if subject is None:
        return shown
    return {
        "Name": [subject.name] if subject.name else [],
        "Also known as": subject.aliases,
        **shown,
        "Born": born(subject),
        "Sex": [subject.get_sex_display()] if subject.sex else [],
        "Nationality": [country_names().get(code, code) for code in subject.nationalities],
        "Places": subject.places,
        "Part in it": [codelists.label("person_role_in_case", subject.role)] if subject.role else [],
        "Note": [subject.note] if subject.note else [],
    }


def summary_countries(card: HitCard) -> list[str]:
    """The countries that the summary of the other lead names."""
    codes = card.other.lead.countries if card.other and card.other.lead else []
    return [country_names().get(code, code) for code in codes]


def born(subject: Subject) -> list[str]:
    earliest = subject.birth_earliest or subject.birth_latest
    latest = subject.birth_latest or earliest
    if earliest and latest:
        return [str(DateSpan(min(earliest, latest), max(earliest, latest)))]
    return [f"{subject.age} when reported"] if subject.age is not None else []
