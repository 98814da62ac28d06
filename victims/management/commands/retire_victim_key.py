from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from victims import rekeying
from victims.keyring import KeyProblem


class Command(BaseCommand):
    help = "Remove an old key from the ring of victims' identities, when none is locked with it any more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="its id, as the ring and rotate_victim_keys name it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rekeying.retire(options["key"])
        except KeyProblem as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(
            f"The key {options['key']} is gone. Backups of before open with copies of it alone."
        )
