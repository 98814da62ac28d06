"""Judging hits: one on its page or in its row, many at once in the list, and taking it back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from agencies.live import SignedIn, go, way_back
from agencies.policies import EditConflict, Refused
from intel import actions
from intel.forms.hits import JudgeForm, JudgeManyForm, UndoForm
from intel.models import HitNotice, Judgement, Verdict
from intel.presenters_hits import HitCard, cards, with_sides
from intel.presenters_judging import recent_reasons
from intel.views.hits import notice_page

SHAPES = ("row", "decision")  # how a hit stands in the list it was judged in
MOST_AT_ONCE = 100


# --- One ---------------------------------------------------------------------------------------------------------


@require_POST
def notice_judge(request: SignedIn, pk: str) -> HttpResponse:
    notice = get_object_or_404(with_sides(HitNotice.objects.visible_to(request.user)), pk=pk)
    form = JudgeForm(request.POST)
    if form.is_valid():
        try:
            judgement = actions.judge_hit(notice, by=request.user, **form.cleaned_data)
        except Refused as refused:
            notice, form = _with_refusal(request, notice, form, refused)
        else:
            return _judged(request, notice, judgement)
    if shape := _shape(request):
        return _one(request, notice, shape, form=form, status=422)
    return notice_page(request, notice, judge=form, status=422)


def _with_refusal(
    request: SignedIn, notice: HitNotice, form: JudgeForm, refused: Refused
) -> tuple[HitNotice, JudgeForm]:
    """All that was typed, and why it was refused. After a conflict the form carries the version shown now, so that
    sending it again is a decision in the knowledge of the other one."""
    fresh = with_sides(HitNotice.objects.visible_to(request.user)).get(pk=notice.pk)
    typed = request.POST.copy()
    if isinstance(refused, EditConflict):
        typed["version"] = cards([fresh], request.user)[0].version
    form = JudgeForm(typed)
    form.add_error(None, str(refused))
    return fresh, form


def _shape(request: SignedIn) -> str:
    shape = request.POST.get("shape", "")
    return shape if request.headers.get("HX-Request") and shape in SHAPES else ""


def _judged(request: SignedIn, notice: HitNotice, judgement: Judgement) -> HttpResponse:
    text = f"Judged: {judgement.get_verdict_display().lower()}."
    undo = reverse("intel:batch-undo", args=[judgement.batch])
    if shape := _shape(request):
        said = {"text": text, "tone": "good", "undo": undo}
        return trigger_client_event(_one(request, notice, shape), "toast", said)
    messages.success(request, text, extra_tags=f"undo {undo}")
    return go(request, reverse("intel:notice-detail", args=[notice.pk]))


def _one(request: SignedIn, notice: HitNotice, shape: str, status: int = 200, **more: Any) -> HttpResponse:
    fresh = with_sides(HitNotice.objects.visible_to(request.user)).get(pk=notice.pk)
    context = {"card": cards([fresh], request.user)[0], "can_judge": True, **more}
    return render(request, f"intel/notice_parts.html#{shape}", context, status=status)


# --- Many --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many hits; `problem` says why nothing did."""

    card: HitCard
    problem: str = ""


@require_POST
def judge_many(request: SignedIn) -> HttpResponse:
    """One judgement on many hits. An id that is not the agency's own refuses the whole request; hits that somebody
    else judged meanwhile are shown again, with theirs, and everything typed kept."""
    form = JudgeManyForm(request.POST)
    form.full_clean()
    chosen = _chosen(request, form)
    if not chosen:
        messages.warning(request, "Choose hits first. Nothing was judged.")
        return go(request, way_back(request, reverse("intel:notice-list")))
    if not form.is_valid():
        return _again(request, form, [Outcome(card) for card in cards(chosen, request.user)])
    judged, problems = _judge_all(request, form, chosen)
    undo = reverse("intel:batch-undo", args=[judged[0].batch]) if judged else ""
    if problems:
        fresh = with_sides(HitNotice.objects.visible_to(request.user)).filter(pk__in=problems)
        outcomes = [Outcome(card, problems[card.notice.pk]) for card in cards(fresh, request.user)]
        return _again(request, form, outcomes, done=len(judged), undo=undo)
    text = f"{_hits(len(judged))} judged: {judged[0].get_verdict_display().lower()}."
    messages.success(request, text, extra_tags=f"undo {undo}")
    # htmx follows a plain redirect by itself, and so gets the list alone.
    return redirect(way_back(request, reverse("intel:notice-list")))


def _chosen(request: SignedIn, form: JudgeManyForm) -> list[HitNotice]:
    pks = form.cleaned_data.get("hits")
    if pks is None or len(pks) > MOST_AT_ONCE:
        raise Http404
    notices = with_sides(HitNotice.objects.visible_to(request.user)).filter(pk__in=pks)
    found = {notice.pk: notice for notice in notices}
    if len(found) != len(pks):
        raise Http404
    return [found[pk] for pk in pks]


def _judge_all(
    request: SignedIn, form: JudgeManyForm, chosen: list[HitNotice]
) -> tuple[list[Judgement], dict[uuid.UUID, str]]:
    """The judgements made, and by hit why none was. Each hit stands for itself."""
    asked, batch = form.cleaned_data, uuid.uuid4()
    judged: list[Judgement] = []
    problems: dict[uuid.UUID, str] = {}
    for notice in chosen:
        try:
            with transaction.atomic():
                judged.append(
                    actions.judge_hit(
                        notice,
                        verdict=asked["verdict"],
                        reason=asked["reason"],
                        by=request.user,
                        version=asked["hits"][notice.pk],
                        batch=batch,
                    )
                )
        except Refused as refused:
            problems[notice.pk] = str(refused)
    return judged, problems


def _again(
    request: SignedIn, form: JudgeManyForm, outcomes: list[Outcome], done: int = 0, undo: str = ""
) -> HttpResponse:
    """The hits that were not judged, why, and the same form once more."""
    context = {
        "form": form,
        "outcomes": outcomes,
        "done": done,
        "undo": undo,
        "verdicts": Verdict.choices,
        "reasons": recent_reasons(request.user),
        "next": way_back(request, reverse("intel:notice-list")),
    }
    template = "intel/notice_judge_many.html#again" if request.htmx else "intel/notice_judge_many.html"
    return render(request, template, context, status=422)


def _hits(number: int) -> str:
    return f"{number} hit{'' if number == 1 else 's'}"


# --- Taking it back -------------------------------------------------------------------------------------------------


@require_POST
def batch_undo(request: SignedIn, batch: uuid.UUID) -> HttpResponse:
    """Take back what was judged in one go, as far as nobody judged again since. One judgement is a batch of one."""
    own = Judgement.objects.visible_to(request.user).filter(batch=batch, undoes=None)
    judgements = list(own.order_by("created_at", "pk")[:MOST_AT_ONCE])
    if not judgements:
        raise Http404
    return _undone(request, judgements, reverse("intel:notice-list"))


@require_POST
def notice_undo(request: SignedIn, pk: str) -> HttpResponse:
    """Take back the judgement of one hit that its page shows as the one that counts."""
    notice = get_object_or_404(HitNotice.objects.visible_to(request.user), pk=pk)
    own = Judgement.objects.visible_to(request.user).filter(notice=notice, undoes=None)
    form = UndoForm(request.POST)
    if not form.is_valid():
        raise Http404
    judgement = get_object_or_404(own, pk=form.cleaned_data["judgement"])
    return _undone(request, [judgement], reverse("intel:notice-detail", args=[notice.pk]))


def _undone(request: SignedIn, judgements: list[Judgement], otherwise: str) -> HttpResponse:
    problems = list(filter(None, (_undo(request, judgement) for judgement in judgements)))
    done = len(judgements) - len(problems)
    if done:
        messages.success(request, f"Taken back: {_hits(done)} {'is' if done == 1 else 'are'} as before.")
    for problem in dict.fromkeys(problems):
        messages.warning(request, problem)
    return go(request, way_back(request, otherwise))


def _undo(request: SignedIn, judgement: Judgement) -> str:
    try:
        with transaction.atomic():
            actions.undo_judgement(judgement, by=request.user)
    except Refused as refused:
        return str(refused)
    return ""
