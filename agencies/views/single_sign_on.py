"""Signing in through the office's issuer, and the page on which an administrator binds a colleague's account to it."""

from __future__ import annotations

import uuid

from allauth.core.internal import ratelimit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from agencies import issuer, sessions, single_sign_on
from agencies.forms import SubjectForm
from agencies.live import SignedIn
from agencies.models import SignInSubject, User
from agencies.policies import Refused
from agencies.views.room import colleague_or_404

RATE = {"single_sign_on": "120/m/ip"}
AWAY = "The issuer of single sign-on does not answer. Try again in a moment, or sign in with your password."


# --- Signing in ------------------------------------------------------------------------------------------------


@login_not_required
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Off to the issuer: to sign in, or to unlock a page that nobody used."""
    if too_fast := _too_fast(request):
        return too_fast
    if request.user.is_authenticated and not sessions.is_locked(request.session):
        return redirect(settings.LOGIN_REDIRECT_URL)
    provider = issuer.SubjectSignIn(request).get_provider(request, settings.SSO_ISSUER)
    try:
        answer: HttpResponse = provider.redirect_from_request(request)
    except (OAuth2Error, OSError):  # what requests raises is an OSError
        messages.error(request, AWAY)
        return redirect(settings.LOGIN_URL)
    return answer


@login_not_required
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the issuer, with a code."""
    if too_fast := _too_fast(request):
        return too_fast
    answer: HttpResponse = OAuth2CallbackView.adapter_view(issuer.Issuer(request))(request)
    return answer


def _too_fast(request: HttpRequest) -> HttpResponse | None:
    """Each of these makes the server ask another: nobody does that as often as they like."""
    if not settings.SSO_ISSUER:
        raise Http404
    answer: HttpResponse | None = ratelimit.consume_or_429(
        request, app="agencies", action="single_sign_on", config=RATE, limit_get=True
    )
    return answer


@login_not_required
@require_safe
def ended(request: HttpRequest) -> HttpResponse:
    """Signed out here; the issuer may still hold a session of its own."""
    if too_fast := _too_fast(request):
        return too_fast
    return render(request, "account/sso_ended.html", {"url": issuer.sign_out_url(request)})


# --- Who is bound ----------------------------------------------------------------------------------------------


def of_person(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Bind a colleague's account to a subject of the issuer, or unbind it."""
    person = colleague_or_404(request.user, pk)
    bound = SignInSubject.objects.filter(user=person).select_related("bound_by").first()
    if not settings.SSO_ISSUER and bound is None:
        raise Http404
    form = SubjectForm(request.POST if request.method == "POST" and bound is None else None)
    if request.method == "POST" and _decide(request, person, bound, form):
        return redirect("agencies:room-people")
    context = {"person": person, "bound": bound, "form": form, "sso_issuer": settings.SSO_ISSUER}
    return render(request, "agencies/person_sso.html", context, status=422 if form.errors else 200)


def _decide(request: SignedIn, person: User, bound: SignInSubject | None, form: SubjectForm) -> bool:
    try:
        if "unbind" in request.POST:
            single_sign_on.unbind(person, by=request.user)
            messages.success(
                request, f"{person} is signed out, and no longer signs in through {settings.SSO_NAME}."
            )
            return True
        if bound is None and form.is_valid():
            single_sign_on.bind(person, form.cleaned_data["subject"], by=request.user)
            messages.success(request, f"{person} signs in through {settings.SSO_NAME} now.")
            return True
    except Refused as refusal:
        if bound is None:
            form.add_error(None if "unbind" in request.POST else "subject", str(refusal))
        else:
            messages.error(request, str(refusal))
    return False
