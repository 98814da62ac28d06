"""Log a lead, and edit one: the same form, which loses nothing that was typed."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from agencies import audit
from agencies.live import SignedIn, go
from agencies.models import IdempotentAnswer, User
from agencies.permissions import Permission
from agencies.policies import EditConflict, Refused
from agencies.visibility import Level
from intel import actions, codelists, policies
from intel.forms.comparing import differences
from intel.forms.entry import Entry
from intel.forms.typed import uuid_in, without_nuls
from intel.models import Lead, LeadDraft
from intel.views.chips import reading_context
from intel.views.drafts import drafts_of, key_of
from intel.views.leads import crumbs

SAVES = {"", "save", "save-another"}


@require_http_methods(["GET", "HEAD", "POST"])
def lead_new(request: SignedIn) -> HttpResponse:
    if not request.user.may(Permission.LOG_LEADS):
        raise PermissionDenied
    if request.method != "POST":
        return _show(request, _resumed(request) or Entry.blank(request.user))
    data = without_nuls(request.POST)
    if data.get("act", "") not in SAVES:
        return _show(request, _after(request.user, data))
    entry = Entry.typed(request.user, data, check=True)
    if not entry.is_valid():
        return _show(request, entry, status=422)
    try:
        lead_pk = _log_once(entry)
    except Refused as refusal:
        entry.refusal = str(refusal)
        return _show(request, entry, status=422)
    if data.get("act") == "save-another":
        messages.success(request, "The lead is logged and being matched. Here is the form for the next one.")
        return go(request, reverse("intel:lead-new"))
    return go(request, reverse("intel:lead-detail", args=[lead_pk]))


def _resumed(request: SignedIn) -> Entry | None:
    """The draft that the address asks for."""
    asked = request.GET.get("draft")
    if not asked:
        return None
    draft = get_object_or_404(LeadDraft.objects.belonging_to(request.user), pk=uuid_in(asked))
    entry = Entry.typed(request.user, typed_in(draft))
    entry.token = str(draft.pk)
    return entry


def typed_in(draft: LeadDraft) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, values in draft.form.items():
        data.setlist(name, values)
    return data


def _after(user: User, data: QueryDict, lead: Lead | None = None) -> Entry:
    """The form after one of its buttons that do not save: all that was typed, and what the button adds or drops."""
    entry = Entry.typed(user, data, lead=lead)
    entry.do(data.get("act", ""))
    return entry


def _log_once(entry: Entry) -> str:
    """Log the lead, unless this very form has been saved already: then its lead is the answer.

    The row of the form's token comes first: a second submission waits at its unique index until the first is done.
    """
    user, key = entry.user, key_of(entry.token)
    with transaction.atomic():
        row = IdempotentAnswer(user=user, key=key, request_hash="", status=0, body={})
        IdempotentAnswer.objects.bulk_create([row], ignore_conflicts=True)
        kept = IdempotentAnswer.objects.get(user=user, key=key)
        if kept.status:
            return str(kept.body["lead"])
        draft = LeadDraft.objects.belonging_to(user).filter(pk=entry.token).first()
        lead = actions.log_lead(entry.facts(), by=user, sharing=entry.sharing.wishes(), draft=draft)
        kept.status, kept.body = 302, {"lead": str(lead.pk)}
        kept.save(update_fields=["status", "body"])
    return str(lead.pk)


# --- Editing ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def lead_edit(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    lead = get_object_or_404(Lead.objects.visible_to(request.user, Level.OWN), pk=pk)
    try:
        policies.check_can_edit(lead, request.user)
    except Refused as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    audit.record_part(lead, by=request.user)
    if request.method != "POST":
        return _show(request, Entry.of(lead, request.user))
    data = without_nuls(request.POST)
    if data.get("act", "") not in SAVES:
        return _show(request, _after(request.user, data, lead))
    entry = Entry.typed(request.user, data, check=True, lead=lead)
    if not entry.is_valid():
        return _show(request, entry, status=422)
    try:
        actions.edit_lead(lead, entry.facts(), version=entry.version, by=request.user)
    except EditConflict as conflict:
        return _show_both(request, lead, entry, conflict)
    except Refused as refusal:
        entry.refusal = str(refusal)
        return _show(request, entry, status=422)
    messages.success(request, "Saved. It is being matched again.")
    return go(request, reverse("intel:lead-detail", args=[lead.pk]))


def _show_both(request: SignedIn, lead: Lead, entry: Entry, conflict: EditConflict) -> HttpResponse:
    """The form as typed, beside it what somebody else saved; saving again puts the typed one in its place."""
    now = get_object_or_404(Lead.objects.visible_to(request.user, Level.OWN), pk=lead.pk)
    theirs = Entry.of(now, request.user)
    entry.version, entry.refusal = theirs.version, str(conflict)
    return _show(request, entry, status=409, differences=differences(theirs, entry))


def _show(request: SignedIn, entry: Entry, *, status: int = 200, **more: Any) -> HttpResponse:
    context = reading_context(entry) | {
        "grade_sources": codelists.codes("grade_4x4_source").values(),
        "grade_informations": codelists.codes("grade_4x4_information").values(),
        "handling_codes": codelists.codes("handling_europol").values(),
        "drafts": [] if entry.lead else drafts_of(request.user, except_for=entry.token),
        "crumbs": crumbs(entry.lead.reference, reverse("intel:lead-detail", args=[entry.lead.pk]), "Edit")
        if entry.lead
        else [],
    }
    part = "intel/lead_form.html#entry" if request.htmx else "intel/lead_form.html"
    return render(request, part, context | more, status=status)
