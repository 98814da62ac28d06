"""Consent: taken with the person, printed as a sheet, withdrawn on the spot or by the code on the sheet."""

from __future__ import annotations

from typing import Any

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.audit import Act, record_looks
from agencies.live import SignedIn
from agencies.policies import Refused, allows
from agencies.visibility import Level
from victims import actions
from victims.forms_care import CodeForm, ConsentForm, DangerForm
from victims.models import Consent, Victim
from victims.policies_care import check_can_withdraw, check_takes_consent
from victims.presenters_care import what_left, worded


@require_http_methods(["GET", "HEAD", "POST"])
def consent_new(request: SignedIn, pk: str) -> HttpResponse:
    victim = own_victim(request, pk)
    form = ConsentForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            consent = actions.record_consent(victim, by=request.user, **form.verb_arguments())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, "Kept. Print the sheet or read it aloud, and give its code to the person."
            )
            return redirect("victims:consent-detail", pk=consent.pk)
    return _form(request, "victims/consent_form.html", form, victim)


@require_http_methods(["GET", "HEAD", "POST"])
def danger(request: SignedIn, pk: str) -> HttpResponse:
    victim = own_victim(request, pk)
    form = DangerForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            actions.override_for_danger(victim, by=request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"On record until it ends. {form.cleaned_data['told']} is told.")
            return redirect("victims:refer", pk=pk)
    return _form(request, "victims/danger_form.html", form, victim)


def _form(request: SignedIn, template: str, form: Any, victim: Victim) -> HttpResponse:
    crumbs = [
        ("Victims", reverse("victims:victim-list")),
        (str(victim), reverse("victims:victim-detail", args=[victim.pk])),
    ]
    context = {"form": form, "victim": victim, "crumbs": crumbs, "most": settings.DANGER_HOURS_MOST}
    return render(request, template, context, status=422 if form.errors else 200)


@require_safe
def consent_detail(request: SignedIn, pk: str) -> HttpResponse:
    """The sheet, what was sent on it, and the button that takes it back."""
    consent = found_consent(request, pk)
    record_looks(Act.VIEWED, [consent], by=request.user)
    user = request.user
    context = {
        "consent": worded(consent),
        "left": what_left(consent),
        "may_withdraw": allows(check_can_withdraw, consent, user),
        "withdraw_url": request.build_absolute_uri(reverse("victims:withdraw")),
        "to_note": (consent.withdrawn_at and not consent.withdrawal_seen_at)
        or (consent.told_id == user.pk and not consent.told_seen_at),
        "crumbs": [("Victims", reverse("victims:victim-list")),
                   (str(consent.victim), reverse("victims:victim-detail", args=[consent.victim_id]))],
    }  # fmt: skip
    return render(request, "victims/consent_detail.html", context)


@require_POST
def consent_withdraw(request: SignedIn, pk: str) -> HttpResponse:
    consent = found_consent(request, pk)
    try:
        actions.withdraw_consent(consent, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Withdrawn. What hung on it has ended; below stands what had left already.")
    return redirect("victims:consent-detail", pk=pk)


@require_POST
def consent_note(request: SignedIn, pk: str) -> HttpResponse:
    consent = found_consent(request, pk)
    try:
        actions.note_consent(consent, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("victims:consent-detail", pk=pk)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """For the person themselves, without an account. The answer is the same whether the code was ever given or not."""
    if request.method == "POST":
        rate = {"withdraw": settings.WITHDRAWALS_RATE}
        slow: HttpResponse | None = ratelimit.consume_or_429(
            request, app="victims", action="withdraw", config=rate
        )
        if slow:
            return render(
                request, "victims/withdraw.html", {"form": CodeForm(), "too_fast": True}, status=429
            )
    form = CodeForm(request.POST or None)
    noted = request.method == "POST" and form.is_valid()
    if noted:
        actions.withdraw_by_code(form.cleaned_data["code"])
    context = {"form": form, "noted": noted}
    return render(request, "victims/withdraw.html", context, status=422 if form.errors else 200)


def own_victim(request: SignedIn, pk: str) -> Victim:
    """A victim of one's own agency, for those who take consents. Nobody else learns that there is one."""
    victim: Victim = get_object_or_404(Victim.objects.visible_to(request.user, Level.OWN), pk=pk)
    if not allows(check_takes_consent, victim, request.user):
        raise Http404
    return victim


def found_consent(request: SignedIn, pk: str) -> Consent:
    rows = Consent.objects.visible_to(request.user).select_related(
        "victim", "agency", "taken_by", "told", "withdrawn_by"
    )
    consent: Consent = get_object_or_404(rows, pk=pk)
    return consent
