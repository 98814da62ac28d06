from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django_htmx.http import HttpResponseClientRedirect

from agencies import acting, audit, second_factor, sessions
from agencies.purposes import PurposeNeeded
from agencies.visibility import Shareable
from agencies.volume import TooManyReads

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class NoStoreMiddleware:
    """No page or API answer is kept by a browser or a proxy: it may be another agency's tomorrow."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        if request.method == "POST" and request.path == reverse("account_logout"):
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response


class KnownMethodsMiddleware:
    """A view that asks for no method would answer any; TRACE is for nobody."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        known = request.method in METHODS or request.path.startswith(
            "/api/"
        )  # the API says so in its own form
        return self.get_response(request) if known else HttpResponseNotAllowed(METHODS)


METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


class ActingMiddleware:
    """Binds what the request asks of the database to whoever is signed in; the API learns it later (`acting.become`)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with acting.on_behalf_of(acting.viewer(request.user)):
            return self.get_response(request)


class AuditContextMiddleware:
    """One id per request joins all audit events that it causes; a refusal is one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = audit.source.set(audit.Source(uuid.uuid4(), _address(request)))
        try:
            response = self.get_response(request)
            if response.status_code in REFUSALS:
                record_refusal(request, response.status_code)
            if client := getattr(request, "refused_client", None):
                audit.record_sign_in_failed(client, through="API")
            return response
        finally:
            audit.source.reset(token)


class OnlySentMiddleware:
    """A form's address that is opened like a page (reload, history) leads somewhere instead of to a blank window."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            response.content = render_to_string("405.html", request=request)
        return response


class LooksMiddleware:
    """What stops a look before anything is shown: the hour's limit is reached, or the owner asks for a purpose first."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, PurposeNeeded):
            return _ask_purpose(request, exception.row)
        if not isinstance(exception, TooManyReads):
            return None
        page = render(request, "429.html", {"why": str(exception)}, status=429)
        page["Retry-After"] = str(exception.wait)
        return page


def _ask_purpose(request: HttpRequest, row: Shareable) -> HttpResponse:
    """A page leads to the question and back; a part of a page says that it is open."""
    by_htmx = "HX-Request" in request.headers
    back = request.headers.get("HX-Current-URL", "/") if by_htmx else request.get_full_path()
    address = reverse("agencies:purpose", args=[row._meta.label_lower, row.pk])
    url = f"{address}?{urlencode({'next': back})}"
    return render(request, "agencies/purpose.html#needed", {"url": url}) if by_htmx else redirect(url)


def _address(request: HttpRequest) -> str | None:
    """Where the request came from, past as many proxies as are trusted; of a local socket nothing is known."""
    return get_adapter(request).get_client_ip(request) if request.META.get("REMOTE_ADDR") else None


REFUSALS = (403, 404)


def record_refusal(request: HttpRequest, status: int) -> None:
    """Written after the view's transaction, which a refusal undoes, and alike for what is hidden and what never was."""
    user, route = getattr(request, "user", None), request.resolver_match
    if user is None or not user.is_authenticated or route is None:
        return
    ids = [value for value in route.kwargs.values() if isinstance(value, uuid.UUID)]
    audit.record_denial(
        by=user, object_id=ids[0] if ids else audit.NOTHING, route=route.view_name, method=request.method, status=status,
    )  # fmt: skip


class SessionLimitsMiddleware:
    """Locks a session that nobody used for a while, and ends one that is too old.

    What was sent to a locked session waits with it until the password is typed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        if sessions.is_over(request.session):
            logout(request)
            return self.get_response(request)
        if sessions.is_locked(request.session):
            return self.get_response(request) if request.path in _open_when_locked() else _locked(request)
        if "X-Background" not in request.headers:
            sessions.touch(request.session)
        return self.get_response(request)


OPEN_WHEN_LOCKED = (
    "agencies:locked", "agencies:unlock", "agencies:sso", "agencies:sso-callback", "account_logout", "theme",
)  # fmt: skip


@cache
def _open_when_locked() -> set[str]:
    return {reverse(name) for name in OPEN_WHEN_LOCKED}


def _locked(request: HttpRequest) -> HttpResponseBase:
    """A page goes to the lock; a part of a page or a program is told (423), and the page locks itself."""
    by_script = "HX-Request" in request.headers or request.headers.get("X-Requested-With") == "fetch"
    if by_script or request.path.startswith("/api/"):
        return HttpResponse(
            "Locked: nobody used it for a while.", status=423, content_type="text/plain; charset=utf-8"
        )
    if forged := CsrfViewMiddleware(_locked).process_view(request, _locked, (), {}):
        return forged  # the view, before which this is asked otherwise, is not reached
    if request.method == "POST" and _may_be_kept(request):
        fields, files = request.POST.lists(), bool(request.FILES)
        sessions.keep(request.session, request.get_full_path(), fields, with_files=files)
    seen = request.method in ("GET", "HEAD")
    back = request.get_full_path() if seen else request.headers.get("Referer", "")
    return redirect(f"{reverse('agencies:locked')}?{urlencode({'next': back})}")


def _may_be_kept(request: HttpRequest) -> bool:
    """A password is not kept in the session, nor a victim's identity."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return not request.path.startswith("/account/") and not hasattr(view, "never_kept")


class SecondFactorMiddleware:
    """Whoever needs a second factor and has none sets it up before anything else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not second_factor.is_missing(request):
            return self.get_response(request)
        if second_factor.is_held_elsewhere(request):  # it must not give itself another one
            logout(request)
            return redirect("account_login")
        # What lies under /account/ is about oneself alone.
        if request.path.startswith("/account/"):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return HttpResponse(
                "Set up a second factor first.", status=403, content_type="text/plain; charset=utf-8"
            )
        if "HX-Request" in request.headers:
            return HttpResponseClientRedirect(reverse("mfa_index"))
        return redirect("mfa_index")
