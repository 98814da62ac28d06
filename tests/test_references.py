"""Documents that say “this test shows it” name tests and files that exist, and the list of requirements is whole."""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ASVS, THREATS = ROOT / "docs/reference/asvs.csv", ROOT / "docs/explanation/threat-model.md"
A_TEST = re.compile(r"\b((?:[a-z_]+/)*test_[a-z_]+\.py)(?:::(\w+))?")
A_FILE = re.compile(r"\b((?:agencies|cases|intel|victims|taskforce|templates|static|deploy|docs)/[\w./-]*\w)")
VERDICTS = {"met", "partly", "not met", "not applicable"}


@cache
def defined_in(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def found(name: str) -> Path:
    return next(iter([*ROOT.glob(f"tests/{name}"), *ROOT.glob(f"tests/*/{name}")]), ROOT / "tests" / name)


@pytest.mark.parametrize("document", [ASVS, THREATS], ids=["asvs", "threats"])
def test_every_test_and_file_that_is_named_exists(document: Path) -> None:
    said = document.read_text()
    named = A_TEST.findall(said)
    assert len(named) > 30
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not found(path).is_file() or (test and test not in defined_in(found(path)))
    ]
    files = {path for path in A_FILE.findall(A_TEST.sub("", said)) if not (ROOT / path).exists()}
    assert (missing, files) == ([], set())


def test_each_requirement_of_the_levels_has_one_verdict_and_a_ground() -> None:
    """The standard counts 70 requirements of level 1 and 183 of level 2; of level 3 six chapters are in the list."""
    with ASVS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["level"] for row in rows) == {"1": 70, "2": 183, "3": 18}
    assert len({row["requirement"] for row in rows}) == len(rows)
    assert {row["verdict"] for row in rows} == VERDICTS
    assert all(row["about"] and row["shown by, or why"] for row in rows)


def test_the_summary_counts_what_the_list_says() -> None:
    with ASVS.open(newline="") as file:
        counted = Counter(row["verdict"] for row in csv.DictReader(file))
    summary = (ROOT / "docs/reference/asvs.md").read_text()
    assert {
        word: int(number) for word, number in re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", summary, re.M)
    } == counted
