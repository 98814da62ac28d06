"""The persons of one demo lead: what its row, a reader's list and the text itself say, brought together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from intel.extraction import Finding
from intel.extraction.words import fold
from intel.facts import SubjectFacts
from intel.models import Subject

_SEVERAL = re.compile(r" (?:and|or) |;")
ROLE = "defendant"  # everybody whom these press releases name so, whatever the court decided later


@dataclass(slots=True)
class Named:
    """A person as far as known; later mentions only fill what is missing, and the fullest name stays."""

    name: str
    aliases: list[str] = field(default_factory=list)
    age: int | None = None
    place: str = ""
    nationality: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(re.findall(r"[^\W_]+", fold(self.name)))

    def is_same(self, other: Named) -> bool:
        """One name is the other, or its end: "Lerma Plata" after "Gilberto Lerma Plata"."""
        short, long = sorted((self.words, other.words), key=len)
        return len(short) > 1 and long[-len(short) :] == short

    def take(self, other: Named) -> None:
        self.name = max(self.name, other.name, key=len)
        self.aliases += [alias for alias in other.aliases if alias not in self.aliases]
        self.age = self.age or other.age
        self.place = self.place or other.place
        self.nationality = self.nationality or other.nationality

    def as_facts(self) -> SubjectFacts:
        return SubjectFacts(
            kind=Subject.Kind.PERSON,
            name=self.name,
            aliases=tuple(self.aliases),
            age=self.age,
            nationalities=(self.nationality,) if self.nationality else (),
            places=(self.place,) if self.place else (),
            role=ROLE,
        )


def from_column(text: str) -> list[Named]:
    """ "name|alias|age|place; ..." of a lead's row."""
    found = []
    for described in filter(None, text.split("; ")):
        name, alias, age, place = [*described.split("|"), "", "", ""][:4]
        found.append(Named(name, _names(alias), int(age) if age else None, place))
    return found


def from_list(row: Mapping[str, str]) -> Named:
    return Named(row["name"], _names(row["aliases"]), int(row["age"]) if row["age"] else None)


def from_text(findings: Iterable[Finding]) -> list[Named]:
    """Persons of whom the text gives an age or an alias: those it is about, not those it quotes."""
    return [
        Named(
            found.fields["name"],
            _names(found.fields.get("aliases", "")),
            int(found.fields["age"]) if "age" in found.fields else None,
            found.fields.get("place", ""),
            found.fields.get("nationality", ""),
        )
        for found in findings
        if found.kind == "person" and {"age", "aliases"} & set(found.fields)
    ]


def together(mentions: Iterable[Named]) -> list[Named]:
    """One entry per person, in the order of first mention."""
    people: list[Named] = []
    for mention in mentions:
        same = [known for known in people if known.is_same(mention)]
        if len(same) == 1:
            same[0].take(mention)
        elif not same and len(mention.words) > 1:
            people.append(mention)
    return people


def _names(text: str) -> list[str]:
    return [name.strip() for name in _SEVERAL.split(text) if name.strip()]
