from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date

from agencies.models import User
from agencies.permissions import Permission, Role, role_may
from victims.models import FIELDS, LookPurpose

PLAIN = {"autocomplete": "off", "spellcheck": "false"}  # no browser keeps or sends away what is typed here


def colleagues(by: User) -> Any:
    """Those of one's agency who may hold an identity."""
    may = [role for role in Role if role_may(role, Permission.READ_VICTIMS)]
    own = User.objects.filter(agency=by.agency_id, is_active=True, role__in=may)
    return own.exclude(pk=by.pk).order_by("name")


def _text(label: str, most: int, help_text: str = "", rows: int = 0) -> forms.CharField:
    widget = forms.Textarea(attrs={**PLAIN, "rows": rows}) if rows else forms.TextInput(attrs=PLAIN)
    return forms.CharField(label=label, required=False, max_length=most, help_text=help_text, widget=widget)


class IdentityFields(forms.Form):
    """What is known of who somebody is. All of it may be left empty."""

    name = _text(FIELDS["name"], 200)
    aliases = _text(FIELDS["aliases"], 1000, "One on a line: other spellings, names used by others.", 2)
    birth_date = _text(FIELDS["birth_date"], 10, "As far as known: 2004, 2004-05 or 2004-05-17.")
    documents = _text(FIELDS["documents"], 1000, "One on a line, the number last: passport: AB1234567", 2)
    contact = _text(
        FIELDS["contact"], 2000, "How, when, who may answer, and whether it is safe to leave a message.", 3
    )
    whereabouts = _text(FIELDS["whereabouts"], 2000, "", 2)
    statement = _text(FIELDS["statement"], 50_000, "In the person’s own words, as far as they wish.", 6)
    is_another = forms.BooleanField(
        required=False, label="This is another person than the one already registered"
    )

    def clean_birth_date(self) -> str:
        said = str(self.cleaned_data["birth_date"]).strip()
        if said and not _is_date(said):
            raise forms.ValidationError("Write the year, the month or the day: 2004, 2004-05 or 2004-05-17.")
        return said

    @property
    def values(self) -> dict[str, str]:
        return {field: self.cleaned_data[field] for field in FIELDS}


def _is_date(said: str) -> bool:
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", said, re.ASCII):
        return False
    try:
        day = parse_date(f"{said}-01-01"[:10])
    except ValueError:
        return False
    return day is not None and date(1900, 1, 1) <= day <= timezone.localdate()


class IdentifyForm(IdentityFields):
    deputy = forms.ModelChoiceField(
        queryset=User.objects.none(),
        help_text="Can open it too, and say who else may, when you are away.",
    )

    def __init__(self, by: User, *args: Any) -> None:
        super().__init__(*args)
        self.fields["deputy"].queryset = colleagues(by)  # type: ignore[attr-defined]


class ChangeIdentityForm(IdentityFields):
    """Nothing that is held is shown: what is typed replaces it, the rest stays."""

    empty = forms.MultipleChoiceField(
        choices=list(FIELDS.items()), required=False, widget=forms.CheckboxSelectMultiple,
        label="Empty these",
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)


class LookForm(forms.Form):
    purpose = forms.ChoiceField(choices=[("", "Choose …"), *LookPurpose.choices], label="What for")
    words = forms.CharField(
        max_length=300, label="In your own words", help_text="It is kept with the look. Write no name here.",
        widget=forms.TextInput(attrs=PLAIN),
    )  # fmt: skip
    field = forms.ChoiceField(choices=list(FIELDS.items()))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={**PLAIN, "rows": 3}),
        help_text="It is kept, and shown to those who hold the identity. Write no name here.",
    )  # fmt: skip


class DecideEmergencyForm(forms.Form):
    act = forms.ChoiceField(choices=[("confirm", "Confirm"), ("decline", "Decline")])


class GiveIdentityForm(ReasonForm):
    person = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, label="A colleague", empty_label="Choose …"
    )
    email = forms.EmailField(
        required=False, label="Or somebody at a partner, by e-mail address",
        help_text="Only while a consent on record names their agency and covers how contact is handed over, or danger is.",
        widget=forms.EmailInput(attrs=PLAIN),
    )  # fmt: skip
    until = forms.DateField(
        required=False, widget=forms.DateInput, label="Until",
        help_text="Empty: without an end, as a deputy. Colleagues only; at a partner it ends with the consent.",
    )  # fmt: skip
    field_order = ["person", "email", "until", "reason"]

    def __init__(self, by: User, *args: Any) -> None:
        super().__init__(*args)
        self.fields["person"].queryset = colleagues(by)  # type: ignore[attr-defined]

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59))) if day else None

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        person, email = said.get("person"), said.pop("email", "")
        if bool(person) == bool(email):
            raise forms.ValidationError(
                "Choose a colleague, or write the address of one person at a partner."
            )
        if email:
            person = User.objects.filter(email__iexact=email, is_active=True).first()
            if person is None:
                raise forms.ValidationError(
                    "No such person may hold an identity. Check the address, or ask their administrator."
                )
        return said | {"person": person}
