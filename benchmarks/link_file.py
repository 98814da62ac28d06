"""`link_file` on one synthetic file, as an analyst runs it: time, memory, and what it found of the planted variants.

    ./run bench link_file [rows ...]

Writes a CSV of as many invented people (default 100,000; a million takes some 6 GB), runs the command on it
in a process of its own, and prints wall and CPU seconds, the most memory held, links written and how many of the planted
variants are among them. Speed and size only: quality is measured on real data (`./run bench linkage`).
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import _synthetic
from intel.matching.records import Kind, Record

ROOT = Path(__file__).parent.parent
CHUNK = 5_000
FIELDS = {"id": "id", "fields": {"name": "full_name", "born": "birth_date", "sex": "sex", "phone": "phone",
                                 "email": "email", "place": "place", "citizen": "nationality"}}  # fmt: skip


def main(arguments: argparse.Namespace) -> None:
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            link(rows, Path(folder))


def link(rows: int, folder: Path) -> None:
    people, fields, out = folder / "people.csv", folder / "fields.json", folder / "links.csv"
    fields.write_text(json.dumps(FIELDS))
    planted = write(people, rows)
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [sys.executable, "manage.py", "link_file", str(people), "--fields", str(fields), "--out", str(out)],
        cwd=ROOT, check=True,
    )  # fmt: skip
    wall, used = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    with out.open(encoding="utf-8", newline="") as file:
        links = {frozenset((row["left_id"], row["right_id"])) for row in csv.DictReader(file)}
    print(
        f"{rows:,} rows: {wall:.0f} s wall, {cpu:.0f} s CPU ({1_000 * cpu / rows:.2f} ms a row),"
        f" {used.ru_maxrss / 1e6:.1f} GB at most; {len(links):,} links, {len(links & planted):,} of"
        f" {len(planted):,} planted variants among them"
    )


def write(path: Path, rows: int) -> set[frozenset[str]]:
    """The file; returns the pairs of ids that are variants of one another."""
    planted = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *FIELDS["fields"]])
        for number, (row, twin) in enumerate(people(rows)):
            writer.writerow([number, *row])
            if twin is not None:
                planted.add(frozenset((str(number), str(twin))))
    return planted


def people(rows: int) -> Iterator[tuple[list[str], int | None]]:
    """Columns of each person, and the number of the earlier row that it is a variant of."""
    written, seed = 0, 1
    while written < rows:
        places: dict[int, int] = {}
        for at, (record, twin) in enumerate(_synthetic.records(CHUNK, seed)):
            if record.kind == Kind.PERSON and written < rows:
                places[at] = written
                yield columns(record), places.get(twin) if twin is not None else None
                written += 1
        seed += 1


def columns(record: Record) -> list[str]:
    held = dict(record.identifiers)
    born = [str(span.earliest) for span in record.births if span.days == 1]
    return [
        record.name, *(born or [""]), record.sex, held.get("phone", ""), held.get("email", ""),
        ", ".join(record.places[:1]), "".join(record.nationalities[:1]),
    ]  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="link_file on synthetic people.")
    parser.add_argument("rows", nargs="*", type=int, default=[100_000])
    main(parser.parse_args())
