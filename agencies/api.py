"""What every resource of the API does alike: reads its feed through the gate, records what left, answers once per key."""

from __future__ import annotations

import uuid
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.exceptions import APIException, ParseError, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import ViewSet

from agencies import audit, cursors, feed, purposes
from agencies.cards import Card
from agencies.guards import kept_back
from agencies.idempotency import RowResponse
from agencies.models import ClientTerms, User
from agencies.policies import check_agency
from agencies.serializers import FeedQuerySerializer
from agencies.visibility import Level, Shareable


class ScopeAllows(BasePermission):
    """A token reads with scope "read" and changes with scope "write". People signed in by session have both."""

    def has_permission(self, request: Any, view: Any) -> bool:
        scope = "read" if request.method in SAFE_METHODS else "write"
        if request.auth is not None and not request.auth.allow_scopes([scope]):
            raise PermissionDenied(f"This token lacks the scope “{scope}”.")
        return True


class RoleReads(BasePermission):
    """Whose role reads none of these rows is told so, instead of being shown empty lists."""

    message = "Your role may not read this."

    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(request.user.may(view.model.read_permission))


class EditedMeanwhile(APIException):
    """Somebody else changed the row first; the answer carries it as it is now."""

    status_code = 409

    def __init__(self, detail: str, current: Card) -> None:
        super().__init__(detail)
        self.current = current


class FeedViewSet(ViewSet):
    """One kind of row. Subclasses say which (`model`), what to select with it (`rows`), and how to word it (`cards`)."""

    model: ClassVar[type[Shareable]]
    query_serializer: ClassVar[type[FeedQuerySerializer]] = FeedQuerySerializer
    lookup_value_converter = "uuid"
    permission_classes = [IsAuthenticated, ScopeAllows, RoleReads]
    metadata_class = None  # OPTIONS would list the choices of every field

    def rows(self) -> QuerySet[Any]:
        """The rows that the caller may know of, with what `level` and `cards` need of them."""
        rows: QuerySet[Any] = self.model.objects.with_level(self.user)
        return rows

    def level(self, row: Any) -> Level:
        return Level(row.level)

    @abstractmethod
    def cards(self, rows: Sequence[Any]) -> Sequence[Card]:
        """`rows` as the API words them, in their order, by the caller's level on each."""

    def looked_at(self, rows: Sequence[Any], cards: Sequence[Card]) -> Sequence[Shareable]:
        """What is on record as pulled when `rows` leave worded as `cards`."""
        return rows

    def narrowed(self, query: dict[str, Any]) -> QuerySet[Any] | None:
        """The ids that the resource's own filters leave, None without such a filter."""
        return None

    @property
    def user(self) -> User:
        user = self.request.user
        assert isinstance(user, User)
        return user

    # --- Reading ------------------------------------------------------------------------------------

    def list(self, request: Request) -> Response:
        query = self.taken(self.query_serializer, request.query_params.dict())
        agency, kind = check_agency(self.user.agency), self.model._meta.label_lower
        name = f"{agency.pk} {kind}"
        part = feed.read(agency.pk, kind, self._wanted(query, name))
        rows: Any = self.rows().filter(pk__in=[change.object_id for change in part.changes])
        shown, withheld = self._given(list(rows.checked()))
        tombstone = {
            change.object_id: {"id": change.object_id, "withdrawn": True, "changed_at": change.changed_at}
            for change in part.changes
        }
        results = [
            shown.get(change.object_id, tombstone[change.object_id])
            for change in part.changes
            if change.object_id not in withheld
        ]
        return Response(
            {
                "results": results,
                "next": cursors.seal(part.end, name),
                "has_more": part.has_more,
                "withheld": list(withheld.values()),
            }
        )

    def _given(self, rows: Sequence[Any]) -> tuple[dict[uuid.UUID, Card], dict[uuid.UUID, Card]]:
        """By id, the rows that leave, on record as pulled; and those that wait for a purpose. The latter are no tombstones:
        the caller may have them."""
        cards = self._worded(rows)
        looked = [*self.looked_at(rows, cards)]
        asked = {
            part.pk: (part, why) for part, why in purposes.withheld(looked, self.user, self._purpose_code())
        }
        kept: dict[uuid.UUID, Card] = {}
        for row, card in zip(rows, cards, strict=True) if asked else ():
            for part in self.looked_at([row], [card]):
                if part.pk in asked:
                    kept[row.pk] = _waiting(row, *asked[part.pk])
        if kept:
            left = [(row, card) for row, card in zip(rows, cards, strict=True) if row.pk not in kept]
            looked = [*self.looked_at([row for row, _ in left], [card for _, card in left])]
        self._recorded(looked)
        return {card["id"]: card for card in cards if card["id"] not in kept}, kept

    def _wanted(self, query: dict[str, Any], name: str) -> feed.Wanted:
        after = cursors.unseal(query["cursor"], name) if "cursor" in query else cursors.START
        if after is None:
            raise ParseError("This cursor is not one of this list's. Start again without a cursor.")
        kept = self.model._base_manager.filter(kept_back(self.model, self.user)).values("pk")
        return feed.Wanted(after, query["limit"], query.get("updated_since"), self.narrowed(query), kept)

    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return self.answer(pk)

    # --- For the subclasses ---------------------------------------------------------------------------

    def seen(self, pk: uuid.UUID, level: Level = Level.VIEW) -> Any:
        """The row, if the caller may have it at this level; else 404."""
        return get_object_or_404(self.model.objects.visible_to(self.user, level), pk=pk)

    def shown(self, rows: Sequence[Any]) -> Sequence[Card]:
        """The rows as they leave, and on record as pulled."""
        cards = self._worded(rows)
        looked = self.looked_at(rows, cards)
        if kept := purposes.withheld(looked, self.user, self._purpose_code()):
            raise purposes.PurposeNeeded(*kept[0])
        self._recorded(looked)
        return cards

    def _worded(self, rows: Sequence[Any]) -> Sequence[Card]:
        return [
            {"id": row.pk, "level": self.level(row).name.lower(), **card}
            for row, card in zip(rows, self.cards(rows), strict=True)
        ]

    def _recorded(self, looked: Sequence[Shareable]) -> None:
        """What a program is registered for stands with each of its looks."""
        terms = self._terms()
        said = {} if terms is None else {"purpose": terms.purpose, "for": terms.purpose_code}
        audit.record_looks(audit.Act.PULLED, looked, by=self.user, **said)

    def _terms(self) -> ClientTerms | None:
        application = getattr(self.request.auth, "application", None)
        return getattr(application, "terms", None)

    def _purpose_code(self) -> str:
        terms = self._terms()
        return terms.purpose_code if terms is not None else ""

    def card(self, pk: uuid.UUID) -> tuple[Shareable, Card]:
        row: Any = get_object_or_404(self.rows(), pk=pk)
        return row, self.shown([row])[0]

    def answer(self, pk: uuid.UUID, status: int = 200) -> RowResponse:
        row, card = self.card(pk)
        return RowResponse(row, card, status, of=self.looked_at([row], [card]))

    def taken(self, serializer: type[Serializer[Any]], data: Any) -> dict[str, Any]:
        """The checked values of a body or query. Raises ValidationError."""
        checked = serializer(data=data, context={"user": self.user, "view": self})
        checked.is_valid(raise_exception=True)
        values: dict[str, Any] = checked.validated_data
        return values


def _waiting(row: Shareable, part: Shareable, why: str) -> Card:
    """A row that is not given yet: why, and where a person states the purpose for the part of it that asks."""
    asks = why == purposes.STATE_IT
    return {
        "id": row.pk,
        "why": why,
        "state_at": reverse("agencies:purpose", args=[part._meta.label_lower, part.pk]) if asks else None,
    }
