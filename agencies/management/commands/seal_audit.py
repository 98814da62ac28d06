from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from agencies import sealing
from agencies.acting import as_system


class Command(BaseCommand):
    help = "Chain and sign what the audit record took in since the last time. A worker does so every minute."

    @as_system
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{sealing.seal():,} events sealed.")
