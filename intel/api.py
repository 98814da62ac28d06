from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agencies import openapi
from agencies.api import EditedMeanwhile, FeedViewSet
from agencies.cards import Card, agency_card
from agencies.idempotency import RowResponse, once_per_key
from agencies.policies import EditConflict, Refused, check_agency
from agencies.serializers import page_of
from agencies.visibility import Level, Shareable
from intel import actions
from intel.answers import (
    DisclosureSerializer,
    LeadSerializer,
    LeadSummarySerializer,
    NoticeSerializer,
    SubjectQuerySerializer,
    SubjectSerializer,
)
from intel.facts import LeadFacts
from intel.models import Disclosure, HitNotice, Identifier, Lead, Subject
from intel.models.hit import UNREAD_OF_SIDES
from intel.presenters import disclosure_cards, identifier_card, lead_card, notice_cards, subject_card
from intel.presenters_disclosures import BOTH_ENDS
from intel.serializers import (
    ASKED_LEVELS,
    AnswerSerializer,
    JudgementSerializer,
    LeadEditSerializer,
    LeadFactsSerializer,
    RequestSerializer,
    lead_facts,
)

ONE_LEAD = PolymorphicProxySerializer("LeadOrSummary", [LeadSerializer, LeadSummarySerializer], None)


class LeadViewSet(FeedViewSet):
    model: ClassVar = Lead

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("agency__contact", "assigned_to").defer("search")

    def cards(self, rows: Sequence[Any]) -> Sequence[Card]:
        reports = [lead.pk for lead in rows if lead.level >= Level.VIEW and lead.kind == Lead.Kind.REPORT]
        identifiers = _identifiers(Identifier.objects.visible_to(self.user).filter(lead__in=reports))
        subjects: dict[uuid.UUID, list[Card]] = defaultdict(list)
        for subject in Subject.objects.visible_to(self.user).filter(lead__in=reports).defer("search_names"):
            subjects[subject.lead_id].append(subject_card(subject, identifiers[subject.lead_id, subject.pk]))
        return [self._card(lead, identifiers, subjects) for lead in rows]

    def _card(
        self, lead: Any, identifiers: dict[Holder, list[Identifier]], subjects: dict[uuid.UUID, list[Card]]
    ) -> Card:
        card = lead_card(lead, Level(lead.level))
        if lead.level >= Level.VIEW:
            card["identifiers"] = [identifier_card(each) for each in identifiers[lead.pk, None]]
            card["subjects"] = subjects[lead.pk] if lead.kind == Lead.Kind.REPORT else None
        return card

    @openapi.lists(
        "Pull the leads shared with your agency", page_of("Lead", LeadSerializer, LeadSummarySerializer)
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @openapi.shows("Read one lead", ONE_LEAD)
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return super().retrieve(request, pk)

    @openapi.posts("Log a lead", LeadFactsSerializer, LeadSerializer, on_row=False)
    @once_per_key
    def create(self, request: Request) -> RowResponse:
        values = self.taken(LeadFactsSerializer, request.data)
        default = check_agency(self.user.agency).pointer_policy
        lead = actions.log_lead(self._facts(values, default), by=self.user)
        return self.answer(lead.pk, status=201)

    @openapi.puts("Replace a lead's content", LeadEditSerializer, LeadSerializer)
    def update(self, request: Request, pk: uuid.UUID) -> Response:
        lead = self.seen(pk)
        values = self.taken(LeadEditSerializer, request.data)
        version = values.pop("version")
        if lead.kind != Lead.Kind.REPORT:
            raise Refused("A published list is replaced by importing it anew, not over the API.")
        try:
            actions.edit_lead(lead, self._facts(values, lead.pointer_policy), version=version, by=self.user)
        except EditConflict as conflict:
            raise EditedMeanwhile(str(conflict), current=self.card(pk)[1]) from conflict
        return self.answer(pk)

    def _facts(self, values: dict[str, Any], pointer_policy: str) -> LeadFacts:
        country = check_agency(self.user.agency).country
        return lead_facts(values, country=country, pointer_policy=pointer_policy)


Holder = tuple[uuid.UUID, uuid.UUID | None]


def _identifiers(rows: QuerySet[Identifier]) -> dict[Holder, list[Identifier]]:
    """By lead and subject (None: of nobody known yet)."""
    held: dict[Holder, list[Identifier]] = defaultdict(list)
    for each in rows:
        held[each.lead_id, each.subject_id].append(each)
    return held


class SubjectViewSet(FeedViewSet):
    model: ClassVar = Subject
    query_serializer = SubjectQuerySerializer

    def rows(self) -> QuerySet[Any]:
        return super().rows().select_related("agency").defer("search_names")

    def cards(self, rows: Sequence[Any]) -> Sequence[Card]:
        shown = Identifier.objects.visible_to(self.user).filter(subject__in=[row.pk for row in rows])
        identifiers = _identifiers(shown)
        leads = Lead.objects.visible_to(self.user, Level.SUMMARY).filter(pk__in={row.lead_id for row in rows})
        seen = set(leads.values_list("pk", flat=True))
        return [
            subject_card(row, identifiers[row.lead_id, row.pk])
            | {
                "agency": agency_card(row.agency),
                "lead": row.lead_id if row.lead_id in seen else None,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
            }
            for row in rows
        ]

    def narrowed(self, query: dict[str, Any]) -> QuerySet[Any] | None:
        if "lead" not in query:
            return None
        lead = Lead.objects.visible_to(self.user).filter(pk=query["lead"])
        return Subject.objects.visible_to(self.user).filter(lead__in=lead).values("pk")

    @openapi.lists(
        "Pull the subjects shared with your agency",
        page_of("Subject", SubjectSerializer),
        SubjectQuerySerializer,
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @openapi.shows("Read one subject", SubjectSerializer)
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return super().retrieve(request, pk)


class HitNoticeViewSet(FeedViewSet):
    model: ClassVar = HitNotice

    def rows(self) -> QuerySet[Any]:
        rows = super().rows().select_related("hit__left", "hit__right", "other_agency", "contact")
        return rows.defer(*UNREAD_OF_SIDES)

    def cards(self, rows: Sequence[Any]) -> Sequence[Card]:
        return notice_cards(list(rows), self.user)

    def looked_at(self, rows: Sequence[Any], cards: Sequence[Card]) -> Sequence[Shareable]:
        """The notices are the caller's own; the evidence of an open one tells what a partner's record says."""
        subjects = [card["other_subject"] for card in cards if card["other_subject"]]
        leads = [card["other_lead"] for card in cards if card["other_lead"] and not card["other_subject"]]
        return [
            *(Subject.objects.visible_to(self.user).filter(pk__in=subjects) if subjects else ()),
            *(Lead.objects.visible_to(self.user).filter(pk__in=leads) if leads else ()),
        ]

    @openapi.lists("Pull your agency's hit notices", page_of("HitNotice", NoticeSerializer))
    def list(self, request: Request) -> Response:
        return super().list(request)

    @openapi.shows("Read one hit notice", NoticeSerializer)
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return super().retrieve(request, pk)

    @openapi.posts("Judge whether both sides are the same", JudgementSerializer, NoticeSerializer, status=200)
    @action(detail=True, methods=["post"])
    @once_per_key
    def judge(self, request: Request, pk: uuid.UUID) -> RowResponse:
        notice = self.seen(pk)
        actions.judge_hit(notice, by=self.user, **self.taken(JudgementSerializer, request.data))
        return self.answer(pk)

    @openapi.posts("Ask the other agency to disclose its record", RequestSerializer, DisclosureSerializer)
    @action(detail=True, methods=["post"])
    @once_per_key
    def ask(self, request: Request, pk: uuid.UUID) -> RowResponse:
        notice = self.seen(pk)
        values = self.taken(RequestSerializer, request.data)
        values["level"] = ASKED_LEVELS[values["level"]]
        disclosure = actions.request_disclosure(notice, by=self.user, **values)
        return DisclosureViewSet(request=request).answer(disclosure.pk, status=201)


class DisclosureViewSet(FeedViewSet):
    model: ClassVar = Disclosure

    def rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Disclosure.objects.visible_to(self.user)
        return rows.select_related(*BOTH_ENDS)

    def level(self, row: Any) -> Level:
        # A request's own `level` is the one asked for. Requests are seen whole, by the asker and by the asked.
        return Level.OWN if row.agency_id == self.user.agency_id else Level.VIEW

    def cards(self, rows: Sequence[Any]) -> Sequence[Card]:
        return disclosure_cards(list(rows), self.user)

    @openapi.lists("Pull the requests your agency made or got", page_of("Disclosure", DisclosureSerializer))
    def list(self, request: Request) -> Response:
        return super().list(request)

    @openapi.shows("Read one request", DisclosureSerializer)
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return super().retrieve(request, pk)

    @openapi.posts("Answer a request made to your agency", AnswerSerializer, DisclosureSerializer, status=200)
    @action(detail=True, methods=["post"], url_path="answer", url_name="answer")
    @once_per_key
    def respond(self, request: Request, pk: uuid.UUID) -> RowResponse:
        disclosure = self.seen(pk)
        values = self.taken(AnswerSerializer, request.data)
        values["level"] = ASKED_LEVELS[values["level"]]
        actions.answer_disclosure(disclosure, by=self.user, **values)
        return self.answer(pk)
