"""`manage.py screen_lists`: compare published lists with the records of all agencies."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies.acting import as_system
from intel import actions
from intel.models import Lead, LinkRun
from taskforce.management.commands.update_list import list_named
from taskforce.management.watching import go_on


class Command(BaseCommand):
    help = "Screen all published lists, or one, against all agencies' records. Ctrl-C pauses; the same command goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", nargs="?", help="reference or title of one list; all lists without it")

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        listed = list_named(options["list"]) if options["list"] else None
        if not Lead.objects.filter(kind=Lead.Kind.REFERENCE).exists():
            raise CommandError("No published list is held yet. ./run manage update_list --create adds one.")
        go_on(actions.start_run(kind=LinkRun.Kind.SCREENING, listed=listed, by=None), self.stdout)
