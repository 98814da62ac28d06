"""Which agencies work on a case, and who of one's own people."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from agencies.forms import ReasonForm
from agencies.live import SignedIn, panel
from agencies.models import User
from agencies.policies import Refused, allows
from cases import actions
from cases.forms import AssignForm, StaffForm
from cases.models import UNFINISHED, Assignment, Case, Task
from cases.policies import check_can_staff, check_can_withdraw
from cases.presenters_pages import doors, effect_of_assigning
from cases.views.cases import visible_or_404


@require_safe
def case_agencies(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The agencies on a case, the leading one first, and those whose part has ended."""
    case = visible_or_404(request.user, pk)
    rows = Assignment.objects.visible_to(request.user).filter(case=case).select_related("agency")
    rows = rows.prefetch_related("people").order_by("part", "created_at")
    running = [row for row in rows if row.ended_at is None]
    own = next((row for row in running if row.agency_id == request.user.agency_id), None)
    context = {
        "case": case,
        "running": running,
        "ended": [row for row in rows if row.ended_at is not None],
        "doors": doors(case, request.user),
        "staffs": own if own and allows(check_can_staff, own, request.user) else None,
    }
    return panel(request, "cases/case_agencies.html", context)


def assign(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Give an agency a part. What that shows it is told first; only what was told is carried out."""
    case = visible_or_404(request.user, pk)
    if not doors(case, request.user).assign:
        raise Http404
    if request.method != "POST":
        form = AssignForm(request.user, initial=request.GET.dict())
        context = {
            "case": case,
            "form": form,
            **_effect(case, AssignForm(request.user, request.GET), request.user),
        }
        return panel(request, "cases/case_assign.html", context, part="effect")
    form = AssignForm(request.user, request.POST)
    if form.is_valid() and form.was_told:
        try:
            assignment = actions.assign_case(case, by=request.user, **form.facts)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{assignment.agency} now works on the case.")
            return redirect("cases:case-detail", pk=pk)
    context = {"case": case, "form": form, **_effect(case, form, request.user)}
    return render(request, "cases/case_assign.html", context, status=422 if form.errors else 200)


def _effect(case: Case, form: AssignForm, user: User) -> dict[str, Any]:
    """What the choice in `form` would change, once it is made."""
    form.is_valid()
    agency, part = form.cleaned_data.get("agency"), form.cleaned_data.get("part")
    if agency is None or not part:
        return {"effect": None, "told": ""}
    return {"effect": effect_of_assigning(case, agency, part, user), "told": form.choice}


def withdraw(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """End an agency's part, with a reason; the case is gone for it at once."""
    assignment = _assignment_or_404(request.user, pk)
    case = visible_or_404(request.user, assignment.case_id)
    if not allows(check_can_withdraw, assignment, request.user):
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.withdraw_assignment(assignment, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{assignment.agency} no longer sees the case.")
            return redirect("cases:case-detail", pk=case.pk)
    tasks = Task.objects.visible_to(request.user).filter(case=case, assigned_agency=assignment.agency)
    context = {
        "case": case,
        "assignment": assignment,
        "form": form,
        "open_tasks": tasks.filter(status__in=UNFINISHED).count(),
    }
    return render(request, "cases/assignment_withdraw.html", context, status=422 if form.errors else 200)


def staff(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Name the people of one's own agency who work on the case."""
    assignment = _assignment_or_404(request.user, pk)
    case = visible_or_404(request.user, assignment.case_id)
    if not allows(check_can_staff, assignment, request.user):
        raise Http404
    form = StaffForm(assignment, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.staff_case(assignment, people=form.cleaned_data["people"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved who of you works on the case.")
            return redirect("cases:case-detail", pk=case.pk)
    context = {"case": case, "assignment": assignment, "form": form}
    return render(request, "cases/assignment_staff.html", context, status=422 if form.errors else 200)


def _assignment_or_404(user: User, pk: uuid.UUID) -> Assignment:
    rows = Assignment.objects.visible_to(user).filter(ended_at=None).select_related("agency")
    assignment: Assignment = get_object_or_404(rows, pk=pk)
    return assignment
