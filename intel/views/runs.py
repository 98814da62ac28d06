"""Linking runs: what is at work, what was, how far it is for one's own agency and what it did to its hits."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from agencies import live
from agencies.live import SignedIn
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.views.room import own_agency, tabs
from intel import actions
from intel.models import HitNotice, LinkChange, LinkError, LinkRun
from intel.presenters_hits import HitCard, cards, with_sides
from intel.presenters_runs import RunCard, run_cards

_CHANGES_A_PAGE = 25


def _runs(request: SignedIn) -> Any:
    if not request.user.may(Permission.RUN_LINKING):
        raise Http404
    rows = LinkRun.objects.visible_to(request.user).with_progress(request.user)
    return rows.select_related("started_by")


def _state_of(shown: list[RunCard]) -> str:
    """Changes whenever something of the cards does, but for the time that passes."""
    return live.token(
        [
            (card.run.pk, card.run.state, card.done, card.total, sorted(card.counts.items()), card.errors)
            for card in shown
        ]
    )


@require_safe
def run_list(request: SignedIn) -> HttpResponse:
    runs = _runs(request)
    now = run_cards(runs.unfinished().order_by("-created_at")[:20], request.user)
    state = _state_of(now)
    if "since" in request.GET:
        return live.unchanged(request, state) or _moved(request, "intel/runs/run_list.html#now", now, state)
    page = keyset_page(runs.exclude(state__in=LinkRun.UNFINISHED), request.GET, size=25)
    context = {
        "tabs": tabs(request.user),
        "agency": own_agency(request.user),
        "now": now,
        "state": state,
        "page": page,
        "past": run_cards(page.rows, request.user),
        "reads_hits": request.user.may(Permission.READ_LEADS),
    }
    return render(request, "intel/runs/run_list.html", context)


def _moved(request: SignedIn, template: str, now: list[RunCard], state: str) -> HttpResponse:
    context = {"now": now, "state": state, "reads_hits": request.user.may(Permission.READ_LEADS)}
    return render(request, template, context)


@require_safe
def run_detail(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    card = run_cards([get_object_or_404(_runs(request), pk=pk)], request.user)[0]
    state = _state_of([card])
    context = {"card": card, "state": state, "reads_hits": request.user.may(Permission.READ_LEADS)}
    if "since" in request.GET:
        if said := live.unchanged(request, state):
            return said
        response = render(request, "intel/runs/run_detail.html#news", context)
        return trigger_client_event(response, "run-changed")
    context |= {
        "crumbs": [("Linking runs", reverse("intel:run-list")), (card.title, "")],
        "errors": LinkError.objects.visible_to(request.user)
        .filter(run=pk)
        .select_related("lead")
        .order_by("pk")[:200],
    }
    return render(request, "intel/runs/run_detail.html", context)


@require_safe
def run_changes(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The reader's own hits that a run found, changed or withdrew."""
    run = get_object_or_404(_runs(request), pk=pk)
    card = run_cards([run], request.user)[0]
    what = request.GET.get("what", "")
    rows = LinkChange.objects.visible_to(request.user).filter(run=run)
    if what in LinkChange.What.values:
        rows = rows.filter(what=what)
    page = keyset_page(rows, request.GET, size=_CHANGES_A_PAGE)
    context = {
        "card": card,
        "what": what,
        "page": page,
        "changes": _with_hits(page.rows, request),
        "tabs": [("", "All", "?"), *((code, label, f"?what={code}", n) for code, label, n in card.changes)],
    }
    return live.panel(request, "intel/runs/run_changes.html", context)


def _with_hits(changes: list[LinkChange], request: SignedIn) -> list[tuple[LinkChange, HitCard]]:
    notices = HitNotice.objects.visible_to(request.user).filter(
        pk__in=[change.notice_id for change in changes]
    )
    by_pk = {card.notice.pk: card for card in cards(list(with_sides(notices)), request.user)}
    return [(change, by_pk[change.notice_id]) for change in changes if change.notice_id in by_pk]


# --- Verbs --------------------------------------------------------------------------------------------


@require_POST
def run_start(request: SignedIn) -> HttpResponse:
    """Re-link the leads of one's own agency."""
    if not request.user.may(Permission.RUN_LINKING):
        raise Http404
    try:
        run = actions.start_run(by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("intel:run-list")
    return redirect("intel:run-detail", pk=run.pk)


@require_POST
def run_pause(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    return _steer(request, pk, actions.pause_run, "Paused. What is done stays done.")


@require_POST
def run_resume(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    return _steer(request, pk, actions.resume_run, "It goes on where it stopped.")


@require_POST
def run_cancel(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    return _steer(request, pk, actions.cancel_run, "Cancelled. The hits it found stay.")


def _steer(request: SignedIn, pk: uuid.UUID, verb: Callable[..., LinkRun], said: str) -> HttpResponse:
    run = get_object_or_404(_runs(request), pk=pk)
    try:
        verb(run, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect("intel:run-detail", pk=pk)
