"""The forms of rules that share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps

from agencies.forms import MOMENT, REASON
from agencies.models import Agency, Agreement, User
from agencies.retention import Retained
from agencies.rules import about_choices
from agencies.ruling import Wish
from agencies.tags import LONGEST, read_tag
from agencies.visibility import Level


def kinds() -> dict[str, type[Retained]]:
    """What rules can be made about, by label; first what can be told apart best."""
    models = [model for model in apps.get_models() if issubclass(model, Retained) and model.handed_on]
    return {
        model._meta.label_lower: model for model in sorted(models, key=lambda model: -len(model.sorted_by))
    }


class RuleForm(forms.Form):
    """Which records are shared with whom, how far, until when and why."""

    name = forms.CharField(
        max_length=100, help_text="How colleagues will call it. It stands on each record that it shares.",
        error_messages={"required": "Give the rule a name: it stands on each record that it shares."},
    )  # fmt: skip
    kind = forms.ChoiceField(label="Records", widget=forms.RadioSelect)
    handling = forms.ChoiceField(
        label="Handling code", required=False, choices=[("", "Any"), *Agreement.Handling.choices],
        help_text="Of leads. Cases carry none of their own.",
    )  # fmt: skip
    about = forms.ChoiceField(label="Kind", required=False)
    tag = forms.CharField(max_length=LONGEST, required=False, help_text="As it stands on the record.")
    receiver = forms.ModelChoiceField(
        Agency.objects.none(), label="Shared with", empty_label="Choose a partner agency",
        error_messages={"required": "Choose the agency that gets them."},
    )  # fmt: skip
    level = forms.TypedChoiceField(
        label="How much", coerce=lambda code: Level(int(code)), widget=forms.RadioSelect,
        choices=[(level.value, level.label) for level in Level if level < Level.OWN], initial=Level.SUMMARY,
        error_messages={"required": "Choose how much they may have."},
    )  # fmt: skip
    until = forms.DateTimeField(
        label="Until", required=False, help_text="In UTC. The rule and all that it shared end then.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        error_messages={"invalid": "Write the end as a date and a time, for example 2027-01-31 17:00."},
    )  # fmt: skip
    days = forms.IntegerField(
        label="Or each for", required=False, min_value=1, max_value=3_650,
        help_text="Days from the moment at which it is shared.",
    )  # fmt: skip
    reason = REASON
    on_existing = forms.TypedChoiceField(
        label="Works on", coerce=lambda code: code == "yes", widget=forms.RadioSelect, initial="no",
        choices=[("no", "What comes to fit from now on"), ("yes", "That, and what fits already")],
        error_messages={"required": "Choose whether it also works on records that fit already."},
    )  # fmt: skip

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        partners = Agency.objects.partners_of(user.agency) if user.agency else Agency.objects.none()
        fields["receiver"].queryset = partners.exclude(kind=Agency.Kind.REFERENCE)
        fields["kind"].choices = [
            (label, str(model._meta.verbose_name_plural).capitalize()) for label, model in kinds().items()
        ]
        self.initial.setdefault("kind", fields["kind"].choices[0][0])
        about = {code: label for model in kinds().values() for code, label in about_choices(model)}
        fields["about"].choices = [("", "Any"), *about.items()]

    def clean_tag(self) -> str:
        return read_tag(self.cleaned_data["tag"])

    def wish(self) -> Wish:
        """Call after `is_valid`."""
        said = dict(self.cleaned_data)
        return Wish(model=kinds()[said.pop("kind")], **said)


class EndRuleForm(forms.Form):
    take_back = forms.TypedChoiceField(
        label="What it shared", coerce=lambda code: code == "yes", widget=forms.RadioSelect,
        choices=[("no", "Stays shared"), ("yes", "Is revoked at once, all of it")],
        error_messages={"required": "Choose what becomes of the shares that it gave."},
    )  # fmt: skip
    reason = REASON
