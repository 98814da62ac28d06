"""`manage.py link_file A.csv [B.csv] --fields fields.json --out pairs.csv`: the same people in one file, or in two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from intel.management.output import table
from intel.management.reading import open_sources, progress_of, report, told
from intel.matching.frame import Ints
from intel.matching.linking import Linked, Loaded, link_threshold, sentence
from intel.matching.model import Model, shipped
from intel.matching.progress import amount
from intel.matching.training import calibrated, learn_unlabelled

HEADER = ("left_id", "right_id", "weight_bits", "probability", "explanation")


class Command(BaseCommand):
    help = "Find rows that are one person or organisation, within a file or between two. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, help="one file, or two: CSV, XLSX or Parquet")
        parser.add_argument("--fields", type=Path, required=True, help="what the columns are (JSON)")
        parser.add_argument(
            "--fields-b", type=Path, help="the same for the second file, if its columns differ"
        )
        parser.add_argument("--out", type=Path, required=True, help="the CSV to write the links to")
        weights = parser.add_mutually_exclusive_group()
        weights.add_argument(
            "--model", type=Path, help="weights that train_links wrote (else the shipped ones)"
        )
        weights.add_argument(
            "--em", action="store_true", help="learn the weights from these files, without labels"
        )
        parser.add_argument("--threshold", type=float, help="least bits of a link (else the model's own)")

    @told
    def handle(self, *args: Any, **options: Any) -> None:
        sources = open_sources(options["files"], options["fields"], options["fields_b"])
        progress = progress_of(self)
        loaded = Loaded.of(sources, progress)
        report(sources, progress)
        left, right = loaded.pairs()
        progress.note(f"{amount(len(loaded.ids), 'row')}, {amount(len(left), 'pair')} to compare.")
        model = self._model(options, loaded, left, right)
        least = link_threshold(model) if options["threshold"] is None else options["threshold"]
        weighed = loaded.weigh(left, right, model, progress)
        written = 0
        with table(options["out"], HEADER) as rows:
            for link in loaded.explained(weighed, least, model, progress):
                rows.writerow(_row(link))
                written += 1
        progress.note(f"{amount(written, 'link')} of {least:g} bits or more in {options['out']}.")

    def _model(self, options: dict[str, Any], loaded: Loaded, left: Ints, right: Ints) -> Model:
        if options["model"]:
            if not options["model"].is_file():
                raise CommandError(f"There is no model {options['model']}: train_links writes one.")
            return Model.load(options["model"])
        if not len(left):
            return shipped()
        if options["em"]:
            return learn_unlabelled(loaded.frame, left, right)
        return calibrated(loaded.frame, left, right, shipped())


def _row(link: Linked) -> tuple[str, ...]:
    score = link.score
    return (link.left_id, link.right_id, f"{score.bits:.3f}", f"{score.probability:.6f}", sentence(score))
