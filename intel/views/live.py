"""Parts of a page that ask again each second and are answered only when something changed."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


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


def panel(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A panel alone (its partial "panel") for the page that asks with htmx, else as a page of its own."""
    part = f"{template}#panel" if request.headers.get("HX-Request") else template
    return render(request, part, context, status=status)
