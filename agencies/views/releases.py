"""Passing on what a partner shared, and the requests to release that become of it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agencies import live, passing
from agencies.forms import PassOnForm, ReleaseAnswerForm
from agencies.live import SignedIn, go, way_back
from agencies.models import ReleaseRequest, User
from agencies.permissions import Permission
from agencies.policies import Refused, allows
from agencies.views.sharing import about, visible_or_404

MOST_ON_DESK = 10


def pass_on(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """Let a third agency have a partner's record, or ask the partner to."""
    obj = visible_or_404(label, pk, request.user)
    if not allows(passing.check_may_pass_on, obj, request.user):
        raise Http404
    held = passing.check_may_pass_on(obj, request.user)
    form = PassOnForm(obj, request.user, held, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = passing.pass_on(obj, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _done(asked, form.cleaned_data["agency"], obj.agency))
            return go(request, way_back(request, reverse("agencies:who-sees", args=[label, pk])))
    context = {**about(obj, request), "form": form, "held": held}
    return render(request, "agencies/sharing_pass_on.html", context, status=422 if form.errors else 200)


def _done(asked: ReleaseRequest | None, agency: object, owner: object) -> str:
    if asked is None:
        return f"Passed on to {agency}. {owner} is shown that."
    return f"{owner} is asked to release it to {agency}. Nothing is passed on before they answer."


def _requests(user: User) -> QuerySet[ReleaseRequest, ReleaseRequest]:
    if not user.may(Permission.SHARE):
        raise Http404
    rows: QuerySet[ReleaseRequest, ReleaseRequest] = ReleaseRequest.objects.visible_to(user)
    return rows.select_related("agency", "originator", "receiver", "asked_by").order_by("-created_at", "-pk")


@require_safe
def releases(request: SignedIn) -> HttpResponse:
    """Every request that one's agency made or has to answer, newest first."""
    page = Paginator(_requests(request.user), 50).get_page(request.GET.get("page"))
    lines = passing.release_lines(list(page), request.user)
    return render(request, "agencies/sharing_releases.html", {"page": page, "lines": lines})


@require_safe
def desk(request: SignedIn) -> HttpResponse:
    """For the desk: what partners ask to release."""
    waiting = _requests(request.user).filter(
        originator=request.user.agency_id, state=ReleaseRequest.State.ASKED
    )
    lines = passing.release_lines(list(waiting[: MOST_ON_DESK + 1]), request.user)
    state = live.token([(line.request.pk, line.request.updated_at) for line in lines])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {"lines": lines[:MOST_ON_DESK], "has_more": len(lines) > MOST_ON_DESK, "state": state}
    return live.panel(request, "agencies/desk_releases.html", context)


def release(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One request; the originator answers it here."""
    asked = get_object_or_404(_requests(request.user), pk=pk)
    lines = passing.release_lines([asked], request.user)
    if not lines:
        raise Http404
    form = ReleaseAnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            passing.answer_release(asked, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Answered. They are shown that.")
            return go(request, reverse("agencies:releases"))
    context = {"line": lines[0], "form": form, "label": asked.kind}
    return render(request, "agencies/sharing_release.html", context, status=422 if form.errors else 200)
