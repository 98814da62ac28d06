"""Deciding on leads: assign, accept, reject, open again; one of them, or many at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from agencies.live import SignedIn, go, way_back
from agencies.models import User
from agencies.policies import Refused
from agencies.visibility import Level
from intel import actions
from intel.forms.triage import TriageForm, chosen_pks
from intel.models import Lead
from intel.views.leads import lead_page

MOST_AT_ONCE = 200
DONE = {"assign": "assigned", "accept": "accepted", "reject": "rejected"}


def _decide(lead: Lead, form: TriageForm, by: User) -> Lead:
    """Do what the form asks with one lead. Raises `Refused`."""
    asked = form.cleaned_data
    if asked["act"] == "assign":
        return actions.assign_lead(lead, to=asked["to"] or by, by=by)
    if asked["act"] == "accept":
        return actions.accept_lead(lead, reason=asked["reason"], by=by)
    return actions.reject_lead(lead, reason=asked["reason"], by=by)


@require_POST
def lead_triage(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    lead = get_object_or_404(Lead.objects.visible_to(request.user, Level.OWN), pk=pk)
    form = TriageForm(request.user, request.POST)
    if form.is_valid():
        try:
            lead = _decide(lead, form, request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            to = f" to {lead.assigned_to}" if form.cleaned_data["act"] == "assign" else ""
            messages.success(request, f"“{lead.title[:60]}” is {DONE[form.cleaned_data['act']]}{to}.")
            return go(request, way_back(request, reverse("intel:lead-detail", args=[lead.pk])))
    return lead_page(request, lead, triage=form, status=422)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many leads; `problem` says why nothing did."""

    lead: Lead
    problem: str = ""


@require_POST
def leads_bulk(request: SignedIn) -> HttpResponse:
    """One decision on many leads. An id that is not the agency's own refuses the whole request."""
    leads = _chosen(request)
    form = TriageForm(request.user, request.POST)
    if not leads or not form.is_valid():
        messages.warning(request, "Choose leads and what to do with them. Nothing was changed.")
        return go(request, way_back(request, reverse("intel:lead-list")))
    outcomes = [_outcome(lead, form, request.user) for lead in leads]
    refused = [each for each in outcomes if each.problem]
    done = len(outcomes) - len(refused)
    verb = DONE[form.cleaned_data["act"]]
    if not refused:
        messages.success(request, f"{done} lead{'s' if done > 1 else ''} {verb}.")
        return go(request, way_back(request, reverse("intel:lead-list")))
    context = {
        "outcomes": outcomes,
        "done": done,
        "refused": refused,
        "verb": verb,
        "form": form,
        "next": way_back(request, reverse("intel:lead-list")),
    }
    return render(request, "intel/lead_bulk.html", context, status=422)


def _chosen(request: SignedIn) -> list[Lead]:
    try:
        pks = chosen_pks(request.POST)[: MOST_AT_ONCE + 1]
    except ValidationError:
        raise Http404 from None
    leads = list(Lead.objects.visible_to(request.user, Level.OWN).filter(pk__in=pks))
    if len(leads) != len(pks) or len(pks) > MOST_AT_ONCE:
        raise Http404
    return leads


def _outcome(lead: Lead, form: TriageForm, by: User) -> Outcome:
    try:
        with transaction.atomic():
            return Outcome(_decide(lead, form, by))
    except Refused as refusal:
        return Outcome(lead, str(refusal))
