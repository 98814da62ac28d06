"""The list of cases, the case itself, and what changes it."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agencies.audit import Act, record_looks, record_part
from agencies.live import SignedIn, go, panel
from agencies.models import User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import EditConflict, Refused, allows
from agencies.presenters import seen_by
from agencies.reviewing import check_may_review
from agencies.visibility import Level
from cases import actions
from cases.filters import CaseFilter
from cases.forms import BothChanged, CaseEditForm, CaseForm, MoveForm
from cases.models import Case
from cases.presenters_pages import case_rows, doors


def visible_or_404(user: User, pk: uuid.UUID, level: Level = Level.VIEW) -> Case:
    case: Case = get_object_or_404(
        Case.objects.visible_to(user, level).select_related("agency", "opened_by"), pk=pk
    )
    return case


@require_safe
def case_list(request: SignedIn) -> HttpResponse:
    """Every case one may know of, newest first."""
    if not request.user.may(Permission.READ_CASES):
        raise Http404
    form = CaseFilter(request.user, request.GET)
    rows: Any = form.rows().select_related("agency")
    page = keyset_page(rows.checked(), request.GET)
    context = {
        "form": form,
        "page": page,
        "rows": case_rows(page.rows, request.user),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "may_open": request.user.may(Permission.OPEN_CASES),
    }
    return panel(request, "cases/case_list.html", context, part="list")


def case_new(request: SignedIn) -> HttpResponse:
    if not request.user.may(Permission.OPEN_CASES):
        raise Http404
    form = CaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            case = actions.open_case(by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The case is open. Attach leads to it, or bring in partners.")
            return redirect("cases:case-detail", pk=case.pk)
    return render(request, "cases/case_form.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def case_detail(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The frame of a case; each panel asks the gate for itself. A summary is all that a summary viewer gets."""
    rows = Case.objects.with_level(request.user).select_related("agency__contact", "opened_by")
    case: Any = get_object_or_404(rows, pk=pk)
    level = Level(case.level)
    record_looks(Act.VIEWED, [case], by=request.user, level=level.label)
    context = {"case": case, "viewers": seen_by(case, request.user)}
    if level < Level.VIEW:
        return render(request, "cases/case_summary.html", context)
    context |= {
        "doors": doors(case, request.user),
        "move_form": MoveForm(case),
        "can_review": allows(check_may_review, case, request.user),
        "reads_leads": request.user.may(Permission.READ_LEADS),
    }
    return render(request, "cases/case_detail.html", context)


def case_edit(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Change the facts. When somebody was faster, both versions are shown and nothing typed is lost."""
    case = visible_or_404(request.user, pk)
    if not doors(case, request.user).edit:
        raise Http404
    record_part(case, by=request.user)
    form, both = CaseEditForm(copy.copy(case), request.POST or None), list[BothChanged]()
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_case(
                case, by=request.user, version=form.cleaned_data["version"], **form.changes_to(case)
            )
        except EditConflict as conflict:
            form, both = form.merged_with(visible_or_404(request.user, pk))
            form.add_error(None, str(conflict))
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("cases:case-detail", pk=pk)
    context = {"form": form, "case": case, "both": both}
    return render(request, "cases/case_form.html", context, status=422 if form.errors else 200)


def case_move(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Change the status, along the transition table and with a reason."""
    case = visible_or_404(request.user, pk)
    if not doors(case, request.user).move:
        raise Http404
    form = MoveForm(case, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            case = actions.move_case(case, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The case is now: {case.get_status_display().lower()}.")
            return go(request, reverse("cases:case-detail", args=[pk]))
    context = {"case": case, "form": form}
    return panel(request, "cases/case_move.html", context, 422 if form.errors else 200, part="form")
