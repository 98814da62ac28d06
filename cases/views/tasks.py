"""Tasks: on the page of their case, and on the desk of those who are to do them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from agencies import audit, live
from agencies.live import SignedIn
from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import Refused
from cases import actions
from cases.forms import TaskForm
from cases.models import UNFINISHED, Case, Task
from cases.presenters_pages import doors
from cases.views.cases import visible_or_404

MOST_ROWS = 20
LINGERS = timedelta(minutes=1)  # how long a finished task stays on the desk, to be taken back
SAID = {
    Task.Status.OPEN: "The task is to do again.",
    Task.Status.DOING: "The task is in progress.",
    Task.Status.DONE: "Done.",
    Task.Status.DROPPED: "The task is dropped.",
}


def case_tasks(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The tasks of a case, the most urgent first; those who work on it add some here."""
    case = visible_or_404(request.user, pk)
    tasks = Task.objects.visible_to(request.user).filter(case=case)
    state = live.token(live.newest(tasks), case.status, timezone.localdate())
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    audit.record_part(case, by=request.user)
    may = doors(case, request.user)
    form = TaskForm(case, request.user, request.POST or None) if may.work else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            actions.set_task(case, by=request.user, **form.facts)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            if not request.htmx:
                return redirect(live.way_back(request, reverse("cases:case-detail", args=[pk])))
            form, state = TaskForm(case, request.user), ""
    rows = tasks.select_related("agency", "assigned_agency", "assignee")
    unfinished = list(rows.filter(status__in=UNFINISHED)[:200])
    context = {
        "case": case,
        "doors": may,
        "form": form,
        "unfinished": unfinished,
        "finished": list(rows.exclude(status__in=UNFINISHED).order_by("-updated_at")[:50]),
        "state": state,
    }
    status = 422 if form is not None and form.errors else 200
    part = "list" if request.GET.get("part") == "list" else "panel"
    return live.panel(request, "cases/case_tasks.html", context, status=status, part=part)


@require_POST
def task_move(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Start, finish, drop or reopen a task."""
    task = get_object_or_404(_on_seen_cases(request.user), pk=pk)
    status = request.POST.get("status", "")
    try:
        if status not in Task.Status.values:
            raise Refused("Choose what becomes of the task.")
        actions.move_task(task, status=status, by=request.user)
        text, tone = SAID[Task.Status(status)], "good"
    except Refused as refusal:
        text, tone = str(refusal), "danger"
    if request.htmx:
        answer = trigger_client_event(HttpResponse(status=204), "tasks-changed", {})
        return trigger_client_event(answer, "toast", {"text": text, "tone": tone})
    messages.add_message(request, messages.SUCCESS if tone == "good" else messages.ERROR, text)
    return redirect(live.way_back(request, reverse("cases:case-detail", args=[task.case_id])))


@require_safe
def desk_tasks(request: SignedIn) -> HttpResponse:
    """What the reader is to do, the soonest due first, and what nobody of their agency has taken yet."""
    rows = list(_to_do(request.user)[: MOST_ROWS + 1])
    state = live.token([(task.pk, task.updated_at) for task in rows], timezone.localdate())
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    cases = Case.objects.visible_to(request.user).in_bulk({task.case_id for task in rows})
    context = {
        "tasks": [(task, cases[task.case_id]) for task in rows[:MOST_ROWS]],
        "has_more": len(rows) > MOST_ROWS,
        "may_work": request.user.may(Permission.WORK_CASES),
        "state": state,
    }
    return live.panel(request, "cases/desk_tasks.html", context)


def _on_seen_cases(user: User) -> QuerySet[Any]:
    """The tasks that a person may act on: those they set on a case that was taken from them since are not."""
    seen: QuerySet[Any] = Task.objects.visible_to(user).filter(case__in=Case.objects.visible_to(user))
    return seen


def _to_do(user: User) -> QuerySet[Any]:
    whose = Q(assignee=user)
    if user.may(Permission.WORK_CASES):
        whose |= Q(assigned_agency=user.agency_id, assignee=None)
    lately = Q(status=Task.Status.DONE, assignee=user, updated_at__gte=timezone.now() - LINGERS)
    due_first = (F("due_on").asc(nulls_last=True), "created_at", "pk")
    rows = _on_seen_cases(user).filter(whose).filter(Q(status__in=UNFINISHED) | lately)
    return rows.exclude(case__status=Case.Status.CLOSED).select_related("assignee").order_by(*due_first)
