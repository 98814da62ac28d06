"""The cases that a lead feeds: attach it to one, detach it, open a new one from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from agencies import audit, live
from agencies.live import SignedIn
from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.visibility import Level
from cases.models import Case
from intel import actions
from intel.forms.cases import AttachForm, OpenCaseForm
from intel.forms.typed import uuid_in
from intel.models import CaseLead, Lead

TEMPLATE = "intel/lead_cases.html"


@dataclass(frozen=True, slots=True)
class Feeding:
    """A case, if the reader sees it, and the attachment of their own agency, if it is theirs to take back."""

    case: Case | None
    own: CaseLead | None
    is_private: bool


@require_http_methods(["GET", "HEAD", "POST"])
def lead_cases(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    if request.method != "POST":
        audit.record_part(lead, by=request.user)
        return _panel(request, lead)
    act = request.POST.get("act", "")
    if act == "detach":
        return _detach(request, lead)
    if act == "open":
        return _open(request, lead)
    return _attach(request, lead)


def _panel(request: SignedIn, lead: Lead, *, status: int = 200, **more: Any) -> HttpResponse:
    user = request.user
    context = {
        "lead": lead,
        "is_own": lead.agency_id == user.agency_id,
        "feeds": _feeds(lead, user),
        "attach": AttachForm(user, lead),
        "opening": OpenCaseForm(initial={"title": lead.title, "kind": lead.category}),
        "can_work": user.may(Permission.WORK_CASES),
        "can_open": user.may(Permission.OPEN_CASES) and lead.agency_id == user.agency_id,
    } | more
    return live.panel(request, TEMPLATE, context, status=status)


def _feeds(lead: Lead, user: User) -> list[Feeding]:
    """Attachments that the reader sees, on cases that the reader sees; their own also on cases taken from them."""
    rows = list(CaseLead.objects.visible_to(user).filter(lead=lead))
    own = {row.case_id: row for row in rows if row.agency_id == user.agency_id}
    private = {row.case_id: row.agency_private for row in rows}
    cases = (
        Case.objects.visible_to(user).filter(pk__in=[row.case_id for row in rows]).select_related("agency")
    )
    seen = [Feeding(case, own.pop(case.pk, None), private[case.pk]) for case in cases.order_by("-created_at")]
    return seen + [Feeding(None, tie, tie.agency_private) for tie in own.values()]


def _attach(request: SignedIn, lead: Lead) -> HttpResponse:
    form = AttachForm(request.user, lead, request.POST)
    if not form.is_valid():
        return _panel(request, lead, attach=form, status=422)
    case, private = form.cleaned_data["case"], form.cleaned_data["private"]
    try:
        actions.attach_lead(case, lead, by=request.user, private=private)
    except Refused as refusal:
        return _refused(request, lead, refusal, form, attach=form)
    return _done(request, lead, f"The lead feeds “{case.title[:60]}”.")


def _detach(request: SignedIn, lead: Lead) -> HttpResponse:
    own = CaseLead.objects.visible_to(request.user, Level.OWN).filter(lead=lead)
    case_lead = get_object_or_404(own, pk=uuid_in(request.POST.get("pk", "")))
    try:
        actions.detach_lead(case_lead, by=request.user)
    except Refused as refusal:
        return _panel(request, lead, refusal=str(refusal), status=422)
    return _done(request, lead, "The lead no longer feeds that case.")


def _open(request: SignedIn, lead: Lead) -> HttpResponse:
    get_object_or_404(Lead.objects.visible_to(request.user, Level.OWN), pk=lead.pk)
    form = OpenCaseForm(request.POST)
    if not form.is_valid():
        return _panel(request, lead, opening=form, status=422)
    try:
        case = actions.open_case_from_lead(lead, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return _refused(request, lead, refusal, form, opening=form)
    return _done(request, lead, f"The case {case.reference} is open, and this lead feeds it.")


def _refused(request: SignedIn, lead: Lead, refusal: Refused, form: Form, **more: Any) -> HttpResponse:
    form.add_error(None, str(refusal))
    return _panel(request, lead, status=422, **more)


def _done(request: SignedIn, lead: Lead, text: str) -> HttpResponse:
    if not request.htmx:
        messages.success(request, text)
        return redirect("intel:lead-detail", pk=lead.pk)
    response = _panel(request, lead)
    return trigger_client_event(response, "toast", {"text": text, "tone": "good"})
