"""Sharing or revoking many records of one's own at once, shown record by record before it is done."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from agencies import actions, policies, visibility
from agencies.forms import ShareManyForm
from agencies.live import SignedIn, go, way_back
from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.visibility import Level, Shareable

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would become, or became, of one of many records; `problem` says why nothing does."""

    record: Shareable
    problem: str = ""


@require_POST
def share_many(request: SignedIn, label: str) -> HttpResponse:
    """The form with what was ticked; the preview; and the deed. One id that is not one's own refuses all."""
    records = _chosen(request, label)
    step = request.POST.get("step", "")
    form = ShareManyForm(type(records[0]), request.user, request.POST if step else None)
    outcomes: list[Outcome] = []
    if step and form.is_valid():
        if step == "do":
            outcomes = [_do(record, form, request.user) for record in records]
            if not any(outcome.problem for outcome in outcomes):
                messages.success(request, _done(len(outcomes), form))
                return go(request, way_back(request, reverse("agencies:desk")))
        else:
            outcomes = [_would(record, form, request.user) for record in records]
    context = {
        "label": label,
        "noun": records[0]._meta.verbose_name,
        "plural": records[0]._meta.verbose_name_plural,
        "records": records,
        "form": form,
        "outcomes": outcomes,
        "possible": sum(not outcome.problem for outcome in outcomes),
        "done": step == "do" and bool(outcomes),
        "next": way_back(request, reverse("agencies:desk")),
    }
    status = 422 if form.errors or context["done"] else 200
    return render(request, "agencies/sharing_many.html", context, status=status)


def _chosen(request: SignedIn, label: str) -> list[Shareable]:
    try:
        pks = {uuid.UUID(pk) for pk in request.POST.getlist("pk")[: MOST_AT_ONCE + 1]}
        model = apps.get_model(label)
    except (LookupError, ValueError):
        raise Http404 from None
    shareable = issubclass(model, Shareable) and model._meta.label_lower == label and model.handed_on
    if not shareable or not pks or len(pks) > MOST_AT_ONCE or not request.user.may(Permission.SHARE):
        raise Http404
    rows: Any = model.objects.visible_to(request.user, Level.OWN).filter(pk__in=pks)
    records = list(rows.order_by("-created_at", "-pk"))
    if len(records) != len(pks):
        raise Http404
    return records


def _would(record: Shareable, form: ShareManyForm, by: User) -> Outcome:
    """What the verb would say, asked of the rules that it asks."""
    asked = form.cleaned_data
    try:
        if asked["act"] == "share":
            policies.check_can_share(record, asked["agency"], asked["level"], by)
        else:
            policies.check_can_revoke(record, asked["agency"], by)
            if visibility.grant_of(record, asked["agency"]) is None:
                raise Refused("Nothing is shared with them directly.")
    except Refused as refusal:
        return Outcome(record, str(refusal))
    return Outcome(record)


def _do(record: Shareable, form: ShareManyForm, by: User) -> Outcome:
    asked = form.cleaned_data
    common = {"agency": asked["agency"], "reason": asked["reason"], "by": by}
    try:
        with transaction.atomic():
            if asked["act"] == "share":
                actions.share(record, level=asked["level"], expires_at=asked["expires_at"], **common)
            else:
                actions.revoke(record, **common)
    except Refused as refusal:
        return Outcome(record, str(refusal))
    return Outcome(record)


def _done(number: int, form: ShareManyForm) -> str:
    many = "1 record is" if number == 1 else f"{number} records are"
    shared = form.cleaned_data["act"] == "share"
    agency = form.cleaned_data["agency"]
    return f"{many} shared with {agency}." if shared else f"{many} no longer shared with {agency}."
