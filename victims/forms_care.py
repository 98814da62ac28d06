"""What a person agrees to, what is sent of them, and what a provider answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from agencies.models import Agency, User
from victims.languages import GROUPED
from victims.models import Consent, DataClass, Offer, Referral, Service, Victim
from victims.policies_care import second_people

SUGGESTED_DAYS = 90
TYPED = (DataClass.EXPLOITATION, DataClass.RISK, DataClass.CONTACT)


class _To(forms.Form):
    """To whom, and which classes of data."""

    recipients = forms.ModelMultipleChoiceField(
        label="To whom", queryset=Agency.objects.none(), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Name one agency at least."},
    )  # fmt: skip
    data_classes = forms.MultipleChoiceField(
        label="What they may be told", choices=DataClass.choices, widget=forms.CheckboxSelectMultiple,
        help_text="With the contact, people there whom you name may be told who the person is.",
        error_messages={"required": "Tick what may be told: nothing else will be."},
    )  # fmt: skip

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partners = Agency.objects.partners_of(by.agency) if by.agency else Agency.objects.none()
        offering = Service.objects.on_offer().filter(provider=OuterRef("pk"))
        givers_first = partners.exclude(kind=Agency.Kind.REFERENCE).annotate(gives=Exists(offering))
        self.fields["recipients"].queryset = givers_first.order_by("-gives", "name")  # type: ignore[attr-defined]


class ConsentForm(_To):
    purposes = forms.MultipleChoiceField(
        label="What for", choices=Consent.Purpose.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick what the person agreed to."},
    )  # fmt: skip
    language = forms.ChoiceField(
        label="Explained in", choices=[("", "Choose a language"), *GROUPED],
        error_messages={"required": "Say in which language it was explained."},
    )  # fmt: skip
    interpreter = forms.CharField(
        label="Interpreter",
        required=False,
        max_length=100,
        help_text="Their number or service, not their name.",
    )
    given_by = forms.ChoiceField(label="Who agrees", choices=Consent.GivenBy.choices, widget=forms.RadioSelect,
                                 initial=Consent.GivenBy.PERSON)  # fmt: skip
    how = forms.ChoiceField(label="How", choices=Consent.How.choices, widget=forms.RadioSelect,
                            initial=Consent.How.SIGNED)  # fmt: skip
    witness = forms.CharField(
        label="Witness",
        required=False,
        max_length=100,
        help_text="By function, for instance “nurse on duty”.",
    )
    expires_on = forms.DateField(
        label="Until", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="As short as it helps. Then it ends by itself.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].initial = timezone.localdate() + timedelta(days=SUGGESTED_DAYS)

    def verb_arguments(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        day = said.pop("expires_on")
        end = timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
        return said | {"expires_at": end}


class DangerForm(_To):
    reason = forms.CharField(
        label="What danger", max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why it cannot wait for the person's word. No name.",
        error_messages={"required": "Say what danger it is: it is kept on record."},
    )  # fmt: skip
    hours = forms.IntegerField(label="For how many hours", min_value=1, initial=24)
    told = forms.ModelChoiceField(
        label="Second person", queryset=User.objects.none(), empty_label="Choose a colleague",
        help_text="They are told at once, on their desk.",
    )  # fmt: skip

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        people = [person.pk for person in second_people(by)]
        self.fields["told"].queryset = User.objects.filter(pk__in=people).order_by("name")  # type: ignore[attr-defined]
        self.fields["hours"].help_text = f"At most {settings.DANGER_HOURS_MOST}."


class NeedForm(forms.Form):
    """For what a provider is sought: the suggestions follow it."""

    need = forms.ChoiceField(label="Need", choices=Victim.Need.choices)
    place = forms.CharField(label="Near", required=False, max_length=80)


class ReferForm(forms.Form):
    """What is sent, on which consent, to whom. It offers only what some consent in force covers."""

    need = forms.ChoiceField(choices=Victim.Need.choices, widget=forms.HiddenInput)
    consent = forms.ModelChoiceField(
        label="On what", queryset=Consent.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    receivers = forms.ModelMultipleChoiceField(
        label="To whom", queryset=Agency.objects.none(), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one provider."},
    )  # fmt: skip
    purpose = forms.ChoiceField(label="What for", choices=Consent.Purpose.choices)
    data_classes = forms.MultipleChoiceField(
        label="What is sent", choices=DataClass.choices, widget=forms.CheckboxSelectMultiple, required=False,
        help_text="The need is always sent. Nothing goes that is not ticked.",
    )  # fmt: skip
    kind = forms.ChoiceField(label="Who is responsible", choices=Referral.Kind.choices, widget=forms.RadioSelect,
                             initial=Referral.Kind.REFERRAL)  # fmt: skip
    exploitation = forms.CharField(label="What was done, in a sentence", required=False, max_length=300)
    risk = forms.CharField(label="Risks, in a sentence", required=False, max_length=300)
    contact = forms.CharField(label="How you hand over the contact", required=False, max_length=300,
                              help_text="For instance “I bring her, call our desk”. No name, no address.")  # fmt: skip

    def __init__(self, *args: Any, consents: Iterable[Consent], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(consents)
        named = {agency.pk for consent in rows for agency in consent.recipients.all()}
        classes = {each for consent in rows for each in consent.data_classes}
        purposes = {each for consent in rows for each in consent.purposes}
        self._offer("consent", Consent.objects.filter(pk__in=[row.pk for row in rows]))
        self._offer("receivers", Agency.objects.filter(pk__in=named))
        for name, covered in (("data_classes", classes), ("purpose", purposes)):
            field: Any = self.fields[name]
            field.choices = [pair for pair in field.choices if pair[0] in covered]
        for each in TYPED:
            if each not in classes:
                del self.fields[each]
        if len(rows) == 1:
            self.fields["consent"].initial = rows[0].pk

    def _offer(self, name: str, rows: Any) -> None:
        self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def said(self) -> dict[str, str]:
        return {each.value: self.cleaned_data.get(each, "") for each in TYPED}


class RejectForm(forms.Form):
    rejection = forms.ChoiceField(
        label="Why not", choices=Offer.Rejection.choices, widget=forms.RadioSelect,
        error_messages={"required": "Say why: the sender looks for another provider by it."},
    )  # fmt: skip
    answer = forms.CharField(label="In a sentence", required=False, max_length=500)


class FinishForm(forms.Form):
    outcome = forms.ChoiceField(
        label="What came of it", choices=Offer.Outcome.choices, widget=forms.RadioSelect,
        error_messages={"required": "Say what came of it."},
    )  # fmt: skip
    answer = forms.CharField(
        label="In a sentence", required=False, max_length=500, help_text="The sender reads it. No name."
    )


class FollowUpForm(forms.Form):
    due_on = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    about = forms.CharField(
        label="What to look at", max_length=200, help_text="The sender reads it too. No name."
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label="The code on your sheet", max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "Type the code that stands on your sheet."},
    )  # fmt: skip
