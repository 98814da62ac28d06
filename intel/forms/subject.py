"""A person, organisation or thing of a lead, as one row of its form."""

from __future__ import annotations

from typing import Any

from django import forms

from intel import codelists
from intel.facts import SubjectFacts
from intel.forms.reading import (
    Born,
    country_name,
    read_born,
    read_countries,
    read_identifiers,
    several,
    write_born,
    write_identifier,
)
from intel.matching.identifiers import KINDS
from intel.models import Identifier, Subject


class SubjectForm(forms.Form):
    """`country` (alpha-2) is where telephone numbers without a code are dialled."""

    pk = forms.UUIDField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=Subject.Kind.choices, initial=Subject.Kind.PERSON)
    name = forms.CharField(max_length=300, required=False)
    role = forms.ChoiceField(label="Part in it", required=False)
    born = forms.CharField(
        label="Born or age", max_length=40, required=False, help_text="1994, 1994-05, 1994-05-17 or about 30"
    )
    aliases = forms.CharField(
        label="Also known as",
        max_length=3_000,
        required=False,
        help_text="Commas, semicolons or lines between names",
        widget=forms.Textarea(attrs={"rows": 1}),
    )
    sex = forms.ChoiceField(choices=[("", "Not known"), *Subject.Sex.choices], required=False)
    nationalities = forms.CharField(max_length=300, required=False, help_text="Polish, UA, Viet Nam")
    places = forms.CharField(
        max_length=2_000, required=False, help_text="Semicolons between places: Atlanta, Georgia; Tijuana"
    )
    identifiers = forms.CharField(
        max_length=5_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line: +48 601 234 567, or with its kind: passport: AB123456",
    )
    note = forms.CharField(max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    DELETE = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"hidden": True}))

    def __init__(self, *args: Any, country: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        self.just_added = False
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            ("", "Not known"),
            *codelists.choices("person_role_in_case"),
        ]

    def clean_aliases(self) -> tuple[str, ...]:
        text = self.cleaned_data["aliases"]
        # "Sample, Jan" is one name where semicolons or lines part the names.
        names = several(text, r"[;\n]" if ";" in text or "\n" in text else ",")
        if any(len(name) > 300 for name in names):
            raise forms.ValidationError("One of these names is too long (300 characters at most).")
        return names

    def clean_places(self) -> tuple[str, ...]:
        places = several(self.cleaned_data["places"], r"[;\n]")
        if any(len(place) > 200 for place in places):
            raise forms.ValidationError("One of these places is too long (200 characters at most).")
        return places

    def clean_nationalities(self) -> tuple[str, ...]:
        return read_countries(self.cleaned_data["nationalities"])

    def clean_born(self) -> Any:
        return read_born(self.cleaned_data["born"])

    def clean_identifiers(self) -> Any:
        return read_identifiers(self.cleaned_data["identifiers"], self.country)

    @property
    def row_number(self) -> str:
        return str(self.prefix).rpartition("-")[2]

    @property
    def number(self) -> int:
        return int(self.row_number)

    @property
    def key(self) -> str:
        """Under which identifiers name this subject as their holder."""
        return f"row-{self.number}"

    @property
    def details(self) -> str:
        """What is typed in the part that is folded."""
        return " · ".join(" ".join(self.typed(name).split()) for name in DETAILS if self.typed(name))

    @property
    def is_open(self) -> bool:
        return self.just_added or any(self[name].errors for name in DETAILS)

    @property
    def shown_name(self) -> str:
        return self.typed("name").strip()

    def typed(self, name: str) -> str:
        """What stands in a field, read or not."""
        return str(self[name].value() or "")

    def facts(self) -> SubjectFacts | None:
        """The subject, or None where the row was left empty."""
        data = self.cleaned_data
        born = data["born"]
        if not data["pk"] and born == Born() and not any(data[name] for name in ("name", *DETAILS)):
            return None
        return SubjectFacts(
            pk=data["pk"], kind=data["kind"], name=data["name"], aliases=data["aliases"],
            birth_earliest=born.earliest, birth_latest=born.latest, age=born.age, sex=data["sex"],
            nationalities=data["nationalities"], places=data["places"], role=data["role"], note=data["note"],
            identifiers=data["identifiers"],
        )  # fmt: skip


DETAILS = ("aliases", "sex", "nationalities", "places", "identifiers", "note")


def written(subject: Subject, identifiers: list[Identifier]) -> dict[str, Any]:
    """A kept subject as its row shows it."""
    lines = [
        f"{KINDS[each.kind].label}: {write_identifier(each.kind, each.value, each.display)}"
        if each.kind in KINDS
        else each.raw
        for each in identifiers
    ]
    return {
        "pk": subject.pk,
        "kind": subject.kind,
        "name": subject.name,
        "role": subject.role,
        "born": write_born(subject.birth_earliest, subject.birth_latest, subject.age),
        "aliases": "; ".join(subject.aliases) + (";" if any("," in name for name in subject.aliases) else ""),
        "sex": subject.sex,
        "nationalities": ", ".join(map(country_name, subject.nationalities)),
        "places": "; ".join(subject.places),
        "identifiers": "\n".join(line.replace("\n", "") for line in lines),
        "note": subject.note,
    }
