"""`manage.py link_runs`: the linking runs with all their counts, for those who operate the installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies.acting import as_system
from agencies.policies import Refused
from intel import actions
from intel.models import LinkRun
from taskforce.management.watching import told


class Command(BaseCommand):
    help = "Show the newest linking runs with everything that pages do not tell; pause, resume or cancel one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--last", type=int, default=10, metavar="N", help="how many to show (10)")
        parser.add_argument("--errors", metavar="RUN", help="the leads that this run could not link")
        for verb in ("pause", "resume", "cancel"):
            parser.add_argument(f"--{verb}", metavar="RUN", help=f"{verb} this run (the beginning of its id)")

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        verbs = {"pause": actions.pause_run, "resume": actions.resume_run, "cancel": actions.cancel_run}
        for name, verb in verbs.items():
            if options[name]:
                try:
                    verb(_run(options[name]), by=None)
                except Refused as refusal:
                    raise CommandError(str(refusal)) from refusal
        if options["errors"]:
            for error in _run(options["errors"]).errors.select_related("lead__agency").order_by("pk"):
                self.stdout.write(f"{error.lead.reference}  {error.lead.agency.short_name}  {error.problem}")
            return
        for run in LinkRun.objects.select_related("agency", "listed", "started_by").order_by("-created_at")[
            : options["last"]
        ]:
            self.stdout.write(told(run))


def _run(prefix: str) -> LinkRun:
    found = [run for run in LinkRun.objects.order_by("-created_at") if str(run.pk).startswith(prefix.lower())]
    if len(found) != 1:
        raise CommandError(
            f"{'Several runs' if found else 'No run'} begin{'' if found else 's'} with {prefix}."
        )
    return found[0]
