"""The forms of handing a record over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget

from agencies.models import Agency, Handover, User
from agencies.presenters import what_they_see
from agencies.retention import Retained
from agencies.visibility import Level

ACTS = {
    "accept": (
        "Accept",
        "The record and what goes with it is yours from then on, with its review and any legal hold.",
    ),
    "decline": ("Decline", "They keep it. The summary that was shown for the offer goes."),
    "withdraw": ("Withdraw it", "The summary that was shown for the offer goes."),
}


class HandoverForm(forms.Form):
    """To whom a record is offered, what one keeps of it, and why."""

    receiver = forms.ModelChoiceField(
        Agency.objects.none(), label="To", empty_label="Choose an agency",
        error_messages={
            "required": "Choose the agency that shall own it.",
            "invalid_choice": "That agency is not in a running task force with yours. Choose another one.",
        },
    )  # fmt: skip
    keeps = forms.TypedChoiceField(
        label="What we keep", coerce=int, widget=forms.RadioSelect, initial=Handover.Keeps.VIEW,
        error_messages={"required": "Choose what your agency keeps."},
    )  # fmt: skip
    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="They read this before they see more than the summary.",
        error_messages={"required": "Give a reason: it is kept with the record for those who review it."},
    )  # fmt: skip

    def __init__(self, record: Retained, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record
        partners = Agency.objects.partners_of(user.agency) if user.agency else Agency.objects.none()
        receiver, keeps = self.fields["receiver"], self.fields["keeps"]
        assert isinstance(receiver, forms.ModelChoiceField)
        assert isinstance(keeps, forms.TypedChoiceField)
        receiver.queryset = partners.exclude(kind=Agency.Kind.REFERENCE)
        levels = (0, *type(record).handed_on)
        keeps.choices = [(int(at), Handover.Keeps(at).label) for at in levels]

    @property
    def levels(self) -> list[tuple[BoundWidget, str]]:
        """What can be kept, and the sentence that says what that is."""
        return [(option, self._says(int(option.data["value"]))) for option in self["keeps"]]

    def _says(self, level: int) -> str:
        if not level:
            return "It is gone from every page and feed of ours. Our audit record stays."
        return what_they_see(self.record, Level(level)).replace("whom of us to call", "whom of them to call").replace(
            "they may add", "we may add").replace("our agency alone", "their agency alone")  # fmt: skip


class HandoverAnswerForm(forms.Form):
    """Accept or decline an offer, or withdraw one's own; each with a reason that the other side reads."""

    act = forms.ChoiceField(
        label="Answer", widget=forms.RadioSelect, error_messages={"required": "Choose an answer."}
    )
    reason = forms.CharField(
        label="Words to them", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Give a reason: it is kept with the record for those who review it."},
    )  # fmt: skip

    def __init__(self, acts: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        act = self.fields["act"]
        assert isinstance(act, forms.ChoiceField)
        act.choices = [(each, ACTS[each][0]) for each in acts]

    @property
    def answers(self) -> list[tuple[BoundWidget, str]]:
        """Each answer, and the sentence that says what it does."""
        return [(option, ACTS[str(option.data["value"])][1]) for option in self["act"]]
