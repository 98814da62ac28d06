"""The lanes of a case: side by side on its page, each on a page of its own, and the dates that press on the desk."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from agencies import audit, live
from agencies.audit import Act
from agencies.live import SignedIn
from agencies.models import User
from agencies.policies import EditConflict, Refused, allows
from cases import actions, policies_tracks
from cases.actions.tracking import track_version
from cases.forms import BothChanged
from cases.forms_tracks import AnswerLeadForm, MoveTrackForm, NewTrackForm, TrackForm
from cases.models import OVER, Case, CooperationRequest, LeadProposal, Offence, Track, TrackSheet
from cases.presenters_tracks import FACTS, Lane, lanes, lead_question
from cases.views.cases import visible_or_404

SOON = timedelta(days=7)
MOST_ROWS = 20


def track_or_404(user: User, pk: uuid.UUID) -> Track:
    """A lane of a case that the reader sees: one that they kept on a case which was taken since is not shown."""
    rows = Track.objects.visible_to(user).filter(case__in=Case.objects.visible_to(user))
    track: Track = get_object_or_404(rows.select_related("agency"), pk=pk)
    return track


def kept_or_404(user: User, pk: uuid.UUID) -> Track:
    """A lane that the reader edits."""
    track = track_or_404(user, pk)
    if not allows(policies_tracks.check_can_keep, track, user):
        raise Http404
    return track


def ordered(lanes_of_case: list[Lane]) -> list[Lane]:
    """The leading lane first, then in the order in which they were opened."""
    return sorted(lanes_of_case, key=lambda lane: (not lane.leads, lane.track.created_at))


@require_safe
def case_tracks(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """All lanes side by side, and which of them leads."""
    case = visible_or_404(request.user, pk)
    rows = Track.objects.visible_to(request.user).filter(case=case)
    state = live.token(_state_of(case, request.user), case.status, timezone.localdate())
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    audit.record_part(case, by=request.user)
    tracks = list(rows.select_related("agency"))
    context = {
        "case": case,
        "lanes": ordered(lanes(tracks, request.user)),
        "question": lead_question(case, tracks, request.user),
        "answer_form": AnswerLeadForm(),
        "may_open": allows(policies_tracks.check_can_open_track, case, request.user),
        "may_propose": any(
            allows(policies_tracks.check_can_propose_lead, track, request.user) for track in tracks[:1]
        ),
        "state": state,
    }
    part = "board" if request.GET.get("part") == "board" else "panel"
    return live.panel(request, "cases/case_tracks.html", context, part=part)


def _state_of(case: Case, user: User) -> list[Any]:
    """What the reader may see of the lanes, as one token: of rows kept from them nothing."""
    kinds: tuple[Any, ...] = (Track, TrackSheet, Offence, CooperationRequest, LeadProposal)
    return [live.newest(kind.objects.visible_to(user).filter(case=case)) for kind in kinds]


def track_new(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    case = visible_or_404(request.user, pk)
    if not allows(policies_tracks.check_can_open_track, case, request.user):
        raise Http404
    audit.record_part(case, by=request.user)
    own = request.user.agency
    first = {"country": own.country, "district": _district_of(own)} if own else {}
    form = NewTrackForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            track = actions.open_track(case, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The lane for {track.jurisdiction} is open. Write down what is known.")
            return redirect("cases:track-edit", pk=track.pk)
    context = {"case": case, "form": form}
    return render(request, "cases/track_new.html", context, status=422 if form.errors else 200)


def _district_of(agency: Any) -> str:
    """Where an agency has one jurisdiction alone, that is most likely meant; a country is not a district of itself."""
    named = [each for each in agency.jurisdictions if len(each) <= 100]
    country = Track(country=agency.country).jurisdiction
    return named[0] if len(named) == 1 and named[0] != country else ""


@require_safe
def track_detail(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One lane with all that its reader may know of it."""
    track = track_or_404(request.user, pk)
    case = visible_or_404(request.user, track.case_id)
    audit.record_part(case, by=request.user)
    audit.record_looks(Act.VIEWED, [track], by=request.user)
    [lane] = lanes([track], request.user)
    context = {
        "case": case,
        "lane": lane,
        "keeps": allows(policies_tracks.check_can_keep, track, request.user),
        "may_take": allows(policies_tracks.check_can_take, track, request.user),
        "may_propose": allows(policies_tracks.check_can_propose_lead, track, request.user),
    }
    return render(request, "cases/track_detail.html", context)


def track_edit(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Write the facts of one's lane. When a colleague was faster, both versions are shown and nothing typed is lost."""
    track = kept_or_404(request.user, pk)
    case = visible_or_404(request.user, track.case_id)
    audit.record_part(case, by=request.user)
    form, both = (
        TrackForm(request.POST or None, said=_said(track, request.user), version=track_version(track)),
        list[BothChanged](),
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_track(track, version=form.cleaned_data["version"], by=request.user, **form.facts)
        except EditConflict as conflict:
            track = kept_or_404(request.user, pk)
            form, both = form.merged_with(_said(track, request.user), track_version(track))
            form.add_error(None, str(conflict))
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("cases:track", pk=pk)
    context = {"case": case, "track": track, "form": form, "both": both}
    return render(request, "cases/track_edit.html", context, status=422 if form.errors else 200)


def _said(track: Track, user: User) -> dict[str, Any]:
    [lane] = lanes([track], user)
    said = {name: lane.facts.get(name) for name in FACTS}
    return {"country": track.country, "district": track.district, **said, "private": sorted(lane.private)}


def track_move(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    track = kept_or_404(request.user, pk)
    case = visible_or_404(request.user, track.case_id)
    form = MoveTrackForm(track, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            track = actions.move_track(track, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{track.jurisdiction}: {track.get_stage_display().lower()}.")
            return redirect("cases:track", pk=pk)
    context = {"case": case, "track": track, "form": form}
    return render(request, "cases/track_move.html", context, status=422 if form.errors else 200)


@require_POST
def track_take(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Keep a lane whose agency works on the case no longer."""
    track = track_or_404(request.user, pk)
    try:
        actions.take_track(track, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Your agency keeps the lane for {track.jurisdiction} from now on.")
    return redirect("cases:track", pk=pk)


# --- On the desk ---------------------------------------------------------------------------------------------


@require_safe
def desk_clocks(request: SignedIn) -> HttpResponse:
    """Limitation dates that come near and requests whose day has come, in lanes of one's own agency and in its cases;
    and proposals of a lead jurisdiction that wait for one's word."""
    user = request.user
    limits, requests = list(_limits(user)[:MOST_ROWS]), list(_due_requests(user)[:MOST_ROWS])
    proposals = _to_answer(user)
    rows: list[Any] = [*limits, *requests, *proposals]
    state = live.token([(row.pk, row.updated_at) for row in rows], timezone.localdate())
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    cases = Case.objects.visible_to(user).in_bulk({row.case_id for row in rows})
    context = {
        "limits": [(sheet, cases[sheet.case_id]) for sheet in limits],
        "requests": [(each, cases[each.case_id]) for each in requests],
        "proposals": [(each, cases[each.case_id]) for each in proposals],
        "state": state,
    }
    return live.panel(request, "cases/desk_clocks.html", context)


def _on_open_cases(rows: Any, user: User) -> Any:
    concerns = Q(agency=user.agency_id) | Q(case__agency=user.agency_id)
    seen = rows.visible_to(user).filter(concerns, case__in=Case.objects.visible_to(user))
    return seen.exclude(case__status=Case.Status.CLOSED).exclude(track__stage__in=OVER)


def _limits(user: User) -> Any:
    rows = _on_open_cases(TrackSheet.objects, user).filter(limitation_on__lte=policies_tracks.alarm_day())
    return rows.select_related("track").order_by("limitation_on", "pk")


def _due_requests(user: User) -> Any:
    rows = _on_open_cases(CooperationRequest.objects, user).filter(next_due__lte=timezone.localdate() + SOON)
    return rows.select_related("track").order_by("next_due", "pk")


def _to_answer(user: User) -> list[LeadProposal]:
    rows = LeadProposal.objects.visible_to(user).filter(state=LeadProposal.State.ASKED)
    rows = rows.filter(case__in=Case.objects.visible_to(user)).exclude(agreed_by=user.agency_id)
    return [
        each
        for each in rows.select_related("track", "case", "agency")[:MOST_ROWS]
        if allows(policies_tracks.check_can_answer_lead, each, user)
    ]


def back_to(track_id: uuid.UUID) -> str:
    return reverse("cases:track", args=[track_id])
