import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agencies.acting import as_system
from intel.matching import protection
from intel.matching.identifiers import NotAnIdentifier


class Command(BaseCommand):
    help = (
        "Protect published values (national hotlines) for every agency: those that ship, or those of a CSV file with"
        " the columns kind, value, category, reason. Reads the protected names anew where a release reads names"
        " otherwise. Again, it changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)

    @as_system
    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        try:
            added = self._publish(file)
        except (OSError, KeyError, UnicodeDecodeError, NotAnIdentifier) as problem:
            raise CommandError(f"{file}: {problem}") from problem
        read = protection.read_names_anew()
        if options["verbosity"] > 0:
            self.stdout.write(f"{added} published values added.")
            if read:
                self.stdout.write(f"{read} protected names read anew.")

    def _publish(self, file: Path | None) -> int:
        if file is None:
            return protection.publish_shipped()
        with file.open(encoding="utf-8-sig", newline="") as rows:
            return protection.publish(csv.DictReader(rows))
