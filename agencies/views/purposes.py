"""Saying for what one opens a partner's record, where its owner asks."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from agencies import purposes
from agencies.forms import PurposeForm
from agencies.live import SignedIn, way_back
from agencies.policies import Refused
from agencies.views.room import own_agency
from agencies.views.sharing import about, visible_or_404
from agencies.visibility import Level


def state(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """Asked once a day and record; then on to what was asked for."""
    obj = visible_or_404(label, pk, request.user, Level.VIEW)
    if obj.agency_id == request.user.agency_id or not obj.agency.asks_purpose:
        raise Http404
    allowed = purposes.allowed_for(obj.agency, own_agency(request.user))
    form = PurposeForm(allowed, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            purposes.state_purpose(obj, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(way_back(request, "/"))
    context = {**about(obj, request), "form": form, "allowed": allowed, "next": way_back(request, "/")}
    return render(request, "agencies/purpose.html", context, status=422 if form.errors else 200)
