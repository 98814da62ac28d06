"""Hits: the list of an agency's notices, one hit with both sides as far as they are open, judging, and asking."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from agencies import audit, live
from agencies.audit import Act
from agencies.live import SignedIn
from agencies.models import PointerPolicy, User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.presenters import seen_by
from agencies.visibility import Level, Shareable
from intel import actions, policies
from intel.forms.hits import STATES_SHOWN, AskForm, JudgeForm, NoticeFilter
from intel.lookups import is_named, references_in
from intel.models import Disclosure, HitNotice, Judgement, Lead, Subject
from intel.presenters_disclosures import BOTH_ENDS, history, request_cards
from intel.presenters_hits import (
    HitCard,
    cards,
    own_facts,
    side_by_side,
    summary_countries,
    thresholds,
    with_sides,
)

SHAPES = ("row", "decision")  # how a hit stands in the list it was judged in
STATES_AS_TABS = [("new", "To judge"), ("unsure", "Unsure"), ("same", "Same"), ("not_same", "Not the same")]


@require_safe
def notice_list(request: SignedIn) -> HttpResponse:
    form = NoticeFilter(request.GET)
    state = request.GET.get("state", "new")
    rows = _narrowed(_shown(request), form, request) if form.is_valid() else HitNotice.objects.none()
    if state in STATES_SHOWN:
        rows = rows.filter(state=state)
    page = keyset_page(with_sides(rows), request.GET)
    context = {
        "form": form,
        "state": state,
        "page": page,
        "cards": cards(page.rows, request.user),
        "tabs": _state_tabs(request),
        "can_judge": request.user.may(Permission.JUDGE_HITS),
    }
    return render(request, "intel/notice_list.html", context)


def _shown(request: SignedIn) -> Any:
    return HitNotice.objects.visible_to(request.user).exclude(state=HitNotice.State.WITHDRAWN)


def _state_tabs(request: SignedIn) -> list[tuple[str, str, str]]:
    kept = request.GET.copy()
    for name in ("state", "before", "after"):
        kept.pop(name, None)
    rest = f"&{kept.urlencode()}" if kept else ""
    return [(code, label, f"?state={code}{rest}") for code, label in [*STATES_AS_TABS, ("all", "All")]]


def _narrowed(rows: Any, form: NoticeFilter, request: SignedIn) -> Any:
    wanted = form.cleaned_data
    if wanted["band"]:
        rows = rows.filter(band__in=wanted["band"])
    if wanted["q"]:
        rows = rows.filter(_of_record(request, wanted["q"]))
    if wanted["side"] == "open":
        rows = rows.filter(_open(request))
    elif wanted["side"] == "sealed":
        rows = rows.exclude(_open(request))
    return rows


def _of_record(request: SignedIn, text: str) -> Q:
    """Hits of the lead with this reference, else of subjects of the reader's own so named."""
    if references := references_in(text):
        leads = Lead.objects.visible_to(request.user).filter(reference__in=references).values("pk")
        return Q(own_lead__in=leads) | Q(hit__left__lead__in=leads) | Q(hit__right__lead__in=leads)
    return Q(
        own_subject__in=Subject.objects.visible_to(request.user)
        .filter(is_named(request.user, text))
        .values("pk")
    )


def _open(request: SignedIn) -> Q:
    """Both records are open to the reader, which their own one always is."""
    subjects = Subject.objects.visible_to(request.user).values("pk")
    leads = Lead.objects.visible_to(request.user).values("pk")
    sides = [
        Q(**{f"hit__{side}__subject__in": subjects})
        | Q(**{f"hit__{side}__subject": None, f"hit__{side}__lead__in": leads})
        for side in ("left", "right")
    ]
    return sides[0] & sides[1]


# --- One hit ------------------------------------------------------------------------------------------------


@require_safe
def notice_detail(request: SignedIn, pk: str) -> HttpResponse:
    notice = get_object_or_404(with_sides(HitNotice.objects.visible_to(request.user)), pk=pk)
    state = live.token(
        live.newest(HitNotice.objects.filter(pk=notice.pk)), live.newest(_requests(request, notice))
    )
    if "since" in request.GET:
        return live.unchanged(request, state) or render(request, "intel/notice_detail.html#news")
    return _detail(request, notice, state=state)


def _requests(request: SignedIn, notice: HitNotice) -> QuerySet[Disclosure, Disclosure]:
    rows: QuerySet[Disclosure, Disclosure] = Disclosure.objects.visible_to(request.user).filter(
        notice=notice, agency=notice.agency_id
    )
    return rows


def _detail(
    request: SignedIn,
    notice: HitNotice,
    *,
    state: str = "",
    judge: JudgeForm | None = None,
    ask: AskForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = request.user
    card = cards([notice], user)[0]
    if card.is_open and card.other:
        shown: list[Shareable] = [each for each in (card.other.lead, card.other.subject) if each]
        audit.record_looks(Act.VIEWED, shown, by=user)
    asked = request_cards(
        list(_requests(request, notice).select_related(*BOTH_ENDS).order_by("-created_at")), user
    )
    judgements = Judgement.objects.visible_to(user).filter(notice=notice).select_related("judged_by")
    context = {
        "card": card,
        "state": state,
        "crumbs": [("Hits", reverse("intel:notice-list")), (card.title, "")],
        "facts": own_facts(card, user),
        "intro": _intro(card),
        "other_side": _side_name(card),
        "countries": summary_countries(card),
        "compared": side_by_side(card, user),
        "thresholds": thresholds(),
        "asked": asked,
        "asking_tells": _asking_tells(card),
        "judgements": judgements,
        "told": history(notice, judgements, asked),
        "judge": judge or JudgeForm(),
        "ask": ask or AskForm(initial={"level": Level.VIEW if card.other else Level.SUMMARY}),
        "why_not_ask": _why_not_ask(card, user),
        "can_judge": _can_judge(notice, user),
        "viewers": seen_by(notice, user),
        "why_url": reverse("agencies:who-sees", args=["intel.hitnotice", notice.pk]),
    }
    return render(request, "intel/notice_detail.html", context, status=status)


def _intro(card: HitCard) -> str:
    """What this is, in one sentence."""
    strength = f"{card.notice.get_band_display()} match"
    if card.is_withdrawn:
        return ""
    if card.other and card.is_open:
        return f"{strength} with “{card.other.title}” of {'your own agency' if card.is_own else card.other.agency}."
    if card.other:
        return f"{strength} with a record of {card.other.agency}, who let you have its summary."
    return f"{strength} with a record that {card.notice.other_agency or 'a partner agency'} holds sealed."


def _side_name(card: HitCard) -> str:
    if card.other and card.other.is_listed:
        return "Listed entry"
    return "Our other record" if card.is_own else "Their record"


def _asking_tells(card: HitCard) -> str:
    """What asking gives away that the own lead's policy keeps to ourselves."""
    if card.lead is None or card.lead.pointer_policy == PointerPolicy.NAMED:
        return ""
    return f"Our lead's policy is “{card.lead.get_pointer_policy_display().lower()}”: asking tells them that we hold a match."


def _can_judge(notice: HitNotice, user: User) -> bool:
    try:
        policies.check_can_judge(notice, user)
    except Refused:
        return False
    return True


def _why_not_ask(card: HitCard, user: User) -> str:
    """Why there is nothing to ask for, "" where the form may be shown."""
    if card.is_open:
        return "The other record is open to you."
    if card.notice.other_agency and card.notice.other_agency.is_reference:
        return "The other record is an entry of a published list. Its keeper answers nobody here."
    try:
        policies.check_can_ask(card.notice, user)
    except Refused as refused:
        return str(refused)
    return ""


@require_POST
def notice_judge(request: SignedIn, pk: str) -> HttpResponse:
    notice = get_object_or_404(with_sides(HitNotice.objects.visible_to(request.user)), pk=pk)
    form = JudgeForm(request.POST)
    if form.is_valid():
        try:
            judgement = actions.judge_hit(notice, by=request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return _judged(request, notice, f"Judged: {judgement.get_verdict_display().lower()}.")
    if shape := _shape(request):
        return _one(request, notice, shape, form=form, status=422)
    return _detail(request, notice, judge=form, status=422)


def _shape(request: SignedIn) -> str:
    shape = request.POST.get("shape", "")
    return shape if request.headers.get("HX-Request") and shape in SHAPES else ""


def _judged(request: SignedIn, notice: HitNotice, text: str) -> HttpResponse:
    url = reverse("intel:notice-detail", args=[notice.pk])
    if shape := _shape(request):
        response = _one(request, notice, shape)
        said = {"text": text, "tone": "good", "url": f"{url}#judge", "action": "Judge again"}
        return trigger_client_event(response, "toast", said)
    messages.success(request, text)
    return redirect(url)


def _one(request: SignedIn, notice: HitNotice, shape: str, status: int = 200, **more: Any) -> HttpResponse:
    fresh = with_sides(HitNotice.objects.visible_to(request.user)).get(pk=notice.pk)
    context = {"card": cards([fresh], request.user)[0], "can_judge": True, **more}
    return render(request, f"intel/notice_parts.html#{shape}", context, status=status)


@require_POST
def notice_ask(request: SignedIn, pk: str) -> HttpResponse:
    notice = get_object_or_404(with_sides(HitNotice.objects.visible_to(request.user)), pk=pk)
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            actions.request_disclosure(notice, by=request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, f"Asked {notice.other_agency}. Their answer will stand here and on your desk."
            )
            return redirect("intel:notice-detail", pk=notice.pk)
    return _detail(request, notice, ask=form, status=422)
