"""The forms of operations, conflicts and sensitive places. They read what was typed; the verbs decide."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.utils import timezone

from agencies.forms import REASON, ReasonForm
from agencies.models import Agency, PointerPolicy, User
from agencies.policies import version_of
from cases import places
from cases.geometry import HOW, read_coordinates
from cases.models import MOST_RADIUS_M, TELLS, Assignment, Operation, Report, SensitiveSite, Team

MOMENT = "%Y-%m-%dT%H:%M"
_WHEN = {"invalid": "Write date and time, for example 2027-01-31 06:00."}
TELLS_HELP = (
    "When another agency's operation or safe place comes too near. Never the place, the time or the case."
)


def zones() -> list[str]:
    return [
        "UTC",
        *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")),
    ]


def in_zone(typed: dt.datetime, zone: ZoneInfo, *, later: bool) -> dt.datetime:
    """What a clock on a wall there means. Of an hour that comes twice a start takes the first, an end the second."""
    naive = typed.replace(tzinfo=None)
    there = naive.replace(tzinfo=zone, fold=1 if later else 0)
    if there.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise forms.ValidationError(
            f"That hour does not exist in {zone.key}: the clocks go forward. Choose one before or after."
        )
    return there.astimezone(dt.UTC)


class PlacedForm(forms.Form):
    """Address, coordinates and radius. Without coordinates the address is looked up, and the person chooses."""

    place = forms.CharField(
        label="Address", max_length=300, error_messages={"required": "Write the address, or how to find it."}
    )
    coordinates = forms.CharField(
        required=False, max_length=60,
        help_text="Latitude, longitude. Leave empty to choose from the towns that the address names.",
        widget=forms.TextInput(attrs={"placeholder": "59.9139, 10.7522", "autocomplete": "off", "inputmode": "text"}),
    )  # fmt: skip
    found = forms.ChoiceField(required=False, widget=forms.RadioSelect, label="Which of these?")
    radius_m = forms.IntegerField(
        label="Radius in metres", min_value=50, max_value=MOST_RADIUS_M,
        error_messages={
            "required": "Say how far around the place it reaches.",
            "min_value": "At least 50 metres.",
            "max_value": "At most 20,000 metres. Plan more than one operation for a larger area.",
        },
    )  # fmt: skip
    tells = forms.ChoiceField(
        label="What others learn of a conflict", choices=TELLS, widget=forms.RadioSelect, help_text=TELLS_HELP,
        error_messages={"required": "Choose what another agency learns."},
    )  # fmt: skip

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.initial.setdefault("radius_m", settings.OPERATION_RADIUS_M)
        self.initial.setdefault("tells", _usual(user.agency))
        if self.is_bound and not self.data.get("coordinates", "").strip():
            self._offer(self.data.get("place", ""))

    def _offer(self, address: str) -> None:
        field = self.fields["found"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.coordinates, each.label) for each in places.find(address)]

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        typed = facts.get("coordinates") or facts.get("found")
        if typed:
            try:
                facts["latitude"], facts["longitude"] = read_coordinates(typed)
            except ValueError as wrong:
                self.add_error("coordinates", str(wrong))
        elif "found" not in self.errors:
            towns = list(self["found"].field.choices)  # type: ignore[attr-defined]
            self.add_error(
                "coordinates",
                "Choose the town below, or write the exact coordinates." if towns else f"Where is it? {HOW}",
            )
        return facts

    @property
    def where(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name] for name in ("place", "latitude", "longitude", "radius_m", "tells")
        }


def _usual(agency: Agency | None) -> str:
    """What the agency tells of its leads, by default; but it is always told itself."""
    policy = agency.pointer_policy if agency else PointerPolicy.NAMED
    return PointerPolicy.OWNER_ONLY if policy == PointerPolicy.EXCLUDED else policy


class OperationForm(PlacedForm):
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.CharField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(
        max_length=120, help_text="How the teams will call it. Name no victim.",
        error_messages={"required": "Give it a name that the teams will know."},
    )  # fmt: skip
    kind = forms.ChoiceField(
        choices=[("", "Choose what is planned"), *Operation.Kind.choices],
        error_messages={"required": "Choose what is planned."},
    )
    starts_at = forms.DateTimeField(
        label="Starts", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        error_messages={"required": "Say when it starts.", **_WHEN},
    )  # fmt: skip
    ends_at = forms.DateTimeField(
        label="Ends", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        error_messages={"required": "Say when it ends at the latest.", **_WHEN},
    )  # fmt: skip
    time_zone = forms.ChoiceField(help_text="Of the clock on the wall there.")
    risk = forms.ChoiceField(choices=Operation.Risk.choices, initial=Operation.Risk.MEDIUM)
    risk_note = forms.CharField(
        label="What the risk is", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    details = forms.CharField(
        label="Plan", max_length=5_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, user: User, *args: Any, operation: Operation | None = None, **kwargs: Any) -> None:
        if operation is not None:
            kwargs["initial"] = as_typed(operation)
        super().__init__(user, *args, **kwargs)
        zone = self.fields["time_zone"]
        assert isinstance(zone, forms.ChoiceField)
        zone.choices = [(name, name.replace("_", " ")) for name in zones()]
        self.initial.setdefault("key", uuid.uuid4())
        self.initial.setdefault("time_zone", _last_zone(user))

    def clean(self) -> dict[str, Any]:
        facts = super().clean()
        if "time_zone" in facts:
            zone = ZoneInfo(facts["time_zone"])
            for name in ("starts_at", "ends_at"):
                if name in facts:
                    try:
                        facts[name] = in_zone(facts[name], zone, later=name == "ends_at")
                    except forms.ValidationError as wrong:
                        self.add_error(name, wrong)
        begins, ends = facts.get("starts_at"), facts.get("ends_at")
        if begins and ends and ends <= begins:
            self.add_error("ends_at", "It must end after it starts.")
        return facts

    @property
    def plan(self) -> dict[str, Any]:
        """What the verbs take."""
        names = ("title", "kind", "starts_at", "ends_at", "time_zone", "risk", "risk_note", "details")
        return {**self.where, **{name: self.cleaned_data[name] for name in names}}

    def differences(self, saved: Operation) -> list[tuple[str, str, str]]:
        """After somebody was faster: (field, as it is saved, as it is typed here), where the two differ."""
        theirs = as_typed(saved)
        return [
            (str(self[name].label), str(theirs[name]), str(self.data.get(name, "")))
            for name in theirs
            if name != "version" and str(theirs[name]).strip() != str(self.data.get(name, "")).strip()
        ]


def as_typed(operation: Operation) -> dict[str, Any]:
    """What a form on this operation shows before anything is changed."""
    same = (
        "title",
        "kind",
        "place",
        "coordinates",
        "radius_m",
        "tells",
        "time_zone",
        "risk",
        "risk_note",
        "details",
    )
    return {
        **{name: getattr(operation, name) for name in same},
        "starts_at": operation.local_start.strftime(MOMENT),
        "ends_at": operation.local_end.strftime(MOMENT),
        "version": version_of(operation),
    }


def _last_zone(user: User) -> str:
    """The one of the agency's newest plan: most of what it does is in one place."""
    rows = Operation.objects.visible_to(user).filter(agency=user.agency_id).order_by("-created_at")
    return rows.values_list("time_zone", flat=True).first() or timezone.get_default_timezone_name()


class OperationMoveForm(forms.Form):
    status = forms.ChoiceField(error_messages={"required": "Choose what becomes of it."})
    reason = forms.CharField(max_length=500, required=False)

    def __init__(self, operation: Operation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status = self.fields["status"]
        assert isinstance(status, forms.ChoiceField)
        status.choices = [(code, code) for code in Operation.Status.values]


class GiveForm(ReasonForm):
    """To which agency on the case the operation goes."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(), empty_label="Choose an agency on the case",
        error_messages={
            "required": "Choose the agency that gets it.",
            "invalid_choice": "That agency does not work on this case. Assign it first.",
        },
    )  # fmt: skip
    field_order = ("agency", "reason")

    def __init__(self, operation: Operation, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agency = self.fields["agency"]
        assert isinstance(agency, forms.ModelChoiceField)
        on_case = Assignment.objects.visible_to(user).filter(case=operation.case_id, ended_at=None)
        agency.queryset = Agency.objects.filter(pk__in=on_case.values("agency")).exclude(
            pk=operation.agency_id
        )

    @property
    def has_agencies(self) -> bool:
        return len(self["agency"].subwidgets) > 1


class TeamForm(forms.Form):
    name = forms.CharField(
        label="Team", max_length=100, error_messages={"required": "Give the team its call sign."}
    )
    of = forms.ModelChoiceField(
        Agency.objects.none(), label="Agency", empty_label=None,
        error_messages={"invalid_choice": "That agency does not have this operation. Give it to them first."},
    )  # fmt: skip
    phone = forms.CharField(label="Telephone for the day", max_length=30, required=False)
    task = forms.CharField(max_length=200, required=False)

    def __init__(self, agencies: list[Agency], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of = self.fields["of"]
        assert isinstance(of, forms.ModelChoiceField)
        of.queryset = Agency.objects.filter(pk__in=[agency.pk for agency in agencies])


class ReportForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(
        choices=Report.Kind.choices, error_messages={"required": "Choose what you report."}
    )
    number = forms.IntegerField(
        required=False, min_value=1, max_value=999,
        error_messages={"min_value": "At least one.", "max_value": "At most 999 in one line."},
    )  # fmt: skip
    text = forms.CharField(max_length=300, required=False)
    team = forms.ModelChoiceField(Team.objects.none(), required=False)

    def __init__(self, operation: Operation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = Team.objects.filter(operation=operation)


class SettleForm(forms.Form):
    note = forms.CharField(
        label="How it is settled", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say how it is settled: it is kept with the record."},
    )  # fmt: skip
    share_note = forms.BooleanField(label="The other side may read this", required=False)


class OverrideForm(forms.Form):
    reason = REASON


class SiteForm(PlacedForm):
    name = forms.CharField(
        max_length=120, error_messages={"required": "Give it a name that only your agency understands."}
    )
    kind = forms.ChoiceField(choices=SensitiveSite.Kind.choices)
    field_order = ("name", "kind", "place", "coordinates", "found", "radius_m", "tells")

    def __init__(self, user: User, *args: Any, site: SensitiveSite | None = None, **kwargs: Any) -> None:
        if site is not None:
            names = ("name", "kind", "place", "coordinates", "radius_m", "tells")
            kwargs["initial"] = {name: getattr(site, name) for name in names}
        super().__init__(user, *args, **kwargs)

    @property
    def facts(self) -> dict[str, Any]:
        return {**self.where, "name": self.cleaned_data["name"], "kind": self.cleaned_data["kind"]}
