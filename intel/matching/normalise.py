"""Record -> Features: what the comparisons read. Kept as JSON beside the record, so a pair is compared without
parsing either file again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from intel.matching.naming import Name, other_readings, parse_organisation, parse_person
from intel.matching.records import DateSpan, Kind, Record
from intel.matching.vocabulary import countries, fold

# Raise it when the meaning of a field below changes: `engine.index` then rewrites stored features.
VERSION = 3

_WORDS = re.compile(r"[a-z0-9]+")
_SEVERAL = re.compile(r"\s+(?:or|and|aka|a\.k\.a\.|alias)\s+|\s*[/;|]\s*", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([^)]*)\)")
_TEXTS = ("streets", "postcodes", "regions", "occupations", "categories")
_MOST_NAMES = 24  # a list entry may carry fifty spellings; the rest add cost, hardly recall


@dataclass(frozen=True, slots=True)
class Place:
    """`parts` from the smallest ("memphis", "tennessee"); `country` alpha-2 where the text names one."""

    shown: str
    parts: tuple[str, ...]
    country: str = ""


@dataclass(frozen=True, slots=True)
class Features:
    kind: Kind
    names: tuple[Name, ...] = ()
    births: tuple[DateSpan, ...] = ()
    sex: str = ""
    nationalities: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    listed: bool = False
    birth_places: tuple[Place, ...] = ()
    streets: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    occupations: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "kind": self.kind.value,
            "names": [
                [n.shown, list(n.tokens), n.first, list(n.surnames), n.suffix, n.form, n.alias]
                for n in self.names
            ],
            "births": [[span.earliest.isoformat(), span.latest.isoformat()] for span in self.births],
            "sex": self.sex,
            "nationalities": list(self.nationalities),
            "places": [[place.shown, list(place.parts), place.country] for place in self.places],
            "identifiers": [list(identifier) for identifier in self.identifiers],
            "listed": self.listed,
            "birth_places": [[place.shown, list(place.parts), place.country] for place in self.birth_places],
            **{field: list(getattr(self, field)) for field in _TEXTS},
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Features:
        """Raises ValueError on another version: stale features must be rewritten, not guessed at."""
        if stored.get("version") != VERSION:
            raise ValueError(f"features of version {stored.get('version')}, this code reads {VERSION}")
        return cls(
            kind=Kind(stored["kind"]),
            names=tuple(
                Name(shown, tuple(tokens), first, tuple(surnames), suffix, form, alias)
                for shown, tokens, first, surnames, suffix, form, alias in stored["names"]
            ),
            births=tuple(DateSpan(date.fromisoformat(a), date.fromisoformat(b)) for a, b in stored["births"]),
            sex=stored["sex"],
            nationalities=tuple(stored["nationalities"]),
            places=_stored_places(stored["places"]),
            identifiers=tuple((kind, value) for kind, value in stored["identifiers"]),
            listed=stored["listed"],
            birth_places=_stored_places(stored["birth_places"]),
            **{field: tuple(stored[field]) for field in _TEXTS},
        )


def _stored_places(stored: list[tuple[str, list[str], str]]) -> tuple[Place, ...]:
    return tuple(Place(shown, tuple(parts), country) for shown, parts, country in stored)


def normalise(record: Record) -> Features:
    """Read a record's texts into comparable features. Names that mean nobody ("FNU LNU") leave nothing."""
    return Features(
        kind=record.kind,
        names=tuple(_names(record)),
        births=tuple(sorted(set(record.births))),
        sex=record.sex[:1].upper() if record.sex[:1].upper() in {"F", "M", "X"} else "",
        nationalities=tuple(sorted({country.upper() for country in record.nationalities if country})),
        places=tuple(_distinct_places(record.places)),
        identifiers=tuple(sorted(set(record.identifiers))),
        listed=record.listed,
        birth_places=tuple(_distinct_places(record.birth_places)),
        streets=_texts(record.streets),
        postcodes=_texts(record.postcodes),
        regions=_texts(record.regions),
        occupations=_texts(record.occupations),
        categories=_texts(record.categories),
    )


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    """Folded words of each text, once and in one order, so that normalising them again changes nothing."""
    return tuple(sorted({" ".join(_WORDS.findall(fold(text))) for text in texts} - {""}))


def _names(record: Record) -> list[Name]:
    if record.kind in (Kind.LOOSE, Kind.ACCOUNT, Kind.VEHICLE):
        return []  # "white Ford Transit" names nobody: these are known by their identifiers
    parse = parse_person if record.kind == Kind.PERSON else parse_organisation
    found: dict[tuple[str, ...], Name] = {}
    parts = _name_in_parts(record)
    for shown in _alternatives(record.name):
        if name := parse(shown):
            found.setdefault(name.tokens, _placed(name, parts) if parts else name)
    if parts and not any(set(parts.tokens) <= set(tokens) for tokens in found):
        found.setdefault(parts.tokens, parts)
    for name in (*_aliases(record, parse), *_other_readings(record)):
        found.setdefault(name.tokens, name)
    return list(found.values())[:_MOST_NAMES]


def _aliases(record: Record, parse: Callable[[str], Name | None]) -> Iterator[Name]:
    for alias in record.aliases:
        for shown in _alternatives(alias):
            if name := parse(shown):
                yield replace(name, alias=True)


def _other_readings(record: Record) -> list[Name]:
    return other_readings(record.name) if record.kind == Kind.PERSON else []


def _name_in_parts(record: Record) -> Name | None:
    """A file's given names and surnames in columns of their own: their places in the name are sure."""
    given, family = " ".join(record.given_names).strip(), " ".join(record.surnames).strip()
    shown = " ".join(filter(None, (given, family)))
    name = parse_person(f"{family}, {given}" if given and family else shown)
    return replace(name, shown=shown) if name else None


def _placed(name: Name, parts: Name) -> Name:
    """The full name, told by the other columns which of its words are the given name and the surname."""
    if not set(parts.tokens) <= set(name.tokens):
        return name
    first = name.tokens.index(parts.tokens[parts.first])
    surnames = sorted(name.tokens.index(parts.tokens[position]) for position in parts.surnames)
    return replace(name, first=first, surnames=tuple(surnames))


def _alternatives(text: str) -> list[str]:
    """ "Chino or Saul" are two aliases; "Jose (Jesus) Rejon" is read with and without the bracket."""
    readings = [_BRACKETS.sub(" ", text), *_BRACKETS.findall(text)] if "(" in text else [text]
    if len(text.split()) <= 2:
        return readings
    return [part for reading in readings for part in _SEVERAL.split(reading) if part.strip()]


def _distinct_places(texts: Iterable[str]) -> list[Place]:
    found = {place.parts: place for text in texts if (place := parse_place(text))}
    return list(found.values())


def parse_place(shown: str) -> Place | None:
    """ "Tenancingo, Tlaxcala, Mexico" -> parts from the smallest and country MX."""
    parts = [" ".join(_WORDS.findall(fold(part))) for part in shown.split(",")[:4]]
    parts = [part for part in parts if part]
    country = countries().get(parts[-1], "") if parts else ""
    if country:
        parts.pop()
    return Place(shown.strip(), tuple(parts), country) if parts or country else None


def postcode_parts(code: str) -> tuple[str, str, str]:
    """Sector, head and area: "tq13 8df" -> "tq138", "tq13", "tq"; "30303" -> "3030", "303", "30"."""
    head, _, tail = code.partition(" ")
    if tail and not code.replace(" ", "").isdigit():
        letters = head.rstrip("0123456789")
        return head + tail[:1], head, letters or head[:2]
    whole = head + tail.replace(" ", "")
    return whole[:-1], whole[: max(2, len(whole) - 2)], whole[:2]
