"""A file with its fields: its rows as records under their own ids, and what was wrong with the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from intel.matching.fields import Fields, Reader
from intel.matching.records import Record
from intel.matching.tables import Rows, TableError, read_table
from intel.matching.written_dates import says_day_first

_SAMPLE = 5_000  # rows from which a column's order of day and month is guessed


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: its id, its record, and its label where labels are asked for."""

    id: str
    record: Record
    label: str = ""


@dataclass
class Source:
    """One file to link. `bad` and `unreadable` fill while the entries are read."""

    path: Path
    rows: Rows
    reader: Reader
    id_at: int
    label_at: int | None = None
    bad: list[tuple[int, str]] = field(default_factory=list)

    @classmethod
    def open(cls, path: Path, fields: Fields, label: str | None = None) -> Source:
        """Raises TableError when the file does not open or lacks a column."""
        rows = read_table(path, fields.encoding)
        wanted = [fields.id, *fields.columns, *([label] if label else [])]
        at = {column: _place_of(column, rows, path) for column in wanted}
        positions: dict[str, list[tuple[int, str]]] = {}
        for column, attribute in fields.columns.items():
            positions.setdefault(attribute, []).append((at[column], column))
        day_first = _day_first(rows, fields, positions.get("birth_date", []))
        reader = Reader(fields, positions, day_first)
        return cls(path, rows, reader, at[fields.id], at[label] if label else None)

    def entries(self) -> Iterator[Entry]:
        """Every good row. The ids are checked as they come.

        Raises:
            TableError: an id stands in two rows, or no row is good.
        """
        lines: dict[str, int] = {}
        self.bad.clear()
        for row in self.rows:
            key = row.cells[self.id_at]
            if not key:
                self.bad.append((row.line, f'has no "{self.rows.columns[self.id_at]}"'))
                continue
            if key in lines:
                raise TableError(
                    f'{self.path.name}: the id "{key}" stands in lines {lines[key]} and {row.line}; '
                    f"name a column that tells the rows apart."
                )
            lines[key] = row.line
            label = row.cells[self.label_at] if self.label_at is not None else ""
            yield Entry(key, self.reader.record(row.line, row.cells), label)
        self.bad = sorted([*self.bad, *self.rows.bad])
        if not lines:
            raise TableError(f"{self.path.name} has a header but no row that can be read: export it again.")


def _place_of(column: str, rows: Rows, path: Path) -> int:
    found = [place for place, name in enumerate(rows.columns) if name == column]
    if len(found) > 1:
        raise TableError(f'{path.name} has {len(found)} columns named "{column}": rename all but one.')
    if not found:
        there = ", ".join(name for name in rows.columns if name)
        raise TableError(f'{path.name} has no column "{column}": there are {there}.')
    return found[0]


def _day_first(rows: Rows, fields: Fields, dates: list[tuple[int, str]]) -> dict[str, bool]:
    if fields.date_order or not dates:
        return {column: fields.date_order != "month" for _, column in dates}
    sample = [row.cells for row in islice(iter(rows), _SAMPLE)]
    return {column: says_day_first(cells[at] for cells in sample) for at, column in dates}
