"""What the pages of every app share: whoever is signed in, panels, live parts, going back after a form."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from agencies.models import User


class SignedIn(HttpRequest):
    """A request as every view gets it: the middleware let nobody else through."""

    user: User
    htmx: HtmxDetails


def token(*seen: Any) -> str:
    """A short name for a state of what the reader sees: equal states, equal tokens."""
    return hashlib.blake2b(repr(seen).encode(), digest_size=8).hexdigest()


def newest(rows: QuerySet[Any, Any]) -> tuple[Any, int]:
    """When a row last changed, and how many there are: what a token of rows is made of. One query."""
    found = rows.order_by().aggregate(changed=Max("updated_at"), number=Count("pk"))
    return found["changed"], found["number"]


def unchanged(request: HttpRequest, state: str) -> HttpResponse | None:
    """The answer "nothing new" (204), if the page already shows this state."""
    return HttpResponse(status=204) if request.GET.get("since") == state else None


def panel(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200, part: str = "panel"
) -> HttpResponse:
    """A panel alone (the template's partial) for the page that asks with htmx, else as a page of its own."""
    alone = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    return render(request, f"{template}#{part}" if alone else template, context, status=status)


def way_back(request: HttpRequest, otherwise: str) -> str:
    """Where the form was opened from (its hidden `next`, or the page that htmx was asked from), if it is ours."""
    asked = request.POST.get("next") or request.GET.get("next") or request.headers.get("HX-Current-URL", "")
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else resolve_url(otherwise)


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect after a form that did its work; a form sent by htmx moves the whole page."""
    return HttpResponseClientRedirect(url) if request.headers.get("HX-Request") else redirect(url)
