"""What the shipped files say, as the facts that the verbs take."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cases.models import Case
from intel.extraction import Finding, find, gazetteer
from intel.extraction.words import fold
from intel.facts import IdentifierFacts, LeadFacts, SubjectFacts
from intel.lists import cut, span
from intel.matching.identifiers import KINDS, NotAnIdentifier, normalise
from intel.models import Lead, Subject
from taskforce.demo import people

DATA = Path(__file__).parent / "data"
LIST_TITLE = "OFAC Specially Designated Nationals: four crime programmes, June 2021"
LIST_TEXT = (
    "Entries of the programmes TCO, SDNTK, LIBYA3 and GLOMAG as published by the U.S. Treasury, Office of Foreign "
    "Assets Control, in June 2021. A historic snapshot for the demonstration: not for screening."
)
_KIND_OF_THEME = {
    "A": Case.Kind.SEX_TRAFFICKING,
    "B": Case.Kind.FORCED_LABOUR,
    "C": Case.Kind.FORCED_LABOUR,
    "D": Case.Kind.SMUGGLING,
    "E": Case.Kind.ORGANISED_CRIME,
    "F": Case.Kind.SEX_TRAFFICKING,
    "G": Case.Kind.DOCUMENT_FRAUD,
}
_SUBJECT_KIND = {
    "Person": Subject.Kind.PERSON,
    "Company": Subject.Kind.ORGANISATION,
    "Organization": Subject.Kind.ORGANISATION,
    "Vessel": Subject.Kind.VESSEL,
    "Airplane": Subject.Kind.VEHICLE,
}
_LISTED_IDENTIFIERS = {"passportNumber": "passport", "idNumber": "national_id", "website": "url"}
_SURE_ENOUGH = 0.5
_MOST_PLACES = 10


@dataclass(frozen=True, slots=True)
class Office:
    """An agency of the demo; `lead_agency` is its name in leads.csv, empty for those that logged none."""

    lead_agency: str
    code: str
    name: str
    short_name: str
    desk: str
    kind: str
    country: str
    jurisdictions: str


@dataclass(frozen=True, slots=True)
class DemoLead:
    """One press release. Reading its text takes a moment, so `facts` are made only for what is to be logged."""

    row: Mapping[str, str]
    named: tuple[Mapping[str, str], ...]

    @property
    def agency(self) -> str:
        return self.row["agency"]

    @property
    def theme(self) -> str:
        return self.row["theme"]

    @property
    def source(self) -> str:
        """Tells one row from another: it is what a second load looks for."""
        return f"U.S. Department of Justice, press release {self.row['lead_ref']}, {self.row['source_url']}"[
            :500
        ]

    def facts(self) -> LeadFacts:
        findings = find(self.row["narrative"])
        return LeadFacts(
            title=cut(self.row["title"], 200),
            narrative=self.row["narrative"],
            category=_KIND_OF_THEME[self.theme[0]],
            source=self.source,
            grade_source="A",
            grade_information="2",
            basis=Lead.Basis.PUBLIC,
            reported_on=date.fromisoformat(self.row["received_on"]),
            countries=_codes(self.row["countries_mentioned"].split("; ")),
            subjects=_subjects(self.row, self.named, findings),
            identifiers=tuple(_identifiers(findings)),
        )


@dataclass(frozen=True, slots=True)
class DemoCase:
    code: str
    title: str
    kind: str
    themes: str
    summary: str


def offices(data: Path = DATA) -> list[Office]:
    return [Office(**row) for row in _read(data / "offices.csv")]


def cases(data: Path = DATA) -> list[DemoCase]:
    return [DemoCase(**row) for row in _read(data / "cases.csv")]


def protected_values(data: Path = DATA) -> list[dict[str, str]]:
    return list(_read(data / "protected-values.csv"))


def shares(data: Path = DATA) -> list[dict[str, str]]:
    """Leads that their office has already referred to a partner desk."""
    return list(_read(data / "shares.csv"))


def tracks(data: Path = DATA) -> list[dict[str, str]]:
    """The lanes of the offices' cases, as the releases state them."""
    return list(_read(data / "tracks.csv"))


def offences(data: Path = DATA) -> list[dict[str, str]]:
    return list(_read(data / "offences.csv"))


def leads(data: Path = DATA) -> list[DemoLead]:
    """The press releases, oldest first."""
    named: dict[str, list[dict[str, str]]] = {}
    for row in _read(data / "named-in-text.csv"):
        named.setdefault(row["lead_ref"], []).append(row)
    rows = sorted(_read(data / "leads.csv"), key=lambda row: (row["received_on"], row["lead_ref"]))
    return [DemoLead(row, tuple(named.get(row["lead_ref"], ()))) for row in rows]


def listed(data: Path = DATA) -> list[SubjectFacts]:
    """The entries of the sanctions list."""
    with gzip.open(data / "ofac-crime-programmes.ftm.jsonl.gz", "rt", encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    return [_listed(entry) for entry in entries if entry["schema"] in _SUBJECT_KIND]


# --- Leads --------------------------------------------------------------------------------------------


def _subjects(
    row: Mapping[str, str], named: tuple[Mapping[str, str], ...], findings: tuple[Finding, ...]
) -> tuple[SubjectFacts, ...]:
    persons = [people.from_list(entry) for entry in named if entry["kind"] == Subject.Kind.PERSON]
    mentions = [*people.from_column(row["subjects"]), *persons, *people.from_text(findings)]
    organisations = (
        SubjectFacts(kind=Subject.Kind.ORGANISATION, name=entry["name"])
        for entry in named
        if entry["kind"] == Subject.Kind.ORGANISATION
    )
    return (*(person.as_facts() for person in people.together(mentions)), *organisations)


def _identifiers(findings: tuple[Finding, ...]) -> Iterator[IdentifierFacts]:
    """What the text itself holds; pages of the government are where to read on, not where anybody was."""
    for found in findings:
        if found.kind in KINDS and found.confidence >= _SURE_ENOUGH and ".gov/" not in found.value:
            yield IdentifierFacts(found.kind, found.value)


# --- The sanctions list -------------------------------------------------------------------------------


def _listed(entry: Mapping[str, Any]) -> SubjectFacts:
    said: dict[str, list[str]] = entry["properties"]
    last, first = said.get("lastName", [""])[0], said.get("firstName", [""])[0]
    births = [dates for text in said.get("birthDate", []) if (dates := _span(text))]
    return SubjectFacts(
        kind=_SUBJECT_KIND[entry["schema"]],
        name=cut(f"{first} {last}" if first and last else said["name"][0], 300),
        aliases=tuple(cut(alias, 300) for alias in (*said.get("alias", []), *said.get("weakAlias", []))),
        birth_earliest=min((dates[0] for dates in births), default=None),
        birth_latest=max((dates[1] for dates in births), default=None),
        nationalities=_codes(said.get("nationality", [])),
        places=tuple(cut(place, 200) for place in said.get("address", [])[:_MOST_PLACES]),
        list_entry=entry["id"],
        note=f"{entry['id']}, programme {', '.join(said['program'])}",
        identifiers=tuple(_listed_identifiers(said)),
    )


def _listed_identifiers(said: Mapping[str, list[str]]) -> Iterator[IdentifierFacts]:
    for column, kind in _LISTED_IDENTIFIERS.items():
        for raw in dict.fromkeys(said.get(column, [])):
            try:
                normalise(kind, raw)
            except NotAnIdentifier:
                continue
            yield IdentifierFacts(kind, raw)


def _span(text: str) -> tuple[date, date] | None:
    try:
        return span(text)
    except ValueError:
        return None


def _codes(names: list[str]) -> tuple[str, ...]:
    found = (gazetteer.countries().get(fold(name.strip())) for name in names)
    return tuple(dict.fromkeys(code for code in found if code))


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
