"""What somebody has typed and not yet saved. Theirs alone."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from agencies.live import SignedIn, go
from agencies.models import IdempotentAnswer, User
from agencies.permissions import Permission
from intel.forms.lead import suggest_title
from intel.forms.typed import without_nuls
from intel.models import LeadDraft

LARGEST = (
    1_000_000  # bytes; ten times the longest narrative in four-byte letters would still be refused when saved
)
MOST_KEPT = 50


@dataclass(frozen=True, slots=True)
class DraftLine:
    pk: uuid.UUID
    title: str
    updated_at: datetime


def key_of(token: str) -> str:
    """Under which key the answer to a form of this token is kept."""
    return f"lead form {token}"


def drafts_of(user: User, *, except_for: str = "") -> list[DraftLine]:
    drafts = LeadDraft.objects.belonging_to(user).exclude(pk=except_for or uuid.UUID(int=0))[:MOST_KEPT]
    return [DraftLine(draft.pk, _title(draft), draft.updated_at) for draft in drafts]


def _title(draft: LeadDraft) -> str:
    title, narrative = (" ".join(draft.form.get(name, [])) for name in ("title", "narrative"))
    return title or suggest_title(narrative) or "No text yet"


@require_POST
def draft_save(request: SignedIn) -> HttpResponse:
    """Keep the form as it stands under its token. 204; 409 when the token is not this person's."""
    if not request.user.may(Permission.LOG_LEADS):
        raise PermissionDenied
    data = without_nuls(request.POST)
    form = {name: values for name, values in data.lists() if name not in {"csrfmiddlewaretoken", "act"}}
    if len(json.dumps(form)) > LARGEST:
        return HttpResponse("This is too long for one lead.", status=413, content_type="text/plain")
    try:
        token = uuid.UUID(data.get("token", ""))
    except ValueError:
        raise Http404 from None
    return HttpResponse(status=204 if _keep(request.user, token, form) else 409)


def _keep(user: User, token: uuid.UUID, form: dict[str, list[str]]) -> bool:
    if IdempotentAnswer.objects.filter(user=user, key=key_of(str(token))).exists():
        return True  # saved as a lead meanwhile; a straggler must not bring its draft back
    mine = LeadDraft.objects.belonging_to(user)
    if mine.filter(pk=token).update(form=form, updated_at=timezone.now()):
        return True
    mine.filter(pk__in=mine.values("pk")[MOST_KEPT - 1 :]).delete()
    try:
        with transaction.atomic():
            LeadDraft.objects.create(pk=token, user=user, form=form)
    except IntegrityError:
        return bool(mine.filter(pk=token).update(form=form, updated_at=timezone.now()))
    return True


@require_POST
def draft_drop(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    get_object_or_404(LeadDraft.objects.belonging_to(request.user), pk=pk).delete()
    messages.success(request, "The draft is gone.")
    return go(request, reverse("intel:lead-new"))
