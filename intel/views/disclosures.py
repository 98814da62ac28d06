"""Disclosure requests: what partners ask of us, what we ask of them, and the answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from agencies import audit
from agencies.audit import Act
from agencies.live import SignedIn
from agencies.models import User
from agencies.pages import keyset_page
from agencies.policies import Refused
from intel import actions, policies
from intel.forms.hits import AnswerForm
from intel.models import Disclosure, HitNotice, Identifier, Subject
from intel.presenters_disclosures import BOTH_ENDS, RequestCard, in_state, request_cards
from intel.presenters_hits import cards, with_sides

STATES_AS_TABS = [
    ("asked", "Waiting"),
    ("full", "Disclosed"),
    ("contact_only", "Contact only"),
    ("declined", "Declined"),
    ("expired", "Expired"),
]


@require_safe
def disclosure_list(request: SignedIn) -> HttpResponse:
    side = "ours" if request.GET.get("side") == "ours" else "theirs"
    state = request.GET.get("state", "all")
    rows = requests_of(request.user, side)
    if state in Disclosure.State:
        rows = rows.filter(in_state(state))
    page = keyset_page(rows.select_related(*BOTH_ENDS), request.GET)
    context = {
        "page": page,
        "requests": request_cards(page.rows, request.user),
        "side": side,
        "state": state,
        "sides": [("theirs", "Asked of us", "?side=theirs"), ("ours", "Asked by us", "?side=ours")],
        "states": [
            (code, label, f"?side={side}&state={code}") for code, label in [("all", "All"), *STATES_AS_TABS]
        ],
    }
    return render(request, "intel/disclosure_list.html", context)


def requests_of(user: User, side: str) -> Any:
    """The requests that the reader's agency made ("ours") or has to answer ("theirs")."""
    own = {"agency_id" if side == "ours" else "holder_id": user.agency_id}
    return Disclosure.objects.visible_to(user).filter(**own)


@require_safe
def disclosure_detail(request: SignedIn, pk: str) -> HttpResponse:
    return _detail(request, _found(request, pk))


def _found(request: SignedIn, pk: str) -> Disclosure:
    rows = Disclosure.objects.visible_to(request.user).select_related(*BOTH_ENDS)
    disclosure: Disclosure = get_object_or_404(rows, pk=pk)
    return disclosure


def _detail(
    request: SignedIn, disclosure: Disclosure, form: AnswerForm | None = None, status: int = 200
) -> HttpResponse:
    audit.record_looks(Act.VIEWED, [disclosure], by=request.user)
    card = request_cards([disclosure], request.user)[0]
    heading = f"We ask {disclosure.holder}" if card.is_ours else f"{disclosure.agency} asks us"
    context = {
        "request_card": card,
        "hit": _own_hit(disclosure, request.user),
        "heading": heading,
        "record_side": "Our record that it is about" if card.is_ours else "Our record that they ask for",
        "crumbs": [("Disclosures", reverse("intel:disclosure-list")), (heading, "")],
    }
    if not card.is_ours:
        context |= {
            "form": form or AnswerForm(disclosure=disclosure),
            "why_not_answer": _why_not_answer(disclosure, request.user),
            "gives": _what_goes(card, request.user),
        }
    return render(request, "intel/disclosure_detail.html", context, status=status)


def _own_hit(disclosure: Disclosure, user: User) -> Any:
    """The reader's own notice of the hit that the request is about, if they were told of it."""
    notices = HitNotice.objects.visible_to(user).filter(hit=disclosure.notice.hit_id)
    found = cards(with_sides(notices.exclude(state=HitNotice.State.WITHDRAWN))[:1], user)
    return found[0] if found else None


def _why_not_answer(disclosure: Disclosure, user: User) -> str:
    try:
        policies.check_can_answer(disclosure, user)
    except Refused as refused:
        return str(refused)
    return ""


def _what_goes(card: RequestCard, user: User) -> dict[str, Any]:
    """What the holder's lead would hand over in full: all of its subjects, not only the one that matched."""
    if card.lead is None:
        return {"subjects": [], "identifiers": 0}
    subjects = Subject.objects.visible_to(user).filter(lead=card.lead)
    return {
        "subjects": [str(subject) for subject in subjects[:20]],
        "number": subjects.count(),
        "identifiers": Identifier.objects.visible_to(user).filter(lead=card.lead).count(),
    }


@require_POST
def disclosure_answer(request: SignedIn, pk: str) -> HttpResponse:
    disclosure = _found(request, pk)
    form = AnswerForm(request.POST, disclosure=disclosure)
    if form.is_valid():
        try:
            answered = actions.answer_disclosure(disclosure, by=request.user, **form.verb_arguments())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return _answered(request, answered)
    if _in_place(request):
        return _one(request, disclosure, form=form, status=422)
    return _detail(request, disclosure, form=form, status=422)


def _in_place(request: SignedIn) -> bool:
    return bool(request.htmx) and request.POST.get("shape") == "decision"


def _answered(request: SignedIn, disclosure: Disclosure) -> HttpResponse:
    text = f"Answered {disclosure.agency}: {disclosure.get_state_display().lower()}."
    if _in_place(request):
        url = reverse("intel:disclosure-detail", args=[disclosure.pk])
        said = {"text": text, "tone": "good", "url": url, "action": "Open"}
        return trigger_client_event(_one(request, _found(request, str(disclosure.pk))), "toast", said)
    messages.success(request, text)
    return redirect("intel:disclosure-detail", pk=disclosure.pk)


def _one(request: SignedIn, disclosure: Disclosure, status: int = 200, **more: Any) -> HttpResponse:
    card = request_cards([disclosure], request.user)[0]
    context = {"request_card": card, "can_answer": True, **more}
    return render(request, "intel/disclosure_parts.html#decision", context, status=status)
