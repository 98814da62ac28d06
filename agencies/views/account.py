"""What a person does about their own account: unlocking a page, and where they are signed in."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agencies import sessions, single_sign_on
from agencies.forms import UnlockForm
from agencies.live import SignedIn, way_back

WRONG = "That is not your password."
ANOTHER = "Somebody else signed in meanwhile. This page belongs to another person: close it."


# --- The lock ------------------------------------------------------------------------------------------------


def locked(request: SignedIn) -> HttpResponse:
    """A page that nobody used: the password opens it where it was, with what was sent meanwhile.

    So does the issuer of single sign-on, from which one comes back here.
    """
    if request.method == "GET" and not sessions.is_locked(request.session):
        return _go_on(request)
    form = UnlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _open(request, form):
        return _go_on(request)
    if _ended(request):
        return redirect(settings.LOGIN_URL)
    context = {
        "form": form,
        "next": way_back(request, "agencies:desk"),
        "bound": single_sign_on.is_bound(request.user),
    }
    return render(request, "account/locked.html", context, status=422 if form.errors else 200)


def _open(request: SignedIn, form: UnlockForm) -> bool:
    """Try the password. Too many wrong ones lock the account, and this session is over."""
    try:
        user = get_adapter(request).authenticate(
            request, email=request.user.email, password=form.cleaned_data["password"]
        )
    except ValidationError as too_fast:
        form.add_error(None, too_fast)
        return False
    if user is not None and user.pk == request.user.pk:
        sessions.unlock(request.session)
        return True
    request.user.refresh_from_db()
    if request.user.locked_at is not None:
        logout(request)
    else:
        form.add_error("password", WRONG)
    return False


def _ended(request: HttpRequest) -> bool:
    return not request.user.is_authenticated


def _go_on(request: SignedIn) -> HttpResponse:
    back = way_back(request, "agencies:desk")
    if kept := sessions.take_kept(request.session):
        return render(request, "account/kept.html", {"kept": kept, "next": back})
    return redirect(back)


@require_POST
def unlock(request: SignedIn) -> HttpResponse:
    """The same from the dialog that lies over a locked page; the page then goes on as it was."""
    form = UnlockForm(request.POST)
    if request.POST.get("who") != str(request.user.pk):
        return JsonResponse({"error": ANOTHER}, status=409)
    if form.is_valid() and _open(request, form):
        return HttpResponse(status=204)
    if _ended(request):
        return JsonResponse({"error": ""}, status=401)
    errors = [error for found in form.errors.values() for error in found]
    return JsonResponse({"error": errors[0]}, status=422)


@require_POST
def lock(request: SignedIn) -> HttpResponse:
    """The page was not used, or its person walks away."""
    sessions.lock(request.session)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return redirect("agencies:locked")


@require_POST
def alive(request: SignedIn) -> HttpResponse:
    """Somebody types or reads: the page tells so, at most once a minute."""
    return HttpResponse(status=204)


# --- Where one is signed in ------------------------------------------------------------------------------------


@require_safe
def places(request: SignedIn) -> HttpResponse:
    found = sessions.places(request.user, request.session.session_key)
    context = {"places": found, "others": [place for place in found if not place.is_here]}
    return render(request, "account/places.html", context)


@require_POST
def end_place(request: SignedIn, pk: int) -> HttpResponse:
    if not sessions.end(request.user, pk):
        raise Http404
    messages.success(request, "Signed out there.")
    return redirect("agencies:places")


@require_POST
def end_other_places(request: SignedIn) -> HttpResponse:
    count = sessions.end_others(request.user, request.session.session_key)
    messages.success(request, f"Signed out of {count} other place{'' if count == 1 else 's'}.")
    return redirect("agencies:places")
