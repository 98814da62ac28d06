"""`manage.py train_links A.csv --fields fields.json --cluster COL --out model.json`: weights from labelled rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from intel.management.output import replacing
from intel.management.reading import open_sources, progress_of, report, told
from intel.matching.linking import Loaded, link_threshold
from intel.matching.model import Model
from intel.matching.progress import amount
from intel.matching.trials import Labels, train, tried

_FEWEST_PAIRS = 50  # true pairs below which nothing worth keeping is learned
_SHOWN = 3  # of the strongest weights of a field


class Command(BaseCommand):
    help = "Learn the weights of evidence from rows whose cluster is known. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, help="one file, or two: CSV, XLSX or Parquet")
        parser.add_argument("--fields", type=Path, required=True, help="what the columns are (JSON)")
        parser.add_argument(
            "--fields-b", type=Path, help="the same for the second file, if its columns differ"
        )
        parser.add_argument(
            "--cluster", required=True, help="the column that is the same for rows that are one"
        )
        parser.add_argument("--out", type=Path, required=True, help="the model (JSON) to write")

    @told
    def handle(self, *args: Any, **options: Any) -> None:
        sources = open_sources(options["files"], options["fields"], options["fields_b"], options["cluster"])
        progress = progress_of(self)
        loaded = Loaded.of(sources, progress)
        report(sources, progress)
        left, right = loaded.pairs()
        labels = Labels.read(loaded.labels)
        known = labels.known(left, right)
        true = labels.quality(left[known], right[known], split=loaded.split)
        if true.right < _FEWEST_PAIRS:
            raise CommandError(
                f'Rows with the same value of "{options["cluster"]}" make only {amount(true.right, "pair")}: '
                f"label at least {_FEWEST_PAIRS} pairs, or link with --em, which needs none."
            )
        progress.note(
            f"{amount(len(loaded.ids), 'row')}, {amount(len(left), 'pair')} to compare; "
            f"{true.recall:.1%} of {amount(true.true, 'true pair')} are among them."
        )
        trial = tried(loaded, loaded.labels, left, right, progress)
        model = train(loaded, labels, left, right, f"trained on {options['files'][0].name}")
        with replacing(options["out"]) as file:
            model.dump(Path(file.name))
        self._tell(model)
        quality = labels.quality(*trial.links(), rows=trial.tried, split=loaded.split)
        self.stdout.write(
            f"On rows it had not seen, at its threshold of {link_threshold(model):g} bits: {quality}.\n"
            f"Model written to {options['out']}."
        )

    def _tell(self, model: Model) -> None:
        self.stdout.write("Bits of evidence learned (for +, against -):")
        for field, weights in model.weights.items():
            strongest = sorted(weights.items(), key=lambda each: -abs(each[1]))[:_SHOWN]
            said = ", ".join(f"{level} {bits:+.1f}" for level, bits in strongest if bits)
            if said:
                self.stdout.write(f"  {field:13} {said}")
