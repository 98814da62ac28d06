"""The one description of leads, subjects, hits and requests that pages and API share.

Rows come through the gate; these only word them. What a notice or a request leads to on the other side is asked of
the gate here, for all rows at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import QuerySet

from agencies.acting import as_system
from agencies.cards import Card, agency_card, contact_card
from agencies.models import User
from agencies.policies import version_of
from agencies.visibility import Level
from intel.models import Disclosure, Hit, HitNotice, Identifier, Lead, MatchRecord, Subject
from intel.presenters_disclosures import join_hits, state_of

# --- Leads --------------------------------------------------------------------------------------------


def lead_card(lead: Lead, level: Level) -> Card:
    """A lead at the level its viewer has, without its subjects. Select `agency__contact` and `assigned_to` with it."""
    card: Card = {
        "id": lead.pk,
        "title": lead.title,
        "kind": lead.kind,
        "category": lead.category,
        "countries": lead.countries,
        "reported_on": lead.reported_on,
        "occurred_on": lead.occurred_on,
        "agency": agency_card(lead.agency),
        "contact": contact_card(lead.agency.contact),
        "created_at": lead.created_at,
        "updated_at": lead.updated_at,
    }
    if level >= Level.VIEW:
        card |= _content(lead)
    if level == Level.OWN:
        card |= _own_workings(lead)
    return card


def _content(lead: Lead) -> Card:
    return {
        "reference": lead.reference,
        "narrative": lead.narrative,
        "source": lead.source,
        "grade_source": lead.grade_source,
        "grade_information": lead.grade_information,
        "handling": lead.handling,
        "tags": lead.tags,
        "caveat": lead.caveat,
        "basis": lead.basis,
        "predicate": lead.predicate,
        "place": lead.place,
        "status": lead.status,
    }


def _own_workings(lead: Lead) -> Card:
    """What is the owner's business alone: its triage, and what it lets others learn of matches."""
    return {
        "pointer_policy": lead.pointer_policy,
        "assigned_to": lead.assigned_to.name if lead.assigned_to else None,
        "decision_reason": lead.decision_reason,
        "review_on": lead.review_on,
        "version": version_of(lead),
    }


def subject_card(subject: Subject, identifiers: Iterable[Identifier] = ()) -> Card:
    return {
        "id": subject.pk,
        "kind": subject.kind,
        "name": subject.name,
        "aliases": subject.aliases,
        "birth_earliest": subject.birth_earliest,
        "birth_latest": subject.birth_latest,
        "age": subject.age,
        "sex": subject.sex,
        "nationalities": subject.nationalities,
        "places": subject.places,
        "role": subject.role,
        "note": subject.note,
        "identifiers": [identifier_card(each) for each in identifiers],
    }


def identifier_card(identifier: Identifier) -> Card:
    return {
        "kind": identifier.kind,
        "value": identifier.value,
        "display": identifier.display,
        "raw": identifier.raw,
        "warnings": identifier.warnings,
    }


# --- Hits ---------------------------------------------------------------------------------------------


def notice_card(notice: HitNotice, viewer: User) -> Card:
    return notice_cards([notice], viewer)[0]


def notice_cards(notices: list[HitNotice], viewer: User) -> list[Card]:
    """What the viewer may know of each hit: all of it where the gate shows them the other record, else the sealed side.

    Select `hit__left`, `hit__right`, `other_agency` and `contact` with the notices. A withdrawn hit has no other side.
    """
    others = [other_record(notice) for notice in notices]
    seen = Seen.of(others, viewer)
    give_evidence([n.hit for n, other in zip(notices, others, strict=True) if _tells_all(n, other, seen)])
    return [_notice_card(notice, other, seen) for notice, other in zip(notices, others, strict=True)]


def _notice_card(notice: HitNotice, other: MatchRecord, seen: Seen) -> Card:
    is_open = notice.state != HitNotice.State.WITHDRAWN and seen.opens(other)
    return {
        "id": notice.pk,
        "band": notice.band,
        "state": notice.state,
        "lead": notice.own_lead_id,
        "subject": notice.own_subject_id,
        "other_agency": agency_card(notice.other_agency) if notice.other_agency else None,
        "contact": contact_card(notice.contact),
        "liaison": notice.liaison,
        "is_open": is_open,
        "other_lead": seen.lead(other) if is_open else None,
        "other_subject": other.subject_id if is_open else None,
        "evidence": open_evidence(notice)
        if _tells_all(notice, other, seen)
        else [_sealed_row(row) for row in notice.evidence],
        "created_at": notice.created_at,
        "updated_at": notice.updated_at,
    }


def _tells_all(notice: HitNotice, other: MatchRecord, seen: Seen) -> bool:
    """The whole evidence of a hit that is over would quote what the other record no longer says."""
    return notice.state != HitNotice.State.WITHDRAWN and seen.opens(other) and notice.hit.withdrawn_at is None


@as_system
def give_evidence(hits: Collection[Hit]) -> None:
    """The whole evidence of hits whose other record the gate opens to the reader. One query, none for none."""
    found = (
        dict(Hit.objects.filter(pk__in=[hit.pk for hit in hits]).values_list("pk", "evidence"))
        if hits
        else {}
    )
    for hit in hits:
        hit.evidence = found[hit.pk]


def other_record(notice: HitNotice) -> MatchRecord:
    """The far side of a hit. Never show it but through the gate (`Seen`)."""
    return notice.hit.right if _own_is_left(notice) else notice.hit.left


def _own_is_left(notice: HitNotice) -> bool:
    left = notice.hit.left
    return (left.lead_id, left.subject_id) == (notice.own_lead_id, notice.own_subject_id)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the gate shows one viewer of some match records: their leads' levels, and their subjects."""

    levels: dict[uuid.UUID, int]
    subjects: frozenset[uuid.UUID]

    @classmethod
    def of(cls, records: Collection[MatchRecord], viewer: User) -> Self:
        leads: QuerySet[Any] = Lead.objects.with_level(viewer)
        levels = leads.filter(pk__in={each.lead_id for each in records}).values_list("pk", "level")
        subjects = Subject.objects.visible_to(viewer).filter(pk__in={each.subject_id for each in records})
        return cls(dict(levels), frozenset(subjects.values_list("pk", flat=True)))

    def opens(self, record: MatchRecord) -> bool:
        """Is the record shown in full? The summary of its lead is too little: a hit tells more than the summary."""
        if record.subject_id:
            return record.subject_id in self.subjects
        return self.levels.get(record.lead_id, 0) >= Level.VIEW

    def lead(self, record: MatchRecord) -> uuid.UUID | None:
        return record.lead_id if record.lead_id in self.levels else None

    def subject(self, record: MatchRecord) -> uuid.UUID | None:
        return record.subject_id if record.subject_id in self.subjects else None


def open_evidence(notice: HitNotice) -> list[Card]:
    """The whole evidence, own value first. Only for those who see both sides."""
    own, other = ("left", "right") if _own_is_left(notice) else ("right", "left")
    return [
        {
            "field": row["field"],
            "bits": row["bits"],
            "value": row[f"{own}_value"],
            "other_value": row[f"{other}_value"],
            "sentence": row["sentence"],
        }
        for row in notice.hit.evidence
    ]


def _sealed_row(row: Card) -> Card:
    return {
        "field": row["field"],
        "bits": row["bits"],
        "value": row["value"],
        "other_value": None,
        "sentence": row["sentence"],
    }


# --- Disclosure requests --------------------------------------------------------------------------------


def disclosure_cards(disclosures: list[Disclosure], viewer: User) -> list[Card]:
    """Requests for both ends: the asker sees its notice, the holder the record of its own that is asked for.

    Select `agency__contact`, `holder__contact` and `asked_by`.
    """
    join_hits(disclosures)
    held = [other_record(each.notice) for each in disclosures]
    seen = Seen.of(held, viewer)
    notices = HitNotice.objects.visible_to(viewer).filter(pk__in=[each.notice_id for each in disclosures])
    own = set(notices.values_list("pk", flat=True))
    return [
        _disclosure_card(each)
        | _disclosed(each, record, seen)
        | {"notice": each.notice_id if each.notice_id in own else None}
        for each, record in zip(disclosures, held, strict=True)
    ]


def _disclosure_card(disclosure: Disclosure) -> Card:
    state = state_of(disclosure)
    names_contact = state in {Disclosure.State.FULL, Disclosure.State.CONTACT_ONLY}
    return {
        "id": disclosure.pk,
        "agency": agency_card(disclosure.agency),
        "contact": contact_card(disclosure.agency.contact),
        "asked_by": disclosure.asked_by.name if disclosure.asked_by else None,
        "holder": agency_card(disclosure.holder),
        "holder_contact": contact_card(disclosure.holder.contact) if names_contact else None,
        "asked_level": Level(disclosure.asked_level).name.lower(),
        "purpose": disclosure.purpose,
        "deadline": disclosure.deadline,
        "state": state,
        "answer": disclosure.answer,
        "answered_at": disclosure.answered_at,
        "granted_until": disclosure.granted_until,
        "created_at": disclosure.created_at,
        "updated_at": disclosure.updated_at,
    }


def _disclosed(disclosure: Disclosure, record: MatchRecord, seen: Seen) -> Card:
    """Which record is meant: told to those who see it, and to the asker once it was disclosed."""
    if not seen.opens(record) and disclosure.state != Disclosure.State.FULL:
        return {"lead": None, "subject": None}
    return {"lead": seen.lead(record), "subject": seen.subject(record)}
