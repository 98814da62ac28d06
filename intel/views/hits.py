"""Hits: the list of an agency's notices, one hit with both sides as far as they are open, and asking."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agencies import audit, live
from agencies.audit import Act
from agencies.live import SignedIn
from agencies.models import PointerPolicy, User
from agencies.pages import Page, keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.presenters import seen_by
from agencies.visibility import Level, Shareable
from intel import actions, policies, ranking
from intel.forms.hits import STATES_SHOWN, AskForm, JudgeForm, NoticeFilter
from intel.lookups import is_named, references_in
from intel.models import Disclosure, HitNotice, Judgement, Lead, Subject
from intel.presenters_disclosures import BOTH_ENDS, history, request_cards
from intel.presenters_evidence import band_figures, held_back, thresholds
from intel.presenters_hits import HitCard, cards, grouped, with_sides
from intel.presenters_judging import last_batch, own_judgements, recent_reasons, standing
from intel.presenters_records import not_compared, own_facts, said, side_by_side, summary_countries

STATES_AS_TABS = [("new", "To judge"), ("unsure", "Unsure"), ("same", "Same"), ("not_same", "Not the same")]


@require_safe
def notice_list(request: SignedIn) -> HttpResponse:
    form = NoticeFilter(request.GET)
    state = request.GET.get("state") or HitNotice.State.NEW
    rows = _narrowed(_shown(request), form, request) if form.is_valid() else HitNotice.objects.none()
    if state in STATES_SHOWN:
        rows = rows.filter(state=state)
    page = _page(request, with_sides(rows))
    can_judge = request.user.may(Permission.JUDGE_HITS)
    context = {
        "form": form,
        "state": state,
        "page": page,
        "groups": grouped(cards(page.rows, request.user)),
        "tabs": _state_tabs(request),
        "bands": band_figures(own_judgements(request.user)),
        "can_judge": can_judge,
        "reasons": recent_reasons(request.user) if can_judge else [],
        "last": last_batch(request.user) if can_judge else None,
    }
    template = "intel/notice_list.html#list" if request.htmx else "intel/notice_list.html"
    return render(request, template, context)


def _page(request: SignedIn, rows: Any) -> Page[HitNotice]:
    if request.GET.get("order") == "newest":
        return keyset_page(rows, request.GET)
    return keyset_page(ranking.ranked(rows, request.user), request.GET, order=ranking.ORDER)


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
    return Q(own_subject__in=Subject.objects.visible_to(request.user).filter(is_named(text)).values("pk"))


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
    return notice_page(request, notice, state=state)


def _requests(request: SignedIn, notice: HitNotice) -> QuerySet[Disclosure, Disclosure]:
    rows: QuerySet[Disclosure, Disclosure] = Disclosure.objects.visible_to(request.user).filter(
        notice=notice, agency=notice.agency_id
    )
    return rows


def notice_page(
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
    shown: list[Shareable] = [notice]
    if card.is_open and card.other:
        shown += [each for each in (card.other.lead, card.other.subject) if each]
    audit.record_looks(Act.VIEWED, shown, by=user)
    asked = request_cards(
        list(_requests(request, notice).select_related(*BOTH_ENDS).order_by("-created_at")), user
    )
    judgements = list(
        Judgement.objects.visible_to(user).filter(notice=notice).select_related("judged_by", "undoes")
    )
    says = said(card, user)
    context = {
        "card": card,
        "state": state,
        "crumbs": [("Hits", reverse("intel:notice-list")), (card.title, "")],
        "facts": own_facts(card, says),
        "intro": _intro(card),
        "other_side": _side_name(card),
        "countries": summary_countries(card),
        "compared": side_by_side(card, says),
        "not_compared": not_compared(card, says),
        "thresholds": thresholds(),
        "figures": band_figures(own_judgements(user), _model_version(card)),
        "held_back": held_back(notice.hit) if card.tells_all else "",
        "asked": asked,
        "asking_tells": _asking_tells(card),
        "judgements": judgements,
        "standing": next(iter(standing(judgements)), None),
        "told": history(notice, judgements, asked),
        "judge": judge or JudgeForm(initial={"version": card.version}),
        "ask": ask or AskForm(initial={"level": Level.VIEW if card.other else Level.SUMMARY}),
        "why_not_ask": _why_not_ask(card, user),
        "can_judge": _can_judge(notice, user),
        "viewers": seen_by(notice, user),
        "why_url": reverse("agencies:who-sees", args=["intel.hitnotice", notice.pk]),
    }
    return render(request, "intel/notice_detail.html", context, status=status)


def _model_version(card: HitCard) -> str | None:
    """Whose figures stand beside the band. When a sealed pair was last scored depends on the other side too, so that
    is not told: the shipped model's it is."""
    return card.notice.hit.model_version if card.tells_all else None


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
    return notice_page(request, notice, ask=form, status=422)
