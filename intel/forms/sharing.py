"""With whom a lead is shared from its first second on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BoundField

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.visibility import Level
from intel.actions.logging import Sharing

CHOICES = [("", "Nothing"), (str(Level.SUMMARY.value), "Summary"), (str(Level.VIEW.value), "Full record")]


class SharingForm(forms.Form):
    """One choice per partner agency of `user`, and one reason for all. No choices where the role may not share."""

    prefix = "share"
    reason = forms.CharField(
        label="Why they need it",
        max_length=500,
        required=False,
        help_text="Kept with the share; they read it.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may = user.agency is not None and user.may(Permission.SHARE)
        self.partners = list(Agency.objects.partners_of(user.agency)) if may and user.agency else []
        for partner in self.partners:
            self.fields[str(partner.pk)] = forms.ChoiceField(
                label=partner.name, choices=CHOICES, required=False
            )

    def rows(self) -> list[tuple[Agency, BoundField]]:
        return [(partner, self[str(partner.pk)]) for partner in self.partners]

    def chosen(self) -> list[tuple[Agency, Level]]:
        """As it stands on the page, checked or not."""
        typed = ((partner, str(field.value() or "")) for partner, field in self.rows())
        return [(partner, Level(int(level))) for partner, level in typed if level in {"1", "2"}]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if any(data.get(str(partner.pk)) for partner in self.partners) and not data.get("reason"):
            self.add_error("reason", "Say why they need it: the reason is kept with the share.")
        return data

    def wishes(self) -> list[Sharing]:
        reason = self.cleaned_data.get("reason", "")
        return [Sharing(agency, level, reason) for agency, level in self.chosen()]
