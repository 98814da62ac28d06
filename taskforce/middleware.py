from __future__ import annotations

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from agencies.audit import request_id

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class NoStoreMiddleware:
    """No page or API answer is kept by a browser or a proxy: it may be another agency's tomorrow."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        return response


class AuditContextMiddleware:
    """One id per request joins all audit events that it causes."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = request_id.set(uuid.uuid4())
        try:
            return self.get_response(request)
        finally:
            request_id.reset(token)
