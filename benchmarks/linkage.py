"""How well files are linked, how fast, and whether the goals are met; beside Splink where it is installed.

    ./run bench linkage [set ...] [--no-peer] [--no-names]

For each labelled set (benchmarks/data/README.md): the share of true pairs that blocking proposes and what it costs; F1
without labels (--em) and with labels (5 folds by cluster), each at the threshold that is fixed before scoring, over
all true pairs; the same after grouping; pairs compared in a CPU second. Splink's recipes are in `_splink.py`: "best"
is its F1 at the threshold that suits the labels most, a favour that ours is not given where a goal is judged.
To install the peer: uv pip install --group peers
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks._splink import RECIPES, predict
from intel.matching.clustering import groups
from intel.matching.fields import Fields
from intel.matching.frame import Floats, Ints
from intel.matching.linking import Loaded, Weighed, link_threshold
from intel.matching.progress import Progress
from intel.matching.scoring import scored
from intel.matching.sources import Source
from intel.matching.training import learn_unlabelled
from intel.matching.trials import Labels, Quality, tried

DATA = Path(__file__).parent / "data"
QUIET = Progress(open("/dev/null", "w"))  # noqa: SIM115 - for as long as the process lives
OTHERS = ("names", "cross_script")


@dataclass(frozen=True)
class Set:
    """A labelled file. Where `label` is None, rows of one person share the middle part of their id."""

    file: str
    id: str
    columns: dict[str, str]
    label: str | None = "cluster"


SETS = {
    "fake_1000": Set("fake_1000.csv", "unique_id", {
        "first_name": "given_name", "surname": "surname", "dob": "birth_date", "city": "place", "email": "email"}),
    "febrl3": Set("febrl3.csv", "rec_id", {
        "given_name": "given_name", "surname": "surname", "street_number": "street", "address_1": "street",
        "address_2": "address", "suburb": "place", "postcode": "postcode", "state": "region",
        "date_of_birth": "birth_date", "soc_sec_id": "national_id"}, None),
    "historical_50k": Set("historical_50k_half.parquet", "unique_id", {
        "full_name": "full_name", "first_name": "given_name", "surname": "surname", "dob": "birth_date",
        "birth_place": "birth_place", "postcode_fake": "postcode", "gender": "sex", "occupation": "occupation"}),
}  # fmt: skip

# (set, figure) -> least value, or for "pairs a row" the most.
GOALS = {
    ("historical_50k", "labels"): 0.93, ("historical_50k", "labels grouped"): 0.955,
    ("historical_50k", "recall at .99"): 0.86, ("historical_50k", "blocking"): 0.94,
    ("historical_50k", "pairs a row"): 40.0, ("fake_1000", "no labels best"): 0.935,
    ("fake_1000", "labels best"): 0.955, ("fake_1000", "blocking"): 0.97, ("febrl3", "no labels best"): 0.9999,
    ("historical_50k", "pairs a CPU second"): 150_000.0,
}  # fmt: skip


def main(arguments: argparse.Namespace) -> None:
    print(f"{date.today()}, {platform.machine()}, {platform.python_version()}, {_processor()}")  # noqa: DTZ011
    met: list[str] = []
    for name in arguments.sets or SETS:
        figures = measure(name)
        if not arguments.no_peer:
            beside(name, figures)
        met += [
            _judged(name, figure, figures[figure], goal) for (of, figure), goal in GOALS.items() if of == name
        ]
    print("\nGoals")
    print("\n".join(met))
    if not arguments.no_names:
        for other in OTHERS:
            if (script := Path(__file__).parent / f"{other}.py").is_file():
                print(f"\n--- {other}", flush=True)
                subprocess.run([sys.executable, str(script)], check=False)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def _judged(name: str, figure: str, value: float, goal: float) -> str:
    is_met = value <= goal if figure == "pairs a row" else value >= goal
    bound = "at most" if figure == "pairs a row" else "at least"
    return f"  {'met   ' if is_met else 'MISSED'} {name:15} {figure:20} {value:12,.4f}  {bound} {goal:,g}"


# --- Ours ------------------------------------------------------------------------------------------------


def opened(one: Set) -> Source:
    return Source.open(DATA / one.file, Fields(one.id, one.columns), one.label)


def measure(name: str) -> dict[str, float]:
    """Every figure of one set, printed as it comes."""
    one = SETS[name]
    begun = time.process_time()
    loaded = Loaded.of([opened(one)], QUIET)
    read = time.process_time()
    if one.label is None:
        loaded.labels = [key.split("-")[1] for key in loaded.ids]
    left, right = loaded.pairs()
    paired = time.process_time()
    labels = Labels.read(loaded.labels)
    blocked = labels.quality(left, right)
    figures = {"blocking": blocked.recall, "pairs a row": len(left) / len(loaded.ids)}
    print(f"\n{name}: {len(loaded.ids):,} rows, {blocked.true:,} true pairs")
    print(f"  read, normalised, keyed   {len(loaded.ids) / (read - begun):12,.0f} rows a CPU second")
    print(f"  paired                    {len(left) / (paired - read):12,.0f} pairs a CPU second")
    print(f"  blocking recall {blocked.recall:.4f}, {figures['pairs a row']:.1f} pairs a row")
    figures |= without_labels(loaded, labels, left, right)
    figures |= with_labels(loaded, labels, left, right)
    return figures


def without_labels(loaded: Loaded, labels: Labels, left: Ints, right: Ints) -> dict[str, float]:
    begun = time.process_time()
    model = learn_unlabelled(loaded.frame, left, right)
    learned = time.process_time()
    scored(loaded.frame, left, right, model)
    compared = len(left) / (time.process_time() - learned)
    said = loaded.weigh(left, right, model, QUIET)
    print(
        f"  learned without labels in {learned - begun:.1f} CPU s; compared {compared:,.0f} pairs a CPU second"
    )
    return {"pairs a CPU second": compared, **report("no labels", said, labels, link_threshold(model), None)}


def with_labels(loaded: Loaded, labels: Labels, left: Ints, right: Ints) -> dict[str, float]:
    trial = tried(loaded, loaded.labels, left, right, QUIET)
    said = Weighed(trial.left, trial.right, trial.bits, None)
    figures = report("labels", said, labels, link_threshold(trial.model), trial.tried)
    figures["recall at .99"] = _recall_at(labels, said, 0.99)
    print(f"  grouped recall at the threshold of precision .99: {figures['recall at .99']:.4f}")
    return figures


def report(
    title: str,
    said: Weighed,
    labels: Labels,
    least: float,
    rows: np.ndarray[tuple[int], np.dtype[np.bool_]] | None,
) -> dict[str, float]:
    kept = said.bits >= least
    fixed = labels.quality(said.left[kept], said.right[kept], rows)
    best, at = best_f1(said.bits, labels.agree(said.left, said.right), fixed.true)
    grouped = labels.quality(*together(said.left[kept], said.right[kept], said.bits[kept]), rows)
    print(f"  {title:10} at {least:g} bits: {fixed}; best F1 {best:.4f} at {at:.1f}")
    print(f"  {title:10} grouped:   {grouped}")
    return {title: fixed.f1, f"{title} best": best, f"{title} grouped": grouped.f1}


def _recall_at(labels: Labels, said: Weighed, precision: float) -> float:
    """The greatest recall of groups whose precision is at least that, over a few thresholds of the links."""
    found = 0.0
    for least in (0.0, 1.0, 2.0, 3.0, 5.0, 8.0):
        kept = said.bits >= least
        quality = labels.quality(*together(said.left[kept], said.right[kept], said.bits[kept]))
        if quality.precision >= precision:
            found = max(found, quality.recall)
    return found


def together(left: Ints, right: Ints, bits: Floats) -> tuple[Ints, Ints]:
    """All pairs within the groups that these links make."""
    width = 9
    links = zip(left.tolist(), right.tolist(), bits.tolist(), strict=True)
    of = groups((f"{a:0{width}}", f"{b:0{width}}", weight) for a, b, weight in links)
    members: dict[str, list[int]] = {}
    for key, group in of.items():
        members.setdefault(group, []).append(int(key))
    pairs = [(a, b) for rows in members.values() for i, a in enumerate(rows) for b in rows[i + 1 :]]
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def best_f1(
    bits: Floats, right: np.ndarray[tuple[int], np.dtype[np.bool_]], true: int
) -> tuple[float, float]:
    """The best F1 over all thresholds, and the threshold."""
    if not len(bits):
        return 0.0, 0.0
    order = np.argsort(-bits, kind="stable")
    hits = np.cumsum(right[order])
    scores = 2 * hits / (np.arange(1, len(order) + 1) + true)
    place = int(scores.argmax())
    return float(scores[place]), float(bits[order[place]])


# --- The peer --------------------------------------------------------------------------------------------


def beside(name: str, ours: dict[str, float]) -> None:
    if importlib.util.find_spec("splink") is None:
        print("  Splink is not installed: no comparison")
        return
    one = SETS[name]
    source = opened(one)
    table = {column: [] for column in source.rows.columns}  # type: dict[str, list[str | None]]
    for row in source.rows:
        for column, cell in zip(source.rows.columns, row.cells, strict=True):
            table[column].append(cell or None)
    ids: Sequence[str] = [str(key) for key in table[one.id]]
    place = {key: number for number, key in enumerate(ids)}
    said = (
        [key.split("-")[1] for key in ids] if one.label is None else [str(each) for each in table[one.label]]
    )
    labels = Labels.read(said)
    for title, recipe in RECIPES[name].items():
        found = predict(table, one.id, recipe)
        left = np.array([place[key] for key in found.left], np.int64)
        right = np.array([place[key] for key in found.right], np.int64)
        kept = found.bits >= 0
        fixed: Quality = labels.quality(left[kept], right[kept])
        best, _ = best_f1(found.bits, labels.agree(left, right), fixed.true)
        speed = len(left) / found.match_seconds
        print(
            f"  Splink {title:6} at 0 bits: {fixed}; best F1 {best:.4f}; blocking "
            f"{labels.quality(left, right).recall:.4f}, {len(left) / len(ids):.1f} pairs a row; {speed:,.0f} pairs a CPU second"
        )
        print(
            f"  ours / Splink {title}: wrong or missed pairs, no labels, {(1 - ours['no labels best']) / (1 - best):.2f}; "
            f"speed {ours['pairs a CPU second'] / speed:.2f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help="which sets (default: all)")
    parser.add_argument("--no-peer", action="store_true", help="leave Splink out")
    parser.add_argument("--no-names", action="store_true", help="leave the benches of names out")
    main(parser.parse_args())
