"""Offences and requests of a lane: written, edited and moved on by the agency that keeps it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from agencies import audit
from agencies.live import SignedIn
from agencies.models import User
from agencies.policies import EditConflict, Refused
from cases import actions, codelists
from cases.forms import BothChanged
from cases.forms_tracks import KeptForm, MoveRequestForm, OffenceForm, RequestForm
from cases.models import Case, CooperationRequest, Offence, Track
from cases.presenters_tracks import request_line
from cases.views.cases import visible_or_404
from cases.views.tracks import kept_or_404

Part = Offence | CooperationRequest
_OFFENCE = ("kind", "law", "title", "child", "acts", "means", "purposes", "agency_private")
_REQUEST = ("kind", "country", "authority", "asks", "reference", "begun_on", "due_on", "agency_private")


def offence_new(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    return _new(
        request,
        pk,
        OffenceForm,
        {"kind": Offence.Kind.TRAFFICKING},
        actions.write_offence,
        "cases/offence_form.html",
    )


def request_new(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    return _new(request, pk, RequestForm, {}, actions.draft_request, "cases/request_form.html")


def _new(
    request: SignedIn,
    pk: uuid.UUID,
    form_class: type[KeptForm],
    first: dict[str, Any],
    verb: Any,
    template: str,
) -> HttpResponse:
    track = kept_or_404(request.user, pk)
    form = form_class(request.POST or None, said=first)
    if request.method == "POST" and form.is_valid():
        try:
            verb(track, by=request.user, **form.facts)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Added.")
            return redirect("cases:track", pk=pk)
    return _show(request, template, track, form, [], None)


def offence_edit(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    return _edit(request, pk, Offence, OffenceForm, _OFFENCE, actions.edit_offence, "cases/offence_form.html")


def request_edit(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    return _edit(
        request,
        pk,
        CooperationRequest,
        RequestForm,
        _REQUEST,
        actions.edit_request,
        "cases/request_form.html",
    )


def _edit(
    request: SignedIn, pk: uuid.UUID, model: type[Part], form_class: type[KeptForm], names: tuple[str, ...],
    verb: Any, template: str,
) -> HttpResponse:  # fmt: skip
    part = _part_or_404(request.user, model, pk)
    track = kept_or_404(request.user, part.track_id)
    form, both = form_class(request.POST or None, **_as_is(part, names)), list[BothChanged]()
    if request.method == "POST" and form.is_valid():
        try:
            verb(part, version=form.cleaned_data["version"], by=request.user, **form.facts)
        except EditConflict as conflict:
            as_is = _as_is(_part_or_404(request.user, model, pk), names)
            form, both = form.merged_with(as_is["said"], as_is["version"])
            form.add_error(None, str(conflict))
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("cases:track", pk=track.pk)
    return _show(request, template, track, form, both, part)


def _as_is(part: Part, names: tuple[str, ...]) -> dict[str, Any]:
    return {"said": {name: getattr(part, name) for name in names}, "version": part.updated_at.isoformat()}


@require_POST
def offence_drop(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    offence = _part_or_404(request.user, Offence, pk)
    assert isinstance(offence, Offence)
    try:
        actions.drop_offence(offence, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{offence.law} is taken out of the lane.")
    return redirect("cases:track", pk=offence.track_id)


def request_move(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Write down what became of a request, and on which day."""
    asked = _part_or_404(request.user, CooperationRequest, pk)
    track = kept_or_404(request.user, asked.track_id)
    assert isinstance(asked, CooperationRequest)
    form = MoveRequestForm(asked, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            moved = actions.move_request(asked, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{moved}: {moved.get_status_display().lower()}.")
            return redirect("cases:track", pk=track.pk)
    return _show(request, "cases/request_move.html", track, form, [], asked)


def _part_or_404(user: User, model: Any, pk: uuid.UUID) -> Part:
    rows = model.objects.visible_to(user).filter(case__in=Case.objects.visible_to(user))
    part: Part = get_object_or_404(rows, pk=pk)
    return part


def _show(
    request: SignedIn, template: str, track: Track, form: Any, both: list[BothChanged], part: Part | None
) -> HttpResponse:
    case = visible_or_404(request.user, track.case_id)
    audit.record_part(case, by=request.user)
    context = {"case": case, "track": track, "form": form, "both": both, "part": part}
    if isinstance(part, CooperationRequest):
        context["line"] = request_line(part)
    context["explained"] = codelists.codes("cooperation_kind").values()
    return render(request, template, context, status=422 if form.errors else 200)
