"""An agency's own words on its records: a short list each, for its lists and its rules. Part of what a View shows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models

MOST = 12
LONGEST = 40


def tags_field() -> ArrayField[Any, Any]:
    return ArrayField(models.CharField(max_length=LONGEST), default=list, blank=True, db_default=[])


def read_tag(text: str) -> str:
    """One tag as it is kept: "  Harbour  2026" and "harbour 2026" are the same."""
    return " ".join(text.split()).lower()


class TagsField(forms.CharField):
    """Tags typed in one box, with commas between them."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "Words of your agency's own, with commas between them.")
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        parts = value if isinstance(value, list | tuple) else str(value or "").split(",")
        return list(dict.fromkeys(tag for part in parts if (tag := read_tag(str(part)))))

    def validate(self, value: Any) -> None:
        if len(value) > MOST:
            raise forms.ValidationError(f"Give at most {MOST} tags; keep those that you look for.")
        if any(len(tag) > LONGEST for tag in value):
            raise forms.ValidationError(f"A tag has at most {LONGEST} characters: shorten it.")

    def run_validators(self, value: Any) -> None:
        """Those of a text do not apply to a list."""
