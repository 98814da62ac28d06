"""`manage.py load_demo`: a demo office of historic public records, through the same verbs as everybody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agencies.acting import as_system
from taskforce.demo.loader import Loader, wait_for_matching
from taskforce.demo.logins import STORY


class Command(BaseCommand):
    help = "Load the demo. Safe to run again, and after being killed: it goes on where it stopped."

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo brings accounts with a public password. Set TASKFORCE_DEMO=1 to allow it; never where "
                "real records are kept."
            )
        Loader().load()
        if not wait_for_matching():
            print(
                "\n  No worker is running, so nothing is matched yet. Start one (./run does, or: celery -A taskforce worker "
                "--beat); the leads are kept and wait."
            )
        print(f"\n{STORY}")
