"""Which jurisdiction leads: proposed by one agency with a lane, agreed by the others."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from agencies import audit
from agencies.forms import ReasonForm
from agencies.live import SignedIn, way_back
from agencies.models import User
from agencies.policies import Refused, allows
from cases import actions, policies_tracks
from cases.forms_tracks import AnswerLeadForm
from cases.models import Case, LeadProposal
from cases.views.cases import visible_or_404
from cases.views.tracks import track_or_404


def propose(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Put a lane forward as the one that leads."""
    track = track_or_404(request.user, pk)
    if not allows(policies_tracks.check_can_propose_lead, track, request.user):
        raise Http404
    case = visible_or_404(request.user, track.case_id)
    audit.record_part(case, by=request.user)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            proposal = actions.propose_lead(track, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            leads = proposal.state == LeadProposal.State.AGREED
            messages.success(request, f"{track.jurisdiction} {'leads' if leads else 'is proposed to lead'}.")
            return redirect("cases:case-detail", pk=case.pk)
    context = {"case": case, "track": track, "form": form}
    return render(request, "cases/lead_propose.html", context, status=422 if form.errors else 200)


@require_POST
def answer(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Agree, object, or take one's own proposal back."""
    proposal = _proposal_or_404(request.user, pk)
    form = AnswerLeadForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused("Agree, or object with a reason.")
        said = _answered(proposal, form.cleaned_data["answer"], form.cleaned_data["reason"], request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect(way_back(request, reverse("cases:case-detail", args=[proposal.case_id])))


def _answered(proposal: LeadProposal, answer: str, reason: str, user: User) -> str:
    place = proposal.track.jurisdiction
    if answer == "withdraw":
        actions.withdraw_lead(proposal, by=user)
        return "The proposal is withdrawn."
    done = actions.answer_lead(proposal, agree=answer == "agree", reason=reason, by=user)
    if done.state == LeadProposal.State.AGREED:
        return f"All have agreed: {place} leads."
    return (
        f"You agreed that {place} leads."
        if answer == "agree"
        else "Your objection is on record. The proposal is closed."
    )


def _proposal_or_404(user: User, pk: uuid.UUID) -> LeadProposal:
    rows = LeadProposal.objects.visible_to(user).filter(case__in=Case.objects.visible_to(user))
    proposal: LeadProposal = get_object_or_404(rows.select_related("track", "case"), pk=pk)
    return proposal
