from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cases.diagrams import page


class Command(BaseCommand):
    help = "Draw the tables of stages, statuses and clocks into docs/reference/case-stages.md."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "reference" / "case-stages.md"
        path.write_text(page())
        self.stdout.write(f"Drawn: {path}")
