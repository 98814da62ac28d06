"""Who sees a record, and giving and taking that. Every page of every app links here by the record's label and id."""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from agencies import actions, passing
from agencies.canaries import kept_by
from agencies.forms import ReasonForm, RestrictForm, ShareForm
from agencies.guards import circle_of
from agencies.handing_over import check_may_hand_over, offer_for
from agencies.live import SignedIn, go, panel, way_back
from agencies.models import Agency, User
from agencies.passing import check_may_pass_on
from agencies.permissions import Permission
from agencies.policies import Bound, Refused, allows, check_can_share, check_may_restrict
from agencies.presenters import circle_for, may_share, share_lines, share_sentence
from agencies.presenters_why import explain
from agencies.units import walls_on
from agencies.visibility import Level, Shareable, can, every_way_in, reached_by, sees_parents

TEMPLATE = "agencies/share_form.html"


def visible_or_404(label: str, pk: uuid.UUID, user: User, level: Level = Level.SUMMARY) -> Shareable:
    """The row that `label` ("cases.case") and `pk` name, if `user` may have it; else as if it were not there."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        raise Http404 from None
    if not issubclass(model, Shareable) or model._meta.label_lower != label:
        raise Http404
    row: Shareable = get_object_or_404(model.objects.visible_to(user, level), pk=pk)
    return row


@require_safe
def who_sees(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """Every agency that sees a record and why, for its owner; the reader's own way in, for everybody else."""
    obj = visible_or_404(label, pk, request.user)
    context = {
        **about(obj, request),
        "lines": share_lines(obj, request.user),
        "form": ShareForm(obj, request.user) if may_share(obj, request.user) else None,
        "revoke_form": ReasonForm(auto_id="revoke_%s"),
        "circle": circle_for(obj, request.user),
        "unit_walls": walls_on(obj) if obj.agency_id == request.user.agency_id else [],
        "may_pass_on": allows(check_may_pass_on, obj, request.user),
        "may_restrict": allows(check_may_restrict, obj, request.user),
        "canary": kept_by(obj, request.user),
        "reads_rules": request.user.may(Permission.SHARE_BY_RULE),
        "may_hand_over": allows(check_may_hand_over, obj, request.user),
        "offer": offer_for(obj, request.user),
    }
    return panel(request, "agencies/who_sees.html", context)


def share(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """Share a record with a partner. GET with the choices made so far tells what the partner would see."""
    obj = visible_or_404(label, pk, request.user)
    if not may_share(obj, request.user):
        raise Http404
    if request.method != "POST":
        form = ShareForm(obj, request.user, initial=request.GET.dict())
        preview = _would_see(obj, ShareForm(obj, request.user, request.GET), request.user)
        return panel(
            request, TEMPLATE, {**about(obj, request), "form": form, "preview": preview}, part="preview"
        )
    form, may_ask = ShareForm(obj, request.user, request.POST), False
    if form.is_valid():
        try:
            said = _shared_or_asked(request, obj, form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            may_ask = isinstance(refusal, Bound) and _may_ask(obj, form.cleaned_data, request.user)
        else:
            messages.success(request, said)
            return go(request, way_back(request, reverse("agencies:who-sees", args=[label, pk])))
    context = {
        **about(obj, request),
        "form": form,
        "may_ask": may_ask,
        "preview": "" if form.non_field_errors() else _would_see(obj, form, request.user),
    }
    return panel(request, TEMPLATE, context, status=422, part="form")


def _shared_or_asked(request: SignedIn, obj: Shareable, chosen: dict[str, Any]) -> str:
    """Share it, or ask those who attached something under H2; what was done, in a sentence."""
    if request.POST.get("act") != "ask":
        actions.share(obj, by=request.user, **chosen)
        return f"Shared with {chosen['agency']}."
    asked = {name: chosen[name] for name in ("agency", "level", "reason")}
    requests = passing.ask_originators(obj, by=request.user, **asked)
    whom = ", ".join(sorted({each.originator.name for each in requests}))
    return f"{whom} {'is' if len(requests) == 1 else 'are'} asked. Share it when they have said yes."


def _may_ask(obj: Shareable, chosen: dict[str, Any], by: User) -> bool:
    return allows(passing.check_may_ask_originators, obj, chosen["agency"], chosen["level"], by)


def _would_see(obj: Shareable, form: ShareForm, by: User) -> str:
    """What the partner would see by what is chosen so far, or why nothing; empty while agency or level are missing."""
    form.is_valid()
    chosen = form.cleaned_data
    if not chosen.get("agency") or not chosen.get("level"):
        return ""
    try:
        check_can_share(obj, chosen["agency"], chosen["level"], by)
    except Refused as refusal:
        return str(refusal)
    return share_sentence(obj, chosen["agency"], chosen["level"], chosen.get("expires_at"))


def revoke(request: SignedIn, label: str, pk: uuid.UUID, agency_pk: uuid.UUID) -> HttpResponse:
    """Take a share back from an agency that has one. Only those who may see all viewers learn of any."""
    obj = visible_or_404(label, pk, request.user, Level.OWN)
    agency = _agency_with_a_share(obj, agency_pk, request.user)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.revoke(obj, agency=agency, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{agency} no longer sees this.")
            return go(request, way_back(request, reverse("agencies:who-sees", args=[label, pk])))
    context = {**about(obj, request), "agency": agency, "form": form}
    return panel(
        request, "agencies/revoke_form.html", context, status=422 if form.errors else 200, part="form"
    )


def restrict(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """Open a record to named people alone, or keep some from it."""
    obj = visible_or_404(label, pk, request.user)
    if not allows(check_may_restrict, obj, request.user):
        raise Http404
    form = RestrictForm(obj, circle_of(obj), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.restrict(obj, by=request.user, **form.decided())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved. It holds from now on, on every page and in every feed.")
            return go(request, _after_restricting(request, obj))
    context = {**about(obj, request), "form": form}
    return panel(
        request, "agencies/sharing_restrict.html", context, status=422 if form.errors else 200, part="form"
    )


def _after_restricting(request: SignedIn, obj: Shareable) -> str:
    """Whoever left themselves out is not led back to what they no longer see."""
    if not can(request.user, Level.SUMMARY, obj):
        return reverse("agencies:desk")
    return way_back(request, reverse("agencies:who-sees", args=[obj._meta.label_lower, obj.pk]))


@require_safe
def why(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """Why a partner can or cannot see a record, rule by rule, for its owner alone."""
    obj = visible_or_404(label, pk, request.user, Level.OWN)
    if not sees_parents(request.user, obj):
        raise Http404
    agencies = Agency.objects.partners_of(obj.agency).exclude(kind=Agency.Kind.REFERENCE)
    seeing = [viewer.agency.pk for viewer in reached_by(obj) if viewer.agency.pk != obj.agency_id]
    choices = (agencies | Agency.objects.filter(pk__in=seeing).distinct()).order_by("name")
    agency = next((each for each in choices if str(each.pk) == request.GET.get("agency")), None)
    context = {
        **about(obj, request),
        "agencies": choices,
        "agency": agency,
        "explanation": explain(obj, agency, request.user) if agency else None,
    }
    return render(request, "agencies/sharing_why.html", context)


def _agency_with_a_share(obj: Shareable, agency_pk: uuid.UUID, user: User) -> Agency:
    if may_share(obj, user):
        for viewer in every_way_in(obj):
            if viewer.agency.pk == agency_pk and viewer.revocable:
                agency: Agency = viewer.agency
                return agency
    raise Http404


def about(obj: Shareable, request: SignedIn) -> dict[str, object]:
    """What every page of sharing says of the record."""
    return {
        "obj": obj,
        "label": obj._meta.label_lower,
        "noun": obj._meta.verbose_name,
        "is_own": obj.agency_id == request.user.agency_id,
        "next": way_back(request, request.get_full_path()),
    }
