"""Forms of a lane: its place and facts, offences, requests to others, stages and the lead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils import timezone

from agencies.forms import ReasonForm
from cases import clocks, codelists
from cases.forms import BothChanged
from cases.models import CooperationRequest, Offence, Track
from cases.policies_tracks import next_request_statuses, next_stages

DAY = {"invalid": "Write the date as year-month-day, for example 2027-01-31."}
COUNTRIES = [("", "Choose a country"), *codelists.choices("country")]


def day(label: str, *, required: bool = False, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label, required=required, help_text=help_text, error_messages=DAY,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


def text(label: str, most: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, **{"required": False, **more})


def country(label: str = "Country") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=COUNTRIES, error_messages={"required": "Choose a country."})


class KeptForm(forms.Form):
    """Carries what the fields said when it was opened, so that of two editors at once neither loses a word."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)
    opened_with = forms.JSONField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: QueryDict | None = None, *, said: Mapping[str, Any], version: str = "") -> None:
        self.said = dict(said)
        first = {**self.said, "version": version}
        super().__init__(data, initial=first)
        self.initial["opened_with"] = self._texts(self.said)

    @property
    def facts(self) -> dict[str, Any]:
        """What the verb takes."""
        return {name: self.cleaned_data[name] for name in self._names()}

    def merged_with(self, saved: Mapping[str, Any], version: str) -> tuple[Self, list[BothChanged]]:
        """After a conflict: a form on what is saved that keeps one's own changes, and the fields that both changed."""
        before = self.cleaned_data["opened_with"]
        before = before if isinstance(before, dict) else {}
        data: Any = QueryDict(mutable=True)
        mine, theirs, both = self._texts(self.facts), self._texts(saved), []
        for name in self._names():
            changed_here = mine[name] != before.get(name)
            data.setlist(name, (mine if changed_here else theirs)[name])
            if changed_here and theirs[name] not in (before.get(name), mine[name]):
                label = str(self.fields[name].label or name)
                both.append(BothChanged(label, self._shown(name, theirs), self._shown(name, mine)))
        data["version"], data["opened_with"] = version, json.dumps(theirs)
        return type(self)(data, said=saved, version=version), both

    def _names(self) -> list[str]:
        return [name for name in self.fields if name not in ("version", "opened_with")]

    def _texts(self, facts: Mapping[str, Any]) -> dict[str, list[str]]:
        """Each field's value as a browser would send it."""
        return {name: _as_sent(facts.get(name)) for name in self._names()}

    def _shown(self, name: str, texts: Mapping[str, list[str]]) -> str:
        choices = {str(code): str(label) for code, label in getattr(self.fields[name], "choices", ())}
        words = {"on": "Yes"} if isinstance(self.fields[name], forms.BooleanField) else choices
        return ", ".join(words.get(each, each) for each in texts[name])


def _as_sent(value: Any) -> list[str]:
    if isinstance(value, list | tuple | set):
        return sorted(str(each) for each in value)
    if isinstance(value, bool):
        return ["on"] if value else []
    said = str(value).replace("\r\n", "\n") if value is not None else ""
    return [said] if said else []


class NewTrackForm(forms.Form):
    country = country()
    district = text(
        "State or district", 100, help_text="Where the country is federal: the state, province or district."
    )
    stage = forms.ChoiceField(label="Stage", choices=Track.Stage.choices, initial=Track.Stage.INQUIRY)
    since = day("At this stage since", required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("since", timezone.localdate())


class TrackForm(KeptForm):
    country = country()
    district = text("State or district", 100)
    prosecutor = text("Prosecutor’s office", 200)
    prosecutor_contact = text("How to reach it", 200, help_text="Telephone, address, office hours.")
    court = text("Court", 200)
    docket = text("Docket or file number", 100)
    limitation_on = day("Limitation date", help_text="The day on which prosecution becomes barred by time.")
    limitation_basis = text("Why that day", 200, help_text="The rule it follows from, and from when it runs.")
    remarks = text("Remarks", 5_000, widget=forms.Textarea(attrs={"rows": 3}))
    private = forms.MultipleChoiceField(
        label="Keep to my agency", required=False, widget=forms.CheckboxSelectMultiple,
        choices=[("prosecutor", "Prosecutor"), ("court", "Court and docket"), ("limitation", "Limitation date"),
                 ("remarks", "Remarks")],
        help_text="All else is read by everybody who sees the case.",
    )  # fmt: skip


class OffenceForm(KeptForm):
    kind = forms.ChoiceField(label="What it is", choices=Offence.Kind.choices, widget=forms.RadioSelect)
    law = text("Law", 100, required=True, help_text="As it is cited there, for example 18 U.S.C. § 1591.",
               error_messages={"required": "Name the law and section."})  # fmt: skip
    title = text("Offence", 200, required=True, help_text="As that law calls it.",
                 error_messages={"required": "Say what the law calls it."})  # fmt: skip
    child = forms.BooleanField(
        label="A victim was under 18",
        required=False,
        help_text="Then no means is needed (Protocol, Art. 3(c)).",
    )
    acts = forms.MultipleChoiceField(label="Act", required=False, widget=forms.CheckboxSelectMultiple,
                                     choices=codelists.choices("palermo_act"))  # fmt: skip
    means = forms.MultipleChoiceField(label="Means", required=False, widget=forms.CheckboxSelectMultiple,
                                      choices=codelists.choices("palermo_means"))  # fmt: skip
    purposes = forms.MultipleChoiceField(label="Purpose", required=False, widget=forms.CheckboxSelectMultiple,
                                         choices=codelists.choices("exploitation_purpose"))  # fmt: skip
    agency_private = forms.BooleanField(label="Only my agency sees it", required=False)


class RequestForm(KeptForm):
    kind = forms.ChoiceField(
        label="Kind", choices=codelists.choices("cooperation_kind"), widget=forms.RadioSelect,
        error_messages={"required": "Choose what kind of request it is."},
    )  # fmt: skip
    country = country("Asked of")
    authority = text("Authority", 200, help_text="The court, prosecutor or central authority it goes to.")
    asks = text("What is asked", 500, required=True, widget=forms.Textarea(attrs={"rows": 2}),
                error_messages={"required": "Say in a sentence what is asked."})  # fmt: skip
    reference = text("Reference", 100, help_text="Yours or theirs, to find it again.")
    begun_on = day("Since")
    due_on = day(
        "Answer by",
        help_text="The day asked for or agreed. The days of published rules are counted by themselves.",
    )
    agency_private = forms.BooleanField(label="Only my agency sees it", required=False)

    def __init__(self, data: QueryDict | None = None, *, said: Mapping[str, Any], version: str = "") -> None:
        super().__init__(data, said=said, version=version)
        words = clocks.BEGUN.get(str(said.get("kind", "")))
        if words is None:
            del self.fields["begun_on"]
        else:
            self.fields["begun_on"].label = words


class MoveTrackForm(ReasonForm):
    stage = forms.ChoiceField(
        label="Next stage", widget=forms.RadioSelect, error_messages={"required": "Choose the next stage."}
    )
    since = day("Since", required=True)
    field_order = ("stage", "since", "reason")

    def __init__(self, track: Track, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = next_stages(track)  # type: ignore[attr-defined]
        self.initial.setdefault("since", timezone.localdate())


class MoveRequestForm(forms.Form):
    status = forms.ChoiceField(
        label="What happened", widget=forms.RadioSelect, error_messages={"required": "Choose what happened."}
    )
    on = day("On", required=True)
    refusal = text("Why it was refused", 500, help_text="Only where it was refused.")

    def __init__(self, request: CooperationRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = next_request_statuses(request)  # type: ignore[attr-defined]
        self.initial.setdefault("on", timezone.localdate())


class AnswerLeadForm(forms.Form):
    answer = forms.ChoiceField(
        choices=[("agree", "Agree"), ("object", "Object"), ("withdraw", "Withdraw")],
        error_messages={"required": "Agree, or object with a reason."},
    )
    reason = text("Why not", 500)
