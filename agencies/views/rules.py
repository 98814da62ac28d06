"""Rules that share: a supervisor makes one after a preview, takes over one that stopped, ends one."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from agencies import live, ruling
from agencies.forms_rules import EndRuleForm, RuleForm
from agencies.live import SignedIn
from agencies.models import ShareRule, User
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.presenters_rules import Preview, preview, shared_by, waiting
from agencies.views.room import tabs

MOST_ON_DESK = 10


def _rules(user: User) -> QuerySet[ShareRule, ShareRule]:
    if not user.may(Permission.SHARE_BY_RULE):
        raise Http404
    rows: QuerySet[ShareRule, ShareRule] = ShareRule.objects.visible_to(user)
    return rows.select_related("receiver", "made_by__agency", "agency", "ended_by").order_by(
        "-created_at", "-pk"
    )


@require_safe
def rules(request: SignedIn) -> HttpResponse:
    """The agency's rules, newest first."""
    page = Paginator(_rules(request.user), 50).get_page(request.GET.get("page"))
    return render(request, "agencies/rules.html", {"tabs": tabs(request.user), "page": page})


def rule_new(request: SignedIn) -> HttpResponse:
    """What the rule says; what it would share of what is there; then that very rule is switched on."""
    if not request.user.may(Permission.SHARE_BY_RULE):
        raise Http404
    form = RuleForm(request.user, request.POST or None)
    shown: Preview | None = None
    said = ""
    if request.method == "POST" and form.is_valid():
        try:
            wish = form.wish()
            ruling.check_can_make(wish, request.user)
            said = live.token(wish)
            if request.POST.get("step") == "do" and request.POST.get("previewed") == said:
                rule = ruling.make_rule(wish, by=request.user)
                messages.success(request, "The rule is on.")
                return redirect("agencies:rule", pk=rule.pk)
            shown = preview(wish.rule(request.user), request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context = {"form": form, "preview": shown, "said": said}
    return render(request, "agencies/rule_new.html", context, status=422 if form.errors else 200)


@require_safe
def rule(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """One rule: what it says, what is shared by it now, and what it leaves and why."""
    found = get_object_or_404(_rules(request.user), pk=pk)
    page = keyset_page(shared_by(found, request.user), request.GET)
    state = live.token(found.state, found.sweeping, page.count, [row.pk for row in page.rows])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    context = {
        "rule": found,
        "page": page,
        "waiting": waiting(found, request.user) if found.acts and not found.sweeping else None,
        "noun": found.model._meta.verbose_name,
        "plural": found.model._meta.verbose_name_plural,
        "state": state,
    }
    return live.panel(request, "agencies/rule.html", context, part="state")


def rule_end(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """End a rule, with a reason, and with or without what it shared."""
    found = get_object_or_404(_rules(request.user), pk=pk)
    form = EndRuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ruling.end_rule(found, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _ended(take_back=form.cleaned_data["take_back"]))
            return redirect("agencies:rule", pk=pk)
    context = {"rule": found, "form": form, "shared": shared_by(found, request.user).count()}
    return render(request, "agencies/rule_end.html", context, status=422 if form.errors else 200)


def _ended(*, take_back: bool) -> str:
    """Not how many: some may be of records that are kept from the reader."""
    return (
        "The rule has ended, and what it shared with it."
        if take_back
        else "The rule has ended. What was shared stays shared."
    )


@require_POST
def rule_take_over(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Let a rule that stopped go on, under oneself."""
    found = get_object_or_404(_rules(request.user), pk=pk)
    try:
        ruling.take_over_rule(found, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The rule is on again, under you.")
    return redirect("agencies:rule", pk=pk)


@require_safe
def desk(request: SignedIn) -> HttpResponse:
    """For the desk: the rules that stopped, because nobody answers for them any more."""
    stopped = list(_rules(request.user).filter(state=ShareRule.State.STOPPED)[:MOST_ON_DESK])
    state = live.token([(each.pk, each.updated_at) for each in stopped])
    if nothing_new := live.unchanged(request, state):
        return nothing_new
    return live.panel(request, "agencies/desk_rules.html", {"rules": stopped, "state": state})
