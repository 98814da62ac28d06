from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from agencies import actions
from agencies.acting import as_system
from agencies.models import Agency
from agencies.permissions import Role


class Command(BaseCommand):
    help = "Admit an agency to this installation and give it its first administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="for instance “Northland Police”")
        parser.add_argument(
            "short_name", help="for instance NPD; it begins the references of the agency's files"
        )
        parser.add_argument("--kind", choices=Agency.Kind.values, required=True)
        parser.add_argument("--country", required=True, help="ISO 3166-1 alpha-2, for instance PL")
        parser.add_argument("--administrator", required=True, metavar="EMAIL")

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        password = secrets.token_urlsafe(12)
        try:
            with transaction.atomic():
                self.admit(options, password)
        except IntegrityError as problem:
            raise CommandError("That name, short name or e-mail address is taken already.") from problem
        self.stdout.write(f"{options['name']} is admitted. Its administrator signs in as")
        self.stdout.write(f"  {options['administrator']}\n  {password}\nand changes the password at once.")

    def admit(self, options: dict[str, Any], password: str) -> None:
        agency = actions.admit_agency(
            name=options["name"], short_name=options["short_name"], kind=options["kind"],
            country=options["country"].upper(), by=None,
        )  # fmt: skip
        actions.appoint(
            agency=agency, email=options["administrator"], name=f"Administrator, {agency.short_name}",
            role=Role.AGENCY_ADMINISTRATOR, by=None, password=password,
        )  # fmt: skip
