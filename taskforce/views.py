"""Pages of the house itself: the theme switch and the catalogue of components."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from taskforce import catalogue_samples
from taskforce.context_processors import THEMES

YEAR = 365 * 24 * 60 * 60


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie (anything else: as the system says), so that no page flashes."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = redirect(back if safe else "/")
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=settings.HTTPS)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


def catalogue(request: HttpRequest, screen: str = "catalogue") -> HttpResponse:
    """Every component in all its states, and the three key screens, for those who build pages."""
    if not settings.DEBUG or screen not in catalogue_samples.SCREENS:
        raise Http404
    return render(request, f"components/{catalogue_samples.SCREENS[screen]}", catalogue_samples.context())


@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: the web process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")
