"""The agency's room: what it decides about itself, its people, its partners, its API clients."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from oauth2_provider.models import Application

from agencies import actions, lockout, purposes, reviewing, second_factor, sessions, units
from agencies.forms import AgencyForm, AppointForm, ClientForm, ReasonForm, UnitForm
from agencies.forms_review import YearsForm
from agencies.live import SignedIn
from agencies.models import Agency, Membership, PointerPolicy, TaskForce, User
from agencies.permissions import Permission, Role
from agencies.policies import Refused
from agencies.signin import password_link

Tab = tuple[str, str, str]


def tabs(user: User) -> list[Tab]:
    """The doors of the room that open to this person."""
    shown: list[tuple[str, str, str, bool]] = [
        ("room", "Agency", "agencies:room", True),
        ("people", "People", "agencies:room-people", True),
        ("partners", "Partners", "agencies:room-partners", True),
        ("agreements", "Agreements", "agencies:room-agreements", True),
        ("rules", "Share rules", "agencies:room-rules", user.may(Permission.SHARE_BY_RULE)),
        ("protected", "Protected values", "intel:protected-list", user.may(Permission.READ_PROTECTED)),
        ("sites", "Sensitive places", "cases:site-list", user.may(Permission.PROTECT_VALUES)),
        ("clients", "API clients", "agencies:room-clients", user.may(Permission.MANAGE_AGENCY)),
        ("runs", "Linking runs", "intel:run-list", user.may(Permission.RUN_LINKING)),
        ("weights", "Weights", "intel:weights", user.may(Permission.RUN_LINKING)),
        ("alarms", "Alarms", "agencies:room-alarms", user.may(Permission.READ_AUDIT)),
        ("audit", "Audit", "agencies:room-audit", user.may(Permission.READ_AUDIT)),
        ("purges", "Purged", "agencies:room-purges", user.may(Permission.READ_AUDIT)),
    ]
    return [(key, label, reverse(url_name)) for key, label, url_name, may in shown if may]


def own_agency(user: User) -> Agency:
    if user.sees_as is None:
        raise Http404
    return user.sees_as


def agency(request: SignedIn) -> HttpResponse:
    """Facts, and for its administrator: what partners learn of matches, and whom they ask."""
    own = own_agency(request.user)
    manages = request.user.may(Permission.MANAGE_AGENCY)
    form = AgencyForm(own, request.POST or None) if manages else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            _decide(own, form, request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("agencies:room")
    return _room(request, own, form, YearsForm(own) if manages else None)


def _room(
    request: SignedIn, own: Agency, form: AgencyForm | None, years_form: YearsForm | None
) -> HttpResponse:
    context = {
        "tabs": tabs(request.user),
        "years_form": years_form,
        "agency": Agency.objects.select_related("contact").get(pk=own.pk),
        "policy": PointerPolicy(own.pointer_policy),
        "form": form,
    }
    wrong = any(each is not None and each.errors for each in (form, years_form))
    return render(request, "agencies/room.html", context, status=422 if wrong else 200)


@require_POST
def review_years(request: SignedIn) -> HttpResponse:
    """How long the agency keeps its records without a review."""
    own = own_agency(request.user)
    if not request.user.may(Permission.MANAGE_AGENCY):
        raise Http404
    form = YearsForm(own, request.POST)
    if not form.is_valid():
        return _room(request, own, AgencyForm(own), form)
    reviewing.choose_review_years(agency=own, by=request.user, **form.cleaned_data)
    messages.success(request, "Saved. It holds for new records, and for those that are kept from now on.")
    return redirect("agencies:room")


def _decide(own: Agency, form: AgencyForm, by: User) -> None:
    chosen = form.cleaned_data
    if "pointer_policy" in form.changed_data:
        actions.choose_pointer_policy(agency=own, policy=PointerPolicy(chosen["pointer_policy"]), by=by)
    if "asks_purpose" in form.changed_data:
        purposes.ask_for_purposes(agency=own, asks=chosen["asks_purpose"], by=by)
    if "contact" in form.changed_data and chosen["contact"] is not None:
        actions.name_contact(agency=own, contact=chosen["contact"], by=by)


@require_safe
def partners(request: SignedIn) -> HttpResponse:
    """The task forces the agency works in, and who is in them."""
    own = own_agency(request.user)
    members = Membership.objects.select_related("agency__contact").order_by("agency__name")
    forces = TaskForce.objects.filter(members=own).prefetch_related(
        Prefetch("membership_set", queryset=members, to_attr="memberships")
    )
    running = set(TaskForce.objects.running().filter(members=own).values_list("pk", flat=True))
    context = {
        "tabs": tabs(request.user),
        "own": own,
        "forces": [(force, force.pk in running) for force in forces],
    }
    return render(request, "agencies/room_partners.html", context)


# --- People ------------------------------------------------------------------------------------------------


def people(request: SignedIn) -> HttpResponse:
    """The people of one's agency; its administrator gives accounts."""
    own = own_agency(request.user)
    form = AppointForm(request.POST or None)
    link = appointed = None
    if request.method == "POST":
        if not request.user.may(Permission.MANAGE_AGENCY):
            raise Http404
        appointed = _appoint(own, form, request.user)
        link = password_link(appointed, request) if appointed else None
        form = AppointForm() if appointed else form
    rows = Paginator(own.people.exclude(role=Role.SERVICE_ACCOUNT).order_by("-is_active", "name"), 100)
    page = rows.get_page(request.GET.get("page"))
    context = {
        "tabs": tabs(request.user),
        "agency": own,
        "page": page,
        "dormant_days": settings.DORMANT_DAYS,
        "with_factor": second_factor.holders(page.object_list)
        if request.user.may(Permission.MANAGE_AGENCY)
        else set(),
        "manages": request.user.may(Permission.MANAGE_AGENCY),
        "audits": request.user.may(Permission.READ_AUDIT),
        "form": form,
        "appointed": appointed,
        "link": link,
    }
    return render(request, "agencies/room_people.html", context, status=422 if form.errors else 200)


def _appoint(own: Agency, form: AppointForm, by: User) -> User | None:
    if form.is_valid():
        try:
            return actions.appoint(agency=own, by=by, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return None


def colleague_or_404(user: User, pk: uuid.UUID) -> User:
    if not user.may(Permission.MANAGE_AGENCY):
        raise Http404
    return get_object_or_404(own_agency(user).people.exclude(role=Role.SERVICE_ACCOUNT), pk=pk)


def dismiss(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Close a colleague's account, with a reason."""
    person = colleague_or_404(request.user, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.dismiss(person=person, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The account of {person} is closed.")
            return redirect("agencies:room-people")
    context = {"person": person, "form": form, "agency": own_agency(request.user)}
    return render(request, "agencies/person_dismiss.html", context, status=422 if form.errors else 200)


def unit(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Put a colleague into a unit. What is kept from the unit is kept from them from then on."""
    person = colleague_or_404(request.user, pk)
    form = UnitForm(request.POST or None, initial={"unit": person.unit})
    if request.method == "POST" and form.is_valid():
        try:
            units.place(person=person, unit=form.cleaned_data["unit"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved. What is kept from a unit is kept from its people.")
            return redirect("agencies:room-people")
    context = {"person": person, "form": form, "units": units.units_of(person.agency_id)}
    return render(request, "agencies/person_unit.html", context, status=422 if form.errors else 200)


@require_POST
def reinstate(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    person = colleague_or_404(request.user, pk)
    try:
        actions.reinstate(person=person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The account of {person} is open again.")
    return redirect("agencies:room-people")


@require_POST
def release(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Let a colleague in again whose account was locked after wrong sign-ins."""
    person = colleague_or_404(request.user, pk)
    try:
        lockout.release(person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{person} can sign in again.")
    return redirect("agencies:room-people")


@require_POST
def reset_factor(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """A colleague lost the telephone or the key: they sign in with the password and set up a new one."""
    person = colleague_or_404(request.user, pk)
    try:
        second_factor.reset(person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"{person} is signed out and sets up a new second factor at the next sign-in."
        )
    return redirect("agencies:room-people")


@require_POST
def sign_out(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """A colleague's laptop was stolen, or a session is not theirs."""
    person = colleague_or_404(request.user, pk)
    ended = sessions.end_all(person, by=request.user)
    messages.success(request, f"{person} is signed out of {ended} place{'' if ended == 1 else 's'}.")
    return redirect("agencies:room-people")


# --- API clients ---------------------------------------------------------------------------------------------


def clients(request: SignedIn) -> HttpResponse:
    """The systems that act for the agency. A new one's secret is in the answer to its creation and nowhere else."""
    if not request.user.may(Permission.MANAGE_AGENCY):
        raise Http404
    form = ClientForm(request.POST or None)
    issued: Application | None = None
    secret = ""
    if request.method == "POST" and form.is_valid():
        try:
            issued, secret = actions.issue_api_client(by=request.user, **form.cleaned_data)
            form = ClientForm()
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _clients_page(request, form, issued, secret)


def _clients_page(
    request: SignedIn, form: ClientForm, issued: Application | None, secret: str
) -> HttpResponse:
    context = {
        "tabs": tabs(request.user),
        "clients": _clients_of(own_agency(request.user)),
        "form": form,
        "issued": issued,
        "secret": secret,
        "days": settings.API_CLIENT_DAYS,
        "host": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "agencies/room_clients.html", context, status=422 if form.errors else 200)


@require_POST
def rotate_client(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """New credentials for a client; the answer shows the secret, once."""
    account = _client_or_404(request.user, pk)
    try:
        issued, secret = actions.rotate_api_client(account=account, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("agencies:room-clients")
    return _clients_page(request, ClientForm(), issued, secret)


def _client_or_404(user: User, pk: uuid.UUID) -> User:
    if not user.may(Permission.MANAGE_AGENCY):
        raise Http404
    return get_object_or_404(own_agency(user).people.filter(role=Role.SERVICE_ACCOUNT), pk=pk)


def _clients_of(own: Agency) -> QuerySet[Application]:
    found: QuerySet[Application] = (
        Application.objects.filter(user__agency=own, user__is_active=True)
        .select_related("user", "terms")
        .order_by("-created")
    )
    return found


@require_POST
def withdraw_client(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    account = _client_or_404(request.user, pk)
    try:
        actions.withdraw_api_client(account=account, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{account} can no longer sign in. Its tokens stopped working.")
    return redirect("agencies:room-clients")
