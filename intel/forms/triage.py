"""What a supervisor says about one lead or many."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict

from agencies.models import User
from agencies.permissions import ROLES, Permission

ACTS = [("assign", "Assign"), ("accept", "Accept"), ("reject", "Reject")]


def colleagues(user: User) -> QuerySet[User]:
    """Whom a lead can be given to: the people of the agency whose role investigates."""
    able = [role for role, permissions in ROLES.items() if Permission.JUDGE_HITS in permissions]
    return User.objects.filter(agency=user.agency_id, is_active=True, role__in=able).exclude(
        role="service_account"
    )


class TriageForm(forms.Form):
    act = forms.ChoiceField(choices=ACTS, error_messages={"required": "Choose what to do."})
    to = forms.ModelChoiceField(User.objects.none(), label="Assign to", required=False, empty_label=None)
    reason = forms.CharField(max_length=500, required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = colleagues(user)  # type: ignore[attr-defined]
        self.fields["to"].initial = user.pk
        self.fields["to"].error_messages["invalid_choice"] = "Choose a person of your own agency."


def chosen_pks(data: QueryDict) -> list[uuid.UUID]:
    """The rows that were ticked, or the one whose own button was pressed. Raises ValidationError on rubbish."""
    try:
        return list(dict.fromkeys(uuid.UUID(pk) for pk in data.getlist("pk")))
    except ValueError as problem:
        raise ValidationError("That is no list of leads.") from problem
