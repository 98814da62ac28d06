from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from agencies import audit, live
from agencies.live import SignedIn
from agencies.pages import keyset_page
from agencies.policies import Refused
from cases import actions
from cases.forms import NoteForm
from cases.models import Note
from cases.presenters_pages import doors
from cases.views.cases import visible_or_404


def case_notes(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The notes on a case, newest first: those for all who see it, and those of one's own agency alone."""
    case = visible_or_404(request.user, pk)
    notes = Note.objects.visible_to(request.user).filter(case=case)
    state = live.token(live.newest(notes), case.status)
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    audit.record_part(case, by=request.user)
    may = doors(case, request.user)
    form = NoteForm(request.POST or None) if may.work else None
    if form is not None and request.method == "POST" and form.is_valid():
        private = form.cleaned_data["readers"] == "agency"
        try:
            actions.write_note(case, text=form.cleaned_data["text"], agency_private=private, by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            if not request.htmx:
                return redirect(live.way_back(request, reverse("cases:case-detail", args=[pk])))
            form, state = NoteForm(), ""
    context = {
        "case": case,
        "doors": may,
        "form": form,
        "page": keyset_page(notes.select_related("agency", "author"), request.GET, size=20),
        "state": state,
    }
    status = 422 if form is not None and form.errors else 200
    part = "list" if request.GET.get("part") == "list" else "panel"
    return live.panel(request, "cases/case_notes.html", context, status=status, part=part)
