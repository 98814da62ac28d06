from __future__ import annotations

from django import forms

from agencies.policies import version_of
from victims.languages import GROUPED
from victims.models import Victim


class VictimForm(forms.ModelForm):  # type: ignore[type-arg]
    languages = forms.MultipleChoiceField(
        choices=GROUPED, required=False, help_text="Languages the person speaks and understands."
    )
    needs = forms.MultipleChoiceField(
        choices=Victim.Need.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Victim
        fields = ["age_band", "languages", "needs", "urgent"]
        labels = {"urgent": "Needs help today"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if self.instance.created_at and not self.instance._state.adding:
            self.initial["version"] = version_of(self.instance)
