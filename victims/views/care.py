"""The provider's desk: referrals to answer, accepted ones, follow-ups. Light pages for slow telephones, no script needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from agencies import live
from agencies.audit import Act, record_looks
from agencies.live import SignedIn
from agencies.models import User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from victims import actions
from victims.forms_care import FinishForm, FollowUpForm, RejectForm
from victims.models import Consent, FollowUp, Offer, Referral
from victims.policies_care import ENDED
from victims.presenters_care import facts_of

S = Offer.State


def _ours(user: User) -> Any:
    """What was sent to the agency of `user`, as the gate shows it."""
    return Offer.objects.visible_to(user).filter(receiver=user.agency_id).select_related("agency")


@require_safe
def care_desk(request: SignedIn) -> HttpResponse:
    user = request.user
    due = FollowUp.objects.visible_to(user).filter(
        agency=user.agency_id, done_at=None, offer__state=S.ACCEPTED
    )
    over = keyset_page(_ours(user).filter(state__in=ENDED), request.GET, size=20)
    context = {
        "to_answer": _ours(user).filter(state=S.IN_PROGRESS).order_by("answer_by")[:100],
        "accepted": _ours(user).filter(state=S.ACCEPTED).order_by("answered_at")[:100],
        "due": due.select_related("offer").order_by("due_on")[:100],
        "over": over,
        "today": timezone.localdate(),
    }
    return render(request, "victims/care_desk.html", context)


@require_safe
def offer_detail(request: SignedIn, pk: str) -> HttpResponse:
    offer = _found(request, pk)
    record_looks(Act.VIEWED, [offer], by=request.user)
    actions.note_opened(offer, by=request.user)
    return _detail(request, offer)


def _detail(request: SignedIn, offer: Offer, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "offer": offer,
        "facts": facts_of(offer.sent),
        "follow_ups": FollowUp.objects.visible_to(request.user).filter(offer=offer).order_by("due_on"),
        "reject_form": RejectForm(), "finish_form": FinishForm(), "follow_up_form": FollowUpForm(),
        "today": timezone.localdate(),
        **forms,
    }  # fmt: skip
    return render(request, "victims/offer_detail.html", context, status=status)


@require_POST
def offer_accept(request: SignedIn, pk: str) -> HttpResponse:
    offer = _found(request, pk)
    return _do(
        request, offer, lambda: actions.accept_offer(offer, by=request.user), "Accepted. It is yours now."
    )


@require_POST
def offer_reject(request: SignedIn, pk: str) -> HttpResponse:
    offer, form = _found(request, pk), RejectForm(request.POST)
    if not form.is_valid():
        return _detail(request, offer, status=422, reject_form=form)
    verb = lambda: actions.reject_offer(offer, by=request.user, **form.cleaned_data)  # noqa: E731
    return _do(request, offer, verb, "Rejected, with your reason.")


@require_POST
def offer_finish(request: SignedIn, pk: str) -> HttpResponse:
    offer, form = _found(request, pk), FinishForm(request.POST)
    if not form.is_valid():
        return _detail(request, offer, status=422, finish_form=form)
    verb = lambda: actions.finish_offer(offer, by=request.user, **form.cleaned_data)  # noqa: E731
    return _do(request, offer, verb, "Done. What was sent to you is gone from here.")


@require_POST
def follow_up_new(request: SignedIn, pk: str) -> HttpResponse:
    offer, form = _found(request, pk), FollowUpForm(request.POST)
    if not form.is_valid():
        return _detail(request, offer, status=422, follow_up_form=form)
    verb = lambda: actions.set_follow_up(offer, by=request.user, **form.cleaned_data)  # noqa: E731
    return _do(request, offer, verb, "Set.")


@require_POST
def follow_up_done(request: SignedIn, pk: str) -> HttpResponse:
    own = FollowUp.objects.visible_to(request.user).filter(agency=request.user.agency_id)
    row = get_object_or_404(own.select_related("offer"), pk=pk)
    found = request.POST.get("found", "")[:500]
    return _do(
        request, row.offer, lambda: actions.finish_follow_up(row, found=found, by=request.user), "Done."
    )


def _do(request: SignedIn, offer: Offer, verb: Callable[[], Any], said: str) -> HttpResponse:
    try:
        verb()
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect("victims:offer-detail", pk=offer.pk)


def _found(request: SignedIn, pk: str) -> Offer:
    offer: Offer = get_object_or_404(_ours(request.user), pk=pk)
    return offer


@require_safe
def desk_referrals(request: SignedIn) -> HttpResponse:
    """What waits on the desk: referrals to answer, answers that never came, consents withdrawn, overrides to know of."""
    user = request.user
    consents = Consent.objects.visible_to(user).select_related("victim")
    lines = {
        "to_answer": list(_ours(user).filter(state=S.IN_PROGRESS).order_by("answer_by")[:8]),
        "escalated": list(_escalated(user)),
        "withdrawn": list(consents.filter(withdrawn_at__isnull=False, withdrawal_seen_at=None)[:8]),
        "overrides": list(consents.filter(told=user, told_seen_at=None)[:8]),
    }
    state = live.token([(row.pk, row.updated_at) for rows in lines.values() for row in rows])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    return live.panel(
        request, "victims/desk_referrals.html", {**lines, "state": state, "any": any(lines.values())}
    )


def _escalated(user: User) -> Any:
    rows = Referral.objects.visible_to(user).filter(
        state=Referral.State.IN_PROGRESS, escalated_at__isnull=False
    )
    return (
        rows.select_related("victim").order_by("answer_by")[:8]
        if user.may(Permission.COORDINATE_CARE)
        else []
    )
