"""What is left of purged records: the certificates."""

from __future__ import annotations

import json
import uuid

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from agencies.live import SignedIn
from agencies.models import PurgeCertificate, PurgeNotice, User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.presenters import noun
from agencies.views.room import tabs


def _certificates(user: User) -> QuerySet[PurgeCertificate, PurgeCertificate]:
    if not user.may(Permission.READ_AUDIT):
        raise Http404
    rows: QuerySet[PurgeCertificate, PurgeCertificate] = PurgeCertificate.objects.visible_to(user)
    return rows.select_related("purged_by")


@require_safe
def purges(request: SignedIn) -> HttpResponse:
    """Every record that one's agency purged, the newest first."""
    rows = _certificates(request.user)
    if asked := request.GET.get("q", "").replace("\0", "").strip():
        rows = rows.filter(reference__iexact=asked)
    page = keyset_page(rows, request.GET)
    lines = [(each, noun(each.kind)) for each in page.rows]
    context = {"tabs": tabs(request.user), "page": page, "lines": lines, "asked": asked}
    return render(request, "agencies/room_purges.html", context)


@require_safe
def purge(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One certificate, and which partners said that their copies are gone."""
    certificate = get_object_or_404(_certificates(request.user), pk=pk)
    notices = PurgeNotice.objects.visible_to(request.user).filter(certificate=certificate)
    context = {
        "certificate": certificate,
        "noun": noun(certificate.kind),
        "notices": notices.select_related("agency", "acknowledged_by").order_by("agency__name"),
    }
    return render(request, "agencies/purge.html", context)


@require_safe
def certificate_file(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The certificate as a file that can be checked without Taskforce, once it is signed."""
    certificate = get_object_or_404(_certificates(request.user).exclude(signature=""), pk=pk)
    file = {"told": certificate.told(), "key": certificate.key, "signature": certificate.signature}
    name = f"purge-{certificate.reference}.json"
    return HttpResponse(
        json.dumps(file, ensure_ascii=False, indent=1) + "\n", content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip
