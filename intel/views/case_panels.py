"""What intel adds to the case page: the leads that feed the case, the subjects in it, and the reader's hits on them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from agencies import audit, live
from agencies.live import SignedIn
from agencies.models import User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.visibility import Level
from cases.models import Case
from cases.policies import check_can_work
from intel import actions, codelists
from intel.forms.case_panels import AddSubjectForm, AttachForm
from intel.lookups import Words, is_named, references_in
from intel.models import CaseLead, CaseSubject, HitNotice, Lead, Subject
from intel.views.hit_panels import panel_context, requests_state

PAGE = 20
FOUND = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A row that ties something to the case, and that thing if the reader may still see it."""

    tie: Any
    thing: Any
    is_own: bool

    @property
    def role(self) -> str:
        return codelists.label("person_role_in_case", self.tie.role)


# --- Leads ------------------------------------------------------------------------------------------------------


@require_safe
def case_leads(request: SignedIn, pk: str) -> HttpResponse:
    case = _case(request, pk)
    return _leads_panel(request, case)


def _case(request: SignedIn, pk: str) -> Case:
    case: Case = get_object_or_404(Case.objects.visible_to(request.user), pk=pk)
    audit.record_part(case, by=request.user)
    return case


def _leads_panel(
    request: SignedIn, case: Case, *, form: AttachForm | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    ties = CaseLead.objects.visible_to(request.user).filter(case=case).select_related("agency")
    page = keyset_page(ties, request.GET, size=PAGE)
    leads = Lead.objects.with_level(request.user).select_related("agency").defer("narrative", "search")
    seen: dict[Any, Any] = leads.in_bulk([tie.lead_id for tie in page.rows])
    context = {
        "case": case,
        "page": page,
        "lines": [_line(tie, seen.get(tie.lead_id), request.user) for tie in page.rows],
        "can_work": _can_work(case, request.user),
        "can_share": request.user.may(Permission.SHARE)
        and any(lead.level == Level.OWN for lead in seen.values()),
        "form": form or AttachForm(),
        "found": _leads_to_attach(request, case),
        "sought": request.GET.get("find", ""),
        "refused": refused,
        "url": reverse("intel:case-leads", args=[case.pk]),
    }
    return live.panel(request, "intel/case_leads.html", context, status=status)


def _line(tie: Any, thing: Any, user: User) -> Line:
    return Line(tie, thing, tie.agency_id == user.agency_id)


def _can_work(case: Case, user: User) -> bool:
    try:
        check_can_work(case, user)
    except Refused:
        return False
    return True


def _leads_to_attach(request: SignedIn, case: Case) -> list[Lead]:
    """Leads the reader may read, by reference or words, that their agency has not attached yet."""
    sought = request.GET.get("find", "").strip()[:200]
    if not sought:
        return []
    attached = CaseLead.objects.visible_to(request.user).filter(case=case, agency=request.user.agency_id)
    readable = Lead.objects.visible_to(request.user).exclude(pk__in=attached.values("lead_id"))
    if references := references_in(sought):
        found = readable.filter(reference__in=references)
    else:
        found = readable.filter(Words(sought).inside).checked()
    rows = found.exclude(kind=Lead.Kind.REFERENCE).select_related("agency").defer("narrative", "search")
    return list(rows.order_by("-created_at", "-pk")[:FOUND])


@require_POST
def case_attach(request: SignedIn, pk: str) -> HttpResponse:
    case = _case(request, pk)
    form = AttachForm(request.POST)
    if not form.is_valid():
        return _leads_panel(request, case, form=form, status=422)
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=form.cleaned_data["lead"])
    try:
        actions.attach_lead(case, lead, by=request.user, private=form.cleaned_data["private"])
    except Refused as refused:
        return _leads_panel(request, case, refused=str(refused), status=422)
    return _changed(request, case, "leads-changed", f"Attached “{lead}”.")


@require_POST
def case_detach(request: SignedIn, pk: str) -> HttpResponse:
    case = _case(request, pk)
    ties = CaseLead.objects.visible_to(request.user).filter(case=case)
    tie = get_object_or_404(ties, pk=_uuid(request.POST.get("tie")))
    try:
        actions.detach_lead(tie, by=request.user)
    except Refused as refused:
        return _leads_panel(request, case, refused=str(refused), status=422)
    return _changed(request, case, "leads-changed", "Detached. The lead itself stays as it is.")


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def _changed(request: SignedIn, case: Case, event: str, text: str) -> HttpResponse:
    """The panel anew, or without htmx the page it was opened from."""
    if not request.htmx:
        messages.success(request, text)
        return redirect(live.way_back(request, reverse("cases:case-detail", args=[case.pk])))
    response = _leads_panel(request, case) if event == "leads-changed" else _subjects_panel(request, case)
    trigger_client_event(response, event)
    return trigger_client_event(response, "toast", {"text": text, "tone": "good"})


# --- Subjects ---------------------------------------------------------------------------------------------------


@require_safe
def case_subjects(request: SignedIn, pk: str) -> HttpResponse:
    return _subjects_panel(request, _case(request, pk))


def _subjects_panel(
    request: SignedIn, case: Case, *, form: AddSubjectForm | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    ties = CaseSubject.objects.visible_to(request.user).filter(case=case).select_related("agency")
    page = keyset_page(ties, request.GET, size=PAGE)
    seen = _subjects(request.user).in_bulk([tie.subject_id for tie in page.rows])
    context = {
        "case": case,
        "page": page,
        "lines": [_line(tie, seen.get(tie.subject_id), request.user) for tie in page.rows],
        "can_work": _can_work(case, request.user),
        "form": form or AddSubjectForm(),
        "found": _subjects_to_add(request, case),
        "sought": request.GET.get("find", ""),
        "refused": refused,
        "url": reverse("intel:case-subjects", args=[case.pk]),
    }
    return live.panel(request, "intel/case_subjects.html", context, status=status)


def _subjects(user: User) -> Any:
    return Subject.objects.visible_to(user).select_related("agency")


def _subjects_to_add(request: SignedIn, case: Case) -> list[Subject]:
    """Those of the case's leads until something is sought; then every subject of that name the reader may see."""
    if not _can_work(case, request.user):
        return []
    sought = request.GET.get("find", "").strip()[:200]
    added = CaseSubject.objects.visible_to(request.user).filter(case=case, agency=request.user.agency_id)
    leads = CaseLead.objects.visible_to(request.user).filter(case=case).values("lead_id")
    rows = _subjects(request.user)
    rows = rows.filter(is_named(sought)).checked() if sought else rows.filter(lead__in=leads)
    rows = rows.exclude(pk__in=added.values("subject_id"))
    return list(rows.order_by("-created_at", "-pk")[:FOUND])


@require_POST
def case_subject_add(request: SignedIn, pk: str) -> HttpResponse:
    """Give a subject a role in the case; again with another role to change it."""
    case = _case(request, pk)
    form = AddSubjectForm(request.POST)
    if not form.is_valid():
        return _subjects_panel(request, case, form=form, status=422)
    subject = get_object_or_404(Subject.objects.visible_to(request.user), pk=form.cleaned_data["subject"])
    role, private = form.cleaned_data["role"], form.cleaned_data["private"]
    try:
        actions.add_case_subject(case, subject, role=role, by=request.user, private=private)
    except Refused as refused:
        return _subjects_panel(request, case, refused=str(refused), status=422)
    text = f"{subject} is in this case as {codelists.label('person_role_in_case', role).lower()}."
    return _changed(request, case, "subjects-changed", text)


@require_POST
def case_subject_drop(request: SignedIn, pk: str) -> HttpResponse:
    case = _case(request, pk)
    ties = CaseSubject.objects.visible_to(request.user).filter(case=case)
    tie = get_object_or_404(ties, pk=_uuid(request.POST.get("tie")))
    try:
        actions.drop_case_subject(tie, by=request.user)
    except Refused as refused:
        return _subjects_panel(request, case, refused=str(refused), status=422)
    return _changed(request, case, "subjects-changed", "Taken out of the case.")


# --- Hits -------------------------------------------------------------------------------------------------------


@require_safe
def case_hits(request: SignedIn, pk: str) -> HttpResponse:
    """The reader's own hits on leads of theirs that feed the case."""
    case = _case(request, pk)
    ties = CaseLead.objects.visible_to(request.user).filter(case=case)
    own = Lead.objects.visible_to(request.user, Level.OWN).filter(pk__in=ties.values("lead_id"))
    notices = HitNotice.objects.visible_to(request.user).filter(own_lead__in=own)
    notices = notices.exclude(state__in=[HitNotice.State.WITHDRAWN, HitNotice.State.NOT_SAME])
    state = live.token(live.newest(notices), requests_state(request, notices))
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = panel_context(request, notices, reverse("intel:case-hits", args=[case.pk]), state)
    return live.panel(request, "intel/notice_panel.html", context | {"case": case})
