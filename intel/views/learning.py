"""Weights learned from judgements: what a task force could switch on, and what that would change for one's agency."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from agencies import live
from agencies.live import SignedIn
from agencies.models import TaskForce, User
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.views.room import own_agency, tabs
from agencies.visibility import Level
from intel import actions
from intel.matching.learning import FEWEST
from intel.models import HitNotice, LearnedWeights
from intel.models.hit import Band
from intel.policies import check_can_switch_on
from intel.presenters_hits import HitCard, cards, with_sides

_CHANGES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Change:
    card: HitCard
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """The newest weights of a task force, and the viewer's agency's part in what they would change."""

    weights: LearnedWeights
    new: list[tuple[str, int]]
    changes: list[Change]
    changed: int
    why_not_on: str


@require_safe
def weights(request: SignedIn) -> HttpResponse:
    held = {
        task_force: LearnedWeights.objects.visible_to(request.user)
        .filter(task_force=task_force)
        .select_related("learned_by__agency", "task_force")
        .first()
        for task_force in _task_forces(request)
    }
    state = live.token([(str(each.pk), each.state, each.is_on) for each in held.values() if each])
    if "since" in request.GET and (said := live.unchanged(request, state)):
        return said
    context = {
        "agency": own_agency(request.user),
        "tabs": tabs(request.user),
        "state": state,
        "lessons": [(each, _lesson(row, request.user) if row else None) for each, row in held.items()],
        "judged": _judged_by(request.user),
        "fewest": FEWEST,
    }
    part = "#lessons" if "since" in request.GET else ""
    return render(request, f"intel/runs/weights.html{part}", context)


def _task_forces(request: SignedIn) -> list[TaskForce]:
    if not request.user.may(Permission.RUN_LINKING):
        raise Http404
    return list(TaskForce.objects.running().filter(members=request.user.agency_id))


def _judged_by(user: User) -> Counter[str]:
    """How often the own agency judged what; how much the others judged is theirs."""
    rows = HitNotice.objects.visible_to(user, Level.OWN).filter(state__in=("same", "not_same"))
    return Counter(rows.values_list("state", flat=True))


def _lesson(row: LearnedWeights, user: User) -> Lesson:
    effect = row.effect_on(own_agency(user).pk)
    changed = _open_to(user, effect.get("changed", []))
    shown = {each["notice"]: each for each in changed[:_CHANGES_SHOWN]}
    notices = HitNotice.objects.visible_to(user, Level.OWN).filter(pk__in=shown)
    changes = [
        Change(card, Band(told["was"]).label, Band(told["now"]).label if told["now"] else "No longer a hit")
        for card in cards(list(with_sides(notices)), user)
        for told in [shown[str(card.notice.pk)]]
    ]
    new = [(band.label, count) for band in Band if (count := effect.get("new", {}).get(band.value))]
    return Lesson(row, new, changes, len(changed), _why_not_on(row, user))


def _open_to(user: User, changed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of hits that the gate shows: one of a record of named people counts for nobody else."""
    rows = HitNotice.objects.visible_to(user, Level.OWN).filter(pk__in=[each["notice"] for each in changed])
    seen = {str(pk) for pk in rows.values_list("pk", flat=True)}
    return [each for each in changed if each["notice"] in seen]


def _why_not_on(row: LearnedWeights, user: User) -> str:
    try:
        check_can_switch_on(row, user)
    except Refused as refusal:
        return str(refusal)
    return ""


# --- Acts ----------------------------------------------------------------------------------------------------


@require_POST
def weights_learn(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """`pk` is the task force's."""
    task_force = next((each for each in _task_forces(request) if each.pk == pk), None)
    if task_force is None:
        raise Http404
    return _done(request, lambda: actions.learn_weights(task_force, by=request.user), "Learning has begun.")


@require_POST
def weights_on(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    row = _row(request, pk)
    said = "Switched on. All leads are being linked anew."
    return _done(request, lambda: actions.switch_weights_on(row, by=request.user), said)


@require_POST
def weights_off(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    row = _row(request, pk)
    said = "The shipped weights count again. All leads are being linked anew."
    return _done(request, lambda: actions.switch_weights_off(row, by=request.user), said)


def _row(request: SignedIn, pk: uuid.UUID) -> LearnedWeights:
    rows = LearnedWeights.objects.visible_to(request.user)
    row: LearnedWeights = get_object_or_404(rows.select_related("learned_by", "task_force"), pk=pk)
    return row


def _done(request: SignedIn, act: Callable[[], object], said: str) -> HttpResponse:
    try:
        act()
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect("intel:weights")
