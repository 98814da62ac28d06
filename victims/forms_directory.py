"""Entries of the service directory, and how it is searched."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from victims.languages import GROUPED, LANGUAGES
from victims.models import Service, Victim

HOUSE_NUMBER = re.compile(r"\d")


class ServiceFilter(forms.Form):
    place = forms.CharField(label="Place", required=False, max_length=80)
    kind = forms.MultipleChoiceField(
        label="Service", choices=Victim.Need.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    language = forms.MultipleChoiceField(
        label="Language", required=False, widget=forms.CheckboxSelectMultiple
    )
    free = forms.ChoiceField(
        label="Places", choices=[("", "Any"), ("yes", "Free now")], required=False, widget=forms.RadioSelect
    )

    def __init__(self, data: Any, spoken: set[str]) -> None:
        super().__init__(data)
        self.fields["language"].choices = [pair for pair in LANGUAGES if pair[0] in spoken]  # type: ignore[attr-defined]

    def narrow(self, services: Any) -> Any:
        """The entries that fit; one that names no place or language is found for all of them."""
        if not self.is_valid():
            return services
        said = self.cleaned_data
        if said["place"]:
            services = services.filter(places__icontains=said["place"].strip())
        if said["kind"]:
            services = services.filter(kind__in=said["kind"])
        if said["language"]:
            services = services.filter(languages__overlap=said["language"])
        return services.filter(free_places__gt=0) if said["free"] == "yes" else services


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    places = forms.CharField(
        label="Places served", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Towns or regions, separated by commas. Never where a shelter is.",
    )  # fmt: skip
    languages = forms.MultipleChoiceField(choices=GROUPED, required=False)
    sexes = forms.MultipleChoiceField(
        label="For", choices=Service.Sex.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Say who can come: tick all for everybody."},
    )  # fmt: skip
    age_bands = forms.MultipleChoiceField(
        label="Ages",
        choices=[pair for pair in Victim.AgeBand.choices if pair[0] != Victim.AgeBand.UNKNOWN],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Say which ages you take: tick all for everybody."},
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Service
        fields = ["kind", "title", "free_places", "hours", "contact_desk"]
        labels = {
            "kind": "Service", "title": "In a few words", "free_places": "Free places now",
            "hours": "Opening hours", "contact_desk": "Contact desk",
        }  # fmt: skip
        help_texts = {
            "free_places": "Empty where places are not counted, as for counselling.",
            "contact_desk": "The telephone or e-mail of a desk. No street, no name of a shelter.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            lists = ("languages", "sexes", "age_bands")
            self.initial.update({name: getattr(self.instance, name) for name in lists})
            self.initial["places"] = ", ".join(self.instance.places)
            self.initial["version"] = self.instance.updated_at.isoformat()

    def clean_places(self) -> list[str]:
        places = [
            place.strip() for place in re.split(r"[,;\n]", self.cleaned_data["places"]) if place.strip()
        ]
        if any(HOUSE_NUMBER.search(place) for place in places):
            raise forms.ValidationError(
                "Write towns or regions only: a number looks like an address, and none may stand here."
            )
        if any(len(place) > 80 for place in places):
            raise forms.ValidationError("One of these is longer than the name of a place.")
        return places


class PlacesForm(forms.Form):
    free_places = forms.IntegerField(label="Free places now", min_value=0, max_value=9_999)
