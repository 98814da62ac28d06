"""The report itself: what was said, by whom, how sure, and how it may be handled."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from agencies.models import PointerPolicy
from agencies.tags import TagsField
from cases.models import Case
from intel import codelists
from intel.forms.reading import read_countries
from intel.models import Lead
from intel.policies import NO_PREDICATE

NARRATIVE_MAX = 100_000
TITLE_LENGTH = 100
_SENTENCE_END = re.compile(r"[.!?…。؟](?=\s|$)|\n")


def suggest_title(narrative: str) -> str:
    """The first sentence, shortened at a word."""
    start = narrative.strip()[:500]
    for found in _SENTENCE_END.finditer(start):
        if found.start() >= 12:  # "Mr." and "No." end no sentence
            start = start[: found.start()]
            break
    start = " ".join(start.split())
    if len(start) <= TITLE_LENGTH:
        return start
    return start[: TITLE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


class LeadForm(forms.Form):
    narrative = forms.CharField(
        label="What happened?",
        max_length=NARRATIVE_MAX,
        widget=forms.Textarea,
        error_messages={
            "required": "Write what was reported. One sentence is enough.",
            "max_length": f"This is too long for one lead ({NARRATIVE_MAX:,} characters at most). "
            "Keep what matters here and split the rest into further leads.",
        },
    )
    title = forms.CharField(
        max_length=200, required=False, help_text="Left empty, the first sentence becomes the title."
    )
    category = forms.ChoiceField(
        label="About", choices=[("", "Not known yet"), *Case.Kind.choices], required=False
    )
    occurred_on = forms.DateField(label="Happened on", required=False, widget=forms.DateInput)
    reported_on = forms.DateField(label="Reported on", required=False, widget=forms.DateInput)
    place = forms.CharField(label="Where", max_length=200, required=False)
    countries = forms.CharField(
        max_length=500, required=False, help_text="Names or two-letter codes, with commas between them."
    )
    source = forms.CharField(
        max_length=500, required=False, help_text="Who or what it comes from, as far as you may write it."
    )
    basis = forms.ChoiceField(
        label="May be kept because of", choices=Lead.Basis.choices, initial=Lead.Basis.TIP
    )
    predicate = forms.CharField(
        label="Suspected offence", max_length=300, required=False,
        help_text="Needed for a reasonable suspicion: which offence, by which law.",
    )  # fmt: skip
    grade_source = forms.ChoiceField(
        label="How reliable is the source?", widget=forms.RadioSelect, initial="X"
    )
    grade_information = forms.ChoiceField(
        label="How sure is the information?", widget=forms.RadioSelect, initial="4"
    )
    handling = forms.MultipleChoiceField(
        label="Handling codes", widget=forms.CheckboxSelectMultiple, initial=["H0"], required=False
    )
    caveat = forms.CharField(label="Condition of H3", max_length=500, required=False)
    tags = TagsField()
    pointer_policy = forms.ChoiceField(
        label="When another agency holds a match",
        choices=PointerPolicy.choices,
        initial=PointerPolicy.NAMED,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", None)
        super().__init__(*args, **kwargs)
        for name, codelist in _CODELISTS.items():
            self.fields[name].choices = codelists.choices(codelist)  # type: ignore[attr-defined]

    def clean_countries(self) -> tuple[str, ...]:
        return read_countries(self.cleaned_data["countries"])

    def clean_tags(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["tags"])

    def clean_occurred_on(self) -> date | None:
        return _not_in_the_future(self.cleaned_data["occurred_on"])

    def clean_reported_on(self) -> date | None:
        return _not_in_the_future(self.cleaned_data["reported_on"])

    def clean_handling(self) -> tuple[str, ...]:
        """H0, ticked from the start, means "no further condition"; any other code is one, so H0 gives way to it."""
        conditions = tuple(code for code in self.cleaned_data["handling"] if code != "H0")
        return conditions or ("H0",)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "H3" in data.get("handling", ()) and not data.get("caveat"):
            self.add_error("caveat", "H3 needs its condition in words.")
        if data.get("basis") == Lead.Basis.SUSPICION and not data.get("predicate"):
            self.add_error("predicate", NO_PREDICATE)
        if data.get("narrative") and not data.get("title"):
            data["title"] = suggest_title(data["narrative"])
        return data


_CODELISTS = {
    "grade_source": "grade_4x4_source",
    "grade_information": "grade_4x4_information",
    "handling": "handling_europol",
}


def _not_in_the_future(day: date | None) -> date | None:
    # An office east of the server may be a day ahead.
    if day is not None and day > timezone.localdate() + timedelta(days=1):
        raise forms.ValidationError("This day is still to come.")
    return day
