"""Breaking the glass, and what the desk tells of identities."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from agencies import live
from agencies.live import SignedIn, go
from agencies.permissions import Permission
from agencies.policies import Refused
from victims import actions, presenters
from victims.forms import DecideEmergencyForm, ReasonForm
from victims.models import IdentityNotice
from victims.views.identities import page_or_404, unspoken


@unspoken
def ask(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Ask for an identity that is not open to oneself."""
    page = page_or_404(pk, request.user)
    if not page.may_break:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_in_emergency(page.identity, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Asked. Another protection officer or supervisor has to confirm it.")
            return redirect("victims:identity", pk=pk)
    status = 422 if form.errors else 200
    return render(request, "victims/emergency_ask.html", {"page": page, "form": form}, status=status)


def emergency(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The second person's page."""
    asked = next((each for each in presenters.waiting_emergencies(request.user) if each.pk == pk), None)
    if asked is None:
        raise Http404
    form = DecideEmergencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        confirm = form.cleaned_data["act"] == "confirm"
        try:
            actions.decide_emergency(asked, confirm=confirm, by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            done = "Confirmed. All who hold it are told." if confirm else "Declined. The asker is told."
            messages.success(request, done)
            return redirect("agencies:desk")
    status = 422 if form.errors else 200
    return render(request, "victims/emergency.html", {"asked": asked, "form": form}, status=status)


@require_POST
def notice_read(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    own = IdentityNotice.objects.filter(person=request.user) if request.user.sees_as else None
    if own is None:
        raise Http404
    actions.read_notice(get_object_or_404(own, pk=pk), by=request.user)
    return go(request, live.way_back(request, "agencies:desk"))


@require_safe
def desk(request: SignedIn) -> HttpResponse:
    """For the desk: emergencies to decide on, and what one is told of identities."""
    if not request.user.may(Permission.READ_VICTIMS):
        raise Http404
    asked = presenters.waiting_emergencies(request.user)
    notices = presenters.unread_notices(request.user)
    state = live.token([each.pk for each in asked], [each.pk for each in notices])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {"asked": asked, "notices": notices, "state": state}
    return live.panel(request, "victims/desk_identities.html", context)
