from typing import Any

from django.core.management.base import BaseCommand, CommandError

from victims import rekeying
from victims.keyring import KeyProblem


class Command(BaseCommand):
    help = "Lock all victims' identities with a new key, while they are used. Cut off, it goes on when run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            active = rekeying.rotate(self._tell)
        except KeyProblem as problem:
            raise CommandError(str(problem)) from None
        except OSError as error:
            raise CommandError(
                f"The key ring cannot be written here ({error.strerror}). docs/how-tos/victim-keys.md says how."
            ) from None
        self.stdout.write(f"All identities are locked with the key {active}.")
        self.stdout.write(
            "Back the key ring up now, apart from the database. retire_victim_key removes an old key."
        )

    def _tell(self, done: int, total: int) -> None:
        self.stdout.write(f"{done:,} of {total:,}")
