"""Referrals as their sender sees them: whom to ask, what was sent, what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.audit import Act, record_looks
from agencies.live import SignedIn, panel
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from victims import actions
from victims.forms_care import NeedForm, ReferForm
from victims.models import Consent, FollowUp, Offer, Referral, Victim
from victims.presenters_care import described, facts_of, worded
from victims.suggesting import suggest
from victims.views.consents import own_victim

STATES = [("", "All"), *Referral.State.choices]


@require_safe
def care(request: SignedIn, pk: str) -> HttpResponse:
    """The consents and referrals of one person: a panel of their page."""
    victim = get_object_or_404(Victim.objects.visible_to(request.user), pk=pk)
    consents = Consent.objects.visible_to(request.user).filter(victim=victim).order_by("-created_at")
    referrals = Referral.objects.visible_to(request.user).filter(victim=victim).order_by("-created_at")
    context = {
        "victim": victim,
        "consents": [worded(row) for row in consents.prefetch_related("recipients")[:50]],
        "referrals": referrals.prefetch_related("offers__receiver")[:50],
        "may_refer": request.user.may(Permission.REFER_VICTIMS)
        and victim.agency_id == request.user.agency_id,
    }
    return panel(request, "victims/care.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def refer(request: SignedIn, pk: str) -> HttpResponse:
    """Who may help, with the reasons; then what is sent, on which consent."""
    victim = own_victim(request, pk)
    consents = Consent.objects.visible_to(request.user).in_force().filter(victim=victim)
    consents = consents.prefetch_related("recipients")
    asked = request.POST.get("need") or request.GET.get("need") or (victim.needs or [Victim.Need.SHELTER])[0]
    need = asked if asked in Victim.Need.values else Victim.Need.SHELTER.value
    search = NeedForm(initial={"need": need, "place": request.GET.get("place", "")})
    form = ReferForm(
        request.POST or None,
        consents=consents,
        initial={"need": need, "data_classes": ["age_band", "languages"]},
    )
    if request.method == "POST" and form.is_valid():
        try:
            referral = _send(request, victim, form)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, "Sent. You are told on your desk when somebody answers, or when nobody does."
            )
            return redirect("victims:referral-detail", pk=referral.pk)
    place = request.GET.get("place", "")
    found = suggest(
        request.user, need=need, age_band=victim.age_band, languages=victim.languages, place=place
    )
    covered = {agency.pk for consent in consents for agency in consent.recipients.all()}
    for each in found:
        described(each.service)
    context = {
        "victim": victim, "form": form, "search": search, "suggestions": found[:20], "covered": covered,
        "consents": [worded(consent) for consent in consents],
        "crumbs": [("Victims", reverse("victims:victim-list")), (str(victim), reverse("victims:victim-detail", args=[pk]))],
    }  # fmt: skip
    return render(request, "victims/refer.html", context, status=422 if form.errors else 200)


def _send(request: SignedIn, victim: Victim, form: ReferForm) -> Referral:
    said = form.cleaned_data
    asked = actions.Asked(
        need=said["need"],
        purpose=said["purpose"],
        data_classes=said["data_classes"],
        said=form.said(),
        kind=said["kind"],
    )
    return actions.refer(
        victim, asked, consent=said["consent"], receivers=list(said["receivers"]), by=request.user
    )


@require_safe
def referral_list(request: SignedIn) -> HttpResponse:
    state = request.GET.get("state", "")
    rows = Referral.objects.visible_to(request.user)
    if state in Referral.State.values:
        rows = rows.filter(state=state)
    page = keyset_page(rows.select_related("victim").prefetch_related("offers__receiver"), request.GET)
    context = {
        "page": page,
        "state": state,
        "states": [(code, label, f"?state={code}") for code, label in STATES],
    }
    return render(request, "victims/referral_list.html", context)


@require_safe
def referral_detail(request: SignedIn, pk: str) -> HttpResponse:
    referral = _found(request, pk)
    record_looks(Act.VIEWED, [referral], by=request.user)
    rows = (
        Offer.objects.visible_to(request.user)
        .filter(referral=referral)
        .select_related("receiver", "answered_by")
    )
    offers: list[Any] = list(rows)
    for offer in offers:
        offer.facts = facts_of(offer.sent)
        offer.seen_follow_ups = (
            FollowUp.objects.visible_to(request.user).filter(offer=offer).order_by("due_on")
        )
    context = {
        "referral": referral,
        "offers": offers,
        "winner": next((each for each in offers if each.state in ("accepted", "done")), None),
        "is_open": any(each.state in ("in_progress", "accepted") for each in offers),
        "crumbs": [("Referrals", reverse("victims:referral-list")), (referral.reference, "")],
    }
    return render(request, "victims/referral_detail.html", context)


@require_POST
def referral_revoke(request: SignedIn, pk: str) -> HttpResponse:
    referral = _found(request, pk)
    try:
        actions.revoke_referral(referral, reason=request.POST.get("reason", ""), by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Revoked. The providers read nothing of it any more.")
    return redirect("victims:referral-detail", pk=pk)


def _found(request: SignedIn, pk: str) -> Referral:
    rows = Referral.objects.visible_to(request.user).select_related("victim", "consent", "sent_by", "agency")
    referral: Referral = get_object_or_404(rows, pk=pk)
    return referral
