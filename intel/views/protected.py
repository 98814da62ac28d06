"""Values that must never link: the agency's list, what a partner asks it to confirm, and what is published."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agencies import live
from agencies.live import SignedIn
from agencies.models import User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.views.room import tabs
from agencies.visibility import Level
from intel import actions
from intel.actions.protecting import Protected
from intel.forms.protection import AboutForm, ProtectedFilter, ProtectForm, SecondAgencyForm
from intel.forms.typed import uuid_in, without_nuls
from intel.models import ProtectedValue
from intel.presenters_protection import lines, tally

Status = ProtectedValue.Status

MOST_ON_DESK = 8
LISTS = {"ours": "Ours", "asked": "Asked of us", "removed": "Removed", "published": "Published"}


def _readable(user: User) -> Any:
    """The entries the reader's agency owns or was asked about, through the gate."""
    rows = ProtectedValue.objects.visible_to(user)
    return rows.select_related("agency", "second_agency", "added_by", "confirmed_by", "task_force")


def _listed(which: str, user: User) -> Any:
    rows = _readable(user)
    if which == "published":
        return ProtectedValue.objects.public()
    if which == "asked":
        may = user.may(Permission.CONFIRM_PROTECTION)
        return (
            rows.filter(second_agency=user.agency_id).exclude(agency=user.agency_id) if may else rows.none()
        )
    own = rows.filter(agency=user.agency_id)
    return own.filter(status=Status.REMOVED) if which == "removed" else own.exclude(status=Status.REMOVED)


# --- The list -------------------------------------------------------------------------------------------------


@require_safe
def protected_list(request: SignedIn) -> HttpResponse:
    """A page of one of the lists, with what each entry does to the reader's own files; live while that is worked on."""
    _check_reads(request.user)
    return _page(request, ProtectForm(request.user))


def _check_reads(user: User) -> None:
    if not user.may(Permission.READ_PROTECTED):
        raise Http404


def _page(request: SignedIn, form: ProtectForm, status: int = 200) -> HttpResponse:
    user = request.user
    which = request.GET.get("list", "ours")
    which = which if which in LISTS else "ours"
    narrowed = ProtectedFilter(request.GET)
    page = keyset_page(narrowed.narrow(_listed(which, user)), request.GET)
    rows = lines(page.rows, user)
    progress = tally(rows)
    state = live.token(*((row.entry.updated_at, row.effect) for row in rows))
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {
        "tabs": tabs(user),
        "lists": _lists(user),
        "which": which,
        "filter": narrowed,
        "is_filtered": narrowed.cleaned_data.get("q") or narrowed.cleaned_data.get("category"),
        "page": page,
        "rows": rows,
        "progress": progress,
        "live_url": _live_url(request, state) if progress["done"] < progress["total"] else "",
        "form": form,
        "can_protect": user.may(Permission.PROTECT_VALUES),
        "undo": _just_removed(request),
    }
    return live.panel(request, "intel/protected_list.html", context, status=status, part="list")


def _lists(user: User) -> list[tuple[str, str, str, int | None]]:
    """The lists, and how many questions of partners wait for an answer."""
    waiting = _listed("asked", user).filter(status=Status.ASKED).count()
    shown = [each for each in LISTS.items() if each[0] != "asked" or user.may(Permission.CONFIRM_PROTECTION)]
    return [
        (which, label, f"?list={which}", waiting if which == "asked" and waiting else None)
        for which, label in shown
    ]


def _live_url(request: SignedIn, state: str) -> str:
    query = request.GET.copy()
    query["since"] = state
    return f"{reverse('intel:protected-list')}?{query.urlencode()}"


def _just_removed(request: SignedIn) -> ProtectedValue | None:
    pk = uuid_in(request.GET.get("undo", ""))
    own = ProtectedValue.objects.visible_to(request.user, Level.OWN).filter(status=Status.REMOVED)
    found: ProtectedValue | None = own.filter(pk=pk).first() if pk else None
    return found


@require_safe
def desk_protected(request: SignedIn) -> HttpResponse:
    """For the desk of those who confirm: what partners ask."""
    asked = _listed("asked", request.user).filter(status=Status.ASKED).order_by("-updated_at", "-pk")
    entries = list(asked[: MOST_ON_DESK + 1])
    state = live.token([(entry.pk, entry.updated_at) for entry in entries])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {
        "rows": lines(entries[:MOST_ON_DESK], request.user),
        "has_more": len(entries) > MOST_ON_DESK,
        "state": state,
    }
    return live.panel(request, "intel/desk_protected.html", context)


@require_POST
def protected_add(request: SignedIn) -> HttpResponse:
    """Put values on the own list; the answer is the same whatever other agencies protect."""
    _check_reads(request.user)
    form = ProtectForm(request.user, without_nuls(request.POST))
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            result = actions.protect_values(
                chosen["readings"], category=chosen["category"], reason=chosen["reason"],
                told=chosen["told"], by=request.user,
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _said(result))
            return live.go(request, reverse("intel:protected-list"))
    return _page(request, form, status=422)


def _said(result: Protected) -> str:
    added, known = len(result.added), len(result.known)
    if not added:
        return "Already on your list. Nothing was changed."
    first = "1 value is protected." if added == 1 else f"{added} values are protected."
    return f"{first} {known} stood on your list already." if known else first


# --- One entry --------------------------------------------------------------------------------------------------


def protected_detail(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One entry: its effect, who put it there and who confirmed it, and what can be done with it."""
    entry = get_object_or_404(_readable(request.user), pk=pk)
    about = {name: getattr(entry, name) for name in ("category", "reason", "told")}
    form = AboutForm(without_nuls(request.POST) if request.method == "POST" else None, initial=about)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_protection(entry, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("intel:protected-detail", pk=entry.pk)
    return _detail(request, entry, form)


def _detail(
    request: SignedIn, entry: ProtectedValue, form: AboutForm, second: SecondAgencyForm | None = None
) -> HttpResponse:
    [line] = lines([entry], request.user)
    context = {
        "line": line,
        "entry": entry,
        "form": form,
        "second": second or SecondAgencyForm(request.user),
        "crumbs": [("Protected values", reverse("intel:protected-list")), (entry.display, "")],
        "history_url": reverse("agencies:history", args=["intel.protectedvalue", entry.pk]),
    }
    refused = form.errors or (second and second.errors)
    return render(request, "intel/protected_detail.html", context, status=422 if refused else 200)


@require_POST
def protected_ask(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Ask one partner to confirm the entry for the whole task force."""
    entry = get_object_or_404(_readable(request.user), pk=pk)
    second = SecondAgencyForm(request.user, request.POST)
    if second.is_valid():
        try:
            actions.ask_second_agency(entry, by=request.user, **second.cleaned_data)
        except Refused as refusal:
            second.add_error(None, str(refusal))
        else:
            messages.success(request, f"{second.cleaned_data['agency']} is asked to confirm it.")
            return redirect("intel:protected-detail", pk=entry.pk)
    about = {name: getattr(entry, name) for name in ("category", "reason", "told")}
    return _detail(request, entry, AboutForm(initial=about), second)


@require_POST
def protected_remove(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Let the value link again; the list then offers to undo it."""
    _do(request, pk, actions.remove_protection, "")
    return live.go(request, f"{reverse('intel:protected-list')}?undo={pk}")


@require_POST
def protected_restore(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    _do(request, pk, actions.restore_protection, "It is protected again.")
    return live.go(request, reverse("intel:protected-list"))


@require_POST
def protected_confirm(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The second agency's word."""
    _do(request, pk, actions.confirm_protection, "Confirmed. It now links nobody in the whole task force.")
    return live.go(request, f"{reverse('intel:protected-list')}?list=asked")


@require_POST
def protected_withdraw(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Decline or withdraw the second word, or take the question back."""
    entry = _do(request, pk, actions.withdraw_second_word, "It now holds for its owner's records alone.")
    own = entry.agency_id == request.user.agency_id
    return live.go(request, f"{reverse('intel:protected-list')}?list={'ours' if own else 'asked'}")


def _do(request: SignedIn, pk: uuid.UUID, verb: Callable[..., ProtectedValue], said: str) -> ProtectedValue:
    entry: ProtectedValue = get_object_or_404(_readable(request.user), pk=pk)
    try:
        verb(entry, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if said:
            messages.success(request, said)
    return entry
