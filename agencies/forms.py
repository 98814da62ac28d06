"""The forms of sharing and of the agency's room. They only read what was typed; the verbs decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget

from agencies.audit import Act
from agencies.clients import clean_networks
from agencies.models import Agency, PointerPolicy, User
from agencies.permissions import Role
from agencies.policies import held_shares
from agencies.presenters import what_they_see
from agencies.visibility import Level, Shareable

REASON = forms.CharField(
    label="Reason", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
    error_messages={"required": "Give a reason: it is kept with the record for those who review it."},
)  # fmt: skip
MOMENT = "%Y-%m-%dT%H:%M"


class UnlockForm(forms.Form):
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "Type your password."},
    )  # fmt: skip


class ReasonForm(forms.Form):
    reason = REASON


class ShareForm(forms.Form):
    """Which partner may have how much of a record, why, and until when."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(), empty_label="Choose a partner agency",
        error_messages={
            "required": "Choose the agency that gets it.",
            "invalid_choice": "That agency is not in a running task force with yours, so nothing can be shared with it.",
        },
    )  # fmt: skip
    level = forms.TypedChoiceField(
        label="How much", coerce=lambda code: Level(int(code)), widget=forms.RadioSelect,
        error_messages={"required": "Choose how much they may have."},
    )  # fmt: skip
    reason = REASON
    expires_at = forms.DateTimeField(
        label="Ends", required=False, help_text="In UTC. Leave empty for no end; you can revoke it at any time.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
        error_messages={"invalid": "Write the end as a date and a time, for example 2027-01-31 17:00."},
    )  # fmt: skip

    def __init__(self, obj: Shareable, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.obj = obj
        partners = Agency.objects.partners_of(user.agency) if user.agency else Agency.objects.none()
        agency, level = self.fields["agency"], self.fields["level"]
        assert isinstance(agency, forms.ModelChoiceField)
        assert isinstance(level, forms.TypedChoiceField)
        agency.queryset = partners.exclude(kind=Agency.Kind.REFERENCE).exclude(pk__in=held_shares(obj))
        level.choices = [(at.value, at.label) for at in type(obj).handed_on]
        self.initial.setdefault("level", type(obj).handed_on[0].value)

    @property
    def has_partners(self) -> bool:
        return len(self["agency"].subwidgets) > 1

    @property
    def levels(self) -> list[tuple[BoundWidget, str]]:
        """Each level's radio button, and the sentence that says what it opens."""
        return [
            (option, what_they_see(self.obj, Level(int(option.data["value"])))) for option in self["level"]
        ]


class AppointForm(forms.Form):
    name = forms.CharField(max_length=200, error_messages={"required": "Write the person's name."})
    email = forms.EmailField(
        label="E-mail", help_text="They sign in with it.",
        error_messages={"required": "Write the address they will sign in with.",
                        "invalid": "This is not an e-mail address. Write it like name@agency.example."},
    )  # fmt: skip
    role = forms.ChoiceField(
        choices=[("", "Choose a role"), *((r.value, r.label) for r in Role if r != Role.SERVICE_ACCOUNT)],
        error_messages={"required": "Choose what the person may do."},
    )


class AgencyForm(forms.Form):
    """What an agency decides about itself."""

    pointer_policy = forms.ChoiceField(
        label="What partners learn of a match with our records", choices=PointerPolicy.choices,
        widget=forms.RadioSelect, help_text="The default for new leads; each lead may be stricter.",
    )  # fmt: skip
    contact = forms.ModelChoiceField(
        User.objects.none(), label="Contact officer", empty_label="Nobody named", required=False,
        help_text="The officer whom partners are told to ask.",
    )  # fmt: skip

    def __init__(self, agency: Agency, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"pointer_policy": agency.pointer_policy, "contact": agency.contact_id}
        super().__init__(*args, **kwargs)
        contact = self.fields["contact"]
        assert isinstance(contact, forms.ModelChoiceField)
        contact.queryset = agency.people.filter(is_active=True).exclude(role=Role.SERVICE_ACCOUNT)
        # Partners must always find somebody to ask: an officer can be replaced, not removed.
        contact.required = agency.contact_id is not None


class ClientForm(forms.Form):
    """A system that acts for the agency, and the bounds within which it may."""

    name = forms.CharField(
        max_length=200, help_text="Which system it is, for instance “Case register, nightly pull”.",
        error_messages={"required": "Name the system that will use it."},
    )  # fmt: skip
    purpose = forms.CharField(
        max_length=300, help_text="Why it needs access. Kept with what it does.",
        error_messages={"required": "Say what it is for."},
    )  # fmt: skip
    scopes = forms.ChoiceField(
        label="It may", widget=forms.RadioSelect, initial="read",
        choices=[("read", "Read only"), ("read write", "Read, log leads and answer for the agency")],
        error_messages={"required": "Choose what it may do."},
    )  # fmt: skip
    networks = forms.CharField(
        label="From which networks", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line, like 192.0.2.0/24. Empty: from anywhere.",
    )  # fmt: skip

    def clean_networks(self) -> list[str]:
        return clean_networks(self.cleaned_data["networks"])


class AuditFilterForm(forms.Form):
    """What the audit explorer is asked: which record, which person of the agency, which acts, since when."""

    record = forms.CharField(label="Reference or id of a record", required=False, max_length=100)
    person = forms.ModelChoiceField(
        User.objects.none(), label="Person", required=False, empty_label="Anybody"
    )
    act = forms.MultipleChoiceField(
        label="What was done", required=False, choices=Act.choices, widget=forms.CheckboxSelectMultiple
    )
    since = forms.DateField(label="Since", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, reader: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)
        person.queryset = User.objects.filter(agency=reader.agency_id)
