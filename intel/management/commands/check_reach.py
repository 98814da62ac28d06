from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from intel import reconciling

SHOWN = 20


class Command(BaseCommand):
    help = "Compare what each agency reaches with ownership, grants and attachments. Run it as the owner of the tables."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mend", action="store_true", help="write the reach anew if anything differs")

    def handle(self, *args: Any, mend: bool, **options: Any) -> None:
        found = reconciling.differences()
        if not found:
            self.stdout.write("Reach is what ownership, grants and attachments say.")
            return
        for each in found[:SHOWN]:
            self.stderr.write(str(each))
        self.stderr.write(f"{len(found):,} differences. Please report them: this should never happen.")
        if mend:
            reconciling.mend()
            found = reconciling.differences()
            self.stdout.write("Written anew." if not found else f"{len(found):,} are left.")
        if found:
            sys.exit(1)
