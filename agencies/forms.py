"""The forms of sharing and of the agency's room. They only read what was typed; the verbs decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget

from agencies.audit import Act
from agencies.canaries import possible_keepers
from agencies.clients import clean_networks
from agencies.guards import Circle
from agencies.inspecting import QUESTIONS
from agencies.models import Agency, Agreement, PointerPolicy, TaskForce, User
from agencies.permissions import Role
from agencies.policies import held_shares, people_for
from agencies.presenters import what_they_see
from agencies.units import units_of, walled_by_name, walls_on
from agencies.visibility import Level, Shareable

REASON = forms.CharField(
    label="Reason", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
    error_messages={"required": "Give a reason: it is kept with the record for those who review it."},
)  # fmt: skip
MOMENT = "%Y-%m-%dT%H:%M"


class UnlockForm(forms.Form):
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "Type your password."},
    )  # fmt: skip


class SubjectForm(forms.Form):
    subject = forms.CharField(
        max_length=255, help_text="The issuer's own name for the person, its “sub”. Not an e-mail address.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Copy the person's subject from the issuer's directory."},
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
    onward = forms.BooleanField(
        label="They may pass it on", required=False,
        help_text="To agencies that you also work with, never more or longer than their own share. You are shown to whom.",
    )  # fmt: skip
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


class ShareManyForm(forms.Form):
    """One decision on many records: share them with a partner, or take that back."""

    act = forms.ChoiceField(
        label="Do", choices=[("share", "Share"), ("revoke", "Revoke")], widget=forms.RadioSelect, initial="share",
        error_messages={"required": "Choose what to do."},
    )  # fmt: skip
    agency = forms.ModelChoiceField(
        Agency.objects.none(), empty_label="Choose a partner agency",
        error_messages={"required": "Choose the agency."},
    )  # fmt: skip
    level = forms.TypedChoiceField(
        label="How much", coerce=lambda code: Level(int(code)), widget=forms.RadioSelect, empty_value=None,
        error_messages={"required": "Choose how much they may have."},
    )  # fmt: skip
    reason = REASON
    expires_at = forms.DateTimeField(
        label="Ends", required=False, help_text="In UTC. Leave empty for no end. Only for sharing.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
    )  # fmt: skip

    def __init__(self, model: type[Shareable], user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partners = Agency.objects.partners_of(user.agency) if user.agency else Agency.objects.none()
        agency, level = self.fields["agency"], self.fields["level"]
        assert isinstance(agency, forms.ModelChoiceField)
        assert isinstance(level, forms.TypedChoiceField)
        agency.queryset = partners.exclude(kind=Agency.Kind.REFERENCE)
        level.choices = [(at.value, at.label) for at in model.handed_on]
        level.required = self.data.get("act") != "revoke"
        self.initial.setdefault("level", model.handed_on[0].value)


class PassOnForm(forms.Form):
    """To which third agency a partner's record should go, at most as far as one has it oneself."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(), empty_label="Choose an agency",
        error_messages={"required": "Choose the agency that should get it."},
    )  # fmt: skip
    level = forms.TypedChoiceField(
        label="How much", coerce=lambda code: Level(int(code)), widget=forms.RadioSelect,
        error_messages={"required": "Choose how much they may have."},
    )  # fmt: skip
    reason = REASON
    expires_at = forms.DateTimeField(
        label="Ends", required=False, help_text="In UTC. Never later than your own share.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
    )  # fmt: skip

    def __init__(self, obj: Shareable, user: User, held: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partners = Agency.objects.partners_of(user.agency) if user.agency else Agency.objects.none()
        agency, level = self.fields["agency"], self.fields["level"]
        assert isinstance(agency, forms.ModelChoiceField)
        assert isinstance(level, forms.TypedChoiceField)
        agency.queryset = partners.exclude(kind=Agency.Kind.REFERENCE).exclude(pk=obj.agency_id)
        level.choices = [(at.value, at.label) for at in type(obj).handed_on if at <= held.level]
        self.initial.setdefault("level", level.choices[0][0])


class ReleaseAnswerForm(forms.Form):
    release = forms.TypedChoiceField(
        label="Answer", coerce=lambda code: code == "yes", widget=forms.RadioSelect,
        choices=[("yes", "Release it to them"), ("no", "Decline")],
        error_messages={"required": "Choose an answer."},
    )  # fmt: skip
    answer = forms.CharField(
        label="Words to them", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="They read this. A reason is needed to decline.",
    )  # fmt: skip


class RestrictForm(forms.Form):
    """Which people of the agencies that see a record may open it, and which never."""

    open_to = forms.ChoiceField(
        label="Who may open it", widget=forms.RadioSelect,
        choices=[("all", "All people of the agencies that see it"), ("named", "Only the people named here")],
        error_messages={"required": "Choose who may open it."},
    )  # fmt: skip
    named = forms.ModelMultipleChoiceField(
        User.objects.none(), label="Named people", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Also in our own agency nobody else sees it, its hits or that it exists.",
    )  # fmt: skip
    walled = forms.ModelMultipleChoiceField(
        User.objects.none(), label="Never these people", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="A conflict of interest: kept out whatever their role, and whoever else may see it.",
    )  # fmt: skip
    units = forms.MultipleChoiceField(
        label="Never these units of ours", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Who is in one, comes to one, or was in one since, is kept out; leaving it opens nothing.",
    )  # fmt: skip
    reason = REASON

    def __init__(self, obj: Shareable, circle: Circle, *args: Any, **kwargs: Any) -> None:
        walled = walled_by_name(obj, circle)
        kwargs["initial"] = {
            "open_to": "all" if circle.named is None else "named",
            "named": [person.pk for person in circle.named or ()],
            "walled": [person.pk for person in walled],
            "units": [wall.unit for wall in walls_on(obj)],
        }
        super().__init__(*args, **kwargs)
        people = {person.pk: person for person in [*people_for(obj), *(circle.named or ()), *walled]}
        units = self.fields["units"]
        assert isinstance(units, forms.MultipleChoiceField)
        units.choices = [(unit, unit) for unit in units_of(obj.agency_id)]
        for name in ("named", "walled"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)
            field.queryset = User.objects.filter(pk__in=people)
            field.choices = [(person.pk, _who(person)) for person in people.values()]

    def decided(self) -> dict[str, Any]:
        """What the verb takes."""
        asked = self.cleaned_data
        named = list(asked["named"]) if asked["open_to"] == "named" else None
        people = {"named": named, "walled": list(asked["walled"])}
        return {**people, "units": asked["units"], "reason": asked["reason"]}


class PurposeForm(forms.Form):
    """For what somebody opens a partner's record."""

    purpose = forms.ChoiceField(widget=forms.RadioSelect, error_messages={"required": "Choose a purpose."})
    words = forms.CharField(
        label="In your words",
        max_length=300,
        required=False,
        help_text="For instance the case that you work on.",
    )

    def __init__(self, allowed: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purpose = self.fields["purpose"]
        assert isinstance(purpose, forms.ChoiceField)
        purpose.choices = allowed


class CanaryForm(forms.Form):
    """Why a record is a canary, and which supervisors know of it."""

    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="Read by those who keep it, and auditors.",
        error_messages={"required": "Give a reason: it is kept with the record for those who review it."},
    )  # fmt: skip
    keepers = forms.ModelMultipleChoiceField(
        User.objects.none(), label="Who else is told", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Supervisors of your agency. Nobody else but its auditors learns that it is a canary.",
    )  # fmt: skip

    def __init__(self, user: User, *args: Any, with_self: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keepers = self.fields["keepers"]
        assert isinstance(keepers, forms.ModelMultipleChoiceField)
        people = possible_keepers(user.agency_id)
        keepers.queryset = people if with_self else people.exclude(pk=user.pk)
        if with_self:
            keepers.label, keepers.required = "Who keeps it", self.data.get("act") != "lift"
            keepers.error_messages["required"] = (
                "At least one supervisor must keep it, or nobody would be told."
            )


def _who(person: User) -> str:
    agency = person.agency.short_name if person.agency else ""
    return f"{person.name} · {person.get_role_display().lower()} · {agency}"


class AgreementForm(forms.Form):
    """What an agency proposes to a partner, or its own terms in a task force."""

    party = forms.ChoiceField(
        label="With", error_messages={"required": "Choose the agency or the task force that it is with."},
    )  # fmt: skip
    level = forms.TypedChoiceField(
        label="At most", coerce=lambda code: Level(int(code)), initial=Level.CONTRIBUTE,
        choices=[(level.value, level.label) for level in Level if level != Level.OWN],
    )  # fmt: skip
    handling = forms.ChoiceField(
        label="Handling codes", choices=Agreement.Handling.choices, initial=Agreement.Handling.H3
    )
    pointers = forms.BooleanField(
        label="Each may learn that the other holds a match", required=False, initial=True,
        help_text="Without it, neither is told of a hit between your files.",
    )  # fmt: skip
    purposes = forms.MultipleChoiceField(
        required=False, choices=Agreement.Purpose.choices, widget=forms.CheckboxSelectMultiple
    )
    starts_on = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty for today.",
    )
    ends_on = forms.DateField(
        label="To",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty for no end.",
    )

    def __init__(self, own: Agency, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partners = Agency.objects.partners_of(own).exclude(kind=Agency.Kind.REFERENCE)
        self.partners = {f"agency:{each.pk}": each for each in partners}
        self.forces = {f"force:{each.pk}": each for each in TaskForce.objects.running().filter(members=own)}
        party = self.fields["party"]
        assert isinstance(party, forms.ChoiceField)
        party.choices = [
            ("", "Choose with whom"),
            (
                "A partner agency, which must accept",
                [(key, each.name) for key, each in self.partners.items()],
            ),
            ("All of a task force, our own terms", [(key, each.name) for key, each in self.forces.items()]),
        ]

    def proposal(self) -> dict[str, Any]:
        """What the verb takes."""
        facts = dict(self.cleaned_data)
        party = facts.pop("party")
        return facts | {"partner": self.partners.get(party), "task_force": self.forces.get(party)}


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


class UnitForm(forms.Form):
    unit = forms.CharField(
        max_length=100, required=False, help_text="For instance “Harbour team”. Empty for none.",
        widget=forms.TextInput(attrs={"list": "units"}),
    )  # fmt: skip


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

    asks_purpose = forms.BooleanField(
        label="Ask partners for a purpose", required=False,
        help_text="Their people say once a day and record for what they open it. You read that with each look.",
    )  # fmt: skip

    def __init__(self, agency: Agency, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "pointer_policy": agency.pointer_policy,
            "contact": agency.contact_id,
            "asks_purpose": agency.asks_purpose,
        }
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
    purpose_code = forms.ChoiceField(
        label="As agreements name it", required=False,
        choices=[("", "Choose one"), *Agreement.Purpose.choices],
        help_text="Where an agreement names purposes, the client is given a partner's records for one of those alone.",
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
    partner = forms.ModelChoiceField(
        Agency.objects.none(), label="Partner", required=False, empty_label="All"
    )
    person = forms.ModelChoiceField(
        User.objects.none(), label="Person", required=False, empty_label="Anybody"
    )
    act = forms.MultipleChoiceField(
        label="What was done", required=False, choices=Act.choices, widget=forms.CheckboxSelectMultiple
    )
    since = forms.DateField(label="Since", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, reader: User, question: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person, partner = self.fields["person"], self.fields["partner"]
        assert isinstance(person, forms.ModelChoiceField)
        assert isinstance(partner, forms.ModelChoiceField)
        person.queryset = User.objects.filter(agency=reader.agency_id)
        partner.queryset = Agency.objects.partners_of(reader.agency) if reader.agency else partner.queryset
        for name in self.fields.keys() - set(QUESTIONS[question].fields):
            del self.fields[name]
