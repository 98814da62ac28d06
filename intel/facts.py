"""What people say when they log a lead, as plain values: forms, API and imports make these, the verbs take them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date

from agencies.models import PointerPolicy
from intel.models import Lead, Subject
from intel.models.lead import VICTIM_ROLES


@dataclass(frozen=True, slots=True)
class IdentifierFacts:
    """`kind` is a code of `matching.identifiers.KINDS`; `country` (alpha-2) only where it is known."""

    kind: str
    raw: str
    country: str | None = None


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """`pk` names the subject that an edit continues; without it the subject is a new one. `list_entry` is the number
    of an entry in a published list."""

    pk: uuid.UUID | None = None
    kind: str = Subject.Kind.PERSON
    name: str = ""
    aliases: tuple[str, ...] = ()
    birth_earliest: date | None = None
    birth_latest: date | None = None
    age: int | None = None
    sex: str = ""
    nationalities: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    role: str = ""
    note: str = ""
    list_entry: str = ""
    identifiers: tuple[IdentifierFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """A lead's content. Codes: `handling` H0-H3, grades of the Europol 4x4 scheme, countries alpha-2."""

    title: str
    narrative: str
    category: str = ""
    source: str = ""
    grade_source: str = "X"
    grade_information: str = "4"
    handling: tuple[str, ...] = ()
    caveat: str = ""
    basis: str = Lead.Basis.TIP
    predicate: str = ""
    reported_on: date | None = None
    occurred_on: date | None = None
    place: str = ""
    countries: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pointer_policy: str = PointerPolicy.NAMED
    kind: str = Lead.Kind.REPORT
    subjects: tuple[SubjectFacts, ...] = field(default=())
    identifiers: tuple[IdentifierFacts, ...] = field(default=())

    @property
    def is_of_victims(self) -> bool:
        """Does it speak of victims or witnesses?"""
        roles = {subject.role for subject in self.subjects}
        return self.basis == Lead.Basis.VICTIM_REPORT or not roles.isdisjoint(VICTIM_ROLES)
