"""Corroboration: the origins behind a lead, as a panel of its page, and marking them by hand."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from agencies import audit, live
from agencies.live import SignedIn
from agencies.permissions import Permission
from agencies.policies import Refused
from intel import actions
from intel.corroboration import Corroboration, readable
from intel.lookups import references_in
from intel.models import HitNotice, Lead, OriginMark
from intel.models.hit import UNREAD_OF_SIDES
from intel.presenters import other_record
from intel.presenters_origins import account_of, line_for_pair

Status = OriginMark.Status


@require_safe
def lead_origins(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """How many independent origins stand behind a lead, and which reports only repeat another."""
    lead = get_object_or_404(readable(request.user), pk=pk)
    audit.record_part(lead, by=request.user)
    return _panel(request, lead)


def _panel(request: SignedIn, lead: Lead, problem: str = "", typed: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "lead": lead,
        "account": account_of(Corroboration.of(lead, request.user), request.user),
        "can_mark": request.user.may(Permission.JUDGE_HITS),
        "problem": problem,
        "typed": typed,
    }
    return live.panel(request, "intel/lead_origins.html", context, status=422 if problem else 200)


@require_POST
def origin_mark(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Mark another lead, by id or reference, as of one origin with this one, as independent, or take that back."""
    lead = get_object_or_404(readable(request.user), pk=pk)
    status = request.POST.get("status", "")
    typed = request.POST.get("reference", "").replace("\0", "").strip()[:50]
    other = _named(request, typed)
    if other is None or status not in Status.values:
        return _panel(request, lead, "No lead that you may read has this reference.", typed)
    try:
        actions.mark_origin(lead, other, status=status, by=request.user)
    except Refused as refusal:
        return _panel(request, lead, str(refusal), typed)
    if not request.htmx:
        messages.success(request, _said(status, other))
        return live.go(request, f"{reverse('intel:lead-detail', args=[lead.pk])}#origins")
    toast = {"text": _said(status, other), "tone": "good"}
    return trigger_client_event(_panel(request, lead), "toast", toast)


def _named(request: SignedIn, typed: str) -> Lead | None:
    found = references_in(typed)
    other: Lead | None = readable(request.user).filter(reference=found[0]).first() if found else None
    return other


def _said(status: str, other: Lead) -> str:
    return {
        Status.SAME: f"Marked: one origin with {other.reference}.",
        Status.INDEPENDENT: f"Marked: independent of {other.reference}.",
        Status.CLEARED: f"The mark on {other.reference} is taken back.",
    }[Status(status)]


@require_safe
def notice_origins(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One line for the page of a hit, where the reader may read both leads; nothing where one is sealed."""
    notices = HitNotice.objects.visible_to(request.user).exclude(state=HitNotice.State.WITHDRAWN)
    notice = get_object_or_404(
        notices.select_related("hit__left", "hit__right").defer(*UNREAD_OF_SIDES), pk=pk
    )
    pair = {notice.own_lead_id, other_record(notice).lead_id}
    leads = {lead.pk: lead for lead in readable(request.user).filter(pk__in=pair)}
    said = ""
    if len(leads) == 2:
        own = leads.pop(notice.own_lead_id)
        [other] = leads.values()
        said = line_for_pair(Corroboration.of(own, request.user, besides=other.pk), other, request.user)
    return live.panel(request, "intel/notice_origins.html", {"notice": notice, "said": said})
