"""CSV, XLSX and Parquet files as a stream of rows of text, however they were saved. No database here."""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zipfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from pyarrow import ArrowException
from pyarrow import parquet as arrow

_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"
_LONGEST_QUOTED = 30  # lines that one quoted cell may span; beyond it the quote is taken for a misprint
_PARQUET_BATCH = 10_000
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SUFFIXES = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx",
            ".parquet": "parquet", ".pq": "parquet"}  # fmt: skip


class TableError(ValueError):
    """Why a file cannot be read at all; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its `line` in the file (the first is 1; in Parquet the place of the row) and its cells."""

    line: int
    cells: list[str]


class Rows(Protocol):
    """The rows of one kind of file. `bad` fills with (line, why) of the rows left out while they are read."""

    columns: list[str]
    bad: list[tuple[int, str]]

    def __iter__(self) -> Iterator[Row]: ...


def read_table(path: Path, encoding: str | None = None) -> Rows:
    """A file's rows, to be gone through as often as one likes.

    Raises:
        TableError: missing, of an unknown kind, damaged or empty.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise TableError(f"{path.name}: give a file ending in .csv, .xlsx or .parquet.")
    if not path.is_file():
        raise TableError(f"There is no file {path}: check the name and the folder.")
    if path.stat().st_size == 0:
        raise TableError(f"{path.name} is empty: export it again.")
    if kind == "csv":
        return CsvRows(path, encoding or detect_encoding(path))
    return XlsxRows(path) if kind == "xlsx" else ParquetRows(path)


# --- CSV ----------------------------------------------------------------------------------------------


def _as_windows_byte(error: UnicodeError) -> tuple[str, int]:
    """A byte that is not UTF-8 inside a file that otherwise is: somebody pasted it from an older program."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    odd = error.object[error.start : error.end]
    return "".join(_windows_letter(byte) for byte in odd), error.end


def _windows_letter(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


codecs.register_error("windows-byte", _as_windows_byte)


def detect_encoding(path: Path) -> str:
    """UTF-16 by its mark or its zero bytes, UTF-8 where most of it reads as such, else Windows-1252 or Latin-1."""
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
        for mark, name in _BYTE_ORDER_MARKS.items():
            if start.startswith(mark):
                return name
        zeros = start.count(0)
        if zeros > len(start) // 4:
            return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
        file.seek(0)
        good = odd = 0
        undefined = False
        while block := file.read(1 << 20):
            block += file.readline()  # never cut inside a letter
            text = block.decode("utf-8", errors="surrogateescape") if not block.isascii() else ""
            misfits = [char for char in text if "\udc80" <= char <= "\udcff"]
            odd += len(misfits)
            good += sum(char > "\x7f" for char in text) - len(misfits)
            undefined |= any(ord(char) & 0xFF in {0x81, 0x8D, 0x8F, 0x90, 0x9D} for char in misfits)
    if good >= odd:
        return "utf-8"
    return "latin-1" if undefined else "cp1252"


@dataclass
class CsvRows:
    path: Path
    encoding: str
    columns: list[str] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sample = [line for _, line in zip(range(30), self._lines(), strict=False)]
        if not sample:
            raise TableError(f"{self.path.name} holds no lines: export it again.")
        self.delimiter = _likeliest_delimiter([line for _, line in sample])
        self.columns = [name.strip() for name in self._split(sample[0][1], csv.QUOTE_MINIMAL)]

    def __iter__(self) -> Iterator[Row]:
        """Rows as wide as the header. A quote that is never closed costs its own line, not the rest of the file."""
        self.bad.clear()
        lines = self._lines()
        next(lines)
        waiting: deque[tuple[int, str]] = deque()
        width = len(self.columns)
        while line := (waiting.popleft() if waiting else next(lines, None)):
            number, text = line
            cells = text.split(self.delimiter) if '"' not in text else None
            if cells is None:
                cells = self._quoted(text, lines, waiting)
            if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
                cells = cells[:width]
            if len(cells) != width:
                self.bad.append((number, f"has {len(cells)} cells where the header has {width}"))
            else:
                yield Row(number, [cell.strip() for cell in cells])

    def _lines(self) -> Iterator[tuple[int, str]]:
        """Numbered lines with something in them, without the zero bytes and the Ctrl-Z of old programs."""
        with open(self.path, encoding=self.encoding, errors="windows-byte", newline="") as file:
            for number, line in enumerate(_physical_lines(file), 1):
                text = line.replace("\0", "").replace("\x1a", "")
                if text.strip():
                    yield number, text

    def _quoted(
        self, text: str, lines: Iterator[tuple[int, str]], waiting: deque[tuple[int, str]]
    ) -> list[str]:
        """The cells of a line with quotes, joined with those that follow while a quote is open."""
        whole = text
        taken: list[tuple[int, str]] = []
        while whole.count('"') % 2 and len(taken) < _LONGEST_QUOTED:
            following = waiting.popleft() if waiting else next(lines, None)
            if following is None:
                break
            taken.append(following)
            whole = f"{whole}\n{following[1]}"
        cells = self._split(whole, csv.QUOTE_MINIMAL)
        if len(cells) == len(self.columns) and whole.count('"') % 2 == 0:
            return cells
        waiting.extendleft(reversed(taken))
        alone = [cell.strip().strip('"') for cell in self._split(text, csv.QUOTE_NONE)]
        return alone if taken or len(alone) == len(self.columns) else cells

    def _split(self, text: str, quoting: Literal[0, 3]) -> list[str]:
        limit = csv.field_size_limit(max(len(text) + 1, 131_072))
        try:
            return next(csv.reader([text], delimiter=self.delimiter, quoting=quoting), [])
        except csv.Error:
            return text.split(self.delimiter)
        finally:
            csv.field_size_limit(limit)


def _physical_lines(file: io.TextIOBase) -> Iterator[str]:
    """Lines without their ends: \\n, \\r\\n, and the bare \\r of old spreadsheets."""
    for line in file:
        body = line.rstrip("\r\n")
        yield from body.split("\r") if "\r" in body else (body,)


def _likeliest_delimiter(lines: Sequence[str]) -> str:
    """The one that splits the header into most columns and the lines below it as often."""

    def fit(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        same = sum(count == counts[0] for count in counts)
        return (same if counts[0] else 0, counts[0])

    return max(_DELIMITERS, key=fit)


# --- Spreadsheets and Parquet ---------------------------------------------------------------------------


@dataclass
class XlsxRows:
    """The first sheet; its first line with something in it is the header."""

    path: Path
    columns: list[str] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        first = next(self._lines(), None)
        if first is None:
            raise TableError(
                f"The first sheet of {self.path.name} is empty: save the one to link as the first."
            )
        self.columns = first.cells

    def __iter__(self) -> Iterator[Row]:
        self.bad.clear()
        lines = self._lines()
        next(lines)
        width = len(self.columns)
        for row in lines:
            if any(row.cells[width:]):
                self.bad.append((row.line, f"has {len(row.cells)} cells where the header has {width}"))
            else:
                yield Row(row.line, (row.cells + [""] * width)[:width])

    def _lines(self) -> Iterator[Row]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about styles and validation rules that nobody reads here
                book = load_workbook(self.path, read_only=True, data_only=True)
        except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
            raise TableError(
                f"{self.path.name} does not open as a spreadsheet: save it again as .xlsx or as .csv."
            ) from error
        try:
            for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
                row = [as_text(cell) for cell in cells]
                if any(row):
                    yield Row(number, row)
        finally:
            book.close()


@dataclass
class ParquetRows:
    path: Path
    columns: list[str] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            with arrow.ParquetFile(self.path) as file:
                self.columns = [name.strip() for name in file.schema_arrow.names]
        except (ArrowException, OSError) as error:
            raise TableError(f"{self.path.name} does not open as Parquet: export it again.") from error

    def __iter__(self) -> Iterator[Row]:
        number = 0
        with arrow.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=_PARQUET_BATCH):
                columns = [column.to_pylist() for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield Row(number, [as_text(cell) for cell in cells])


def as_text(cell: Any) -> str:
    """A cell as a person reads it: 1234.0 is 1234, midnight is left off a date."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="windows-byte").strip()
    return str(cell).strip()
