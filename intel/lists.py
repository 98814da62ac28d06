"""Published lists as files: a CSV of entries becomes facts, and what is wrong with a row is said with its line.

Columns (docs/how-tos/linking-runs.md): `id` and `name` are needed; `kind`, `aliases`, `birth_dates`, `sex`,
`nationalities`, `places`, `identifiers`, `programmes` and `note` may be there. Several values are set apart by ";".
"""

from __future__ import annotations

import csv
import io
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from intel.extraction import gazetteer
from intel.extraction.words import fold
from intel.facts import IdentifierFacts, SubjectFacts
from intel.matching.identifiers import KINDS, NotAnIdentifier, normalise
from intel.models import Subject

NEEDED = ("id", "name")
KNOWN = (*NEEDED, "kind", "aliases", "birth_dates", "sex", "nationalities", "places", "identifiers", "programmes", "note")  # fmt: skip
_MOST_PLACES = 10
_LONGEST_ID = 100
_WORD_OF_KIND = {"company": Subject.Kind.ORGANISATION, "organization": Subject.Kind.ORGANISATION,
                 "entity": Subject.Kind.ORGANISATION, "individual": Subject.Kind.PERSON, "ship": Subject.Kind.VESSEL,
                 "aircraft": Subject.Kind.VEHICLE, "airplane": Subject.Kind.VEHICLE}  # fmt: skip


class NotAListError(Exception):
    """The file cannot be read as a list at all; the message says why."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is left out. `entry` is its id where that could be read: what is held of it stays as it is."""

    line: int
    problem: str
    entry: str = ""

    def __str__(self) -> str:
        return f"line {self.line}{f' ({self.entry})' if self.entry else ''}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A list as published on one day: its entries, each with its `list_entry`, and the rows that could not be read."""

    entries: tuple[SubjectFacts, ...]
    bad: tuple[BadRow, ...]


def read(path: Path) -> Snapshot:
    """Read a list from a CSV file. Raises `NotAListError` when it is none."""
    try:
        text = _decoded(path.read_bytes())
    except OSError as problem:
        raise NotAListError(f"{path} cannot be read: {problem.strerror}.") from problem
    return parse(io.StringIO(text, newline=""))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:  # older office programs write the code page of Western Europe
        return content.decode("cp1252", errors="replace")


def parse(lines: Iterable[str]) -> Snapshot:
    """The entries of a list in CSV lines, the first of which names the columns."""
    reader = csv.DictReader(lines, restkey="")
    columns = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if missing := [name for name in NEEDED if name not in columns]:
        raise NotAListError(
            f"The first line must name the columns {' and '.join(missing)}; it has {columns}."
        )
    reader.fieldnames = columns
    entries: dict[str, SubjectFacts] = {}
    bad: list[BadRow] = []
    for row in _rows(reader, bad):
        cells = {name: (value or "").replace("\0", "").strip() for name, value in row.items() if name}
        entry = cells["id"]
        try:
            if entry in entries:
                raise ValueError("this id stands in an earlier line too")
            entries[entry] = _facts(cells)
        except ValueError as problem:
            bad.append(BadRow(reader.line_num, str(problem), entry[:_LONGEST_ID]))
    return Snapshot(tuple(entries.values()), tuple(bad))


def _rows(reader: csv.DictReader[str], bad: list[BadRow]) -> Iterator[Mapping[str, str | None]]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            bad.append(BadRow(reader.line_num, str(problem)))
            continue
        if any(value for value in row.values() if isinstance(value, str)):
            yield row


def _facts(cells: Mapping[str, str]) -> SubjectFacts:
    if not 0 < len(cells["id"]) <= _LONGEST_ID:
        raise ValueError(
            "it has no id" if not cells["id"] else f"its id is longer than {_LONGEST_ID} characters"
        )
    if not cells["name"]:
        raise ValueError("it has no name")
    births = [span(text) for text in _several(cells, "birth_dates")]
    programmes = ", ".join(_several(cells, "programmes"))
    said = [cells["id"], f"programme {programmes}" if programmes else "", cells.get("note", "")]
    return SubjectFacts(
        list_entry=cells["id"],
        kind=_kind(cells.get("kind", "")),
        name=cut(cells["name"], 300),
        aliases=tuple(cut(alias, 300) for alias in _several(cells, "aliases")),
        birth_earliest=min((each[0] for each in births), default=None),
        birth_latest=max((each[1] for each in births), default=None),
        sex=_sex(cells.get("sex", "")),
        nationalities=tuple(dict.fromkeys(_country(name) for name in _several(cells, "nationalities"))),
        places=tuple(cut(place, 200) for place in _several(cells, "places")[:_MOST_PLACES]),
        note=cut(", ".join(filter(None, said)), 2_000),
        identifiers=tuple(dict.fromkeys(_identifier(text) for text in _several(cells, "identifiers"))),
    )


def _several(cells: Mapping[str, str], column: str) -> list[str]:
    parts = (part.strip() for part in cells.get(column, "").split(";"))
    return list(dict.fromkeys(part for part in parts if part))


def _kind(word: str) -> str:
    kind = word.lower() or Subject.Kind.PERSON
    kind = _WORD_OF_KIND.get(kind, kind)
    if kind not in Subject.Kind.values:
        raise ValueError(f"“{word}” is no kind; the kinds are {', '.join(Subject.Kind.values)}")
    return kind


def _sex(word: str) -> str:
    sexes = {"": "", "f": "female", "m": "male"} | {code: code for code in Subject.Sex.values}
    if word.lower() not in sexes:
        raise ValueError(f"“{word}” is no sex; write {', '.join(Subject.Sex.values)} or nothing")
    return sexes[word.lower()]


def _country(name: str) -> str:
    code = gazetteer.countries().get(fold(name))
    if code is None and re.fullmatch(r"[A-Za-z]{2}", name) and name.upper() in gazetteer.countries().values():
        code = name.upper()
    if code is None:
        raise ValueError(f"“{name}” is no country we know; write its name or its two letters (ISO 3166)")
    return code


def _identifier(text: str) -> IdentifierFacts:
    kind, colon, raw = (part.strip() for part in text.partition(":"))
    if not colon or kind not in KINDS:
        raise ValueError(f"“{text}” is no identifier; write its kind before it, as in passport:AB123456")
    try:
        normalise(kind, raw)
    except NotAnIdentifier as problem:
        raise ValueError(f"“{raw}”: {problem}") from problem
    return IdentifierFacts(kind, raw)


def span(text: str) -> tuple[date, date]:
    """First and last day of "1964", "1964-07" or "1964-07-31". Raises ValueError when it is none."""
    found = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
    if not found:
        raise ValueError(f"“{text}” is no date; write 1964, 1964-07 or 1964-07-31")
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        last_month = month or 12
        return date(year, month or 1, day or 1), date(
            year, last_month, day or monthrange(year, last_month)[1]
        )
    except ValueError as problem:
        raise ValueError(f"“{text}” is no day of the calendar") from problem


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
