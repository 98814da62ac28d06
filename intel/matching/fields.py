"""What the columns of a file mean (`fields.json`), and a row of it -> Record."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import pycountry

from intel.matching import identifiers
from intel.matching.identifiers import NotAnIdentifier
from intel.matching.records import DateSpan, Kind, Record
from intel.matching.tables import TableError
from intel.matching.vocabulary import countries, fold
from intel.matching.written_dates import read_birth

ATTRIBUTES = {
    "full_name": "a person's whole name", "given_name": "first names", "surname": "family names",
    "alias": "another name", "birth_date": "a day, month or year of birth in any usual form",
    "birth_year": "a year of birth", "age": "years of age", "sex": "sex or gender", "nationality": "a country",
    "place": "where someone lives or was met", "birth_place": "where someone was born",
    "street": "street and number", "address": "an address in one cell", "postcode": "a postal code",
    "region": "a state, province or county", "country": "the country of the address",
    "phone": "a telephone number", "email": "an e-mail address", "national_id": "a number one has for life",
    "document": "a passport or other paper", "account": "a bank account", "plate": "a number plate",
    "organisation": "an organisation, or a person's employer", "occupation": "what someone does",
    "category": "any other group that a row is of",
}  # fmt: skip
SETTINGS = {"date_order", "country", "reported_on", "encoding", "cluster"}
_PERSON = {"full_name", "given_name", "surname", "alias"}
_OLDEST = 120
_SEXES = {
    "F": {"f", "female", "w", "woman", "girl", "femme", "femenino", "mujer", "feminino", "weiblich", "2"},
    "M": {"m", "male", "man", "boy", "h", "homme", "hombre", "masculino", "masculin", "mannlich", "1"},
    "X": {"x", "nonbinary", "non binary", "divers", "other"},
}
_SEX = {word: sex for sex, words in _SEXES.items() for word in words}


@dataclass(frozen=True, slots=True)
class Fields:
    """`columns` maps a column's name to an attribute; several columns may have the same one.

    `country` (alpha-2) reads telephone numbers without a country code; `reported_on` is the day on which ages held;
    `date_order` is "day", "month" or "" for each column's own guess.
    """

    id: str
    columns: Mapping[str, str]
    country: str | None = None
    reported_on: date | None = None
    date_order: str = ""
    encoding: str | None = None


def read_fields(path: Path) -> Fields:
    """Raises TableError with a sentence that says what to change."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise TableError(f"There is no file {path}: check the name and the folder.") from error
    except (OSError, ValueError) as error:
        raise TableError(
            f"{path.name} is not JSON ({error}): compare it with the example in the manual."
        ) from error
    if not isinstance(stored, dict) or not isinstance(stored.get("fields"), dict) or not stored["fields"]:
        raise TableError(f'{path.name} needs "fields": {{"column": "attribute", ...}}.')
    if not isinstance(stored.get("id"), str) or not stored["id"].strip():
        raise TableError(f'{path.name} needs "id": the column that tells the rows apart.')
    for column, attribute in stored["fields"].items():
        if attribute not in ATTRIBUTES:
            raise TableError(_unknown(path, column, str(attribute)))
    return _settings(path, stored)


def _unknown(path: Path, column: str, attribute: str) -> str:
    near = get_close_matches(attribute.lower(), ATTRIBUTES, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(ATTRIBUTES)}."
    return f'{path.name}: "{attribute}" (column {column}) is no attribute: {hint}'


def _settings(path: Path, stored: dict[str, Any]) -> Fields:
    odd = sorted(set(stored) - {"id", "fields"} - SETTINGS)
    if odd:
        raise TableError(
            f'{path.name}: "{odd[0]}" is not known here; settings are {", ".join(sorted(SETTINGS))}.'
        )
    if stored.get("date_order", "") not in {"", "day", "month"}:
        raise TableError(f'{path.name}: "date_order" is "day" or "month", whichever stands first.')
    try:
        reported = date.fromisoformat(stored["reported_on"]) if stored.get("reported_on") else None
    except (TypeError, ValueError) as error:
        raise TableError(f'{path.name}: "reported_on" reads like "2026-01-31".') from error
    country = str(stored.get("country") or "").strip()
    code = countries().get(fold(country)) or country.upper()
    if country and pycountry.countries.get(alpha_2=code) is None:
        raise TableError(f'{path.name}: "country" is two letters such as "GB", or the name of a country.')
    return Fields(
        id=stored["id"].strip(),
        columns={column.strip(): attribute for column, attribute in stored["fields"].items()},
        country=code or None,
        reported_on=reported,
        date_order=stored.get("date_order", ""),
        encoding=stored.get("encoding"),
    )


@dataclass(slots=True)
class Reader:
    """Reads the rows of one file. `unreadable` counts, by column, the values left empty, with their first lines."""

    fields: Fields
    positions: Mapping[str, list[tuple[int, str]]]
    day_first: Mapping[str, bool]
    unreadable: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def record(self, line: int, cells: Sequence[str]) -> Record:
        def said(attribute: str) -> list[str]:
            return [cells[at] for at, _ in self.positions.get(attribute, ()) if cells[at]]

        name, organisation = " ".join(said("full_name")), " ".join(said("organisation"))
        given, family = tuple(said("given_name")), tuple(said("surname"))
        is_person = bool(name or given or family or said("alias")) or "organisation" not in self.positions
        shown = name if is_person else organisation
        return Record(
            kind=Kind.PERSON if is_person else Kind.ORGANISATION,
            name=shown,
            given_names=given,
            surnames=family,
            aliases=tuple(said("alias")),
            births=self._births(line, cells),
            sex=next((_SEX.get(fold(text), "") for text in said("sex")), ""),
            nationalities=tuple(_nationality(text) for text in said("nationality")),
            places=tuple(_in_country(said("place"), said("country"))),
            birth_places=tuple(said("birth_place")),
            streets=tuple(filter(None, (" ".join(said("street")), *said("address")))),
            postcodes=tuple(said("postcode")),
            regions=tuple(said("region")),
            identifiers=tuple(self._identifiers(said)),
            occupations=(*said("occupation"), *((organisation,) if is_person and organisation else ())),
            categories=tuple(said("category")),
            reported_on=self.fields.reported_on,
        )

    def _births(self, line: int, cells: Sequence[str]) -> tuple[DateSpan, ...]:
        found = []
        for attribute in ("birth_date", "birth_year", "age"):
            for at, column in self.positions.get(attribute, ()):
                if cells[at]:
                    span = self._age(cells[at]) if attribute == "age" else self._birth(cells[at], column)
                    found.append(span) if span else self.unreadable[column].append(line)
        exact = [span for span in found if span.days == 1]
        return tuple(exact or found)

    def _birth(self, text: str, column: str) -> DateSpan | None:
        return _read_birth(text, self.day_first.get(column, True))

    def _age(self, text: str) -> DateSpan | None:
        digits = text.split(".")[0]
        on = self.fields.reported_on or date.today()  # noqa: DTZ011 - the reader's day is meant
        return DateSpan.of_age(int(digits), on) if digits.isdecimal() and int(digits) <= _OLDEST else None

    def _identifiers(self, said: Callable[[str], list[str]]) -> list[tuple[str, str]]:
        country = self.fields.country
        found = [
            _identifier(kind, text, country)
            for kind in ("phone", "email", "national_id", "plate")
            for text in said(kind)
        ]
        found += [_identifier("passport", text, country) for text in said("document")]
        found += [_account(text) for text in said("account")]
        return [(kind, value) for kind, value in found if value]


_read_birth = lru_cache(maxsize=100_000)(lambda text, day_first: read_birth(text, day_first=day_first))


@lru_cache(maxsize=100_000)
def _identifier(kind: str, text: str, country: str | None) -> tuple[str, str]:
    """In canonical form; what cannot be one is kept as written: a misprint still resembles the right one."""
    try:
        return kind, identifiers.normalise(kind, text, country=country).value
    except NotAnIdentifier:
        return kind, "".join(text.lower().split()) if kind == "email" else _letters(text)


def _account(text: str) -> tuple[str, str]:
    try:
        read = identifiers.normalise("iban", text)
        return ("iban", read.value) if not read.warnings else ("account", _letters(text))
    except NotAnIdentifier:
        return "account", _letters(text)


def _letters(text: str) -> str:
    return "".join(char for char in fold(text).upper() if char.isalnum())


@lru_cache(maxsize=2_000)
def _nationality(text: str) -> str:
    """Alpha-2 where the country is recognised; else the words as they are, which agree with themselves."""
    said = " ".join(fold(text).split())
    if len(said) in (2, 3):
        code = said.upper()
        known = pycountry.countries.get(alpha_2=code) or pycountry.countries.get(alpha_3=code)
        return known.alpha_2 if known else code
    return countries().get(said, said.upper())


def _in_country(places: list[str], named: list[str]) -> list[str]:
    """ "Tenancingo" in a row of "Mexico" reads "Tenancingo, Mexico"."""
    country = named[0] if named else ""
    return [f"{place}, {country}" if country else place for place in places] or named
