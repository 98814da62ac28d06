from __future__ import annotations

import uuid
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponseBase

from agencies import audit

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class NoStoreMiddleware:
    """No page or API answer is kept by a browser or a proxy: it may be another agency's tomorrow."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        return response


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
            return response
        finally:
            audit.source.reset(token)


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
