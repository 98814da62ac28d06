"""How well single names are matched across scripts: F1 by script, beside transliteration and Jaro-Winkler.

    ./run bench cross_script

2 % of Wikidata's name pairs in six languages, each with the nearest wrong name and three random ones (sources:
benchmarks/data/README.md); none of them was learned from. "best" is F1 at the threshold that suits the script most.
"""

from __future__ import annotations

import csv
import gzip
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from anyascii import anyascii
from rapidfuzz.distance import JaroWinkler

from intel.matching.scripts import agreement

PAIRS = Path(__file__).parent / "data" / "cross_script_pairs.csv.gz"
FIXED = 0.5
FURTHER = 50  # rows apart, so that the pairs are others

Scored = Sequence[tuple[float, float]]


class Pair(NamedTuple):
    left: str
    right: str
    script: str
    match: bool


def pairs() -> list[Pair]:
    with gzip.open(PAIRS, "rt", encoding="utf-8") as lines:
        return [Pair(r["left"], r["right"], r["script"], r["match"] == "1") for r in csv.DictReader(lines)]


def f1(scored: Scored, threshold: float) -> float:
    """F1 of calling everything at or above the threshold a match; `scored` is (score, 1.0 if true)."""
    called = [true for score, true in scored if score >= threshold]
    return 2 * sum(called) / (len(called) + sum(true for _, true in scored))


def best_threshold(scored: Scored) -> tuple[float, float]:
    """The best F1, and the threshold half-way to the next lower score."""
    ranked = sorted(scored, reverse=True)
    everything = sum(true for _, true in ranked)
    best, at, hits = 0.0, 0.0, 0.0
    for position, (score, true) in enumerate(ranked):
        hits += true
        below = ranked[position + 1][0] if position + 1 < len(ranked) else score
        value = 2 * hits / (position + 1 + everything)
        if value > best and (below < score or position + 1 == len(ranked)):
            best, at = value, (score + below) / 2
    return best, at


def baseline(left: str, right: str) -> float:
    return JaroWinkler.similarity(anyascii(left).lower(), anyascii(right).lower())


def main() -> None:
    rows = pairs()
    agreement("Иван", "ivan")  # the tables are read once, outside the clock
    started = time.process_time()
    ours = [agreement(pair.left, pair.right) for pair in rows]
    seconds = time.process_time() - started
    print(f"{'script':10} {'pairs':>6} {'ours best':>10} {'at':>5} {'ours at 0.5':>12} {'baseline best':>14}")
    table = []
    for script in sorted({pair.script for pair in rows}):
        mine = [(score, float(p.match)) for score, p in zip(ours, rows, strict=True) if p.script == script]
        base = [(baseline(p.left, p.right), float(p.match)) for p in rows if p.script == script]
        best, at = best_threshold(mine)
        table.append((best, f1(mine, FIXED), best_threshold(base)[0]))
        print(f"{script:10} {len(mine):6} {best:10.3f} {at:5.2f} {table[-1][1]:12.3f} {table[-1][2]:14.3f}")
    means = [sum(column) / len(table) for column in zip(*table, strict=True)]
    print(f"{'mean':10} {len(rows):6} {means[0]:10.3f} {'':5} {means[1]:12.3f} {means[2]:14.3f}")
    print(f"{len(rows) / seconds:,.0f} comparisons a CPU second, every word new")
    started = time.process_time()
    others = [agreement(one.left, other.right) for one, other in zip(rows, rows[FURTHER:], strict=False)]
    print(
        f"{len(others) / (time.process_time() - started):,.0f} a CPU second, the words known, the pairs new"
    )


if __name__ == "__main__":
    main()
