from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies import single_sign_on
from agencies.models import User
from agencies.policies import Refused


class Command(BaseCommand):
    help = "Let a subject of the issuer of single sign-on open a person's account, or take it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="of the account here; the issuer's addresses play no part")
        parser.add_argument("subject", nargs="?", help="the issuer's own name for the person, its “sub”")
        parser.add_argument("--remove", action="store_true", help="take it back; they are signed out")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person is None:
            raise CommandError("Nobody signs in with that address.")
        if bool(options["subject"]) == options["remove"]:
            raise CommandError("Name the subject, or say --remove.")
        try:
            if options["remove"]:
                single_sign_on.unbind(person, by=None)
            else:
                single_sign_on.bind(person, options["subject"], by=None)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{person} is {'no longer ' if options['remove'] else ''}bound.")
