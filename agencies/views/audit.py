"""The history of a record, and the audit record of the agency."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from agencies import exporting, inspecting
from agencies.audit import Act, AuditEvent, record
from agencies.forms import AuditFilterForm
from agencies.inspecting import QUESTIONS, audit_lines
from agencies.live import SignedIn, panel
from agencies.pages import SealedCursor, keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.presenters import history_lines
from agencies.views.room import own_agency, tabs
from agencies.views.sharing import visible_or_404
from agencies.visibility import Level


@require_safe
def history(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """What was done to a record, as far as the reader may know it."""
    obj = visible_or_404(label, pk, request.user, Level.VIEW)
    done = AuditEvent.objects.about(obj, request.user).exclude(act__in=(Act.VIEWED, Act.PULLED))
    cursor = SealedCursor(f"{request.user.agency_id} history {pk}")
    page = keyset_page(done, request.GET, size=20, order=("at",), cursor=cursor)
    context = {
        "obj": obj,
        "label": label,
        "noun": obj._meta.verbose_name,
        "page": page,
        "lines": history_lines(page.rows, request.user),
        "audits": request.user.may(Permission.READ_AUDIT),
    }
    return panel(request, "agencies/history.html", context)


# --- The explorer -------------------------------------------------------------------------------------------


@require_safe
def explorer(request: SignedIn) -> HttpResponse:
    """Who did what to which record: everything of one's own agency, and of partners their looks at its records."""
    return _page(request, inspecting.EVERYTHING)


@require_safe
def of_record(request: SignedIn) -> HttpResponse:
    return _page(request, inspecting.RECORD)


@require_safe
def of_person(request: SignedIn) -> HttpResponse:
    return _page(request, inspecting.PERSON)


@require_safe
def left(request: SignedIn) -> HttpResponse:
    """The dissemination report: what partners were given and shown, this month if nothing else is asked."""
    return _page(request, inspecting.LEFT)


def _page(request: SignedIn, question: str) -> HttpResponse:
    form, asked = _asked(request, question)
    events = inspecting.answers(question, asked, request.user)
    cursor = SealedCursor(f"{request.user.agency_id} audit {question}")
    page = keyset_page(events, request.GET, order=("at",), cursor=cursor)
    basis = inspecting.bases(page.rows, request.user) if question == inspecting.LEFT else {}
    context = {
        "tabs": tabs(request.user),
        "questions": [(key, each.label, reverse(each.url_name)) for key, each in QUESTIONS.items()],
        "key": question,
        "question": QUESTIONS[question],
        "form": form,
        "page": page,
        "lines": [(each, basis.get(each.line.event.pk, "")) for each in audit_lines(page.rows, request.user)],
        "partners": inspecting.partners(events) if question == inspecting.LEFT else [],
        "since": asked.get("since") if question == inspecting.LEFT else None,
        "waits": question in {inspecting.RECORD, inspecting.PERSON} and not asked.get(question),
        "files": urlencode({**_kept(request), "question": question}, doseq=True),
    }
    return panel(request, "agencies/room_audit.html", context, part="list")


def _asked(request: SignedIn, question: str) -> tuple[AuditFilterForm, dict[str, Any]]:
    """What is asked, by those who may. A filter that makes no sense is left out."""
    if not request.user.may(Permission.READ_AUDIT):
        raise Http404
    form = AuditFilterForm(request.user, question, request.GET)
    form.is_valid()
    asked = form.cleaned_data
    if question == inspecting.LEFT and not (asked.get("since") or asked.get("until")):
        asked["since"] = inspecting.this_month()
    return form, asked


def _kept(request: SignedIn) -> dict[str, list[str]]:
    return {name: request.GET.getlist(name) for name in request.GET if name not in {"before", "after"}}


@require_safe
def export(request: SignedIn) -> HttpResponse:
    """What a page of the explorer shows, whole, as a table or as rows with proofs. The download is on record itself."""
    question = request.GET.get("question", inspecting.EVERYTHING)
    if question not in QUESTIONS:
        raise Http404
    _, asked = _asked(request, question)
    events, agency = inspecting.answers(question, asked, request.user), own_agency(request.user)
    form = "jsonl" if request.GET.get("as") == "jsonl" else "csv"
    said = {name: str(value) for name, value in asked.items() if value} | {"question": question}
    try:
        text, rows = (
            exporting.as_proof(events, request.user, agency, said)
            if form == "jsonl"
            else exporting.as_csv(events, request.user)
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse(QUESTIONS[question].url_name)}?{urlencode(_kept(request), doseq=True)}")
    record(Act.EXPORTED, agency, by=request.user, rows=rows, asked=said, **{"as": form})
    types = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
    name = f"audit-{question}-{timezone.localdate():%Y-%m-%d}.{form}"
    return HttpResponse(
        text, content_type=types[form], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
