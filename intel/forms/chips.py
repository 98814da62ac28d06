"""What was picked out of a narrative, one chip each, to be kept, corrected or dropped.

A chip remembers in `found` which finding it came from, so that reading the text again keeps what was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.http import QueryDict

from intel.actions.logging import searchable
from intel.extraction import Finding, find
from intel.facts import IdentifierFacts, SubjectFacts
from intel.forms.reading import Born, read_born, read_identifier, write_identifier
from intel.matching.identifiers import KINDS, NotAnIdentifier, normalise

PREFIX = "chips"
MOST = 100  # more than a person would look through; a long list belongs into subjects
SURE = 0.6  # from here on a finding is kept unless somebody says no
SHOWN = {*KINDS, "person", "place", "country", "date"}
LABELS = {"person": "Person", "place": "Place", "country": "Country", "date": "Date"}


@dataclass(frozen=True, slots=True)
class Chip:
    """`holder` says whose an identifier is: "" the lead's, "row-2" of the third subject row, "person-…" of a found
    person; a found person with a row of its own carries that row."""

    kind: str
    raw: str
    keep: bool
    found: str = ""
    holder: str = ""
    finding: Finding | None = None
    error: str = ""

    @property
    def is_identifier(self) -> bool:
        return self.kind in KINDS

    @property
    def is_kept_identifier(self) -> bool:
        return self.is_identifier and self.keep and bool(self.raw)

    @property
    def is_day(self) -> bool:
        return self.kind == "date" and len(self.found) == len("2026-01-31")

    @property
    def label(self) -> str:
        return KINDS[self.kind].label if self.is_identifier else LABELS[self.kind]

    @property
    def as_holder(self) -> str:
        return f"person-{self.found}"

    @property
    def has_row(self) -> bool:
        return self.kind == "person" and self.holder.startswith("row-")

    @property
    def details(self) -> str:
        """What the text says of a found person, in a few words."""
        said = self.finding.fields if self.finding and self.kind == "person" else {}
        age = f"age {said['age']}" if "age" in said else ""
        also = f"also {said['aliases'].replace('; ', ', ')}" if "aliases" in said else ""
        return " · ".join(filter(None, [also, age, said.get("nationality", ""), said.get("place", "")]))

    @property
    def warnings(self) -> list[str]:
        notes = [self.finding.note] if self.finding and self.finding.note else []
        try:
            found = normalise(self.kind, self.raw).warnings if self.is_identifier else ()
        except NotAnIdentifier:
            found = ()
        return list(dict.fromkeys([*notes, *found]))

    def value(self, country: str) -> str:
        """The normalised identifier; empty where it is none."""
        try:
            return normalise(self.kind, self.raw, country=self._country(country)).value
        except (NotAnIdentifier, KeyError):
            return ""

    def _country(self, office: str) -> str | None:
        if self.kind == "phone":
            return office
        untouched = self.finding is not None and self.raw == _raw(self.finding)
        return self.finding.fields.get("country") if self.finding is not None and untouched else None

    def identifier(self, office: str) -> IdentifierFacts:
        """Raises ValidationError when it cannot be one."""
        return read_identifier(self.kind, self.raw, office, self._country(office))

    def subject(self) -> SubjectFacts:
        """The person that the text names, with what it says of them."""
        typed = self.typed()
        born = _born(typed["born"])
        return SubjectFacts(
            name=typed["name"], aliases=tuple(filter(None, typed["aliases"].split("; "))),
            birth_earliest=born.earliest, birth_latest=born.latest, age=born.age,
            nationalities=tuple(filter(None, [typed["nationalities"]])),
            places=tuple(filter(None, [typed["places"]])),
        )  # fmt: skip

    def typed(self) -> dict[str, str]:
        """The person as a subject row shows them."""
        said = self.finding.fields if self.finding else {}
        return {
            "kind": "person",
            "name": self.raw,
            "aliases": said.get("aliases", ""),
            "born": said.get("birth_date") or said.get("age", ""),
            "nationalities": said.get("nationality", ""),
            "places": said.get("place", ""),
        }


def _born(text: str) -> Born:
    try:
        return read_born(text)
    except ValidationError:
        return Born()


def read(data: QueryDict) -> list[Chip]:
    """The chips as the browser sent them."""
    try:
        total = min(int(data.get(f"{PREFIX}-TOTAL_FORMS", "0")), MOST)
    except ValueError:
        total = 0
    chips = (_read_one(data, f"{PREFIX}-{number}") for number in range(total))
    return [chip for chip in chips if chip.kind in SHOWN and (chip.raw or chip.found)]


def _read_one(data: QueryDict, name: str) -> Chip:
    return Chip(
        kind=data.get(f"{name}-kind", ""),
        raw=data.get(f"{name}-raw", "").strip()[:2_000],
        keep=f"{name}-keep" in data,
        found=data.get(f"{name}-found", "")[:2_000],
        holder=data.get(f"{name}-holder", "")[:2_100],
    )


def picked(narrative: str, country: str, names: Iterable[str]) -> list[Finding]:
    """What a narrative holds, each thing once, in its order."""
    unique: dict[tuple[str, str], Finding] = {}
    for finding in find(narrative, country=country, known_names=names):
        if finding.kind in SHOWN:
            unique.setdefault((finding.kind, finding.value), finding)
    return list(unique.values())


def merge(chips: list[Chip], findings: list[Finding], country: str, *, sure: float = SURE) -> list[Chip]:
    """The chips for a text that was read again: new findings join, decisions stay, untouched ones that left the text go.

    New findings from confidence `sure` on are kept by default.
    """
    decided = {(chip.kind, chip.found): chip for chip in chips if chip.found}
    lonely_date = sum(1 for each in findings if _is_event(each)) == 1
    fresh = [
        replace(decided.pop((each.kind, each.value)), finding=each)
        if (each.kind, each.value) in decided
        else Chip(each.kind, _raw(each), _default(each, sure, lonely_date), each.value, finding=each)
        for each in findings
    ]
    by_hand = [chip for chip in chips if chip.is_identifier and not chip.found]
    corrected = [
        chip
        for chip in decided.values()
        if chip.is_identifier and chip.keep and (chip.holder or chip.value(country) != chip.found)
    ]
    return [*fresh[: MOST - len(by_hand)], *by_hand, *corrected][:MOST]


def _raw(finding: Finding) -> str:
    if finding.kind == "person":
        return finding.fields.get("name") or finding.display
    if finding.kind in KINDS:
        # A telephone number is shown with the country it was read in; all else as it was written.
        shown = finding.display if finding.kind == "phone" else " ".join(finding.raw.split())
        return write_identifier(finding.kind, finding.value, shown)
    return finding.display


def _is_event(finding: Finding) -> bool:
    return (
        finding.kind == "date" and len(finding.value) == len("2026-01-31") and "meaning" not in finding.fields
    )


def _default(finding: Finding, sure: float, lonely_date: bool) -> bool:
    # Of several dates nobody but the writer knows which is the day it happened.
    certain = finding.kind != "date" or (lonely_date and _is_event(finding) and not finding.note)
    return certain and finding.confidence >= sure


def with_rows(chips: list[Chip], rows: dict[str, str]) -> list[Chip]:
    """Found persons who have a subject row already, by `rows`: searchable name -> row."""
    return [
        replace(chip, holder=rows[searchable(chip.raw)], keep=False)
        if chip.kind == "person" and not chip.has_row and searchable(chip.raw) in rows
        else chip
        for chip in chips
    ]


def without_rows(chips: list[Chip], rows: set[str]) -> list[Chip]:
    """What a dropped row held belongs to nobody; whoever had it is a found person again."""
    return [
        replace(chip, holder="") if chip.holder.startswith("row-") and chip.holder not in rows else chip
        for chip in chips
    ]


def keeping(chips: Iterable[Chip], kind: str) -> Iterator[Chip]:
    """The kept chips of a kind; persons without those who have a row."""
    return (chip for chip in chips if chip.kind == kind and chip.keep and not chip.has_row)
