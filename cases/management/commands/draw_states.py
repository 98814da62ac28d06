from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cases.diagrams import redrawn


class Command(BaseCommand):
    help = "Draw the state diagrams in docs/reference anew from the tables of transitions."

    def handle(self, *args: Any, **options: Any) -> None:
        for path in sorted((settings.BASE_DIR / "docs" / "reference").glob("*.md")):
            before = path.read_text(encoding="utf-8")
            if (after := redrawn(before)) != before:
                path.write_text(after, encoding="utf-8")
                self.stdout.write(f"{path.name} is drawn anew.")
