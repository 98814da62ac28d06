"""The pages of a victim's identity. What is shown in the clear leaves in the answer to a POST and nowhere else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from agencies.live import SignedIn
from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import EditConflict, Refused
from agencies.sessions import never_kept
from victims import actions, presenters
from victims.forms import ChangeIdentityForm, GiveIdentityForm, IdentifyForm, LookForm, ReasonForm
from victims.models import FIELDS, Victim
from victims.presenters import IdentityPage

View = Callable[..., HttpResponse]


def unspoken(view: View) -> View:
    """What is typed and shown here stands in no report of a fault, and waits in no session."""
    wrapped: View = sensitive_variables()(sensitive_post_parameters()(view))
    return never_kept(wrapped)


def page_or_404(pk: uuid.UUID, user: User) -> IdentityPage:
    """What `user` may know of an identity; an identity of which they may know nothing never was."""
    page = presenters.identity_page(pk, user)
    if page is None:
        raise Http404
    return page


def kept_or_404(pk: uuid.UUID, user: User) -> IdentityPage:
    """The same for whoever may change it and who holds it."""
    page = page_or_404(pk, user)
    if not page.keeps:
        raise Http404
    return page


@require_safe
def identity_list(request: SignedIn) -> HttpResponse:
    """What is open to oneself by name, and, for protection officers, who may be known to another agency."""
    if not request.user.may(Permission.READ_VICTIMS):
        raise Http404
    page = Paginator(presenters.open_to(request.user), 50).get_page(request.GET.get("page"))
    context = {"page": page, "pointers": presenters.pointers_for(request.user)}
    return render(request, "victims/identity_list.html", context)


@require_safe
def identity(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """That it is held, to whom it is open, and the form to look at one field."""
    return _page(request, page_or_404(pk, request.user), LookForm())


@require_POST
@unspoken
def look(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One field in the clear. Asking again hides the one before; after some minutes the page hides it by itself."""
    page = page_or_404(pk, request.user)
    if page.access is None:
        raise Http404
    form = LookForm(request.POST)
    if not form.is_valid():
        return _page(request, page, form, status=422)
    said = form.cleaned_data
    try:
        text = actions.look(
            page.identity, said["field"], purpose=said["purpose"], words=said["words"], by=request.user
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, page, form, status=422)
    answer = _page(request, page_or_404(pk, request.user), form, shown=said["field"], text=text)
    answer["Refresh"] = (
        f"{settings.IDENTITY_SHOWN_MINUTES * 60}; url={reverse('victims:identity', args=[pk])}"
    )
    return answer


def _page(
    request: SignedIn, page: IdentityPage, form: LookForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "page": page, "form": form, "fields": list(FIELDS.items()), "minutes": settings.IDENTITY_SHOWN_MINUTES, **more,
    }  # fmt: skip
    return render(request, "victims/identity.html", context, status=status)


@unspoken
def identify(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Write down who a victim is."""
    victim = get_object_or_404(Victim.objects.visible_to(request.user).select_related("agency"), pk=pk)
    if not request.user.may(Permission.REGISTER_VICTIMS):
        raise Http404
    if request.method == "GET" and (held := presenters.held_of([victim])):
        return redirect("victims:identity", pk=held[victim.pk])
    form = IdentifyForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            held_now = actions.identify(
                victim, form.values, deputy=said["deputy"], is_another=said["is_another"], by=request.user
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return _form(request, form, victim, 422, alike=isinstance(refusal, actions.AlreadyHeld))
        messages.success(request, "Saved. It is open to you and your deputy alone.")
        return redirect("victims:identity", pk=held_now.pk)
    return _form(request, form, victim, 422 if form.errors else 200)


@unspoken
def edit(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Replace or empty fields. What is held is not shown: it is looked at on the page before."""
    page = kept_or_404(pk, request.user)
    form = ChangeIdentityForm(request.POST or None, initial={"version": page.identity.version})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            actions.change_identity(
                page.identity, form.values, empty=set(said["empty"]), version=said["version"],
                is_another=said["is_another"], by=request.user,
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
            if isinstance(refusal, EditConflict):
                now = page_or_404(pk, request.user).identity.version
                typed = request.POST.copy()
                typed["version"] = str(now)
                form.data = typed
            alike = isinstance(refusal, actions.AlreadyHeld)
            return _form(request, form, page.victim, 422, page=page, alike=alike)
        messages.success(request, "Saved.")
        return redirect("victims:identity", pk=pk)
    return _form(request, form, page.victim, 422 if form.errors else 200, page=page)


def _form(request: SignedIn, form: Any, victim: Victim, status: int, **more: Any) -> HttpResponse:
    context = {"form": form, "victim": victim, **more}
    return render(request, "victims/identity_form.html", context, status=status)


@unspoken
def people(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Open an identity to one person by name."""
    page = kept_or_404(pk, request.user)
    form = GiveIdentityForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            actions.give_identity(
                page.identity, person=said["person"], until=said["until"], reason=said["reason"], by=request.user
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Open to {said['person']} now. They are told on their desk.")
            return redirect("victims:identity-people", pk=pk)
    status = 422 if form.errors else 200
    return render(request, "victims/identity_people.html", {"page": page, "form": form}, status=status)


@require_POST
def take(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Close it to one person; giving up what is open to oneself is the same."""
    page = page_or_404(pk, request.user)
    if page.access is None:
        raise Http404
    known = [request.user, *(holder.person for holder in page.holders)]
    person = next((each for each in known if str(each.pk) == request.POST.get("person")), None)
    try:
        if person is None:
            raise Refused("It was not open to them any more.")
        actions.take_identity(page.identity, person=person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Closed to {person}, at once.")
    if presenters.identity_page(pk, request.user) is None:
        return redirect("victims:identity-list")
    return redirect("victims:identity", pk=pk)


@unspoken
def erase(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Ask why, then destroy it."""
    page = kept_or_404(pk, request.user)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.erase_identity(page.identity, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Erased. The record under the pseudonym stays.")
            return redirect("victims:victim-detail", pk=page.victim.pk)
    status = 422 if form.errors else 200
    return render(request, "victims/identity_erase.html", {"page": page, "form": form}, status=status)
