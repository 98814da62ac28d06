"""A kept lead as its form shows it, so that saving without a change changes nothing."""

from __future__ import annotations

import uuid
from typing import Any

from intel.facts import IdentifierFacts, SubjectFacts
from intel.forms.reading import country_name, write_identifier
from intel.models import Identifier, Lead, Subject

MOST_ROWS = 25  # beyond this a form is the wrong tool; the subjects of a long list stay as they are

Held = dict[uuid.UUID | None, list[Identifier]]


def shown_subjects(lead: Lead) -> list[Subject]:
    """The subjects that the form shows: all, or none of a long list."""
    subjects = list(lead.subjects.all()[: MOST_ROWS + 1])
    return subjects if len(subjects) <= MOST_ROWS else []


def hidden_subjects(lead: Lead) -> list[SubjectFacts]:
    """The subjects of a list too long to be shown, just as they are."""
    subjects = list(lead.subjects.all())
    if len(subjects) <= MOST_ROWS:
        return []
    held = held_identifiers(lead)
    return [_as_is(subject, held.get(subject.pk, [])) for subject in subjects]


def held_identifiers(lead: Lead) -> Held:
    """A lead's identifiers by subject; under None the loose ones."""
    held: Held = {}
    for identifier in lead.identifiers.all():
        held.setdefault(identifier.subject_id, []).append(identifier)
    return held


def _as_is(subject: Subject, identifiers: list[Identifier]) -> SubjectFacts:
    return SubjectFacts(
        pk=subject.pk, kind=subject.kind, name=subject.name, aliases=tuple(subject.aliases),
        birth_earliest=subject.birth_earliest, birth_latest=subject.birth_latest, age=subject.age, sex=subject.sex,
        nationalities=tuple(subject.nationalities), places=tuple(subject.places), role=subject.role,
        note=subject.note,
        identifiers=tuple(
            IdentifierFacts(each.kind, write_identifier(each.kind, each.value, each.display))
            for each in identifiers
        ),
    )  # fmt: skip


_PLAIN = ("narrative", "title", "category", "place", "source", "basis", "predicate", "grade_source", "grade_information",
          "caveat", "pointer_policy")  # fmt: skip


def written(lead: Lead) -> dict[str, Any]:
    """The report as the form's fields show it."""
    return {name: getattr(lead, name) for name in _PLAIN} | {
        "occurred_on": lead.occurred_on.isoformat() if lead.occurred_on else "",
        "reported_on": lead.reported_on.isoformat(),
        "countries": ", ".join(map(country_name, lead.countries)),
        "handling": lead.handling or ["H0"],
        "tags": ", ".join(lead.tags),
    }
