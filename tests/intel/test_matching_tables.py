"""Files as people really save them: encodings, delimiters, broken rows, spreadsheets; and what their columns mean."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from openpyxl import Workbook
from pyarrow import parquet

from intel.matching.fields import read_fields
from intel.matching.records import DateSpan, Kind
from intel.matching.sources import Source
from intel.matching.tables import TableError, read_table
from intel.matching.written_dates import read_birth, says_day_first

HEADER = "id,name,town\n"
ROWS = [["1", "José Muñoz", "Málaga"], ["2", "Zoë", "Łódź"]]


def cells(path: Path) -> list[list[str]]:
    return [row.cells for row in read_table(path)]


def write(folder: Path, content: bytes | str, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_it_reads_every_unicode_encoding(tmp_path: Path, encoding: str) -> None:
    text = HEADER + "".join(",".join(row) + "\n" for row in ROWS)
    assert cells(write(tmp_path, text.encode(encoding))) == ROWS


def test_it_reads_windows_and_latin_letters(tmp_path: Path) -> None:
    assert cells(write(tmp_path, (HEADER + "1,José “Pepe”,Köln\n").encode("cp1252"))) == [
        ["1", "José “Pepe”", "Köln"]
    ]
    assert cells(write(tmp_path, (HEADER + "1,Jos\x81é,K\n").encode("latin-1"))) == [["1", "Jos\x81é", "K"]]


def test_one_odd_byte_does_not_spoil_a_unicode_file(tmp_path: Path) -> None:
    content = HEADER.encode() + "1,José,Łódź\n".encode() + "2,Muñoz,Köln\n".encode("cp1252")
    content += "3,Đặng,Huế\n".encode()
    assert [row[1] for row in cells(write(tmp_path, content))] == ["José", "Muñoz", "Đặng"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_it_finds_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    lines = [["id", "name", "town"], ["1", "Ana Ruiz", "Lima"], ["2", "Bo", ""]]
    path = write(tmp_path, "\r\n".join(delimiter.join(line) for line in lines))
    assert cells(path) == lines[1:]


def test_zero_bytes_a_closing_ctrl_z_and_empty_lines_are_no_rows(tmp_path: Path) -> None:
    assert cells(write(tmp_path, b"id,name,town\r\n1,A\0na,Lima\r\n\r\n\x1a\r\n")) == [["1", "Ana", "Lima"]]


def test_ragged_rows_are_left_out_with_their_lines(tmp_path: Path) -> None:
    rows = read_table(write(tmp_path, HEADER + "1,Ana,Lima\n2,Bo\n3,Cy,Rom,extra\n4,Di,Bonn,,\n"))
    assert [row.line for row in rows] == [2, 5]
    assert [line for line, _ in rows.bad] == [3, 4]


def test_quoted_cells_may_hold_delimiters_and_line_ends(tmp_path: Path) -> None:
    rows = list(read_table(write(tmp_path, HEADER + '1,"Ruiz, ""Ana""","Lima\nNorth"\n2,Bo,Rom\n')))
    assert [(row.line, row.cells) for row in rows] == [
        (2, ["1", 'Ruiz, "Ana"', "Lima\nNorth"]),
        (4, ["2", "Bo", "Rom"]),
    ]


def test_a_quote_that_is_never_closed_costs_no_other_row(tmp_path: Path) -> None:
    rows = cells(write(tmp_path, HEADER + '1,"Ana,Lima\n' + "".join(f"{n},Bo,Rom\n" for n in range(2, 60))))
    assert rows[0] == ["1", "Ana", "Lima"]
    assert len(rows) == 59


def test_a_spreadsheet_reads_like_its_screen(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for line in ([], ["id", "name", "born"], [1.0, "Ana", date(1990, 2, 3)], [None, None], [2, "Bo", None]):
        book.active.append(line)
    book.save(tmp_path / "people.xlsx")
    rows = read_table(tmp_path / "people.xlsx")
    assert rows.columns == ["id", "name", "born"]
    assert [row.cells for row in rows] == [["1", "Ana", "1990-02-03"], ["2", "Bo", ""]]


def test_parquet_reads_like_text(tmp_path: Path) -> None:
    columns = {"id": [1, 2], " name": ["Ana", None], "born": [date(1990, 2, 3), None]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "people.parquet")
    rows = read_table(tmp_path / "people.parquet")
    assert rows.columns == ["id", "name", "born"]
    assert [row.cells for row in rows] == [["1", "Ana", "1990-02-03"], ["2", "", ""]]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.csv", None, "no file"),
        ("people.doc", b"x", "ending in .csv"),
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b"\n \n", "no lines"),
        ("broken.xlsx", b"PK no zip", "as a spreadsheet"),
        ("broken.parquet", b"PAR1", "as Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        write(tmp_path, content, name)
    with pytest.raises(TableError, match=says):
        read_table(tmp_path / name)


# --- Fields -------------------------------------------------------------------------------------------


def fields_file(folder: Path, **stored: Any) -> Path:
    return write(folder, json.dumps(stored), "fields.json")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[]", 'needs "fields"'),
        ('{"id": "id", "fields": {}}', 'needs "fields"'),
        ('{"fields": {"a": "alias"}}', 'needs "id"'),
        ('{"id": "id", "fields": {"a": "sirname"}}', 'did you mean "surname"'),
        ('{"id": "id", "fields": {"a": "alias"}, "colour": 1}', '"colour" is not known'),
        ('{"id": "id", "fields": {"a": "alias"}, "country": "Atlantis"}', '"country" is two letters'),
        ('{"id": "id", "fields": {"a": "alias"}, "reported_on": "May"}', "reads like"),
        ('{"id": "id", "fields": {"a": "alias"}, "date_order": "year"}', '"day" or "month"'),
    ],
)
def test_a_wrong_fields_file_says_what_to_change(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(TableError, match=says):
        read_fields(write(tmp_path, content, "fields.json"))


def source(folder: Path, text: str, label: str | None = None, **stored: Any) -> Source:
    return Source.open(write(folder, text), read_fields(fields_file(folder, **stored)), label)


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r'no column "surname": there are id, name, town'):
        source(tmp_path, HEADER + "1,Ana,Lima\n", id="id", fields={"surname": "surname"})


def test_two_rows_of_one_id_are_refused_with_both_lines(tmp_path: Path) -> None:
    people = source(
        tmp_path, HEADER + "1,Ana,Lima\n2,Bo,Rom\n1,Cy,Bonn\n", id="id", fields={"name": "full_name"}
    )
    with pytest.raises(TableError, match="lines 2 and 4"):
        list(people.entries())


def test_rows_without_an_id_are_left_out_and_odd_dates_left_empty(tmp_path: Path) -> None:
    text = "id,name,born\n1,Ana,1990-02-03\n,Bo,1990\n3,Cy,soon\n"
    people = source(tmp_path, text, id="id", fields={"name": "full_name", "born": "birth_date"})
    entries = list(people.entries())
    assert [entry.id for entry in entries] == ["1", "3"]
    assert people.bad == [(3, 'has no "id"')]
    assert people.reader.unreadable == {"born": [4]}
    assert entries[1].record.births == ()


def test_columns_become_the_record_that_the_web_compares(tmp_path: Path) -> None:
    text = (
        "id;first;last;nr;road;town;country;sex;nat;tel;mail;age;job;firm\n"
        "1;Ana;Ruiz;7;High St;Leeds;England;femme;Mexico;0113 496 0000;ANA@x.org;30;cook;Ruiz Ltd\n"
    )
    fields = {
        "first": "given_name", "last": "surname", "nr": "street", "road": "street", "town": "place",
        "country": "country", "sex": "sex", "nat": "nationality", "tel": "phone", "mail": "email", "age": "age",
        "job": "occupation", "firm": "organisation",
    }  # fmt: skip
    people = source(tmp_path, text, id="id", fields=fields, country="GB", reported_on="2020-06-01")
    record = next(people.entries()).record
    assert record.kind == Kind.PERSON
    assert (record.given_names, record.surnames) == (("Ana",), ("Ruiz",))
    assert record.streets == ("7 High St",)
    assert record.places == ("Leeds, England",)
    assert (record.sex, record.nationalities) == ("F", ("MX",))
    assert record.identifiers == (("phone", "+441134960000"), ("email", "ana@x.org"))
    assert record.births == (DateSpan.of_age(30, date(2020, 6, 1)),)
    assert record.occupations == ("cook", "Ruiz Ltd")


def test_a_row_with_an_organisation_and_no_person_is_one(tmp_path: Path) -> None:
    firms = source(tmp_path, "id,firm\n1,Acme GmbH\n", id="id", fields={"firm": "organisation"})
    record = next(firms.entries()).record
    assert (record.kind, record.name) == (Kind.ORGANISATION, "Acme GmbH")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"), [("email", "Ana(at x.org", "ana(atx.org"), ("phone", "n/k 12", "NK12")]
)
def test_an_identifier_that_is_none_is_kept_as_written(
    tmp_path: Path, kind: str, typed: str, kept: str
) -> None:
    people = source(tmp_path, f"id,it\n1,{typed}\n", id="id", fields={"it": kind})
    assert next(people.entries()).record.identifiers == ((kind, kept),)


# --- Dates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1956-04-09", "1956-04-09"), ("19560409", "1956-04-09"), ("9/4/1956", "1956-04-09"),
        ("4/13/1956", "1956-04-13"), ("09.04.56", "1956-04-09"), ("9 April 1956", "1956-04-09"),
        ("April 9, 1956", "1956-04-09"), ("09-Apr-56", "1956-04-09"), ("9 de abril de 1956", "1956-04-09"),
        ("1956-04-09T00:00:00", "1956-04-09"), ("1956", "1956"), ("c. 1956", "1956"), ("1971-1972", "1971-1972"),
        ("Apr 1956", "1956-04-01 to 1956-04-30"), ("1956-04", "1956-04-01 to 1956-04-30"),
        ("1859-06-70", "1859-06-01 to 1859-06-30"), ("1770-81-01", "1770"), ("0000-00-00", "None"),
        ("unknown", "None"), ("12", "None"), ("", "None"), ("99999999", "None"),
    ],
)  # fmt: skip
def test_a_birth_date_is_read_in_any_usual_form(written: str, read: str) -> None:
    assert str(read_birth(written, today=date(2026, 1, 1))) == read


def test_the_column_tells_whether_the_day_comes_first() -> None:
    assert says_day_first(["01/02/1990", "13/02/1990"])
    assert not says_day_first(["01/02/1990", "02/13/1990"])
    assert str(read_birth("01/02/1990", day_first=False)) == "1990-01-02"
