"""What a list of leads can be narrowed by. Of a lead seen in summary only what its summary shows is ever asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from agencies.models import Agency, User
from agencies.tags import LONGEST, read_tag
from agencies.visibility import Level
from cases.models import Case
from intel.lookups import Words
from intel.models import HitNotice, Lead

VIEWS = {
    "triage": "To triage",
    "mine": "Assigned to me",
    "accepted": "Accepted",
    "rejected": "Rejected",
    "all": "All",
    "shared": "Shared with us",
}


class LeadFilterForm(forms.Form):
    view = forms.CharField(widget=forms.HiddenInput, required=False)
    q = forms.CharField(label="Search leads", max_length=300, required=False)
    status = forms.MultipleChoiceField(
        choices=Lead.Status.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    category = forms.MultipleChoiceField(
        label="About", choices=Case.Kind.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    owner = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)
    hits = forms.ChoiceField(
        choices=[("yes", "With hits"), ("no", "Without")], widget=forms.RadioSelect, required=False
    )
    tag = forms.CharField(max_length=LONGEST, required=False)
    since = forms.DateField(label="Logged since", required=False, widget=forms.DateInput)
    until = forms.DateField(label="Logged until", required=False, widget=forms.DateInput)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        owners = [user.agency, *Agency.objects.partners_of(user.agency)] if user.agency else []
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            (str(agency.pk), agency.name) for agency in owners
        ]

    def narrow(self, leads: QuerySet[Lead, Lead]) -> QuerySet[Lead, Lead]:
        """`leads` carry their `level`. What cannot be read is left out of the question."""
        self.is_valid()
        asked = self.cleaned_data
        read = Q(level__gte=Level.VIEW)
        for condition in (
            asked.get("status") and Q(status__in=asked["status"]) & read,
            asked.get("category") and Q(category__in=asked["category"]),
            asked.get("tag") and Q(tags__contains=[read_tag(asked["tag"])]) & read,
            asked.get("owner") and Q(agency__in=asked["owner"]),
            asked.get("since") and Q(created_at__date__gte=asked["since"]),
            asked.get("until") and Q(created_at__date__lte=asked["until"]),
        ):
            if condition:
                leads = leads.filter(condition)
        if asked.get("hits"):
            hits = Exists(hits_of(self.user).filter(own_lead=OuterRef("pk")))
            leads = leads.filter(hits if asked["hits"] == "yes" else ~hits)
        return _saying(leads, asked["q"]) if asked.get("q") else leads


def _saying(leads: Any, text: str) -> Any:
    """Those that say the words or are called by the reference. What an index can answer is asked first."""
    text = text.replace("\0", "").strip()
    words, called = Words(text), Q(reference=text.upper())
    found = leads.filter(words.anywhere | called)
    return found.filter(words.rightly | called & Q(level__gte=Level.VIEW)).checked()


def in_view(leads: QuerySet[Lead, Lead], view: str, user: User) -> QuerySet[Lead, Lead]:
    """The leads of a saved view; all of them for a view that does not exist."""
    own = Q(agency=user.agency_id)
    return {
        "triage": lambda: leads.filter(own, status=Lead.Status.NEW),
        "mine": lambda: leads.filter(own, assigned_to=user, status=Lead.Status.ASSIGNED),
        "accepted": lambda: leads.filter(own, status=Lead.Status.ACCEPTED),
        "rejected": lambda: leads.filter(own, status=Lead.Status.REJECTED),
        "shared": lambda: leads.exclude(own),
    }.get(view, lambda: leads)()


def hits_of(user: User) -> Any:
    """The hits that still say something, as the reader's agency was told of them."""
    over = [HitNotice.State.WITHDRAWN, HitNotice.State.NOT_SAME]
    return HitNotice.objects.visible_to(user).exclude(state__in=over)
