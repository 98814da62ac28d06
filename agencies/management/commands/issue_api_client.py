from __future__ import annotations

import shlex
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies import actions
from agencies.acting import as_system
from agencies.clients import clean_networks
from agencies.models import Agreement, User
from agencies.policies import Refused


class Command(BaseCommand):
    help = "Make an API client of an agency, as one of its administrators. Prints its id and secret as shell variables, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("administrator", help="e-mail of the administrator who answers for the client")
        parser.add_argument("name", help="which system it is, for instance “Case system”")
        parser.add_argument("--purpose", default="", help="why it needs access")
        parser.add_argument(
            "--purpose-code",
            default="",
            choices=Agreement.Purpose.values,
            help="the same as agreements name it",
        )
        parser.add_argument("--read-only", action="store_true")
        parser.add_argument(
            "--network",
            action="append",
            default=[],
            metavar="CIDR",
            help="calls come from there; may be repeated",
        )
        parser.add_argument("--days", type=int, help="until the credentials end")

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email__iexact=options["administrator"]).first()
        if by is None:
            raise CommandError("Nobody signs in with that address.")
        try:
            client, secret = actions.issue_api_client(
                name=options["name"], by=by, purpose=options["purpose"], days=options["days"],
                purpose_code=options["purpose_code"],
                scopes="read" if options["read_only"] else "read write",
                networks=clean_networks(" ".join(options["network"])),
            )  # fmt: skip
        except (Refused, ValidationError) as refusal:
            raise CommandError(" ".join(getattr(refusal, "messages", [str(refusal)]))) from refusal
        self.stdout.write(f"CLIENT_ID={shlex.quote(client.client_id)} CLIENT_SECRET={shlex.quote(secret)}")
