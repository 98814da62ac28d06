import gc
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Bring tables and cache table to the code. Run it as the owner of the tables; again, it changes nothing."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Migrating builds the models anew at each step; collecting them less often saves a third of the time.
        gc.set_threshold(50_000)
        # Libraries first, for the same reason: later, each step of theirs would rebuild every model that knows a user.
        for library in ("account", "guardian", "oauth2_provider"):
            self.migrate(library, **options)
        self.migrate(**options)
        call_command("createcachetable", verbosity=options["verbosity"])
        call_command("publish_values", verbosity=options["verbosity"])

    def migrate(self, *app: str, **options: Any) -> None:
        call_command("migrate", *app, interactive=False, verbosity=options["verbosity"], skip_checks=True)
