"""What an API client may send, and how often."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle


class StrictJSONParser(JSONParser):
    """JSON in UTF-8, no longer than any other body may be, and no deeper than can be read."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        body = parser_context["request"].body  # read whole, so that the size limit of bodies holds
        try:
            return super().parse(BytesIO(body), media_type, {**parser_context, "encoding": "utf-8"})
        except RecursionError as problem:
            raise ParseError("The JSON is nested too deeply.") from problem


class ClientThrottle(UserRateThrottle):
    """Counts in each web process for itself and outside the database, where a refused request would undo its count."""

    cache = LocMemCache("api throttle", {"OPTIONS": {"MAX_ENTRIES": 10_000}})


class TokenThrottle(SimpleRateThrottle):
    """Sign-ins by address: each one costs a deliberately slow check of the secret."""

    rate = "60/min"
    scope = "token"
    cache = ClientThrottle.cache

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
