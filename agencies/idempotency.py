"""`Idempotency-Key`: a POST that is sent again after a lost answer gets that answer again and is done once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any

from django.apps import apps
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import APIException, ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.cards import Card
from agencies.models import IdempotentAnswer, User
from agencies.visibility import Shareable

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 200
_PENDING = 0  # the status of a row whose answer is still being made; only its own transaction ever sees it


class RowResponse(Response):
    """A success that shows one row. `of` are all rows that it tells of: the row itself, and what is worded with it."""

    def __init__(self, row: Shareable, card: Card, status: int = 200, of: Sequence[Shareable] = ()) -> None:
        super().__init__(card, status=status)
        self.row = row
        self.of = list(dict.fromkeys([row, *of]))


Post = Callable[..., RowResponse]


class KeyReused(APIException):
    status_code = 422
    default_detail = "This Idempotency-Key came with another request before. Use a new key for a new request."


def once_per_key(post: Post) -> Callable[..., HttpResponseBase]:
    """Make a POST method of a view obey the header. Only what succeeded is kept: a refusal has done nothing.

    The key's row is inserted first, in the request's transaction: a second request with the same key waits at the
    unique index until the first has committed, and then finds its answer, or has rolled back, and then does the work.
    """

    @wraps(post)
    def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = request.headers.get(HEADER)
        if key is None:
            return post(view, request, *args, **kwargs)
        kept = _reserve(_checked(key), view.user, _fingerprint(request))
        if kept.status != _PENDING:
            return _again(kept, view.user)
        response = post(view, request, *args, **kwargs)
        _keep(kept, response)
        return response

    return answer


def _checked(key: str) -> str:
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ParseError(f"An {HEADER} has 1 to {LONGEST_KEY} printable ASCII characters.")
    return key


def _reserve(key: str, user: User, fingerprint: str) -> IdempotentAnswer:
    row = IdempotentAnswer(user=user, key=key, request_hash=fingerprint, status=_PENDING, body={})
    IdempotentAnswer.objects.bulk_create([row], ignore_conflicts=True)
    kept = IdempotentAnswer.objects.get(user=user, key=key)
    if kept.request_hash != fingerprint:
        raise KeyReused
    return kept


def _fingerprint(request: Request) -> str:
    asked = f"{request.method} {request.path}\n".encode()
    return hashlib.sha256(asked + request.body).hexdigest()


def _keep(kept: IdempotentAnswer, response: RowResponse) -> None:
    # The text as sent, because jsonb would forget the order of the fields.
    text = JSONRenderer().render(response.data).decode()
    kept.status = response.status_code
    kept.body = {"of": [[row._meta.label_lower, str(row.pk)] for row in response.of], "text": text}
    kept.save(update_fields=["status", "body"])


def _again(kept: IdempotentAnswer, user: User) -> HttpResponse:
    """The answer as it was, as long as the user may still see all that it speaks of."""
    for kind, pk in kept.body["of"]:
        model: type[Shareable] = apps.get_model(kind)
        if not model.objects.visible_to(user).filter(pk=pk).exists():
            raise Http404
    return HttpResponse(kept.body["text"], status=kept.status, content_type="application/json")


def forget_old() -> int:
    """Delete the answers whose time is over; returns how many."""
    old = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    deleted: int = old.delete()[0]
    return deleted
