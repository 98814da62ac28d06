"""`manage.py update_list LIST FILE.csv`: bring a published list to a newer snapshot and screen what changed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Q

from agencies.acting import as_system
from agencies.models import User
from agencies.policies import Refused
from intel import actions, lists
from intel.actions.listing import ListUpdate
from intel.models import Lead
from taskforce.management.watching import go_on

_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Compare a snapshot (CSV, see docs/how-tos/linking-runs.md) with the list that is held, apply the differences "
        "and screen them against all agencies' records. Again, it changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", help="the list's reference or its title")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--create", metavar="EMAIL", help="begin the list LIST, kept by this person's agency"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument(
            "--withdraw-most", action="store_true", help="the file may lack most of what is held"
        )

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            snapshot = lists.read(options["file"])
            with transaction.atomic():
                listed = self._begin(options) if options["create"] else list_named(options["list"])
                update = actions.update_list(
                    listed, snapshot, by=None, may_withdraw_most=options["withdraw_most"]
                )
                transaction.set_rollback(options["dry_run"])
        except (Refused, lists.NotAListError) as problem:
            raise CommandError(str(problem)) from problem
        self._say(listed, update, snapshot.bad)
        if update.run is not None and not options["dry_run"]:
            go_on(update.run, self.stdout)

    def _begin(self, options: dict[str, Any]) -> Lead:
        title = options["list"]
        found: Lead | None = _named(title).first()
        if found is not None:
            return found
        keeper = User.objects.filter(email__iexact=options["create"]).first()
        if keeper is None:
            raise CommandError(f"Nobody signs in as {options['create']}.")
        return actions.publish_list(title=title, narrative=title, source=options["file"].name, by=keeper)

    def _say(self, listed: Lead, update: ListUpdate, bad: Collection[lists.BadRow]) -> None:
        self.stdout.write(f"{listed.title} ({listed.reference})")
        for word, entries in (
            ("new", update.new),
            ("changed", update.changed),
            ("withdrawn", update.withdrawn),
        ):
            names = ", ".join(entries[:_SHOWN]) + (" …" if len(entries) > _SHOWN else "")
            self.stdout.write(f"  {len(entries):>7,} {word}{f': {names}' if names else ''}")
        self.stdout.write(f"  {update.unchanged:>7,} unchanged")
        for row in bad:
            self.stderr.write(f"  left out, {row}")


def list_named(name: str) -> Lead:
    """The published list of this reference or title. Raises CommandError."""
    found: list[Lead] = list(_named(name)[:2])
    if len(found) != 1:
        known = "; ".join(
            f"{lead.reference} {lead.title}" for lead in Lead.objects.filter(kind=Lead.Kind.REFERENCE)[:10]
        )
        raise CommandError(
            f"{'Several lists have' if found else 'No published list has'} the reference or title “{name}”. "
            f"The lists are: {known or 'none yet'}."
        )
    return found[0]


def _named(name: str) -> Any:
    return Lead.objects.filter(Q(reference__iexact=name) | Q(title__iexact=name), kind=Lead.Kind.REFERENCE)
