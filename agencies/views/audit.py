"""The history of a record, and the audit record of the agency."""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from agencies.audit import Act, AuditEvent, AuditQuerySet
from agencies.forms import AuditFilterForm
from agencies.live import SignedIn, panel
from agencies.models import User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.presenters import audit_lines, history_lines
from agencies.views.room import tabs
from agencies.views.sharing import visible_or_404
from agencies.visibility import Level, Shareable


@require_safe
def history(request: SignedIn, label: str, pk: uuid.UUID) -> HttpResponse:
    """What was done to a record, as far as the reader may know it."""
    obj = visible_or_404(label, pk, request.user, Level.VIEW)
    done = AuditEvent.objects.about(obj, request.user).exclude(act__in=(Act.VIEWED, Act.PULLED))
    page = keyset_page(done, request.GET, size=20, order=("at",))
    context = {
        "obj": obj,
        "label": label,
        "noun": obj._meta.verbose_name,
        "page": page,
        "lines": history_lines(page.rows, request.user),
        "audits": request.user.may(Permission.READ_AUDIT),
    }
    return panel(request, "agencies/history.html", context)


@require_safe
def explorer(request: SignedIn) -> HttpResponse:
    """Who did what to which record: everything of one's own agency, and of partners their looks at its records."""
    if not request.user.may(Permission.READ_AUDIT):
        raise Http404
    form = AuditFilterForm(request.user, request.GET)
    page = keyset_page(_events(form, request.user), request.GET, order=("at",))
    context = {
        "tabs": tabs(request.user),
        "form": form,
        "page": page,
        "lines": audit_lines(page.rows, request.user),
        "record": form.cleaned_data.get("record", ""),
    }
    return panel(request, "agencies/room_audit.html", context, part="list")


def _events(form: AuditFilterForm, reader: User) -> AuditQuerySet:
    form.is_valid()  # a filter that makes no sense is left out
    asked = form.cleaned_data
    events = AuditEvent.objects.of_agency(reader)
    if asked.get("record"):
        which = _names_record(asked["record"], reader)
        events = events.filter(which) | AuditEvent.objects.looks_at_rows_of(reader).filter(which)
    if asked.get("person"):
        events = events.filter(actor_id=asked["person"].pk)
    if asked.get("act"):
        events = events.filter(act__in=asked["act"])
    if asked.get("since"):
        events = events.filter(at__date__gte=asked["since"])
    if asked.get("until"):
        events = events.filter(at__date__lte=asked["until"])
    return events


def _names_record(text: str, reader: User) -> Q:
    """The record that "cases.case:<id>", a bare id or a reference stands for. Knows references of visible rows only."""
    kind, _, pk = text.strip().rpartition(":")
    try:
        object_id = uuid.UUID(pk)
    except ValueError:
        return Q(object_id__in=_by_reference(text.strip(), reader))
    kinds = [kind] if kind else [model._meta.label_lower for model in apps.get_models()]
    return Q(kind__in=kinds, object_id=object_id)


def _by_reference(reference: str, reader: User) -> list[uuid.UUID]:
    found: list[uuid.UUID] = []
    for model in _with_references():
        rows = model.objects.visible_to(reader).filter(reference__iexact=reference)
        found += rows.values_list("pk", flat=True)
    return found


def _with_references() -> list[type[Any]]:
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Shareable) and any(column.name == "reference" for column in model._meta.fields)
    ]
