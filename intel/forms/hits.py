"""What people decide about a hit: the same or not, what to ask of the other side, what to answer."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from agencies.visibility import Level
from intel.models import Disclosure, HitNotice, Verdict
from intel.models.hit import Band

DAYS_TO_ANSWER = 7


class NoticeFilter(forms.Form):
    """What the list of hits is narrowed to. The state comes first, as tabs."""

    state = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    q = forms.CharField(label="Our record: a name, or a lead's reference", required=False, max_length=200)
    band = forms.MultipleChoiceField(
        label="Strength", choices=Band.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    order = forms.ChoiceField(
        label="Order",
        choices=[("", "Most telling first"), ("newest", "Newest first")],
        required=False,
        widget=forms.RadioSelect,
    )
    side = forms.ChoiceField(
        label="Other record",
        choices=[("", "Any"), ("open", "Open to us"), ("sealed", "Sealed")],
        required=False,
        widget=forms.RadioSelect,
    )


class JudgeForm(forms.Form):
    """`version` is that of the hit as its reader saw it."""

    version = forms.CharField(required=False, max_length=50, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        choices=Verdict.choices, error_messages={"required": "Say whether they are the same."}
    )
    reason = forms.CharField(
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "What decided it, in a sentence"}),
        error_messages={"required": "Say why: whoever meets this hit again will ask."},
    )


class JudgeManyForm(JudgeForm):
    """One judgement on the hits that were ticked; each tick sends the hit's id and version."""

    hits = forms.CharField(required=False)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.ticked = data.getlist("hit")

    def clean_hits(self) -> dict[uuid.UUID, str]:
        """Id -> version, each hit once."""
        try:
            pairs = [each.partition(" ") for each in dict.fromkeys(self.ticked)]
            return {uuid.UUID(pk): version[:50] for pk, _, version in pairs}
        except ValueError as problem:
            raise forms.ValidationError("That is no list of hits.") from problem


class UndoForm(forms.Form):
    judgement = forms.UUIDField()


class AskForm(forms.Form):
    level = forms.TypedChoiceField(
        choices=[(Level.SUMMARY.value, "A summary"), (Level.VIEW.value, "The full record")],
        coerce=lambda value: Level(int(value)),
        error_messages={"required": "Say what you need."},
    )
    purpose = forms.CharField(
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="They read this. Write nothing of your own record that they need not know.",
        error_messages={"required": "Say what it is for: they decide by it."},
    )
    deadline = forms.DateField(label="Answer by", widget=forms.DateInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("level", Level.SUMMARY.value)
        self.initial.setdefault("deadline", timezone.localdate() + timedelta(days=DAYS_TO_ANSWER))

    def clean_deadline(self) -> datetime:
        day: date = self.cleaned_data["deadline"]
        if day < timezone.localdate():
            raise forms.ValidationError("That day is over. Choose a later one.")
        return end_of(day)


class AnswerForm(forms.Form):
    """`give` is the state of the answer, or "summary" for a disclosure that stops there."""

    give = forms.ChoiceField(error_messages={"required": "Choose an answer."})
    until = forms.DateField(label="Until", required=False, widget=forms.DateInput)
    answer = forms.CharField(required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, disclosure: Disclosure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["give"].choices = answers_to(disclosure)  # type: ignore[attr-defined]

    def clean_until(self) -> datetime | None:
        day: date | None = self.cleaned_data["until"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError("That day is over. Choose a later one, or leave it empty for no end.")
        return end_of(day) if day else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("give") == Disclosure.State.DECLINED and not cleaned.get("answer", "").strip():
            self.add_error("answer", "Give the reason: they read it, and it is kept with the record.")
        return cleaned

    def verb_arguments(self) -> dict[str, Any]:
        """What `answer_disclosure` takes."""
        give = self.cleaned_data["give"]
        discloses = give in {"summary", Disclosure.State.FULL}
        return {
            "state": Disclosure.State.FULL if discloses else give,
            "level": Level.SUMMARY if give == "summary" else Level.VIEW,
            "until": self.cleaned_data["until"] if discloses else None,
            "answer": self.cleaned_data["answer"],
        }


def answers_to(disclosure: Disclosure) -> list[tuple[str, str]]:
    """What may be answered: never more than was asked for."""
    full = [(Disclosure.State.FULL.value, "The full record")] if disclosure.asked_level >= Level.VIEW else []
    return [
        *full,
        ("summary", "A summary"),
        (Disclosure.State.CONTACT_ONLY.value, "Only whom to call"),
        (Disclosure.State.DECLINED.value, "Nothing"),
    ]


def end_of(day: date) -> datetime:
    """The last second of a day where the office is."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


STATES_SHOWN = [state for state in HitNotice.State if state != HitNotice.State.WITHDRAWN]
