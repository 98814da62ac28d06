"""The agency's own list of places that nobody else may know of."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from agencies import audit
from agencies.audit import Act
from agencies.live import SignedIn
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from cases import actions
from cases.forms_operations import SiteForm
from cases.models import SensitiveSite


def site_list(request: SignedIn) -> HttpResponse:
    """The places on the list, and the form that adds one."""
    if not request.user.may(Permission.PROTECT_VALUES):
        raise Http404
    which = "removed" if request.GET.get("which") == "removed" else "kept"
    form = SiteForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            site = actions.keep_site(by=request.user, **form.facts)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, f"{site} is on your list, and compared with every operation from now on."
            )
            return redirect("cases:site-list")
    rows = SensitiveSite.objects.visible_to(request.user).filter(removed_at__isnull=which == "kept")
    page = keyset_page(rows, request.GET)
    url = reverse("cases:site-list")
    audit.record_looks(Act.VIEWED, page.rows, by=request.user, through="the list")
    context = {
        "page": page,
        "form": form,
        "which": which,
        "tabs": [("kept", "Kept", url), ("removed", "Removed", f"{url}?which=removed")],
    }
    return render(request, "cases/site_list.html", context, status=422 if form.errors else 200)


def site_detail(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One place: change it."""
    site = get_object_or_404(SensitiveSite.objects.visible_to(request.user), pk=pk)
    audit.record_looks(Act.VIEWED, [site], by=request.user)
    form = SiteForm(request.user, request.POST or None, site=site)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_site(site, by=request.user, **form.facts)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("cases:site-list")
    return render(
        request, "cases/site_detail.html", {"site": site, "form": form}, status=422 if form.errors else 200
    )


@require_POST
def site_remove(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Take a place off the list, or put it back."""
    site = get_object_or_404(SensitiveSite.objects.visible_to(request.user), pk=pk)
    try:
        if request.POST.get("act") == "restore":
            actions.restore_site(site, by=request.user)
            messages.success(request, f"{site} is on your list again.")
        else:
            actions.remove_site(site, by=request.user)
            messages.success(request, f"{site} is off your list, under Removed.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("cases:site-list")
