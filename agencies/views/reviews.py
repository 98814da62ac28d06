"""Review: what is due, keeping it with a reason, legal holds, purging; and what partners purged."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Func, IntegerField, QuerySet
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agencies import live, reviewing
from agencies.forms import ReasonForm
from agencies.forms_review import KeepForm, ManyForm, ReviewFilterForm
from agencies.live import SignedIn, go, way_back
from agencies.models import PurgeNotice, User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused, allows
from agencies.presenters import noun
from agencies.purging import retained_models
from agencies.retention import Retained, review_day, warned_until
from agencies.visibility import Level

MOST_ON_DESK = 8
MOST_AT_ONCE = 200
# The list runs from the soonest on; pages run from the greatest down.
SOONEST = Func(F("review_on"), template="(DATE '2000-01-01' - %(expressions)s)", output_field=IntegerField())


def records_of(model: type[Retained], user: User) -> QuerySet[Any, Any]:
    """What the user's agency owns and they may see, as far as it is ever reviewed."""
    if not user.may(Permission.REVIEW):
        raise Http404
    rows = model.objects.visible_to(user, Level.OWN).filter(review_on__isnull=False)
    reviewed: QuerySet[Any, Any] = rows.annotate(soonest=SOONEST).select_related("agency", "held_by")
    return reviewed


def _model(label: str) -> type[Retained]:
    for model in retained_models():
        if model._meta.label_lower == label:
            return model
    raise Http404


@require_safe
def review_list(request: SignedIn) -> HttpResponse:
    """The records whose review is near or over, the most urgent first."""
    model = _model(request.GET.get("kind") or retained_models()[-1]._meta.label_lower)
    form = ReviewFilterForm(request.GET)
    page = keyset_page(form.narrow(records_of(model, request.user)), request.GET, order=("soonest",))
    context = {
        "form": form,
        "page": page,
        "lines": [(each, reverse(each.page, args=[each.pk])) for each in page.rows],
        "tabs": _tabs(request.user),
        "label": model._meta.label_lower,
        "noun": model._meta.verbose_name,
        "latest": review_day(request.user.agency, of_victims=False),
        "warning_days": settings.REVIEW_WARNING_DAYS,
        "is_narrowed": bool(request.GET.get("q") or request.GET.get("state")),
    }
    part = "agencies/review_list.html#list" if request.htmx else "agencies/review_list.html"
    return render(request, part, context)


def _tabs(user: User) -> list[tuple[str, str, str, str | None]]:
    """One for each kind of record, with how many are due."""
    found = []
    for model in reversed(retained_models()):
        label = model._meta.label_lower
        due = records_of(model, user).filter(review_on__lte=warned_until()).order_by()[:1_000].count()
        plural = str(model._meta.verbose_name_plural).capitalize()
        found.append((label, plural, f"?kind={label}", f"{due:,}" if due else None))
    return found


Verb = Callable[..., Any]
DECISIONS: dict[str, tuple[Verb, Verb, str]] = {
    "keep": (reviewing.check_can_validate, reviewing.validate, "It is kept until the day you chose."),
    "hold": (reviewing.check_can_hold, reviewing.hold, "It is under legal hold: nothing purges it now."),
    "lift": (reviewing.check_can_lift, reviewing.lift_hold, "The legal hold is lifted."),
    "purge": (reviewing.check_can_purge, reviewing.purge, "It is purged. What is left is its certificate."),
}


def review(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """One record: keep it with a reason, put it under legal hold, or purge it."""
    record = get_object_or_404(records_of(_model(label), request.user), pk=pk)
    forms: dict[str, Form] = {act: _form(act, record) for act in DECISIONS}
    act = request.POST.get("act", "")
    if request.method == "POST" and act in DECISIONS:
        forms[act] = _form(act, record, request.POST)
        if forms[act].is_valid():
            try:
                done = DECISIONS[act][1](record, by=request.user, **forms[act].cleaned_data)
            except Refused as refusal:
                forms[act].add_error(None, str(refusal))
            else:
                messages.success(request, DECISIONS[act][2])
                return go(request, _after(request, act, done))
    context = {
        "record": record,
        "label": label,
        "noun": record._meta.verbose_name,
        "url": reverse(record.page, args=[record.pk]),
        "forms": forms,
        "may": {act for act, (check, _, _) in DECISIONS.items() if allows(check, record, request.user)},
        "is_own_submission": record.submitter_id == request.user.pk,
        "is_own_hold": record.held_by_id == request.user.pk,
    }
    return render(
        request, "agencies/review.html", context, status=422 if any(f.errors for f in forms.values()) else 200
    )


def _form(act: str, record: Retained, data: Any = None) -> Form:
    return (
        KeepForm(record, data, auto_id="keep_%s") if act == "keep" else ReasonForm(data, auto_id=f"{act}_%s")
    )


def _after(request: SignedIn, act: str, done: Any) -> str:
    if act == "purge":
        return reverse("agencies:purge", args=[done.pk])
    return way_back(request, reverse("agencies:reviews"))


# --- Many at once --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many records; `problem` says why nothing did."""

    record: Retained
    reference: str
    problem: str = ""


@require_POST
def review_many(request: SignedIn, label: str) -> HttpResponse:
    """One decision on many records. An id that is not the agency's own refuses the whole request."""
    model = _model(label)
    records, form = _chosen(request, model), ManyForm(request.POST)
    back = way_back(request, f"{reverse('agencies:reviews')}?kind={label}")
    if not records or not form.is_valid():
        wrong = [sentence for sentences in form.errors.values() for sentence in sentences]
        said = " ".join(map(str, wrong)) if records else "Choose records first."
        messages.warning(request, f"Nothing was changed. {said}")
        return go(request, back)
    outcomes = [_outcome(record, form.cleaned_data, request.user) for record in records]
    done = sum(not each.problem for each in outcomes)
    verb = "kept" if form.cleaned_data["act"] == "keep" else "purged"
    if done == len(outcomes):
        messages.success(request, f"{done} {noun(label)}{'s' if done > 1 else ''} {verb}.")
        return go(request, back)
    context = {"outcomes": outcomes, "done": done, "verb": verb, "back": back}
    return render(request, "agencies/review_many.html", context, status=422)


def _chosen(request: SignedIn, model: type[Retained]) -> list[Retained]:
    try:
        pks = {uuid.UUID(pk) for pk in request.POST.getlist("pk")}
    except (ValueError, ValidationError):
        raise Http404 from None
    records = list(records_of(model, request.user).filter(pk__in=pks).order_by("review_on"))
    if len(records) != len(pks) or len(pks) > MOST_AT_ONCE:
        raise Http404
    return records


def _outcome(record: Retained, asked: dict[str, Any], by: User) -> Outcome:
    reference = record.reference
    try:
        with transaction.atomic():
            if asked["act"] == "keep":
                reviewing.validate(record, reason=asked["reason"], until=asked["until"], by=by)
            else:
                reviewing.purge(record, reason=asked["reason"], by=by)
    except Refused as refusal:
        return Outcome(record, reference, str(refusal))
    return Outcome(record, reference)


# --- On the desk ----------------------------------------------------------------------------------------------


@require_safe
def desk_reviews(request: SignedIn) -> HttpResponse:
    """What is to be reviewed within the time of warning, or is overdue."""
    found = [
        record
        for model in retained_models()
        for record in records_of(model, request.user)
        .filter(review_on__lte=warned_until(), held_at=None)
        .order_by("review_on", "pk")[: MOST_ON_DESK + 1]
    ]
    found.sort(key=lambda record: record.review_on)
    state = live.token([(record.pk, record.review_on) for record in found])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    lines = [(record, record._meta.label_lower) for record in found[:MOST_ON_DESK]]
    context = {"lines": lines, "has_more": len(found) > MOST_ON_DESK, "state": state}
    return live.panel(request, "agencies/desk_reviews.html", context)


def _told(user: User) -> QuerySet[PurgeNotice, PurgeNotice]:
    rows: QuerySet[PurgeNotice, PurgeNotice] = PurgeNotice.objects.visible_to(user, Level.OWN)
    return rows.filter(acknowledged_at=None).select_related("owner").order_by("-created_at", "-pk")


@require_safe
def desk_purged(request: SignedIn) -> HttpResponse:
    """What partners purged that one's agency had: copies outside are to be destroyed."""
    rows = list(_told(request.user)[: MOST_ON_DESK + 1])
    state = live.token([(row.pk, row.updated_at) for row in rows])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    lines = [(row, apps.get_model(row.kind)._meta.verbose_name) for row in rows[:MOST_ON_DESK]]
    context = {"lines": lines, "more": len(rows) > MOST_ON_DESK, "state": state}
    return live.panel(request, "agencies/desk_purged.html", context)


@require_POST
def purged_acknowledge(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    notice = get_object_or_404(_told(request.user), pk=pk)
    reviewing.acknowledge(notice, by=request.user)
    messages.success(request, f"Noted. {notice.owner} is shown that no copy is left with you.")
    return redirect("agencies:desk")
