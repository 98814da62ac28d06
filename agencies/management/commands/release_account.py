from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies import lockout, second_factor
from agencies.acting import as_system
from agencies.models import User
from agencies.policies import Refused


class Command(BaseCommand):
    help = "Let a locked person sign in again, or one who lost the second factor: for an agency's only administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--second-factor",
            action="store_true",
            help="remove the second factor; a new one is set up at sign-in",
        )

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person is None:
            raise CommandError("Nobody signs in with that address.")
        try:
            if options["second_factor"]:
                second_factor.reset(person, by=None)
            else:
                lockout.release(person, by=None)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{person} can sign in again.")
