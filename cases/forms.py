"""The forms of cases. They read what was typed and offer what the gate allows; the verbs decide."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict

from agencies.forms import ReasonForm
from agencies.models import Agency, User
from agencies.permissions import ROLES, Permission, Role
from agencies.policies import version_of
from agencies.tags import TagsField
from cases.models import Assignment, Case
from cases.policies import next_statuses


class LinesField(forms.CharField):
    """A list, one entry a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = value if isinstance(value, list) else str(value or "").splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > 30:
            raise forms.ValidationError("Name at most 30; write the rest into the summary.")
        if any(len(line) > 100 for line in value):
            raise forms.ValidationError("Each line may have at most 100 characters.")

    def run_validators(self, value: Any) -> None:
        """Those of a text do not apply to a list."""


class CaseForm(forms.ModelForm):  # type: ignore[type-arg]
    kind = forms.ChoiceField(
        choices=[("", "Choose what it is about"), *Case.Kind.choices],
        error_messages={"required": "Choose the kind of crime it is about."},
    )
    jurisdictions = LinesField(
        required=False, help_text="Countries, states or districts it touches, one a line.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    tags = TagsField()
    priority = forms.TypedChoiceField(
        choices=Case.Priority.choices, coerce=int, widget=forms.RadioSelect, initial=Case.Priority.NORMAL
    )

    class Meta:
        model = Case
        fields = ("title", "kind", "priority", "jurisdictions", "tags", "summary")
        widgets = {"summary": forms.Textarea(attrs={"rows": 8})}
        help_texts = {
            "title": "How colleagues will call it. Name no victim: partners with a summary read the title.",
            "summary": "What is suspected, what is known, what comes next.",
        }
        error_messages = {"title": {"required": "Give the case a title, so that others find it."}}


class BothChanged(NamedTuple):
    """A field that two people changed at once."""

    label: str
    saved: str
    mine: str


class CaseEditForm(CaseForm):
    """Carries what the fields said when it was opened, so that two editors at once lose nothing."""

    version = forms.CharField(widget=forms.HiddenInput)
    opened_with = forms.JSONField(widget=forms.HiddenInput)

    def __init__(self, case: Case, data: QueryDict | None = None) -> None:
        super().__init__(data, instance=case)
        self.initial["version"] = version_of(case)
        self.initial["opened_with"] = self._says(case)

    def changes_to(self, case: Case) -> dict[str, Any]:
        """The fields that say something else than `case` does."""
        said = {name: self.cleaned_data[name] for name in CaseForm.Meta.fields}
        return {name: value for name, value in said.items() if value != getattr(case, name)}

    def merged_with(self, saved: Case) -> tuple[CaseEditForm, list[BothChanged]]:
        """After a conflict: a form on `saved` that keeps one's own changes, and the fields that both changed."""
        before = self.cleaned_data["opened_with"]
        before = before if isinstance(before, dict) else {}
        data: Any = QueryDict(mutable=True)
        data.update(self.data)
        both = []
        for name, theirs in self._says(saved).items():
            mine = self._as_text(name, self.cleaned_data[name])
            if mine == before.get(name):
                data[name] = theirs
            elif theirs not in {before.get(name), mine}:
                both.append(
                    BothChanged(str(self[name].label), self._shown(name, theirs), self._shown(name, mine))
                )
        data["version"] = version_of(saved)
        data["opened_with"] = json.dumps(self._says(saved))
        return type(self)(saved, data), both

    def _says(self, case: Case) -> dict[str, str]:
        return {name: self._as_text(name, getattr(case, name)) for name in CaseForm.Meta.fields}

    def _as_text(self, name: str, value: Any) -> str:
        prepared = self.fields[name].prepare_value(value)
        return "" if prepared is None else str(prepared).replace("\r\n", "\n")

    def _shown(self, name: str, text: str) -> str:
        choices = {str(code): str(label) for code, label in getattr(self.fields[name], "choices", ())}
        return choices.get(text, text)


class MoveForm(ReasonForm):
    status = forms.ChoiceField(
        label="New status", widget=forms.RadioSelect, error_messages={"required": "Choose the new status."}
    )
    field_order = ("status", "reason")

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status = self.fields["status"]
        assert isinstance(status, forms.ChoiceField)
        status.choices = next_statuses(case)


class AssignForm(ReasonForm):
    """Which agency gets which part. `told` says for which choice its effect was shown: only that is carried out."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(), empty_label="Choose an agency",
        error_messages={
            "required": "Choose the agency that takes part.",
            "invalid_choice": "That agency is not in a running task force with yours, so it cannot be assigned.",
        },
    )  # fmt: skip
    part = forms.ChoiceField(
        choices=Assignment.Part.choices, widget=forms.RadioSelect, initial=Assignment.Part.SUPPORT,
        error_messages={"required": "Choose whether it leads or supports."},
    )  # fmt: skip
    told = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = ("agency", "part", "reason")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agency = self.fields["agency"]
        assert isinstance(agency, forms.ModelChoiceField)
        if user.agency is not None:
            partners = Agency.objects.partners_of(user.agency).exclude(kind=Agency.Kind.REFERENCE)
            own = Agency.objects.filter(pk=user.agency.pk)
            agency.queryset = Agency.objects.filter(pk__in=partners.values("pk").union(own.values("pk")))

    @property
    def choice(self) -> str:
        return f"{self.cleaned_data['agency'].pk}:{self.cleaned_data['part']}"

    @property
    def was_told(self) -> bool:
        return bool(self.cleaned_data["told"] == self.choice)

    @property
    def facts(self) -> dict[str, Any]:
        """What the verb takes."""
        return {name: self.cleaned_data[name] for name in ("agency", "part", "reason")}


class StaffForm(forms.Form):
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), label="Who of us works on it", required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, assignment: Assignment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields["people"]
        assert isinstance(people, forms.ModelMultipleChoiceField)
        people.queryset = workers_of(assignment.agency)
        self.initial.setdefault("people", [person.pk for person in assignment.people.all()])


def workers_of(agency: Agency) -> Any:
    """The people of an agency whose role works on cases."""
    roles = [
        role for role, may in ROLES.items() if Permission.WORK_CASES in may and role != Role.SERVICE_ACCOUNT
    ]
    return agency.people.filter(is_active=True, role__in=roles)


class TaskForm(forms.Form):
    """A new task. `who` is nobody yet, an agency on the case, one of one's own people or a person named to the case."""

    title = forms.CharField(
        max_length=200, label="What is to do", error_messages={"required": "Write what is to be done."}
    )
    details = forms.CharField(max_length=5_000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    who = forms.ChoiceField(label="For", required=False)
    due_on = forms.DateField(
        label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Write the date as year-month-day, for example 2027-01-31."},
    )  # fmt: skip
    agency_private = forms.BooleanField(label="Only my agency sees it", required=False)

    def __init__(self, case: Case, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agencies: dict[str, Agency] = {}
        self.people: dict[str, User] = {}
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)
        who.choices = [("", "Nobody yet"), *self._groups(case, user)]

    def _groups(self, case: Case, user: User) -> list[tuple[str, list[tuple[str, str]]]]:
        running = Assignment.objects.visible_to(user).filter(case=case, ended_at=None)
        groups = []
        for assignment in (
            running.select_related("agency").prefetch_related("people").order_by("agency__name")
        ):
            own = assignment.agency_id == user.agency_id
            people = workers_of(assignment.agency) if own else assignment.people.all()
            options = [(f"agency:{assignment.agency_id}", f"{assignment.agency.short_name}, whoever is free")]
            self.agencies[f"agency:{assignment.agency_id}"] = assignment.agency
            for person in people:
                self.people[f"person:{person.pk}"] = person
                options.append((f"person:{person.pk}", person.name))
            groups.append((assignment.agency.name, options))
        return groups

    @property
    def facts(self) -> dict[str, Any]:
        """What the verb takes."""
        facts = dict(self.cleaned_data)
        who = facts.pop("who")
        return facts | {"assigned_agency": self.agencies.get(who), "assignee": self.people.get(who)}


class NoteForm(forms.Form):
    text = forms.CharField(
        label="Note", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write the note first."},
    )  # fmt: skip
    readers = forms.ChoiceField(
        label="Who reads it", widget=forms.RadioSelect, initial="case", required=False,
        choices=[("case", "All who see the case"), ("agency", "Only my agency")],
    )  # fmt: skip
