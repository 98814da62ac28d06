"""How well whole names are compared: F1 over a bench of names with small and large differences, and pairs a second.

    ./run bench names

The rows are the development part of a public bench (benchmarks/data/README.md); the thresholds and costs were chosen
with them in sight, so "folds" tells more: there the two limits that decide most were chosen on other rows.
"best" is F1 at the threshold that suits the rows most; "at 0.5" is what compare_names promises.
"""

from __future__ import annotations

import csv
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from intel.matching.resemblance import compare, organisations, people

ROWS = Path(__file__).parent / "data" / "name_bench.csv"
FIXED = 0.5
FOLDS = 5
LIMITS = (2.0, 2.2, 2.4, 2.6, 2.8)
# What a row's note says of the difference; the first that fits counts.
DIFFERENCES = {
    "number of a series": "series|numeral|vintage|tranche",
    "legal form, comma, case": "legal form|periods|comma|casing|drop$|'the'|& vs|hyphen|joined|en-gb|en-us|initialism|diacritic|cedilla",
    "words added or dropped": "added|dropped|addition",
    "another person or line of business": "swap|collision|completely|reversal|geographic|different",
    "another spelling": "transliteration|romanisation|wade",
    "one or two letters": "",
}

Scored = Sequence[tuple[float, bool]]


class Row(NamedTuple):
    left: str
    right: str
    kind: str
    match: bool
    group: str
    difference: str


def rows() -> list[Row]:
    with ROWS.open(encoding="utf-8", newline="") as lines:
        return [
            Row(
                r["name1"],
                r["name2"],
                r["schema"],
                r["is_match"] == "true",
                r["case_group"],
                _difference(r["notes"]),
            )
            for r in csv.DictReader(lines)
        ]


def _difference(note: str) -> str:
    return next(name for name, words in DIFFERENCES.items() if re.search(words, note.lower()))


def f1(scored: Iterable[tuple[float, bool]], threshold: float) -> float:
    """F1 of calling everything at or above the threshold a match; `scored` is (score, true)."""
    held = list(scored)
    called = [true for score, true in held if score >= threshold]
    return 2 * sum(called) / max(1, len(called) + sum(true for _, true in held))


def best_f1(scored: Scored) -> tuple[float, float]:
    """The best F1, and the threshold that gives it."""
    return max((f1(scored, threshold), threshold) for threshold, _ in scored)


def scores(held: Sequence[Row]) -> list[float]:
    return [compare(row.left, row.right, row.kind).score for row in held]


def across_folds(held: Sequence[Row]) -> float:
    """F1 at 0.5 where the limits of slips (people's, organisations') were chosen on the other folds' rows.

    Rows that share a name stay in one fold.
    """
    shipped = people.MOST, organisations.MOST
    tried: list[list[float]] = []
    for people.MOST, organisations.MOST in product(LIMITS, LIMITS):
        tried.append(scores(held))
    people.MOST, organisations.MOST = shipped
    folds = _folds(held)
    called: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        others = [i for i, its in enumerate(folds) if its != fold]
        chosen = max(tried, key=lambda tries: f1(((tries[i], held[i].match) for i in others), FIXED))
        called += [(chosen[i], held[i].match) for i, its in enumerate(folds) if its == fold]
    return f1(called, FIXED)


def _folds(held: Sequence[Row]) -> list[int]:
    head: dict[str, str] = {}

    def find(name: str) -> str:
        while head.setdefault(name, name) != name:
            name = head[name]
        return name

    for row in held:
        head[find(row.left)] = find(row.right)
    names = sorted({find(row.left) for row in held})
    random.Random(1).shuffle(names)
    place = {name: i % FOLDS for i, name in enumerate(names)}
    return [place[find(row.left)] for row in held]


def main() -> None:
    held = rows()
    for other in (
        "Anna Smith",
        "Анна Смит",
        "安娜",
        "Smith & Co.",
    ):  # the tables are read once, outside the clock
        compare("Ann Smith", other)
    began = time.process_time()
    given = scores(held)
    seconds = time.process_time() - began
    scored = [(score, row.match) for score, row in zip(given, held, strict=True)]
    best, threshold = best_f1(scored)
    print(f"{len(held)} rows, {sum(row.match for row in held)} of them matches")
    print(
        f"best F1 {best:.3f} (at {threshold:.2f}), at 0.5 {f1(scored, FIXED):.3f}, folds {across_folds(held):.3f}"
    )
    print(f"{len(held) / seconds:,.0f} pairs a CPU second, names never seen before\n")
    _print_by("group", [row.group for row in held], scored)
    _print_by("difference", [row.difference for row in held], scored)


def _print_by(what: str, labels: Sequence[str], scored: Scored) -> None:
    groups: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for label, pair in zip(labels, scored, strict=True):
        groups[label].append(pair)
    print(f"{what:36} rows  true  right at 0.5  F1 at 0.5")
    for label, pairs in sorted(groups.items()):
        right = sum((score >= FIXED) == true for score, true in pairs) / len(pairs)
        print(
            f"{label:36} {len(pairs):4} {sum(true for _, true in pairs):5} {right:13.3f} {f1(pairs, FIXED):10.3f}"
        )
    print()


if __name__ == "__main__":
    main()
