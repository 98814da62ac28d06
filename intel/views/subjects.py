"""The subjects of a lead, and the page of one."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from agencies import audit, live
from agencies.audit import Act
from agencies.live import SignedIn
from agencies.permissions import Permission
from agencies.presenters import seen_by
from agencies.visibility import Shareable
from intel import codelists
from intel.forms.reading import country_name, write_born
from intel.groups import Group
from intel.models import Identifier, Lead, Subject

PER_PAGE = 25


@require_safe
def lead_subjects(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    audit.record_part(lead, by=request.user)
    subjects = Subject.objects.visible_to(request.user).filter(lead=lead)
    page = Paginator(subjects, PER_PAGE).get_page(request.GET.get("page"))
    held: dict[uuid.UUID | None, list[Identifier]] = {}
    for identifier in Identifier.objects.visible_to(request.user).filter(
        subject__in=[each.pk for each in page]
    ):
        held.setdefault(identifier.subject_id, []).append(identifier)
    context = {
        "lead": lead,
        "page": page,
        "rows": [(subject, facts_of(subject), held.get(subject.pk, [])) for subject in page],
        "can_edit": lead.agency_id == request.user.agency_id,
    }
    return live.panel(request, "intel/lead_subjects.html", context)


@require_safe
def subject_detail(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    rows = Subject.objects.visible_to(request.user).select_related("agency")
    subject = get_object_or_404(rows, pk=pk)
    audit.record_looks(Act.VIEWED, [subject], by=request.user)
    context = {
        "subject": subject,
        "facts": facts_of(subject),
        "identifiers": Identifier.objects.visible_to(request.user).filter(subject=subject),
        "lead": Lead.objects.with_level(request.user).filter(pk=subject.lead_id).first(),
        "viewers": seen_by(subject, request.user),
        "why_url": reverse("agencies:who-sees", args=["intel.subject", subject.pk]),
        "is_own": subject.agency_id == request.user.agency_id,
        "can_edit": request.user.may(Permission.LOG_LEADS),
        "crumbs": [("Leads", reverse("intel:lead-list")), ("Subject", "")],
        "hits_url": reverse("intel:subject-hits", args=[subject.pk]),
        "group_url": reverse("intel:subject-group", args=[subject.pk]),
    }
    return render(request, "intel/subject_detail.html", context)


@require_safe
def subject_group(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The other records that are this one, among those the reader may see."""
    rows = Subject.objects.visible_to(request.user).select_related("agency")
    subject = get_object_or_404(rows, pk=pk)
    group = Group.of(subject, request.user)
    shown: list[Shareable] = [
        *(each.subject for each in group.members),
        *(each.subject for each in group.apart),
    ]
    audit.record_looks(Act.VIEWED, shown, by=request.user)
    return live.panel(request, "intel/subject_group.html", {"subject": subject, "group": group})


def facts_of(subject: Subject) -> list[tuple[str, str]]:
    """What is known of a subject, as (label, words); what is not known is left out."""
    born = write_born(subject.birth_earliest, subject.birth_latest, None)
    known: list[tuple[str, Any]] = [
        ("Part in it", subject.role and codelists.label("person_role_in_case", subject.role)),
        (
            "No longer listed",
            f"since {date_format(subject.delisted_on, 'j M Y')}" if subject.delisted_on else "",
        ),
        ("Also known as", ", ".join(subject.aliases)),
        ("Born", born),
        ("Age", f"{subject.age} when reported" if subject.age is not None else ""),
        ("Sex", subject.get_sex_display() if subject.sex else ""),
        ("Nationality", ", ".join(map(country_name, subject.nationalities))),
        ("Places", "; ".join(subject.places)),
        ("Note", subject.note),
    ]
    return [(label, words) for label, words in known if words]
