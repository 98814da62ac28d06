"""Operations: on the page of their case, in one list, one by one; planning, changing and giving them."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agencies import audit, live
from agencies.audit import Act
from agencies.live import SignedIn
from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.policies import EditConflict, Refused, allows
from agencies.presenters import seen_by
from agencies.visibility import Level
from cases import actions
from cases.forms_operations import GiveForm, OperationForm, OperationMoveForm, TeamForm
from cases.models import LIVE, Case, ConflictNotice, Operation
from cases.policies_operations import check_can_change, check_can_plan, check_can_take_back
from cases.presenters_operations import (
    agencies_with,
    boards,
    conflict_lines,
    operation_doors,
    operation_rows,
    window,
)
from cases.views.cases import visible_or_404 as case_or_404

MOST_ON_CASE, MOST_IN_LIST = 50, 200


def operations_of(user: User) -> QuerySet[Operation, Operation]:
    rows: QuerySet[Operation, Operation] = Operation.objects.visible_to(user)
    return rows.select_related("agency__contact", "planned_by")


def operation_or_404(user: User, pk: uuid.UUID) -> Operation:
    return get_object_or_404(operations_of(user), pk=pk)


def case_seen(operation: Operation, user: User) -> Case | None:
    """The operation's case, if the reader has it: who planned an operation keeps that when the case is taken away."""
    found: Case | None = Case.objects.visible_to(user).filter(pk=operation.case_id).first()
    return found


@require_safe
def case_operations(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The operations on a case that the reader has, the next one first."""
    case = case_or_404(request.user, pk)
    rows = operations_of(request.user).filter(case=case)
    state = live.token(live.newest(rows), live.newest(_notices(request.user, case)), case.status)
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    audit.record_part(case, by=request.user)
    found = operation_rows(list(rows.order_by("-starts_at", "pk")[:MOST_ON_CASE]), request.user)
    context = {
        "case": case,
        "coming": [row for row in reversed(found) if row.operation.is_live],
        "past": [row for row in found if not row.operation.is_live],
        "may_plan": allows(check_can_plan, case, request.user),
        "state": state,
    }
    return live.panel(request, "cases/case_operations.html", context)


def _notices(user: User, case: Case) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = ConflictNotice.objects.visible_to(user).filter(own_case=case)
    return rows


@require_safe
def operation_list(request: SignedIn) -> HttpResponse:
    """Every operation that the reader has: what comes, or what was."""
    if not request.user.may(Permission.READ_CASES):
        raise Http404
    which = "past" if request.GET.get("which") == "past" else "coming"
    rows = operations_of(request.user)
    if which == "coming":
        rows = rows.filter(status__in=LIVE).order_by("starts_at", "pk")
    else:
        rows = rows.exclude(status__in=LIVE).order_by("-starts_at", "-pk")
    found = list(rows[: MOST_IN_LIST + 1])
    url = reverse("cases:operation-list")
    context = {
        "rows": operation_rows(found[:MOST_IN_LIST], request.user),
        "has_more": len(found) > MOST_IN_LIST,
        "which": which,
        "tabs": [("coming", "Coming", url), ("past", "Past", f"{url}?which=past")],
        "keeps_sites": request.user.may(Permission.PROTECT_VALUES),
    }
    return render(request, "cases/operation_list.html", context)


def operation_plan(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Plan an operation on a case."""
    case = case_or_404(request.user, pk)
    if not allows(check_can_plan, case, request.user):
        raise Http404
    audit.record_part(case, by=request.user)
    form = OperationForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operation = actions.plan_operation(
                case, by=request.user, key=form.cleaned_data["key"], **form.plan
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Planned. It is being compared with what all agencies plan.")
            return redirect("cases:operation-detail", pk=operation.pk)
    context = {"form": form, "case": case, "operation": None}
    return render(request, "cases/operation_form.html", context, status=422 if form.errors else 200)


@require_safe
def operation_detail(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    operation = operation_or_404(request.user, pk)
    audit.record_looks(Act.VIEWED, [operation], by=request.user)
    owns = operation.agency_id == request.user.agency_id
    [board] = boards([operation])
    context = {
        "operation": operation,
        "case": case_seen(operation, request.user),
        "window": window(operation),
        "doors": operation_doors(operation, request.user),
        "viewers": seen_by(operation, request.user),
        "agencies": [
            agency for agency in agencies_with(operation, request.user) if agency.pk != operation.agency_id
        ],
        "owns": owns,
        "board": board,
        "team_form": TeamForm(agencies_with(operation, request.user)) if owns else None,
    }
    return render(request, "cases/operation_detail.html", context)


@require_safe
def operation_conflicts(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """What stands between an operation and its go, on its page: polled, because the comparison takes a moment."""
    operation = operation_or_404(request.user, pk)
    rows = ConflictNotice.objects.visible_to(request.user).filter(own_operation=operation)
    state = live.token(live.newest(rows), operation.status, operation.checked_at)
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    audit.record_part(operation, by=request.user)
    notices = list(rows.select_related("other_agency", "contact", "settled_by").order_by("created_at"))
    context = {
        "operation": operation,
        "owns": operation.agency_id == request.user.agency_id,
        "lines": conflict_lines(notices, request.user),
        "doors": operation_doors(operation, request.user),
        "state": state,
    }
    return live.panel(request, "cases/operation_conflicts.html", context)


def operation_edit(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Change the plan. When somebody was faster, both versions are shown and nothing typed is lost."""
    operation = operation_or_404(request.user, pk)
    if not allows(check_can_change, operation, request.user):
        raise Http404
    audit.record_part(operation, by=request.user)
    both: list[tuple[str, str, str]] = []
    form = OperationForm(request.user, request.POST or None, operation=operation)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_operation(
                operation, by=request.user, version=form.cleaned_data["version"], **form.plan
            )
        except EditConflict as conflict:
            saved = operation_or_404(request.user, pk)
            both = form.differences(saved)
            data = request.POST.copy()
            data["version"] = saved.updated_at.isoformat()
            form = OperationForm(request.user, data, operation=saved)
            form.add_error(None, str(conflict))
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("cases:operation-detail", pk=pk)
    context = {"form": form, "case": case_seen(operation, request.user), "operation": operation, "both": both}
    return render(request, "cases/operation_form.html", context, status=422 if form.errors else 200)


@require_POST
def operation_move(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    operation = operation_or_404(request.user, pk)
    form = OperationMoveForm(operation, request.POST)
    try:
        if not form.is_valid():
            raise Refused("Choose what becomes of the operation.")
        actions.move_operation(operation, by=request.user, **form.cleaned_data)
        status = Operation.Status(form.cleaned_data["status"])
        messages.success(request, f"The operation is now: {status.label.lower()}.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(live.way_back(request, reverse("cases:operation-detail", args=[pk])))


def operation_give(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Give the operation to an agency on the case, or take it back."""
    operation = operation_or_404(request.user, pk)
    if not allows(check_can_take_back, operation, request.user):
        raise Http404
    audit.record_part(operation, by=request.user)
    form = GiveForm(operation, request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            said = _give_or_take(request, operation, form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, said)
            return redirect("cases:operation-detail", pk=pk)
    having = [agency for agency in agencies_with(operation, request.user) if agency.pk != operation.agency_id]
    context = {
        "operation": operation,
        "case": case_seen(operation, request.user),
        "form": form,
        "having": having,
        "level": Level.CONTRIBUTE,
    }
    return render(request, "cases/operation_give.html", context, status=422 if form.errors else 200)


def _give_or_take(request: SignedIn, operation: Operation, chosen: dict[str, Any]) -> str:
    agency: Agency = chosen["agency"]
    if request.POST.get("act") == "take":
        actions.take_operation_back(operation, by=request.user, agency=agency, reason=chosen["reason"])
        return f"{agency} does not have it any more."
    actions.give_operation(operation, by=request.user, agency=agency, reason=chosen["reason"])
    return f"{agency} has the operation."
