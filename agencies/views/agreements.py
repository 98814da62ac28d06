"""Agreements with partners: what may be exchanged with whom. All of the agency read them, administrators decide."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from agencies import actions, live
from agencies.forms import AgreementForm, ReasonForm
from agencies.live import SignedIn
from agencies.models import Agreement
from agencies.permissions import Permission
from agencies.policies import Refused, allows, check_can_answer_agreement, check_can_end_agreement
from agencies.views.room import own_agency, tabs


def agreements(request: SignedIn) -> HttpResponse:
    """The agency's agreements, newest first; its administrators propose a new one."""
    own = own_agency(request.user)
    manages = request.user.may(Permission.MANAGE_AGENCY)
    form = AgreementForm(own, request.POST or None)
    if request.method == "POST" and not manages:
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            agreement = actions.propose_agreement(by=request.user, **form.proposal())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _done(agreement))
            return redirect("agencies:room-agreements")
    rows = Agreement.objects.of(own).select_related("agency", "partner", "task_force", "proposed_by")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {
        "tabs": tabs(request.user),
        "own": own,
        "page": page,
        "lines": [
            (
                row,
                allows(check_can_answer_agreement, row, request.user),
                allows(check_can_end_agreement, row, request.user),
            )
            for row in page
        ],
        "manages": manages,
        "form": form,
    }
    return render(request, "agencies/agreements.html", context, status=422 if form.errors else 200)


def _done(agreement: Agreement) -> str:
    if agreement.partner is None:
        return "Your terms hold from now on. Shares beyond them have ended."
    return f"Proposed. It holds once an administrator of {agreement.partner} accepts it."


@require_safe
def desk(request: SignedIn) -> HttpResponse:
    """For the desk: what partners propose and this agency has not answered."""
    if not request.user.may(Permission.MANAGE_AGENCY):
        raise Http404
    proposed = Agreement.objects.of(own_agency(request.user)).filter(state=Agreement.State.PROPOSED)
    lines = list(proposed.filter(partner=request.user.agency_id).select_related("agency"))
    state = live.token([(row.pk, row.state) for row in lines])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    return live.panel(request, "agencies/desk_agreements.html", {"lines": lines, "state": state})


def _own_or_404(request: SignedIn, pk: uuid.UUID) -> Agreement:
    if not request.user.may(Permission.MANAGE_AGENCY):
        raise Http404
    return get_object_or_404(Agreement.objects.of(own_agency(request.user)), pk=pk)


@require_POST
def answer(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    agreement = _own_or_404(request, pk)
    accept = request.POST.get("act") == "accept"
    try:
        actions.answer_agreement(agreement, accept=accept, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        held = "It holds from now on. Shares beyond it have ended."
        messages.success(request, held if accept else "Declined. They are shown that.")
    return redirect("agencies:room-agreements")


def end(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """End an agreement or withdraw a proposal, with a reason."""
    agreement = _own_or_404(request, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_agreement(agreement, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Ended. What it allowed and nothing else does, has ended with it.")
            return redirect("agencies:room-agreements")
    context = {"agreement": agreement, "form": form}
    return render(request, "agencies/agreement_end.html", context, status=422 if form.errors else 200)
