"""`manage.py cluster_pairs pairs.csv --out clusters.csv`: links -> groups, where no chain of weak links merges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from intel.management.output import table
from intel.management.reading import progress_of, told
from intel.matching.clustering import MERGE, groups
from intel.matching.progress import Progress, amount
from intel.matching.tables import Rows, TableError, read_table

_NEEDED = ("left_id", "right_id", "weight_bits")
_MOST_LINES = 20


class Command(BaseCommand):
    help = "Group the rows that link_file linked. Contradictions and chains of weak links keep groups apart."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pairs", type=Path, help="what link_file wrote")
        parser.add_argument("--out", type=Path, required=True, help="the CSV to write: id, cluster")
        parser.add_argument(
            "--threshold", type=float, default=MERGE, help="least mean bits between groups that become one"
        )

    @told
    def handle(self, *args: Any, **options: Any) -> None:
        progress = progress_of(self)
        rows = read_table(options["pairs"])
        links = progress.counted(_links(rows, options["pairs"], progress), "reading links")
        of = groups(links, least=options["threshold"])
        for line, why in rows.bad[:_MOST_LINES]:
            progress.note(f"{options['pairs'].name}, line {line}: {why}; left out.")
        with table(options["out"], ("id", "cluster")) as out:
            out.writerows(sorted(of.items(), key=lambda each: (each[1], each[0])))
        progress.note(
            f"{amount(len(of), 'row')} in {amount(len(set(of.values())), 'group')} in {options['out']}."
        )


def _links(rows: Rows, path: Path, progress: Progress) -> Iterator[tuple[str, str, float]]:
    missing = [name for name in _NEEDED if name not in rows.columns]
    if missing:
        raise TableError(f'{path.name} has no column "{missing[0]}": give the file that link_file wrote.')
    left, right, bits = (rows.columns.index(name) for name in _NEEDED)
    for row in rows:
        weight = _number(row.cells[bits])
        if weight is None or not row.cells[left] or not row.cells[right]:
            progress.note(f"{path.name}, line {row.line}: no two ids and a weight; left out.")
        else:
            yield row.cells[left], row.cells[right], weight


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
