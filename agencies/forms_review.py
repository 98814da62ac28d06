"""The forms of review and purge. They only read what was typed; the verbs decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.forms import REASON
from agencies.models import Agency
from agencies.retention import Retained, review_day, warned_until

DAY = forms.DateInput(attrs={"type": "date"})


class ReviewFilterForm(forms.Form):
    """Which records are listed: those whose review is near, unless something else is asked."""

    STATES = (
        ("due", "Due soon or overdue"),
        ("overdue", "Overdue"),
        ("held", "Under legal hold"),
        ("later", "Later"),
    )

    kind = forms.CharField(widget=forms.HiddenInput, required=False)
    q = forms.CharField(label="Search by title or reference", max_length=200, required=False)
    state = forms.ChoiceField(label="Which", choices=STATES, required=False, widget=forms.RadioSelect)

    def narrow(self, records: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        self.is_valid()
        records = records.filter(_in_state(self.cleaned_data.get("state") or "due"))
        if text := self.cleaned_data.get("q", "").replace("\0", "").strip():
            records = records.filter(Q(title__icontains=text) | Q(reference__iexact=text))
        return records


def _in_state(state: str) -> Q:
    return {
        "due": Q(review_on__lte=warned_until()),
        "overdue": Q(review_on__lt=timezone.localdate()),
        "held": Q(held_at__isnull=False),
        "later": Q(review_on__gt=warned_until()),
    }[state]


class KeepForm(forms.Form):
    """Why a record is still needed, and until when."""

    reason = REASON
    until = forms.DateField(
        label="Review again by", widget=DAY, error_messages={"required": "Choose the day of the next review."}
    )

    def __init__(self, record: Retained, *args: Any, **kwargs: Any) -> None:
        latest = review_day(record.agency, of_victims=record.is_of_victims)
        kwargs["initial"] = {"until": latest}
        super().__init__(*args, **kwargs)
        self.fields["until"].help_text = f"At most until {latest:%-d %B %Y}."


class ManyForm(forms.Form):
    """One decision on many records."""

    act = forms.ChoiceField(choices=[("keep", "Keep"), ("purge", "Purge")])
    reason = REASON
    until = forms.DateField(required=False, widget=DAY)

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("act") == "keep" and not self.cleaned_data.get("until"):
            self.add_error("until", "Choose the day of the next review.")
        return self.cleaned_data


class YearsForm(forms.Form):
    """How long an agency keeps its records without a review."""

    years = forms.IntegerField(
        label="Review records after", min_value=1, help_text="For new records, and when one is kept. What stands is left."
    )  # fmt: skip
    victims = forms.IntegerField(
        label="Records of victims and witnesses after", min_value=1,
        help_text="Reports by victims or witnesses, and leads that name one. Never longer than the others.",
    )  # fmt: skip

    def __init__(self, agency: Agency, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"years": agency.review_years, "victims": agency.review_years_victims}
        super().__init__(*args, **kwargs)

    def clean_years(self) -> int:
        return self._within(self.cleaned_data["years"])

    def clean_victims(self) -> int:
        return self._within(self.cleaned_data["victims"])

    def _within(self, years: int) -> int:
        if years > settings.REVIEW_YEARS_MOST:
            raise forms.ValidationError(f"{settings.REVIEW_YEARS_MOST} years at most: that is the law here.")
        return years
