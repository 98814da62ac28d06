"""Handing a record over to another agency: the offer, its answer, and what waits for one."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agencies import audit, handing_over, live
from agencies.audit import Act
from agencies.forms_handover import HandoverAnswerForm, HandoverForm
from agencies.live import SignedIn, go
from agencies.models import Handover, User
from agencies.permissions import Permission
from agencies.policies import Refused, allows
from agencies.presenters_handover import facts_of, goes_with
from agencies.retention import Retained
from agencies.views.sharing import about, visible_or_404
from agencies.visibility import Level

MOST_ON_DESK = 10
VERBS = {
    "accept": (handing_over.accept, "It is your agency's now, with all that goes with it."),
    "decline": (handing_over.decline, "Declined. They are shown your reason."),
    "withdraw": (handing_over.withdraw, "Withdrawn. They are no longer shown the record for it."),
}


def hand_over(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """Offer one's own record to another agency."""
    record = visible_or_404(label, pk, request.user)
    if not allows(handing_over.check_may_hand_over, record, request.user) or not isinstance(record, Retained):
        raise Http404
    form = HandoverForm(record, request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = handing_over.offer(record, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Offered to {made.receiver}. It stays yours until they accept.")
            return go(request, reverse("agencies:handover", args=[made.pk]))
    context = {
        **about(record, request),
        "form": form,
        "open": handing_over.open_offer(record),
        "hindrance": _hindrance(record),
        "goes_with": goes_with(record),
    }
    return render(request, "agencies/handover_offer.html", context, status=422 if form.errors else 200)


def _hindrance(record: Retained) -> str:
    try:
        handing_over.check_can_go(record, keeps=0)
    except Refused as refusal:
        return str(refusal)
    return ""


def _handovers(user: User) -> QuerySet[Handover, Handover]:
    if not user.may(Permission.HAND_OVER):
        raise Http404
    rows: QuerySet[Handover, Handover] = Handover.objects.visible_to(user)
    people = ("offered_by", "answered_by")
    return rows.select_related("agency", "receiver", *people).order_by("-created_at", "-pk")


@require_safe
def handovers(request: SignedIn) -> HttpResponse:
    """Every offer that one's agency made or was made, newest first."""
    page = Paginator(_handovers(request.user), 50).get_page(request.GET.get("page"))
    context = {"page": page, "lines": handing_over.lines(list(page), request.user)}
    return render(request, "agencies/handovers.html", context)


@require_safe
def desk(request: SignedIn) -> HttpResponse:
    """For the desk: what partners offer to hand over."""
    waiting = _handovers(request.user).filter(receiver=request.user.agency_id, state=Handover.State.OFFERED)
    lines = handing_over.lines(list(waiting[: MOST_ON_DESK + 1]), request.user)
    state = live.token([(line.handover.pk, line.handover.updated_at) for line in lines])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {"lines": lines[:MOST_ON_DESK], "has_more": len(lines) > MOST_ON_DESK, "state": state}
    return live.panel(request, "agencies/desk_handovers.html", context)


def handover(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One offer; it is answered, or withdrawn, here."""
    found = get_object_or_404(_handovers(request.user), pk=pk)
    lines = handing_over.lines([found], request.user)
    if not lines:
        raise Http404
    line = lines[0]
    form = HandoverAnswerForm(_acts(line), request.POST or None)
    if request.method == "POST" and form.is_valid():
        verb, said = VERBS[form.cleaned_data["act"]]
        try:
            verb(found, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, said)
            return go(request, reverse("agencies:handovers"))
    return render(
        request, "agencies/handover.html", _told(line, form, request.user), status=422 if form.errors else 200
    )


def _acts(line: handing_over.HandoverLine) -> list[str]:
    if line.may_answer:
        return ["accept", "decline"]
    return ["withdraw"] if line.may_withdraw else []


def _told(line: handing_over.HandoverLine, form: HandoverAnswerForm, reader: User) -> dict[str, Any]:
    record = line.record
    if record is not None and record.agency_id != reader.agency_id:
        audit.record_looks(Act.VIEWED, [record], by=reader, level=Level.SUMMARY.label, through="an offer")
    return {
        "line": line,
        "form": form,
        "noun": f"The {line.handover.model._meta.verbose_name}",
        "facts": facts_of(record) if record is not None else [],
        "hindrance": handing_over.hindrance_for(line, reader),
    }
