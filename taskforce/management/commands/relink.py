"""`manage.py relink`: link everything anew, after a new model or a change of what is protected."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies.acting import as_system
from agencies.models import Agency
from intel import actions
from taskforce.management.watching import go_on


class Command(BaseCommand):
    help = "Link all agencies' leads and lists anew, beside whatever workers run. Ctrl-C pauses; the same command goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--agency", metavar="SHORT_NAME", help="only this agency's leads, against everything"
        )

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        agency = None
        if options["agency"]:
            agency = Agency.objects.filter(short_name__iexact=options["agency"]).first()
            if agency is None:
                raise CommandError(f"No agency has the short name {options['agency']}.")
        go_on(actions.start_run(agency=agency, by=None), self.stdout)
