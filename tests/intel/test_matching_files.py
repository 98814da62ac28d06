"""The commands on files: what an analyst with two spreadsheets gets, and what they are told when a file is wrong."""

from __future__ import annotations

import csv
import json
import random
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

FIELDS = {
    "id": "id",
    "fields": {
        "first": "given_name", "last": "surname", "born": "birth_date", "town": "place", "mail": "email",
    },
}  # fmt: skip
COLUMNS = ["id", "first", "last", "born", "town", "mail", "who"]
FIRST = ["Ana", "Luis", "Olga", "Ivan", "Rosa", "Piotr", "Amara", "Jon", "Sofia", "Omar", "Lina", "Tariq"]
SYLLABLES = [
    "bar",
    "ko",
    "pet",
    "lind",
    "mar",
    "na",
    "oye",
    "quis",
    "vas",
    "ren",
    "ti",
    "shi",
    "gan",
    "wo",
    "zu",
    "del",
]
TOWNS = ["Lima", "Leeds", "Lagos", "Turin", "Kyiv", "Puebla"]


def people(count: int, seed: int = 3) -> list[list[str]]:
    """Invented rows: two or three of each person, some with a slip."""
    dice = random.Random(seed)
    rows: list[list[str]] = []
    for who in range(count):
        first, last, town = (
            dice.choice(FIRST),
            "".join(dice.choices(SYLLABLES, k=3)).title(),
            dice.choice(TOWNS),
        )
        born = f"{dice.randint(1950, 2004)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        mail = (
            f"{''.join(dice.choices(SYLLABLES, k=3))}{dice.randint(1, 99)}@{dice.choice(SYLLABLES)}.example"
        )
        for copy in range(dice.randint(2, 3)):
            said = last[:2] + last[3:] if copy == 1 and dice.random() < 0.4 else last
            seen = "" if dice.random() < 0.2 else born
            rows.append(
                [f"r{len(rows)}", first, said, seen, town, mail if dice.random() < 0.6 else "", str(who)]
            )
    return rows


def write(path: Path, rows: list[list[str]], columns: list[str] = COLUMNS, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


@pytest.fixture
def fields(tmp_path: Path) -> Path:
    path = tmp_path / "fields.json"
    path.write_text(json.dumps(FIELDS))
    return path


def run(command: str, *arguments: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(command, *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def linked(folder: Path, fields: Path, *files: Path, more: tuple[Any, ...] = ()) -> list[dict[str, str]]:
    out = folder / "pairs.csv"
    run("link_file", *files, "--fields", fields, "--out", out, *more)
    return rows_of(out)


def test_it_finds_the_rows_of_one_person_and_says_why(tmp_path: Path, fields: Path) -> None:
    rows = people(60)
    who = {row[0]: row[-1] for row in rows}
    links = linked(tmp_path, fields, write(tmp_path / "a.csv", rows))
    right = [link for link in links if who[link["left_id"]] == who[link["right_id"]]]
    assert len(right) > 0.95 * len(links)
    assert len({link["left_id"] for link in right} | {link["right_id"] for link in right}) > 0.85 * len(rows)
    names = {row[0]: row[2] for row in rows}
    assert all(names[link["left_id"]] in link["explanation"] for link in right)


def test_the_bits_of_the_explanation_add_up_to_the_weight(tmp_path: Path, fields: Path) -> None:
    for link in linked(tmp_path, fields, write(tmp_path / "a.csv", people(30)), more=("--threshold", "-30")):
        told = [float(bits) for bits in re.findall(r"(?:^| \| )([+-]\d+\.\d+) ", link["explanation"])]
        assert sum(told) == pytest.approx(float(link["weight_bits"]), abs=1e-6)
        odds = 2 ** float(link["weight_bits"])
        assert float(link["probability"]) == pytest.approx(odds / (1 + odds), abs=1e-5)


def test_neither_the_order_of_rows_nor_of_columns_matters(tmp_path: Path, fields: Path) -> None:
    rows = people(30)
    before = linked(tmp_path, fields, write(tmp_path / "a.csv", rows))
    turned = [list(reversed(row)) for row in random.Random(1).sample(rows, len(rows))]
    assert linked(tmp_path, fields, write(tmp_path / "a.csv", turned, COLUMNS[::-1])) == before


def test_between_two_files_only_pairs_across_are_linked(tmp_path: Path, fields: Path) -> None:
    rows = people(40)
    first, second = rows[::2], [["b" + row[0], *row[1:]] for row in rows[1::2]]
    links = linked(tmp_path, fields, write(tmp_path / "a.csv", first), write(tmp_path / "b.csv", second))
    who = {row[0]: row[-1] for row in [*first, *second]}
    assert len(links) > 20
    assert {link["left_id"] for link in links} <= {row[0] for row in first}
    assert {link["right_id"] for link in links} <= {row[0] for row in second}
    assert sum(who[link["left_id"]] == who[link["right_id"]] for link in links) > 0.9 * len(links)


def test_the_second_file_may_have_other_columns_and_another_form(tmp_path: Path, fields: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"id": "Nr", "fields": {"Nombre": "full_name", "Nacimiento": "birth_date"}}))
    book = Workbook()
    assert book.active is not None
    for line in (
        ["Nr", "Nombre", "Nacimiento"],
        [7, "Petrenko Olga", "4.3.1990"],
        [8, "Jon Quispe", "1.1.1950"],
    ):
        book.active.append(line)
    book.save(tmp_path / "b.xlsx")
    first = write(
        tmp_path / "a.csv", [["r1", "Olga", "Petrenko", "1990-03-04", "Kyiv", "", ""]], encoding="utf-16"
    )
    links = linked(
        tmp_path, fields, first, tmp_path / "b.xlsx", more=("--fields-b", other, "--threshold", "-40")
    )
    assert max(links, key=lambda link: float(link["weight_bits"]))["right_id"] == "7"


def test_bad_rows_and_odd_values_are_reported_with_their_lines(tmp_path: Path, fields: Path) -> None:
    path = write(tmp_path / "a.csv", people(10))
    path.write_text(path.read_text() + "x1,too,short\n,No,Id,,,,\nx2,Ana,Ruiz,someday,,,\n")
    lines = len(path.read_text().splitlines())
    _, said = run("link_file", path, "--fields", fields, "--out", tmp_path / "pairs.csv")
    assert f"line {lines - 2}: has 3 cells" in said
    assert f'line {lines - 1}: has no "id"' in said
    assert f'1 values of "born" not understood and left empty: line {lines}.' in said


def test_a_wrong_file_costs_one_sentence_and_no_result(tmp_path: Path, fields: Path) -> None:
    out = tmp_path / "pairs.csv"
    out.write_text("kept")
    for file in (tmp_path / "none.csv", write(tmp_path / "b.csv", [], ["id", "first"])):
        with pytest.raises(CommandError) as told:
            run("link_file", file, "--fields", fields, "--out", out)
        assert "\n" not in str(told.value)
    assert out.read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.csv", "fields.json", "pairs.csv"]


def test_it_refuses_three_files_and_a_model_that_is_none(tmp_path: Path, fields: Path) -> None:
    path = write(tmp_path / "a.csv", people(5))
    with pytest.raises(CommandError, match="one file, or two"):
        run("link_file", path, path, path, "--fields", fields, "--out", tmp_path / "pairs.csv")
    for model, says in ((tmp_path / "gone.json", "no model"), (fields, "not hold a matching model")):
        with pytest.raises(CommandError, match=says):
            run("link_file", path, "--fields", fields, "--out", tmp_path / "pairs.csv", "--model", model)


def test_what_was_learned_from_labels_links_other_rows(tmp_path: Path, fields: Path) -> None:
    model = tmp_path / "model.json"
    taught = write(tmp_path / "a.csv", people(80))
    said, _ = run("train_links", taught, "--fields", fields, "--cluster", "who", "--out", model)
    assert re.search(r"threshold of 0 bits: F1 (1\.0|0\.9)", said)
    rows = people(60, seed=9)
    links = linked(tmp_path, fields, write(tmp_path / "b.csv", rows), more=("--model", model))
    who = {row[0]: row[-1] for row in rows}
    assert sum(who[link["left_id"]] == who[link["right_id"]] for link in links) > 0.95 * len(links)


def test_weights_can_be_learned_without_labels(tmp_path: Path, fields: Path) -> None:
    rows = people(80)
    links = linked(tmp_path, fields, write(tmp_path / "a.csv", rows), more=("--em",))
    who = {row[0]: row[-1] for row in rows}
    assert sum(who[link["left_id"]] == who[link["right_id"]] for link in links) > 0.9 * len(links) > 50


def test_too_few_labels_are_refused(tmp_path: Path, fields: Path) -> None:
    path = write(tmp_path / "a.csv", people(5))
    with pytest.raises(CommandError, match="label at least 50"):
        run("train_links", path, "--fields", fields, "--cluster", "who", "--out", tmp_path / "model.json")


def test_links_become_groups_in_a_file(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("left_id,right_id,weight_bits\nb,a,9.5\nb,c,9\na,c,8\nd,e,7\nx,y,odd\n")
    _, said = run("cluster_pairs", pairs, "--out", tmp_path / "groups.csv")
    found = {row["id"]: row["cluster"] for row in rows_of(tmp_path / "groups.csv")}
    assert found == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "d"}
    assert "line 6: no two ids and a weight" in said
    pairs.write_text("left,right\na,b\n")
    with pytest.raises(CommandError, match='no column "left_id"'):
        run("cluster_pairs", pairs, "--out", tmp_path / "groups.csv")


def test_a_file_whose_rows_share_nothing_gives_an_empty_result(tmp_path: Path, fields: Path) -> None:
    rows = [
        ["1", "Ana", "Ruiz", "1990-01-01", "Lima", "", ""],
        ["2", "Bo", "Novak", "1950-07-09", "Brno", "", ""],
    ]
    assert linked(tmp_path, fields, write(tmp_path / "a.csv", rows)) == []
    assert linked(tmp_path, fields, write(tmp_path / "a.csv", rows), more=("--em",)) == []
