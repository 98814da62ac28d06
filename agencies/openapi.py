"""How operations describe themselves in the OpenAPI document: always a summary, the errors, and the retry header."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from agencies.idempotency import HEADER
from agencies.serializers import FeedQuerySerializer, ProblemSerializer

Shape = type[Serializer[Any]] | Serializer[Any]
Decorator = Callable[[Any], Any]

_ALWAYS = {
    401: "No token, or one that is unknown or has expired.",
    403: "The token's scope, or the role, does not allow it.",
    429: "Too many requests; `Retry-After` says when to come back.",
}
_BODY = {400: "The query or body is wrong: see `errors`.", 413: "The body is too long.", 415: "Send JSON."}
_ONE = {404: "There is no such record, or it is not shared with your agency."}
_STATE = {409: "The state of things does not allow it, or somebody edited the row first (`current`)."}
_KEY = {422: f"The {HEADER} came with another request before."}

_FEED = (
    "Everything that became visible to your agency, changed or was withdrawn, oldest change first. Keep `next` and "
    "come back with it: you never miss a row and never get one twice unless it changed. Rows no longer shared with "
    "you come as tombstones."
)
_ON_RECORD = "The owner of the row can see that your agency pulled it, as with every list."
_ONCE = f"Send an `{HEADER}`, and send the same again when you got no answer: it is done once."
_UNCHANGED = "Send the `version` you last read. If somebody was faster you get 409 with the row as it is now."

KEY = OpenApiParameter(
    HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER,
    description="Any text of your own. The same key and body within 24 hours: the same answer, done once.",
)  # fmt: skip


def lists(summary: str, page: Shape, query: type[FeedQuerySerializer] = FeedQuerySerializer) -> Decorator:
    problems = _ALWAYS | {400: _BODY[400]}
    return _operation(summary, {200: page}, problems, parameters=[query], description=_FEED)


def shows(summary: str, row: Shape) -> Decorator:
    return _operation(summary, {200: row}, _ALWAYS | _ONE, description=_ON_RECORD)


def posts(summary: str, takes: Shape, gives: Shape, *, status: int = 201, on_row: bool = True) -> Decorator:
    problems = _ALWAYS | _BODY | _STATE | _KEY | (_ONE if on_row else {})
    return _operation(summary, {status: gives}, problems, request=takes, parameters=[KEY], description=_ONCE)


def puts(summary: str, takes: Shape, gives: Shape) -> Decorator:
    problems = _ALWAYS | _BODY | _ONE | _STATE
    return _operation(summary, {200: gives}, problems, request=takes, description=_UNCHANGED)


def _operation(
    summary: str, answers: dict[int, Shape], problems: dict[int, str], **described: Any
) -> Decorator:
    responses: dict[Any, Any] = dict(answers)
    for status, why in sorted(problems.items()):
        responses[status, "application/problem+json"] = OpenApiResponse(ProblemSerializer, description=why)
    return extend_schema(summary=summary, responses=responses, **described)


class ServiceAccountScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "agencies.signin.ServiceAccountAuthentication"
    name = "serviceAccount"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        scopes = {
            "read": "Read what is shared with your agency",
            "write": "Log leads and answer for your agency",
        }
        return {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/api/v1/token/", "scopes": scopes}},
        }
