"""Sharing or revoking many records of one's own at once, shown record by record before it is done."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from agencies import actions, policies, visibility
from agencies.forms import ShareManyForm
from agencies.live import SignedIn, way_back
from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.visibility import Level, Shareable

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would become, or became, of one of many records; `problem` says why nothing does. `had`: the share before."""

    record: Shareable
    problem: str = ""
    had: Any = None


@require_POST
def share_many(request: SignedIn, label: str) -> HttpResponse:
    """The form with what was ticked; the preview; and the deed. One id that is not one's own refuses all."""
    if not request.POST.getlist("pk"):
        messages.error(request, "Tick the records first that you want to share or revoke.")
        return redirect(way_back(request, reverse("agencies:desk")))
    records = _chosen(request, label)
    step = request.POST.get("step", "")
    form = ShareManyForm(type(records[0]), request.user, request.POST if step else None)
    outcomes: list[Outcome] = []
    if step and form.is_valid():
        become = _do if step == "do" else _would
        outcomes = [become(record, form, request.user) for record in records]
    done = step == "do" and bool(outcomes)
    context = {
        "label": label,
        "noun": records[0]._meta.verbose_name,
        "plural": records[0]._meta.verbose_name_plural,
        "records": records,
        "form": form,
        "outcomes": outcomes,
        "possible": sum(not outcome.problem for outcome in outcomes),
        "done": done,
        "undo": undoing(outcomes, form.cleaned_data) if done else None,
        "next": way_back(request, reverse("agencies:desk")),
    }
    status = 422 if form.errors or (done and any(each.problem for each in outcomes)) else 200
    return render(request, "agencies/sharing_many.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Undo:
    """The same decision the other way round, for those records on which it puts back what was before."""

    act: str
    records: list[Shareable]
    asked: dict[str, Any]
    expires_at: datetime | None = None


def undoing(outcomes: list[Outcome], asked: dict[str, Any]) -> Undo | None:
    """What was shared and was not before is revoked again; what was revoked is shared again, if all had the same share."""
    done = [each for each in outcomes if not each.problem]
    if asked["act"] == "share":
        fresh = [each.record for each in done if each.had is None]
        return Undo("revoke", fresh, asked) if fresh else None
    shares = {(each.had.level, each.had.expires_at, each.had.onward) for each in done}
    if len(shares) != 1 or (only := shares.pop())[2]:
        return None
    return Undo("share", [each.record for each in done], {**asked, "level": only[0]}, only[1])


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
    had = visibility.grant_of(record, asked["agency"])
    try:
        with transaction.atomic():
            if asked["act"] == "share":
                actions.share(record, level=asked["level"], expires_at=asked["expires_at"], **common)
            else:
                actions.revoke(record, **common)
    except Refused as refusal:
        return Outcome(record, str(refusal))
    return Outcome(record, had=had)
