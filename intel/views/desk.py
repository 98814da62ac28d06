"""What waits for a decision: hits, disclosure requests and leads, as panels of the desk that keep themselves fresh."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Case, F, When
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from agencies import live
from agencies.live import SignedIn
from agencies.models import User
from agencies.pages import COUNT_CAP
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.visibility import Level
from intel import actions
from intel.forms.triage import TriageForm, colleagues
from intel.models import Disclosure, HitNotice, Lead
from intel.presenters_disclosures import BOTH_ENDS, in_state, request_cards
from intel.presenters_hits import cards, with_sides
from intel.views.disclosures import requests_of

MOST_ROWS = 8
# Another agency's match before one in our own files, then by the places that the notices keep: this panel is asked each
# second, too often to ask the gate which records are open.
MOST_TELLING_FIRST = (Case(When(other_agency=F("agency"), then=1), default=0), "-rank", "-created_at", "-pk")
ANSWERS_STAY = timedelta(days=3)  # how long an answer to us is news


@require_safe
def desk_hits(request: SignedIn) -> HttpResponse:
    waiting = HitNotice.objects.visible_to(request.user).filter(state=HitNotice.State.NEW)
    # Ordered without what a row shows, which is then read of a few: there may be thousands.
    first = list(waiting.order_by(*MOST_TELLING_FIRST).values_list("pk", flat=True)[: MOST_ROWS + 1])
    rows = list(with_sides(waiting).filter(pk__in=first).order_by(*MOST_TELLING_FIRST))
    state = live.token([(row.pk, row.updated_at) for row in rows])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {
        "cards": cards(rows[:MOST_ROWS], request.user),
        "count": _capped(waiting) if len(rows) > MOST_ROWS else len(rows),
        "state": state,
        "can_judge": request.user.may(Permission.JUDGE_HITS),
    }
    return live.panel(request, "intel/desk_hits.html", context)


def _capped(rows: Any) -> int:
    return len(rows.order_by().values_list("pk", flat=True)[: COUNT_CAP + 1])


@require_safe
def desk_disclosures(request: SignedIn) -> HttpResponse:
    """Requests to answer, the soonest deadline first, and the answers that came lately."""
    to_answer = (
        requests_of(request.user, "theirs").filter(in_state(Disclosure.State.ASKED)).order_by("deadline")
    )
    news = _answers_to_us(request.user)
    open_rows = list(to_answer.select_related(*BOTH_ENDS)[: MOST_ROWS + 1])
    new_rows = list(news.select_related(*BOTH_ENDS)[:MOST_ROWS])
    state = live.token([(row.pk, row.updated_at) for row in [*open_rows, *new_rows]])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {
        "to_answer": request_cards(open_rows[:MOST_ROWS], request.user),
        "has_more": len(open_rows) > MOST_ROWS,
        "news": request_cards(new_rows, request.user),
        "state": state,
        "can_answer": request.user.may(Permission.ANSWER_DISCLOSURES),
    }
    return live.panel(request, "intel/desk_disclosures.html", context)


def _answers_to_us(user: User) -> Any:
    lately = timezone.now() - ANSWERS_STAY
    answered = requests_of(user, "ours").exclude(in_state(Disclosure.State.ASKED))
    ended = Coalesce("answered_at", "deadline")
    return answered.annotate(ended=ended).filter(ended__gte=lately).order_by("-ended", "-pk")


@require_safe
def desk_leads(request: SignedIn) -> HttpResponse:
    """Leads given to the reader, and to those who triage also the new ones of the agency."""
    own = Lead.objects.visible_to(request.user).filter(agency=request.user.agency_id)
    own = own.defer("narrative", "search").order_by("-created_at", "-pk")
    mine = list(own.filter(status=Lead.Status.ASSIGNED, assigned_to=request.user)[: MOST_ROWS + 1])
    can_triage = request.user.may(Permission.TRIAGE_LEADS)
    fresh = list(own.filter(status=Lead.Status.NEW)[: MOST_ROWS + 1]) if can_triage else []
    state = live.token([(lead.pk, lead.updated_at) for lead in [*mine, *fresh]])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {
        "mine": mine[:MOST_ROWS],
        "fresh": fresh[:MOST_ROWS],
        "more_mine": len(mine) > MOST_ROWS,
        "more_fresh": len(fresh) > MOST_ROWS,
        "can_triage": can_triage,
        "people": colleagues(request.user) if fresh else [],
        "state": state,
    }
    return live.panel(request, "intel/desk_leads.html", context)


@require_POST
def desk_lead(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Decide on one lead in its row."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user, Level.OWN), pk=pk)
    form = TriageForm(request.user, request.POST)
    if not form.is_valid():
        return _row(request, lead, form=form, status=422)
    try:
        lead = _decide(lead, form, request.user)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _row(request, lead, form=form, status=422)
    text = f"“{lead.title[:60]}” is {lead.get_status_display().lower()}."
    if not request.htmx:
        messages.success(request, text)
        return redirect("agencies:desk")
    url = reverse("intel:lead-detail", args=[lead.pk])
    said = {"text": text, "tone": "good", "url": url, "action": "Open"}
    return trigger_client_event(_row(request, lead, done=True), "toast", said)


def _decide(lead: Lead, form: TriageForm, by: User) -> Lead:
    asked = form.cleaned_data
    match asked["act"]:
        case "assign":
            return actions.assign_lead(lead, to=asked["to"] or by, by=by)
        case "accept":
            return actions.accept_lead(lead, reason=asked["reason"], by=by)
        case _:
            return actions.reject_lead(lead, reason=asked["reason"], by=by)


def _row(request: SignedIn, lead: Lead, status: int = 200, **more: Any) -> HttpResponse:
    people = colleagues(request.user) if request.user.may(Permission.TRIAGE_LEADS) else []
    template = "intel/desk_leads.html#row" if request.htmx else "intel/desk_leads.html"
    return render(request, template, {"lead": lead, "mine": [lead], "people": people, **more}, status=status)
