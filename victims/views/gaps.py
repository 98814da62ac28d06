from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.live import SignedIn
from agencies.permissions import Permission
from victims.gaps import gaps_for


@require_safe
def gaps(request: SignedIn) -> HttpResponse:
    """Where help is missing, for supervisors and protection officers."""
    if not request.user.may(Permission.READ_GAPS):
        raise Http404
    context = {"gaps": gaps_for(request.user), "least": settings.SUPPRESS_BELOW}
    return render(request, "victims/gaps.html", context)
