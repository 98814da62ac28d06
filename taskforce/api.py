"""The REST API's root: which resource lives where, one shape for every error, the token, and the description of it all."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil
from typing import Any

from django.contrib.auth.decorators import login_not_required, login_required
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path, re_path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from oauth2_provider.models import Application
from oauth2_provider.views import TokenView
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView, exception_handler

from agencies.api import EditedMeanwhile
from agencies.audit import record_sign_in_failed
from agencies.limits import TokenThrottle
from agencies.policies import NotPermitted, Refused
from agencies.purposes import PurposeNeeded
from agencies.volume import TooManyReads
from cases.api import CaseViewSet, TaskViewSet, TrackViewSet
from intel.api import DisclosureViewSet, HitNoticeViewSet, LeadViewSet, SubjectViewSet

# --- Errors -------------------------------------------------------------------------------------------

# One sentence for what does not exist and for what is hidden: nobody can tell which it was.
NO_SUCH = "There is no such record, or it is not shared with your agency."
WRONG = "Some of what you sent is wrong: see `errors`."


def problem_details(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as problem details (RFC 9457); None for a fault of ours, which stays a fault."""
    response = exception_handler(_as_api_exception(exc), context)
    if response is None:
        return None
    status = response.status_code
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if isinstance(exc, exceptions.ValidationError):
        listed = isinstance(response.data, list)
        body |= {"detail": WRONG, "errors": {"body": response.data} if listed else response.data}
    else:
        body["detail"] = NO_SUCH if status == HTTPStatus.NOT_FOUND else response.data["detail"]
    if isinstance(exc, EditedMeanwhile):
        body["current"] = exc.current
    response.data, response.content_type = body, "application/problem+json"
    return response


def _as_api_exception(exc: Exception) -> Exception:
    if isinstance(exc, TooManyReads):
        throttled = exceptions.Throttled(exc.wait)
        throttled.detail = exceptions.ErrorDetail(str(exc), throttled.default_code)
        return throttled
    if isinstance(exc, NotPermitted | PurposeNeeded):
        return exceptions.PermissionDenied(str(exc))
    if isinstance(exc, Refused):
        return _problem(str(exc), HTTPStatus.CONFLICT)
    if isinstance(exc, RequestDataTooBig):
        return _problem("The body is too long.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if isinstance(exc, SuspiciousOperation | BadRequest):
        return exceptions.ParseError()
    return exc


def _problem(detail: str, status: HTTPStatus) -> exceptions.APIException:
    problem = exceptions.APIException(detail)
    problem.status_code = status
    return problem


@extend_schema(exclude=True)
class NothingHere(APIView):
    """Whatever is asked of an address below the API that leads nowhere: the problem a hidden row gives."""

    metadata_class = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


class TokenEndpoint(TokenView):  # type: ignore[misc]
    """Client credentials for a token (RFC 6749, 4.4), so many a minute and address."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        throttle = TokenThrottle()
        if not throttle.allow_request(request, self):  # type: ignore[arg-type]
            seconds = ceil(throttle.wait() or 60)
            problem = {"error": "slow_down", "error_description": "Too many requests for a token."}
            return JsonResponse(problem, status=429, headers={"Retry-After": str(seconds)})
        answer: HttpResponse = super().post(request, *args, **kwargs)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            client = Application.objects.filter(client_id=request.POST.get("client_id", "")).first()
            record_sign_in_failed(client.user if client else None, through="API")
        return answer


# --- Addresses ------------------------------------------------------------------------------------------

router = SimpleRouter(use_regex_path=False)
router.register("leads", LeadViewSet, basename="leads")
router.register("subjects", SubjectViewSet, basename="subjects")
router.register("cases", CaseViewSet, basename="cases")
router.register("tasks", TaskViewSet, basename="tasks")
router.register("tracks", TrackViewSet, basename="tracks")
router.register("hit-notices", HitNoticeViewSet, basename="hit-notices")
router.register("disclosures", DisclosureViewSet, basename="disclosures")

docs = SpectacularSwaggerSplitView.as_view(url_name="api:schema", template_name="api/docs.html")

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("token/", login_not_required(TokenEndpoint.as_view()), name="token"),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs/", login_required(docs), name="docs"),
    *router.urls,
    re_path("", NothingHere.as_view()),
]
