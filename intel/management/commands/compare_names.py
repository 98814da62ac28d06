"""`manage.py compare_names pairs.csv --out scores.csv`: whether the two names of each row may be one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from intel.management.output import table
from intel.management.reading import progress_of, told
from intel.matching.progress import amount
from intel.matching.resemblance.files import NamePairs

_MOST_LINES = 20  # rows left out that are named one by one


class Command(BaseCommand):
    help = (
        "Say of each pair of names whether they may be one. Columns left, right and, if you like, kind (person,"
        " company, vessel, address) become score (0 to 1; from 0.5 they may be one) and reason. Needs no database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "pairs", type=Path, help="CSV, XLSX or Parquet file with the columns left and right"
        )
        parser.add_argument("--out", type=Path, required=True, help="the CSV to write")

    @told
    def handle(self, *args: Any, **options: Any) -> None:
        pairs = NamePairs.open(options["pairs"])
        progress = progress_of(self)
        count = 0
        with table(options["out"], pairs.header) as out:
            for count, cells in enumerate(progress.counted(pairs.scored(), "Pairs compared"), 1):  # noqa: B007
                out.writerow(cells)
        bad = pairs.rows.bad
        for line, why in bad[:_MOST_LINES]:
            progress.note(f"{options['pairs'].name}, line {line}: {why}; left out.")
        if len(bad) > _MOST_LINES:
            progress.note(f"{amount(len(bad) - _MOST_LINES, 'more row')} left out.")
        progress.note(f"{amount(count, 'pair')} compared: {options['out']}.")
