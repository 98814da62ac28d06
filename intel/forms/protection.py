"""The forms of the list of protected values. They read what was typed, line by line; the verbs decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q

from agencies.models import Agency, TaskForce, User
from intel.matching.identifiers import NotAnIdentifier
from intel.matching.protection import Reading, read
from intel.models import ProtectedValue
from intel.presenters_protection import kind_choices

MOST_SHOWN = 8  # bad lines that are named one by one


class AboutForm(forms.Form):
    """What is said of a protected value."""

    category = forms.ChoiceField(choices=ProtectedValue.Category.choices)
    reason = forms.CharField(
        max_length=300, help_text="Read by your own agency, and by the partner you may ask to confirm it.",
        error_messages={"required": "Say why it must link nobody: whoever reviews the list will ask."},
    )  # fmt: skip
    told = forms.ChoiceField(
        label="Others who hold it are told", choices=ProtectedValue.Told.choices, widget=forms.RadioSelect,
        help_text="Only once it is protected in the whole task force; before that, nothing. Never who listed it or why.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("told", ProtectedValue.Told.NOTHING)


class ProtectForm(AboutForm):
    """Several values of one kind, one a line."""

    kind = forms.ChoiceField(label="What is it?", choices=kind_choices)
    values = forms.CharField(
        max_length=100_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line. They are read as in a lead: any usual way of writing them will do.",
        error_messages={"required": "Write at least one value."},
    )  # fmt: skip

    field_order = ("kind", "values", "category", "reason", "told")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = user.agency.country if user.agency else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") and cleaned.get("values"):
            cleaned["readings"] = self._read(cleaned["kind"], cleaned["values"].splitlines())
        return cleaned

    def _read(self, kind: str, written: list[str]) -> list[Reading]:
        readings, problems = [], []
        for number, line in enumerate(written, start=1):
            if text := line.strip(" \t,;"):
                try:
                    readings.append(read(kind, text, self.country))
                except NotAnIdentifier as problem:
                    problems.append(f"Line {number}, “{text[:60]}”: {problem}")
        for sentence in problems[:MOST_SHOWN]:
            self.add_error("values", sentence)
        if len(problems) > MOST_SHOWN:
            self.add_error("values", f"{len(problems) - MOST_SHOWN} more lines cannot be read.")
        if not readings and not problems:
            self.add_error("values", "Write at least one value.")
        return readings


class SecondAgencyForm(forms.Form):
    """Which partner is asked to confirm a value, and for which task force, where one's agency works in several."""

    task_force = forms.ModelChoiceField(
        TaskForce.objects.none(), empty_label="Choose a task force",
        help_text="The value would be silent between its members' records.",
        error_messages={
            "required": "Choose the task force in which the value must link nobody.",
            "invalid_choice": "Your agency does not work in that task force, or it is over.",
        },
    )  # fmt: skip
    agency = forms.ModelChoiceField(
        Agency.objects.none(), empty_label="Choose a partner agency",
        error_messages={
            "required": "Choose the agency that is asked.",
            "invalid_choice": "That agency is not in a running task force with yours.",
        },
    )  # fmt: skip

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partners = Agency.objects.partners_of(user.agency) if user.agency else Agency.objects.none()
        self._offer("agency", partners.exclude(kind=Agency.Kind.REFERENCE))
        running = TaskForce.objects.running().filter(members=user.agency_id)
        if running.count() > 1:
            self._offer("task_force", running)
        else:
            del self.fields["task_force"]

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows


class ProtectedFilter(forms.Form):
    """What the list is narrowed to. Which list it is comes first, as tabs."""

    q = forms.CharField(label="Value or reason", required=False, max_length=200)
    category = forms.MultipleChoiceField(
        choices=ProtectedValue.Category.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def narrow(self, entries: Any) -> Any:
        self.is_valid()  # a filter that makes no sense is left out
        asked = self.cleaned_data
        if text := asked.get("q", "").replace("\0", "").strip():
            compact = "".join(char for char in text if char.isalnum()).lower()
            named = Q(display__icontains=text) | Q(reason__icontains=text)
            entries = entries.filter(named | Q(value__icontains=compact) if compact else named)
        if asked.get("category"):
            entries = entries.filter(category__in=asked["category"])
        return entries
