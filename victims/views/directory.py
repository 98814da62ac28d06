"""The service directory: what the agencies of one's task forces offer to victims."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.live import SignedIn
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused, allows
from victims import actions
from victims.forms_directory import PlacesForm, ServiceFilter, ServiceForm
from victims.models import Service
from victims.policies_care import check_can_verify, check_keeps
from victims.presenters_care import described

CRUMB = "Service directory"


@require_safe
def service_list(request: SignedIn) -> HttpResponse:
    """Everything on offer, and of one's own agency what is not."""
    spoken = Service.objects.listed_for(request.user).on_offer().values_list("languages", flat=True)
    form = ServiceFilter(request.GET, {code for codes in spoken for code in codes})
    own_only = request.GET.get("whose") == "ours"
    services = Service.objects.listed_for(request.user).select_related("provider")
    services = services.filter(provider=request.user.agency_id) if own_only else services.on_offer()
    page = keyset_page(form.narrow(services), request.GET)
    context = {
        "page": page,
        "services": [described(service) for service in page.rows],
        "form": form,
        "may_keep": request.user.may(Permission.REFER_VICTIMS),
        "whose": "ours" if own_only else "all",
        "sides": [("all", "On offer", "?"), ("ours", "Ours", "?whose=ours")],
        "filtered": bool({"place", "kind", "language", "free"} & set(request.GET)),
    }
    return render(request, "victims/service_list.html", context)


@require_safe
def service_detail(request: SignedIn, pk: str) -> HttpResponse:
    return _detail(request, _found(request, pk))


def _detail(
    request: SignedIn, service: Service, form: PlacesForm | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "service": described(service),
        "form": form or PlacesForm(initial={"free_places": service.free_places}),
        "may_keep": allows(check_keeps, service, request.user),
        "may_verify": allows(check_can_verify, service, request.user),
        "crumbs": [(CRUMB, reverse("victims:service-list")), (str(service), "")],
    }
    return render(request, "victims/service_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def service_new(request: SignedIn) -> HttpResponse:
    if not request.user.may(Permission.REFER_VICTIMS):
        raise Http404
    form = ServiceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        service = actions.publish_service(by=request.user, **_fields(form))
        messages.success(request, "Listed. Every agency of your task forces reads it now.")
        return redirect("victims:service-detail", pk=service.pk)
    return _form(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def service_edit(request: SignedIn, pk: str) -> HttpResponse:
    service = _found(request, pk)
    if not allows(check_keeps, service, request.user):
        raise Http404
    form = ServiceForm(request.POST or None, instance=service)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            actions.edit_service(service, version=version, by=request.user, **_fields(form))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("victims:service-detail", pk=pk)
    return _form(request, form, _found(request, pk))


@require_POST
def service_places(request: SignedIn, pk: str) -> HttpResponse:
    service = _found(request, pk)
    if not allows(check_keeps, service, request.user):
        raise Http404
    form = PlacesForm(request.POST)
    if not form.is_valid():
        return _detail(request, service, form, status=422)
    actions.update_places(service, free_places=form.cleaned_data["free_places"], by=request.user)
    messages.success(request, "Thank you. Partners see it now.")
    return redirect("victims:service-detail", pk=pk)


@require_POST
def service_verify(request: SignedIn, pk: str) -> HttpResponse:
    return _do(request, pk, actions.verify_service, "Noted that it was true today.")


@require_POST
def service_withdraw(request: SignedIn, pk: str) -> HttpResponse:
    if request.POST.get("act") == "back":
        return _do(request, pk, actions.withdraw_service, "It is on offer again.", back=True)
    return _do(request, pk, actions.withdraw_service, "Taken out of the directory. You can put it back.")


def _do(request: SignedIn, pk: str, verb: Any, said: str, **more: Any) -> HttpResponse:
    service = _found(request, pk)
    try:
        verb(service, by=request.user, **more)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect("victims:service-detail", pk=pk)


def _found(request: SignedIn, pk: str) -> Service:
    rows = Service.objects.listed_for(request.user).select_related("provider", "verified_by__agency")
    service: Service = get_object_or_404(rows, pk=pk)
    return service


def _fields(form: ServiceForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name != "version"}


def _form(request: SignedIn, form: ServiceForm, service: Service | None) -> HttpResponse:
    crumbs = [(CRUMB, reverse("victims:service-list"))]
    context = {"form": form, "service": service, "crumbs": crumbs}
    context["now"] = described(service) if service and form.non_field_errors() else None
    return render(request, "victims/service_form.html", context, status=422 if form.errors else 200)
