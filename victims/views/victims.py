from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from agencies.audit import Act, record_looks
from agencies.pages import keyset_page
from agencies.permissions import Permission
from agencies.policies import Refused
from victims import actions, presenters
from victims.forms import VictimForm
from victims.languages import spelled
from victims.models import Victim


@require_safe
def victim_list(request: HttpRequest) -> HttpResponse:
    """The pseudonymous records of one's own agency, newest first."""
    page = keyset_page(Victim.objects.visible_to(request.user), request.GET)
    held = presenters.held_of(page.rows)
    for victim in page.rows:
        _spell_out(victim).is_identified = victim.pk in held  # type: ignore[attr-defined]
    return render(request, "victims/victim_list.html", {"page": page, "may_register": _may_register(request)})


@require_safe
def victim_detail(request: HttpRequest, pk: str) -> HttpResponse:
    victim = get_object_or_404(Victim.objects.visible_to(request.user).select_related("agency"), pk=pk)
    record_looks(Act.VIEWED, [victim], by=request.user)
    held = presenters.held_of([victim]).get(victim.pk)
    context = {"victim": _spell_out(victim), "may_register": _may_register(request), "held": held}
    return render(request, "victims/victim_detail.html", context)


def victim_new(request: HttpRequest) -> HttpResponse:
    if not _may_register(request):
        raise Http404
    form = VictimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.cleaned_data.pop("version")
        victim = actions.register_victim(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        messages.success(request, f"Registered as {victim.pseudonym}. Use this pseudonym in all notes.")
        return redirect("victims:victim-detail", pk=victim.pk)
    status = 422 if form.errors else 200
    return render(request, "victims/victim_form.html", {"form": form}, status=status)


def victim_edit(request: HttpRequest, pk: str) -> HttpResponse:
    victim = get_object_or_404(Victim.objects.visible_to(request.user), pk=pk)
    if not _may_register(request):
        raise Http404
    form = VictimForm(request.POST or None, instance=victim)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data.pop("version")
        try:
            actions.update_victim(victim, version=version, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("victims:victim-detail", pk=pk)
    now = Victim.objects.visible_to(request.user).get(pk=pk) if form.errors else None
    context = {"form": form, "victim": victim, "now": now and _spell_out(now)}
    return render(request, "victims/victim_form.html", context, status=422 if form.errors else 200)


def _may_register(request: HttpRequest) -> bool:
    return request.user.may(Permission.REGISTER_VICTIMS)  # type: ignore[union-attr]


def _spell_out(victim: Victim) -> Victim:
    """Give the record its languages and needs in words, for the page."""
    victim.language_names = spelled(victim.languages)  # type: ignore[attr-defined]
    victim.need_names = [Victim.Need(code).label for code in victim.needs]  # type: ignore[attr-defined]
    return victim
