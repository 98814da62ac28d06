"""Canaries, and the alarms that wait: on the desk, in the agency's room, and one by one."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agencies import canaries, live
from agencies.forms import CanaryForm, ReasonForm
from agencies.guards import circle_of
from agencies.live import SignedIn, go, way_back
from agencies.models import Alarm, Canary, User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused, allows
from agencies.presenters_alarms import alarm_lines, canary_lines
from agencies.views.room import tabs
from agencies.views.sharing import about, visible_or_404

MOST_ON_DESK = 10


def _alarms(user: User) -> QuerySet[Alarm, Alarm]:
    if not user.may(Permission.READ_AUDIT):
        raise Http404
    rows: QuerySet[Alarm, Alarm] = Alarm.objects.visible_to(user).exclude(person_id=user.pk)
    return rows.select_related("canary", "settled_by")


@require_safe
def desk(request: SignedIn) -> HttpResponse:
    """For the desk: the alarms that nobody has looked into."""
    waiting = _alarms(request.user).filter(settled_at=None).order_by("-last_at", "-pk")
    lines = alarm_lines(list(waiting[: MOST_ON_DESK + 1]), request.user)
    state = live.token([(line.alarm.pk, line.alarm.updated_at) for line in lines])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {"lines": lines[:MOST_ON_DESK], "has_more": len(lines) > MOST_ON_DESK, "state": state}
    return live.panel(request, "agencies/desk_alarms.html", context)


@require_safe
def alarms(request: SignedIn) -> HttpResponse:
    """Every alarm of the agency that the reader may know of, newest first, and the canaries that they keep."""
    page = keyset_page(_alarms(request.user), request.GET)
    kept = Canary.objects.visible_to(request.user).filter(lifted_at=None).order_by("-created_at")
    context = {
        "tabs": tabs(request.user),
        "page": page,
        "lines": alarm_lines(page.rows, request.user),
        "canaries": canary_lines(list(kept), request.user),
        "may_set": request.user.may(Permission.RESTRICT),
    }
    return render(request, "agencies/room_alarms.html", context)


def alarm(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One alarm; somebody other than whom it is about says here what was found."""
    found = get_object_or_404(_alarms(request.user), pk=pk)
    form = ReasonForm(request.POST or None)
    form.fields["reason"].label = "What you found"
    if request.method == "POST" and form.is_valid():
        try:
            canaries.settle_alarm(found, finding=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Noted. The alarm no longer waits.")
            return redirect("agencies:room-alarms")
    may_settle = allows(canaries.check_can_settle, found, request.user)
    context = {"line": alarm_lines([found], request.user)[0], "form": form if may_settle else None}
    return render(request, "agencies/alarm.html", context, status=422 if form.errors else 200)


# --- Canaries -------------------------------------------------------------------------------------------------


def set_canary(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """Make a record a canary. Whoever does not keep it finds this page as if it were none."""
    obj = visible_or_404(label, pk, request.user)
    if not allows(canaries.check_may_set, obj, request.user):
        raise Http404
    if kept := canaries.kept_by(obj, request.user):
        return redirect("agencies:canary", pk=kept.pk)
    form = CanaryForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            canaries.set_canary(obj, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "It is a canary. You are told of every look at it, on your desk.")
            return go(request, way_back(request, reverse("agencies:who-sees", args=[label, pk])))
    context = {**about(obj, request), "form": form}
    return render(request, "agencies/canary_set.html", context, status=422 if form.errors else 200)


def canary(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Who keeps a canary and who looked at it. Its keepers change that, or lift it."""
    found = get_object_or_404(Canary.objects.visible_to(request.user), pk=pk)
    known = [person for person in circle_of(found).named or () if person.is_active]
    keepers = [person.pk for person in known]
    form = CanaryForm(request.user, request.POST or None, initial={"keepers": keepers}, with_self=True)
    if request.method == "POST" and form.is_valid():
        try:
            done = _change(request, found, form)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, done)
            return redirect("agencies:room-alarms")
    context = {
        "canary": found,
        "line": canary_lines([found], request.user)[0],
        "known": known,
        "form": form if allows(canaries.check_keeps, found, request.user) else None,
        "lines": alarm_lines(
            list(_alarms(request.user).filter(canary=found).order_by("-created_at")[:50]), request.user
        ),
    }
    return render(request, "agencies/canary.html", context, status=422 if form.errors else 200)


def _change(request: SignedIn, found: Canary, form: CanaryForm) -> str:
    asked = form.cleaned_data
    if request.POST.get("act") == "lift":
        canaries.lift_canary(found, reason=asked["reason"], by=request.user)
        return "Lifted. Nobody is told of looks at it any more."
    canaries.choose_keepers(found, by=request.user, **asked)
    return "Saved. Those who keep it are told of every look."
