from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies import actions
from agencies.acting import as_system
from agencies.models import Agency


class Command(BaseCommand):
    help = "Let agencies work together: only members of one task force exchange pointers and shares. Adds members when it exists."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("short_names", nargs="+", help="the members, by short name")
        parser.add_argument(
            "--liaison", default="", help="who forwards questions on matches that name no agency"
        )

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        members = list(Agency.objects.filter(short_name__in=options["short_names"]))
        unknown = sorted(set(options["short_names"]) - {agency.short_name for agency in members})
        if unknown:
            raise CommandError(
                f"No agency has the short name {', '.join(unknown)}. Admit it first with admit_agency."
            )
        task_force = actions.found_task_force(
            name=options["name"], members=members, by=None, liaison=options["liaison"]
        )
        names = ", ".join(task_force.members.values_list("short_name", flat=True))
        self.stdout.write(f"{task_force.name}: {names}")
