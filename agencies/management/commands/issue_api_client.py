from __future__ import annotations

import shlex
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies import actions
from agencies.models import User
from agencies.policies import Refused


class Command(BaseCommand):
    help = "Make an API client of an agency, as one of its administrators. Prints its id and secret as shell variables, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("administrator", help="e-mail of the administrator who answers for the client")
        parser.add_argument("name", help="what it is for, for instance “Case system”")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email__iexact=options["administrator"]).first()
        if by is None:
            raise CommandError("Nobody signs in with that address.")
        try:
            client, secret = actions.issue_api_client(name=options["name"], by=by)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"CLIENT_ID={shlex.quote(client.client_id)} CLIENT_SECRET={shlex.quote(secret)}")
