"""Letting a lead feed a case, old or new."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from agencies.models import User
from agencies.visibility import Level
from cases.models import Case
from intel.models import CaseLead, Lead

MOST_CASES = 200


def open_to(user: User, lead: Lead) -> QuerySet[Case]:
    """The cases that the reader works on and that this lead does not feed yet for their agency."""
    fed = CaseLead.objects.visible_to(user, Level.OWN).filter(lead=lead).values("case")
    cases: QuerySet[Case] = Case.objects.visible_to(user, Level.CONTRIBUTE)
    return cases.exclude(status=Case.Status.CLOSED).exclude(pk__in=fed)


class AttachForm(forms.Form):
    prefix = "attach"
    case = forms.ModelChoiceField(Case.objects.none(), empty_label="Choose a case")
    private = forms.BooleanField(label="Keep it to my agency", required=False)

    def __init__(self, user: User, lead: Lead, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cases = open_to(user, lead)
        field: Any = self.fields["case"]
        field.queryset = cases
        field.label_from_instance = lambda case: f"{case.reference} · {case.title}"
        newest = cases.order_by("-created_at", "-pk")[:MOST_CASES]
        field.choices = [
            ("", "Choose a case"),
            *((case.pk, field.label_from_instance(case)) for case in newest),
        ]
        self.has_cases = len(field.choices) > 1


class OpenCaseForm(forms.Form):
    prefix = "open"
    title = forms.CharField(max_length=200)
    kind = forms.ChoiceField(
        choices=[("", "Choose what it is about"), *Case.Kind.choices],
        error_messages={"required": "Choose what the case is about."},
    )
