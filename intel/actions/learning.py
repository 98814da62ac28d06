"""The verbs on weights that a task force learns from its judgements. What a switch changes is linked anew after it."""

from __future__ import annotations

from django.utils import timezone

from agencies import audit, jobs
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import TaskForce, User
from intel import policies
from intel.actions.running import cancel_run, start_run
from intel.models import LearnedWeights, LinkRun

LEARN = "intel.tasks.learn_weights"


@verb
def learn_weights(task_force: TaskForce, *, by: User) -> LearnedWeights:
    """Have the weights fitted to what the member agencies judged; until they are switched on nothing changes.

    Asked again while a lesson is under way, it is that lesson.
    """
    policies.check_can_learn_now(task_force, by)
    LearnedWeights.objects.bulk_create(
        [LearnedWeights(task_force=task_force, learned_by=by)], ignore_conflicts=True
    )
    lesson: LearnedWeights = LearnedWeights.objects.get(
        task_force=task_force, state=LearnedWeights.State.LEARNING
    )
    if lesson.learned_by_id == by.pk:
        audit.record(Act.REGISTERED, lesson, by=by, task_force=str(task_force.pk))
    jobs.enqueue(LEARN, lesson.pk)
    return lesson


@verb
def switch_weights_on(weights: LearnedWeights, *, by: User) -> LearnedWeights:
    """Score the task force's pairs with these weights from now on. It takes a second agency: whoever asked for the
    lesson could otherwise have judged their way to it alone."""
    weights = _locked(weights)
    policies.check_can_switch_on(weights, by)
    if weights.is_on:
        return weights
    in_force = LearnedWeights.objects.in_force().filter(task_force=weights.task_force)
    in_force.update(switched_off_at=timezone.now())
    weights.switched_on_at, weights.switched_on_by, weights.switched_off_at = timezone.now(), by, None
    return _switched(weights, by, now="on")


@verb
def switch_weights_off(weights: LearnedWeights, *, by: User) -> LearnedWeights:
    """Go back to the shipped weights. Any member agency may, at once."""
    weights = _locked(weights)
    policies.check_can_switch_off(weights, by)
    if not weights.is_on:
        return weights
    weights.switched_off_at = timezone.now()
    return _switched(weights, by, now="off")


def _locked(weights: LearnedWeights) -> LearnedWeights:
    held: LearnedWeights = LearnedWeights.objects.select_for_update().get(pk=weights.pk)
    return held


def _switched(weights: LearnedWeights, by: User, *, now: str) -> LearnedWeights:
    weights.save()
    audit.record(Act.MOVED, weights, by=by, was="off" if now == "on" else "on", now=now)
    # A re-link that is under way has scored part of the pairs with the former weights.
    for run in LinkRun.objects.unfinished().filter(kind=LinkRun.Kind.RELINK, agency=None):
        cancel_run(run, by=None)
    start_run(by=None)
    return weights
