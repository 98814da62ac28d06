"""The hits of one lead or subject, as panels of their pages that stay up to date while matching runs."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from agencies import live
from agencies.live import SignedIn
from agencies.permissions import Permission
from intel.models import Disclosure, HitNotice, Lead, MatchRecord, Subject
from intel.presenters_hits import cards, with_sides
from intel.presenters_matching import matching_of, matching_stage
from intel.ranking import most_telling_first

MOST_ROWS = 20
MOST_RECORDS = 500  # of a reference list with thousands of entries only so many are looked up on its page


@require_safe
def lead_hits(request: SignedIn, pk: str) -> HttpResponse:
    """The reader's hits on a lead, and to its owner how far matching is and what it compared."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    is_own = lead.agency_id == request.user.agency_id
    stage = matching_stage(lead) if is_own else None
    notices = touching(request, lead=lead)
    state = live.token(live.newest(notices), stage, *requests_state(request, notices))
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = panel_context(request, notices, reverse("intel:lead-hits", args=[lead.pk]), state)
    context |= {"lead": lead, "stage": stage, "matching": matching_of(lead, request.user) if is_own else None}
    return live.panel(request, "intel/notice_panel.html", context)


@require_safe
def subject_hits(request: SignedIn, pk: str) -> HttpResponse:
    subject = get_object_or_404(Subject.objects.visible_to(request.user), pk=pk)
    notices = touching(request, subject=subject)
    state = live.token(live.newest(notices), *requests_state(request, notices))
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = panel_context(request, notices, reverse("intel:subject-hits", args=[subject.pk]), state)
    return live.panel(request, "intel/notice_panel.html", context | {"subject": subject})


def touching(request: SignedIn, **record: Any) -> Any:
    """The reader's own notices of hits with one of these match records on either side."""
    held = list(MatchRecord.objects.filter(**record).values_list("pk", flat=True)[:MOST_RECORDS])
    notices = HitNotice.objects.visible_to(request.user).exclude(state=HitNotice.State.WITHDRAWN)
    return notices.filter(Q(hit__left__in=held) | Q(hit__right__in=held))


def requests_state(request: SignedIn, notices: Any) -> tuple[Any, int]:
    """Changes whenever a request about these notices does, since that may open the other side."""
    return live.newest(Disclosure.objects.visible_to(request.user).filter(notice__in=notices.values("pk")))


def panel_context(request: SignedIn, notices: Any, url: str, state: str) -> dict[str, Any]:
    rows = list(most_telling_first(with_sides(notices), request.user)[: MOST_ROWS + 1])
    return {
        "cards": cards(rows[:MOST_ROWS], request.user),
        "has_more": len(rows) > MOST_ROWS,
        "url": url,
        "state": state,
        "can_judge": request.user.may(Permission.JUDGE_HITS),
    }
