from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from anyascii import anyascii
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies import actions as agency_actions
from agencies import audit, jobs
from agencies.acting import verb
from agencies.audit import Act
from agencies.changes import announce, forget
from agencies.enforcing import end_shares_beyond
from agencies.models import Agency, User
from agencies.policies import Refused, check_agency, check_unchanged
from agencies.retention import review_day
from agencies.ruling import keep_to_rules
from agencies.visibility import Level
from intel import policies
from intel.facts import IdentifierFacts, LeadFacts, SubjectFacts
from intel.matching.identifiers import NotAnIdentifier, normalise
from intel.matching.narratives import bands, shingles
from intel.models import HitNotice, Identifier, Lead, LeadDraft, NarrativePrint, Subject

MATCH_LEAD = "intel.tasks.match_lead"


@dataclass(frozen=True, slots=True)
class Sharing:
    """A share chosen in the form, before the first save."""

    agency: Agency
    level: Level
    reason: str


@verb
def log_lead(
    facts: LeadFacts, *, by: User, sharing: Iterable[Sharing] = (), draft: LeadDraft | None = None
) -> Lead:
    """Keep a lead as received, with its subjects, identifiers and shares, and have it matched after commit.

    Raises `Refused` when the role may not log leads, an identifier cannot be one, or a share is not allowed.
    """
    policies.check_can_log(by)
    policies.check_has_basis(facts.basis, facts.predicate)
    lead = Lead(agency=check_agency(by.agency), logged_by=by)
    _write(lead, facts)
    audit.record(Act.LOGGED, lead, by=by)
    announce(lead, to=lead.agency, with_dependants=True)
    for wish in sharing:
        agency_actions.share(lead, agency=wish.agency, level=wish.level, reason=wish.reason, by=by)
    keep_to_rules(lead)
    if draft is not None:
        draft.delete()
    return lead


@verb
def edit_lead(lead: Lead, facts: LeadFacts, *, version: str, by: User) -> Lead:
    """Replace a lead's content and match it anew. Raises `EditConflict` if it changed since `version`."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    policies.check_can_edit(lead, by)
    policies.check_has_basis(facts.basis, facts.predicate)
    check_unchanged(lead, version)
    _write(lead, facts)
    end_shares_beyond(lead)
    audit.record(Act.EDITED, lead, by=by)
    announce(lead, with_dependants=True)
    keep_to_rules(lead)
    return lead


def _write(lead: Lead, facts: LeadFacts) -> None:
    for name in ("title", "narrative", "category", "source", "grade_source", "grade_information", "caveat", "basis",
                 "predicate", "occurred_on", "place", "pointer_policy", "kind"):  # fmt: skip
        setattr(lead, name, getattr(facts, name))
    lead.handling, lead.countries, lead.tags = list(facts.handling), list(facts.countries), list(facts.tags)
    lead.reported_on = facts.reported_on or timezone.localdate()
    if lead.kind == Lead.Kind.REPORT:
        latest = review_day(lead.agency, of_victims=facts.is_of_victims)
        lead.review_on = min(latest, lead.review_on or latest)
    lead.save()
    _print_narrative(lead)
    _write_subjects(lead, facts.subjects)
    _write_identifiers(lead, facts)
    jobs.enqueue(MATCH_LEAD, lead.pk)


def _print_narrative(lead: Lead) -> None:
    """Keep what finds its near-duplicates."""
    narrative = NarrativePrint(lead=lead, bands=bands(shingles(lead.narrative)))
    NarrativePrint.objects.bulk_create(
        [narrative], update_conflicts=True, unique_fields=["lead"], update_fields=["bands"]
    )


def _write_subjects(lead: Lead, subjects: tuple[SubjectFacts, ...]) -> None:
    """Replace the lead's subjects; those named by pk go on as the same rows, with their hits and roles in cases."""
    kept = {subject.pk: subject for subject in lead.subjects.all()}
    fresh = [_subject(lead, position, facts, kept) for position, facts in enumerate(subjects)]
    _remove(lead.subjects.exclude(pk__in=[subject.pk for subject in fresh]))
    Subject.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*SUBJECT_FIELDS, "position", "search_names", "updated_at"],
    )


def _remove(subjects: QuerySet[Subject, Subject]) -> None:
    """Delete subjects and, with them, the hits on them; the feeds that hold either are told."""
    gone = set(subjects.values_list("pk", flat=True))
    sides = Q(hit__left__subject__in=gone) | Q(hit__right__subject__in=gone)
    forget(HitNotice, set(HitNotice.objects.filter(sides).values_list("pk", flat=True)))
    forget(Subject, gone)
    subjects.delete()


SUBJECT_FIELDS = ("kind", "name", "aliases", "birth_earliest", "birth_latest", "age", "sex", "nationalities",
                   "places", "role", "note")  # fmt: skip


def _subject(lead: Lead, position: int, facts: SubjectFacts, kept: dict[uuid.UUID, Subject]) -> Subject:
    subject = Subject(lead=lead, agency_id=lead.agency_id, list_entry=facts.list_entry)
    if facts.pk is not None:
        if facts.pk not in kept:
            raise Refused("One of the subjects was removed in the meantime. Reload the lead and edit again.")
        subject = kept[facts.pk]
    subject.position = position
    for name in SUBJECT_FIELDS:
        value: Any = getattr(facts, name)
        setattr(subject, name, list(value) if isinstance(value, tuple) else value)
    subject.search_names = searchable(" ".join([facts.name, *facts.aliases]))
    subject.updated_at = timezone.now()
    return subject


def searchable(text: str) -> str:
    """Text as names are searched: Latin letters, lower case."""
    return anyascii(text).lower().strip()


def _write_identifiers(lead: Lead, facts: LeadFacts) -> None:
    lead.identifiers.all().delete()
    rows: dict[tuple[Any, str, str], Identifier] = {}
    holders: list[tuple[Subject | None, tuple[IdentifierFacts, ...]]] = [(None, facts.identifiers)]
    holders += [(s, f.identifiers) for s, f in zip(lead.subjects.all(), facts.subjects, strict=True)]
    for subject, identifiers in holders:
        for stated in identifiers:
            row = identifier_of(lead, subject, stated)
            rows[subject and subject.pk, row.kind, row.value] = row
    Identifier.objects.bulk_create(rows.values())


def identifier_of(lead: Lead, subject: Subject | None, stated: IdentifierFacts) -> Identifier:
    """The row of an identifier as stated, normalised. Raises `Refused` when it cannot be one."""
    # A number written without its country code is one of the agency's own country; a document may be anybody's.
    country = stated.country or (lead.agency.country if stated.kind == "phone" else None)
    try:
        normal = normalise(stated.kind, stated.raw, country=country)
    except NotAnIdentifier as problem:
        raise Refused(f"“{stated.raw[:80]}”: {problem}") from problem
    if len(normal.value) > 500:
        raise Refused(
            f"“{stated.raw[:80]}…” is too long to be kept as an identifier (500 characters at most)."
        )
    # A card's number is never kept: its normalised value is the brand alone.
    raw = normal.display if stated.kind == "card" else stated.raw[:500]
    return Identifier(
        lead=lead, agency_id=lead.agency_id, subject=subject, kind=stated.kind, raw=raw, value=normal.value,
        display=normal.display[:500], warnings=list(normal.warnings),
    )  # fmt: skip
