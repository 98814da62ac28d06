"""Leads: the list and its triage queue, and the page of one lead."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from agencies import audit, live
from agencies.audit import Act
from agencies.cards import contact_card
from agencies.live import SignedIn
from agencies.models import User
from agencies.pages import COUNT_CAP, keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused, allows
from agencies.presenters import may_share, seen_by
from agencies.reviewing import check_may_review
from agencies.visibility import Level
from intel import codelists, policies
from intel.filters import VIEWS, LeadFilterForm, hits_of, in_view
from intel.forms.reading import country_name
from intel.forms.triage import TriageForm, colleagues
from intel.highlighting import with_marks
from intel.models import Identifier, Lead, LeadDraft
from intel.presenters_matching import matching_stage

MOST_IDENTIFIERS = 100


# --- The list -----------------------------------------------------------------------------------------------


@require_safe
def lead_list(request: SignedIn) -> HttpResponse:
    user = request.user
    view = _view(request)
    form = LeadFilterForm(user, request.GET)
    leads = form.narrow(in_view(Lead.objects.with_level(user), view, user))
    rows: Any = _as_rows(leads, user)
    page = keyset_page(rows.checked(), request.GET)
    can_triage = user.may(Permission.TRIAGE_LEADS)
    context = {
        "view": view,
        "form": form,
        "page": page,
        "tabs": _tabs(user),
        "view_label": VIEWS[view],
        "is_filtered": any(request.GET.get(name) for name in form.fields if name != "view"),
        "can_triage": can_triage,
        "can_share": user.may(Permission.SHARE),
        "can_log": user.may(Permission.LOG_LEADS),
        "people": colleagues(user) if can_triage else [],
        "drafts": LeadDraft.objects.belonging_to(user).count(),
    }
    part = "intel/lead_list.html#list" if request.htmx else "intel/lead_list.html"
    return render(request, part, context)


def _view(request: SignedIn) -> str:
    default = "triage" if request.user.may(Permission.TRIAGE_LEADS) else "all"
    asked = request.GET.get("view", "")
    return asked if asked in VIEWS else default


def _as_rows(leads: QuerySet[Lead, Lead], user: User) -> QuerySet[Lead, Lead]:
    hits = hits_of(user).filter(own_lead=OuterRef("pk")).order_by().values("own_lead")
    counted = Subquery(hits.annotate(number=Count("pk")).values("number"), output_field=IntegerField())
    rows = leads.select_related("agency__contact", "assigned_to").defer("narrative", "search")
    return rows.annotate(hit_count=Coalesce(counted, 0))


def _tabs(user: User) -> list[tuple[str, str, str, str | None]]:
    """Every saved view; those that are a queue with how many wait in it."""
    own = Lead.objects.visible_to(user)
    return [
        (view, label, f"?{urlencode({'view': view})}", _waiting(own, view, user))
        for view, label in VIEWS.items()
        if view != "triage" or user.may(Permission.TRIAGE_LEADS)
    ]


def _waiting(own: QuerySet[Lead, Lead], view: str, user: User) -> str | None:
    if view not in {"triage", "mine"}:
        return None
    count = in_view(own, view, user).order_by()[: COUNT_CAP + 1].count()
    return (f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}") if count else None


# --- One lead ---------------------------------------------------------------------------------------------------


@require_safe
def lead_detail(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    rows = Lead.objects.with_level(request.user).select_related("agency__contact", "assigned_to", "logged_by")
    lead: Any = get_object_or_404(rows, pk=pk)
    audit.record_looks(Act.VIEWED, [lead], by=request.user, level=Level(lead.level).label)
    if lead.level == Level.SUMMARY:
        return _summary_page(request, lead)
    return lead_page(request, lead)


def _summary_page(request: SignedIn, lead: Lead) -> HttpResponse:
    context = {
        "lead": lead,
        "crumbs": crumbs("Shared in summary"),
        "countries": ", ".join(map(country_name, lead.countries)),
        "contact": contact_card(lead.agency.contact),
        "why_url": reverse("agencies:who-sees", args=["intel.lead", lead.pk]),
    }
    return render(request, "intel/lead_summary.html", context)


def lead_page(
    request: SignedIn, lead: Lead, *, triage: TriageForm | None = None, status: int = 200
) -> HttpResponse:
    """The whole page of a lead that the reader may read; `triage` is a decision that was refused."""
    user = request.user
    is_own = lead.agency_id == user.agency_id
    loose = Identifier.objects.visible_to(user).filter(lead=lead)
    identifiers = list(loose.filter(subject=None)[:MOST_IDENTIFIERS])
    context = {
        "lead": lead,
        "is_own": is_own,
        "crumbs": crumbs(lead.reference),
        "viewers": seen_by(lead, user),
        "why_url": reverse("agencies:who-sees", args=["intel.lead", lead.pk]),
        "narrative": with_marks(
            lead.narrative, loose.values_list("kind", "value")[:MOST_IDENTIFIERS], lead.agency.country
        ),
        "identifiers": [(each, _search_for(each)) for each in identifiers],
        "grade_words": _grade_words(lead),
        "triage": triage or TriageForm(user),
        "can": _possible(lead, user),
        "can_edit": is_own and user.may(Permission.LOG_LEADS),
        "can_share": may_share(lead, user),
        "can_review": allows(check_may_review, lead, user),
        "stage": matching_stage(lead) if is_own else "",
        "countries": ", ".join(map(country_name, lead.countries)),
        "hits_url": reverse("intel:lead-hits", args=[lead.pk]),
        "history_url": reverse("agencies:history", args=["intel.lead", lead.pk]),
    }
    return render(request, "intel/lead_detail.html", context, status=status)


def _search_for(identifier: Identifier) -> str:
    return f"{reverse('intel:search')}?{urlencode({'q': identifier.display})}"


def _grade_words(lead: Lead) -> str:
    source = codelists.label("grade_4x4_source", lead.grade_source)
    information = codelists.label("grade_4x4_information", lead.grade_information)
    return f"Source: {source.lower()}. Information: {information.lower()}."


def _possible(lead: Lead, user: User) -> set[str]:
    """The decisions that the reader may take on this lead now."""
    acts = {"assign": Lead.Status.ASSIGNED, "accept": Lead.Status.ACCEPTED, "reject": Lead.Status.REJECTED}
    return {act for act, status in acts.items() if _may(lead, status, user)}


def _may(lead: Lead, status: str, user: User) -> bool:
    try:
        policies.check_can_triage(lead, status, user)
    except Refused:
        return False
    return True


def crumbs(here: str, url: str = "", *further: str) -> list[tuple[str, str]]:
    return [("Leads", reverse("intel:lead-list")), (here, url), *((label, "") for label in further)]


@require_safe
def lead_matching(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """How far matching is with one's own lead; tells the page when it is done, so that its hits are fetched."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user, Level.OWN), pk=pk)
    stage = matching_stage(lead)
    if nothing_new := live.unchanged(request, stage):
        return nothing_new
    response = live.panel(request, "intel/lead_matching.html", {"lead": lead, "stage": stage}, part="stage")
    return trigger_client_event(response, "matched") if stage == "done" else response
