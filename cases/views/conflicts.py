"""Conflicts of operations: on the desk, in one list, one by one; and what the watch officer is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agencies import audit, live
from agencies.audit import Act
from agencies.live import SignedIn
from agencies.models import TaskForce, User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from cases import actions
from cases.forms_operations import OverrideForm, SettleForm
from cases.models import BLOCKING, ConflictNotice, WatchNotice
from cases.presenters_operations import conflict_doors, conflict_lines

MOST_ON_DESK = 20


def conflicts_of(user: User) -> QuerySet[ConflictNotice, ConflictNotice]:
    """Those of operations for whoever reads cases, those of sensitive places for whoever keeps these."""
    mine = Q(pk__in=[])
    if user.may(Permission.READ_CASES):
        mine |= Q(own_site=None)
    if user.may(Permission.PROTECT_VALUES):
        mine |= Q(own_operation=None)
    rows: QuerySet[ConflictNotice, ConflictNotice] = ConflictNotice.objects.visible_to(user).filter(mine)
    return rows.select_related(
        "agency", "other_agency", "contact", "settled_by", "override_asked_by", "overridden_by"
    )


def watch_of(user: User) -> QuerySet[WatchNotice, WatchNotice]:
    """What the watch officer is told, for as long as they are it, of a member of a task force that runs."""
    rows: QuerySet[WatchNotice, WatchNotice] = WatchNotice.objects.belonging_to(user)
    watches = TaskForce.objects.running().filter(watch_officer=user.pk, members=user.agency_id)
    return rows if user.sees_as is not None and watches.exists() else rows.none()


@require_safe
def conflict_list(request: SignedIn) -> HttpResponse:
    which = "past" if request.GET.get("which") == "past" else "open"
    rows = conflicts_of(request.user)
    rows = rows.filter(state__in=BLOCKING) if which == "open" else rows.exclude(state__in=BLOCKING)
    page = keyset_page(rows, request.GET)
    url = reverse("cases:conflict-list")
    context = {
        "page": page,
        "lines": conflict_lines(page.rows, request.user),
        "which": which,
        "tabs": [("open", "Open", url), ("past", "Past", f"{url}?which=past")],
    }
    return render(request, "cases/conflict_list.html", context)


@require_safe
def desk_conflicts(request: SignedIn) -> HttpResponse:
    """For the desk: conflicts that wait for a word, and what the watch officer has not looked at."""
    waiting = conflicts_of(request.user).filter(state=ConflictNotice.State.OPEN).order_by("created_at")
    watch = watch_of(request.user).filter(seen_at=None).order_by("created_at")
    rows, told = list(waiting[: MOST_ON_DESK + 1]), list(watch[:MOST_ON_DESK])
    state = live.token(
        [(each.pk, each.updated_at) for each in rows], [(each.pk, each.created_at) for each in told]
    )
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {
        "lines": conflict_lines(rows[:MOST_ON_DESK], request.user),
        "has_more": len(rows) > MOST_ON_DESK,
        "told": told,
        "state": state,
    }
    return live.panel(request, "cases/desk_conflicts.html", context)


def conflict_detail(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One conflict: whom to call; and each side's word, or an override by two."""
    notice = get_object_or_404(conflicts_of(request.user), pk=pk)
    audit.record_looks(Act.VIEWED, [notice], by=request.user)
    act = request.POST.get("act", "settle")
    if act not in _DO and request.method == "POST":
        raise Http404
    settle = SettleForm(request.POST if act == "settle" and request.method == "POST" else None)
    override = OverrideForm(request.POST if act in ("ask", "reopen") else None, prefix=None)
    form: forms.Form = settle if act == "settle" else override
    if request.method == "POST" and (act in ("confirm", "drop") or form.is_valid()):
        try:
            messages.success(request, _DO[act](notice, form, request.user))
        except Refused as refusal:
            if act in ("confirm", "drop"):
                messages.error(request, str(refusal))
                return redirect("cases:conflict-detail", pk=pk)
            form.add_error(None, str(refusal))
        else:
            return redirect("cases:conflict-detail", pk=pk)
    context = {
        "line": conflict_lines([notice], request.user)[0],
        "notice": notice,
        "doors": conflict_doors(notice, request.user),
        "settle_form": settle,
        "override_form": override,
        "asked": act,
    }
    return render(request, "cases/conflict_detail.html", context, status=422 if form.errors else 200)


def _settle(notice: ConflictNotice, form: forms.Form, by: User) -> str:
    after = actions.settle_conflict(notice, by=by, **form.cleaned_data)
    if after.state == ConflictNotice.State.RESOLVED:
        return "Both sides have said so. The conflict is resolved."
    return "Noted. It is resolved when the other side says the same."


def _reopen(notice: ConflictNotice, form: forms.Form, by: User) -> str:
    actions.reopen_conflict(notice, reason=form.cleaned_data["reason"], by=by)
    return "Your word is taken back."


def _ask(notice: ConflictNotice, form: forms.Form, by: User) -> str:
    actions.ask_override(notice, reason=form.cleaned_data["reason"], by=by)
    return "Asked. A second supervisor of your agency has to agree."


def _confirm(notice: ConflictNotice, form: forms.Form, by: User) -> str:
    actions.confirm_override(notice, by=by)
    return "Overridden. The other side is told that you go."


def _drop(notice: ConflictNotice, form: forms.Form, by: User) -> str:
    actions.drop_override(notice, by=by)
    return "The override is off."


_DO: dict[str, Callable[[ConflictNotice, forms.Form, User], str]] = {
    "settle": _settle, "reopen": _reopen, "ask": _ask, "confirm": _confirm, "drop": _drop,
}  # fmt: skip


@require_POST
def watch_seen(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The watch officer has made the calls."""
    notice = get_object_or_404(watch_of(request.user), pk=pk)
    actions.see_watch_notice(notice, by=request.user)
    messages.success(request, "Noted.")
    return redirect(live.way_back(request, reverse("agencies:desk")))
