"""The day itself: the board of one operation, of all of a day, teams and reports from the field."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST, require_safe

from agencies import audit, live
from agencies.live import SignedIn
from agencies.permissions import Permission
from agencies.policies import Refused
from cases import actions
from cases.forms_operations import ReportForm, TeamForm
from cases.models import LIVE, Operation, Report, Team
from cases.presenters_operations import agencies_with, boards, operation_doors
from cases.views.operations import case_seen, operation_or_404, operations_of

MOST_A_DAY = 40


@require_safe
def day(request: SignedIn) -> HttpResponse:
    """All operations of one day that the reader has, live."""
    if not request.user.may(Permission.READ_CASES):
        raise Http404
    chosen = _day(request.GET.get("on", ""))
    begins = timezone.make_aware(dt.datetime.combine(chosen, dt.time.min))
    # A day somewhere begins up to 14 hours before and ends up to 12 after that of Greenwich.
    near = Q(starts_at__lt=begins + dt.timedelta(hours=36), ends_at__gte=begins - dt.timedelta(hours=14))
    rows = operations_of(request.user).filter(near).exclude(status=Operation.Status.CALLED_OFF)
    on_that_day = [each for each in rows[: 3 * MOST_A_DAY] if _is_on(each, chosen)][:MOST_A_DAY]
    state = live.token([(each.pk, each.updated_at) for each in on_that_day], chosen)
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    found = boards(on_that_day, most=3)
    context = {
        "boards": found,
        "arrests": sum(board.arrests for board in found),
        "victims": sum(board.victims for board in found),
        "seizures": sum(board.seizures for board in found),
        "day": chosen,
        "before": chosen - dt.timedelta(days=1),
        "after": chosen + dt.timedelta(days=1),
        "state": state,
    }
    return live.panel(request, "cases/operation_day.html", context)


def _day(typed: str) -> dt.date:
    try:
        chosen = parse_date(typed)
    except ValueError:
        chosen = None
    return chosen or timezone.localdate()


def _is_on(operation: Operation, day: dt.date) -> bool:
    """By the calendar there; what is under way is on every day until it is done."""
    if operation.status == Operation.Status.UNDER_WAY and day == timezone.localdate():
        return True
    return operation.local_start.date() <= day <= operation.local_end.date()


def board(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The board of one operation: made for a telephone in one hand."""
    operation = operation_or_404(request.user, pk)
    state = live.token(operation.updated_at, operation.status)
    if request.method == "GET" and (nothing_new := live.unchanged(request, state)):
        return nothing_new
    audit.record_part(operation, by=request.user)
    form = ReportForm(operation, request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            try:
                actions.report(operation, by=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect("cases:operation-board", pk=pk)
        operation = operation_or_404(request.user, pk)
    [found] = boards([operation])
    context: dict[str, Any] = {
        "operation": operation,
        "board": found,
        "case": case_seen(operation, request.user),
        "doors": operation_doors(operation, request.user),
        "form": form,
        "key": uuid.uuid4(),
        "state": state,
        "is_live": operation.status in LIVE,
    }
    part = "live" if request.GET.get("part") == "live" else "panel"
    return live.panel(request, "cases/operation_board.html", context, 422 if form.errors else 200, part=part)


@require_POST
def strike(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Take back a line of a report; `line` in the body says which."""
    operation = operation_or_404(request.user, pk)
    lines = Report.objects.filter(operation=operation).select_related("operation__case")
    try:
        actions.strike_report(
            get_object_or_404(lines, pk=_uuid(request.POST.get("line", ""))), by=request.user
        )
        messages.success(request, "Taken back. It stays on record, struck through.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("cases:operation-board", pk=pk)


@require_POST
def teams(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Add a team, or take one off (`drop` says which)."""
    operation = operation_or_404(request.user, pk)
    try:
        if drop := request.POST.get("drop"):
            rows = Team.objects.filter(operation=operation).select_related("operation")
            actions.drop_team(get_object_or_404(rows, pk=_uuid(drop)), by=request.user)
            messages.success(request, "The team is off the operation.")
        else:
            _add(request, operation)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(reverse("cases:operation-detail", args=[pk]) + "#teams")


def _add(request: SignedIn, operation: Operation) -> None:
    form = TeamForm(agencies_with(operation, request.user), request.POST)
    if not form.is_valid():
        raise Refused(" ".join(str(error) for errors in form.errors.values() for error in errors))
    actions.add_team(operation, by=request.user, **form.cleaned_data)
    messages.success(request, "The team is on the operation.")


def _uuid(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError:
        raise Http404 from None
