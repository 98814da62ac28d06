from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from agencies import openapi
from agencies.api import FeedViewSet
from agencies.cards import Card
from agencies.idempotency import RowResponse, once_per_key
from agencies.models import Agency, User
from agencies.serializers import page_of
from agencies.visibility import Level
from cases import actions
from cases.models import Assignment, Case, Task, Track
from cases.presenters import assignment_card, case_card, task_card
from cases.presenters_tracks import lanes, track_card
from cases.serializers import (
    CaseSerializer,
    CaseSummarySerializer,
    NewTaskSerializer,
    TaskMoveSerializer,
    TaskQuerySerializer,
    TaskSerializer,
)
from cases.serializers_tracks import OfCaseQuerySerializer, TrackSerializer

ONE_CASE = PolymorphicProxySerializer("CaseOrSummary", [CaseSerializer, CaseSummarySerializer], None)


class CaseViewSet(FeedViewSet):
    model: ClassVar = Case

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("agency__contact").defer("search")

    def cards(self, rows: Sequence[Any]) -> Sequence[Card]:
        open_rows = [case.pk for case in rows if case.level >= Level.VIEW]
        running = Assignment.objects.visible_to(self.user).filter(case__in=open_rows, ended_at=None)
        parts: dict[uuid.UUID, list[Card]] = defaultdict(list)
        for each in running.select_related("agency").order_by("created_at", "id"):
            parts[each.case_id].append(assignment_card(each))
        return [
            case_card(case, Level(case.level))
            | ({"agencies": parts[case.pk]} if case.level >= Level.VIEW else {})
            for case in rows
        ]

    @openapi.lists(
        "Pull the cases shared with your agency", page_of("Case", CaseSerializer, CaseSummarySerializer)
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @openapi.shows("Read one case", ONE_CASE)
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return super().retrieve(request, pk)

    @openapi.posts("Set a task on a case", NewTaskSerializer, TaskSerializer)
    @action(detail=True, methods=["post"], url_path="tasks", url_name="new-task")
    @once_per_key
    def new_task(self, request: Request, pk: uuid.UUID) -> RowResponse:
        case = self.seen(pk)
        facts = self.taken(NewTaskSerializer, request.data)
        facts["assigned_agency"] = self._taking_part(case, facts["assigned_agency"])
        facts["assignee"] = self._working_on(case, facts["assignee"])
        task = actions.set_task(case, by=self.user, **facts)
        tasks = TaskViewSet(request=request)
        return tasks.answer(task.pk, status=201)

    def _taking_part(self, case: Case, pk: uuid.UUID | None) -> Agency | None:
        """The agency, if the caller sees that it works the case; unknown and elsewhere are one error."""
        if pk is None:
            return None
        parts = Assignment.objects.visible_to(self.user).filter(case=case, agency=pk, ended_at=None)
        part = parts.select_related("agency").first()
        if part is None:
            raise ValidationError({"assigned_agency": ["No agency with that id works this case."]})
        return part.agency

    def _working_on(self, case: Case, pk: uuid.UUID | None) -> User | None:
        """A person of one's own agency, or one named to the case by another."""
        if pk is None:
            return None
        parts = Assignment.objects.visible_to(self.user).filter(case=case, ended_at=None)
        known = Q(agency=self.user.agency_id) | Q(pk__in=parts.values("people"))
        person = User.objects.filter(known, pk=pk, is_active=True).first()
        if person is None:
            raise ValidationError({"assignee": ["Nobody with that id works this case."]})
        return person


class TrackViewSet(FeedViewSet):
    model: ClassVar = Track
    query_serializer = OfCaseQuerySerializer

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("agency")

    def cards(self, rows: Sequence[Any]) -> Sequence[Card]:
        cases = Case.objects.visible_to(self.user).filter(pk__in={track.case_id for track in rows})
        seen = set(cases.values_list("pk", flat=True))
        worded = lanes(rows, self.user)
        return [track_card(lane, case_is_seen=lane.track.case_id in seen) for lane in worded]

    def narrowed(self, query: dict[str, Any]) -> QuerySet[Any] | None:
        if "case" not in query:
            return None
        case = Case.objects.visible_to(self.user).filter(pk=query["case"])
        return Track.objects.visible_to(self.user).filter(case__in=case).values("pk")

    @openapi.lists(
        "Pull the lanes of your agency's cases", page_of("Track", TrackSerializer), OfCaseQuerySerializer
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @openapi.shows("Read one lane", TrackSerializer)
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return super().retrieve(request, pk)


class TaskViewSet(FeedViewSet):
    model: ClassVar = Task
    query_serializer = TaskQuerySerializer

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("agency", "assigned_agency", "assignee")

    def cards(self, rows: Sequence[Any]) -> Sequence[Card]:
        cases = Case.objects.visible_to(self.user).filter(pk__in={task.case_id for task in rows})
        seen = set(cases.values_list("pk", flat=True))
        return [task_card(task, case_is_seen=task.case_id in seen) for task in rows]

    def narrowed(self, query: dict[str, Any]) -> QuerySet[Any] | None:
        if "case" not in query:
            return None
        case = Case.objects.visible_to(self.user).filter(pk=query["case"])
        return Task.objects.visible_to(self.user).filter(case__in=case).values("pk")

    @openapi.lists(
        "Pull the tasks of your agency's cases", page_of("Task", TaskSerializer), TaskQuerySerializer
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @openapi.shows("Read one task", TaskSerializer)
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return super().retrieve(request, pk)

    @openapi.posts("Start, finish, drop or reopen a task", TaskMoveSerializer, TaskSerializer, status=200)
    @action(detail=True, methods=["post"])
    @once_per_key
    def move(self, request: Request, pk: uuid.UUID) -> RowResponse:
        task = self.seen(pk)
        actions.move_task(task, by=self.user, **self.taken(TaskMoveSerializer, request.data))
        return self.answer(pk)
