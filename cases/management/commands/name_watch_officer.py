from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies.acting import as_system
from agencies.models import TaskForce, User
from agencies.policies import Refused
from cases import actions


class Command(BaseCommand):
    help = "Name whom a task force tells of every conflict of operations, and who must be called."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("task_force")
        parser.add_argument("email", help="of a person of a member agency")

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        task_force = TaskForce.objects.filter(name=options["task_force"]).first()
        officer = User.objects.filter(email__iexact=options["email"]).first()
        if task_force is None or officer is None:
            raise CommandError("There is no such task force, or no such person.")
        try:
            actions.name_watch_officer(task_force=task_force, officer=officer, by=None)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{officer} keeps the watch of {task_force}.")
