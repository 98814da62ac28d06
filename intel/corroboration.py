"""How many independent origins stand behind a lead: among the leads that the viewer may read, and no others.

Everything is asked of the gate; what the viewer may not see neither counts nor joins.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Case, Q, When

from agencies.acting import as_system
from agencies.models import User
from intel.lookups import Value, identifiers_with, references_in
from intel.matching import narratives
from intel.matching.narratives import bands, shingles
from intel.matching.origins import Origin, Pair, Report, origins, pair
from intel.models import (
    CaseLead,
    HitNotice,
    Identifier,
    Lead,
    NarrativePrint,
    OriginMark,
    ProtectedValue,
)

MOST_REPORTS = 40  # the newest linked leads; each is compared with each
MOST_LEADS_OF_A_VALUE = 20  # an identifier in more of the viewer's leads links reports of different things
MOST_COPIES = 20
_MOST_ROWS = 500

PARTNER = Lead.Basis.PARTNER


@dataclass(frozen=True, slots=True)
class Corroboration:
    """The origins of a lead and of the leads linked to it; `left_out` older ones were not looked at."""

    lead: Lead
    leads: dict[uuid.UUID, Lead]
    origins: list[Origin]
    marks: dict[Pair, OriginMark]
    left_out: int = 0

    @classmethod
    def of(cls, lead: Lead, viewer: User, *, besides: uuid.UUID | None = None) -> Self:
        """For a lead that the viewer may read. As many queries however many leads are linked.

        `besides` is a lead that must be among those looked at, if the viewer may read it.
        """
        linked = _linked(lead, viewer) | ({besides} if besides else set())
        rows = readable(viewer).filter(pk__in=linked - {lead.pk})
        newest = rows.order_by(Case(When(pk=besides, then=0), default=1), "-created_at", "-pk")
        leads = {each.pk: each for each in [lead, *newest[:MOST_REPORTS]]}
        marks = _marks(leads, viewer)
        judged = {key: mark.status == OriginMark.Status.SAME for key, mark in marks.items()}
        found = origins([report_of(each) for each in leads.values()], judged)
        # Only a full page can have left something out.
        more = rows.count() - MOST_REPORTS if len(leads) > MOST_REPORTS else 0
        return cls(lead, leads, found, marks, max(0, more))

    @property
    def own_origin(self) -> Origin:
        """The origin that the lead itself belongs to."""
        return next(each for each in self.origins if self.lead.pk in {report.id for report in each.reports})


def readable(viewer: User) -> Any:
    """The reports (not the published lists) that the viewer may read in full."""
    rows = Lead.objects.visible_to(viewer).exclude(kind=Lead.Kind.REFERENCE)
    return rows.select_related("agency").defer("search")


def report_of(lead: Lead) -> Report:
    return Report(
        id=lead.pk,
        reference=lead.reference,
        agency=str(lead.agency_id),
        agency_names=frozenset({lead.agency.name, lead.agency.short_name}),
        logged_at=lead.created_at,
        reported_on=lead.reported_on,
        source=lead.source,
        shingles=shingles(lead.narrative),
        cites=frozenset(references_in(f"{lead.source} {lead.narrative}")),
        from_partner=lead.basis == PARTNER,
    )


# --- Which leads are linked to it -----------------------------------------------------------------------------


def _linked(lead: Lead, viewer: User) -> set[uuid.UUID]:
    return {
        *_by_hit(lead, viewer),
        *_by_case(lead, viewer),
        *_by_identifier(lead, viewer),
        *(pk for pk, _ in copies_of(lead.narrative, viewer, but=lead.pk)),
        *_by_hand(lead, viewer),
    }


def _by_hit(lead: Lead, viewer: User) -> set[uuid.UUID]:
    over = (HitNotice.State.WITHDRAWN, HitNotice.State.NOT_SAME)
    notices = HitNotice.objects.visible_to(viewer).exclude(state__in=over)
    touching = notices.filter(Q(hit__left__lead=lead) | Q(hit__right__lead=lead)).order_by()
    sides = [Q(pk__in=touching.values(f"hit__{side}__lead")) for side in ("left", "right")]
    return _newest(readable(viewer).filter(sides[0] | sides[1]).exclude(pk=lead.pk))


def _by_case(lead: Lead, viewer: User) -> set[uuid.UUID]:
    attached = CaseLead.objects.visible_to(viewer)
    together = attached.filter(case__in=attached.filter(lead=lead).values("case"))
    return _newest(readable(viewer).filter(pk__in=together.order_by().values("lead")).exclude(pk=lead.pk))


def _newest(rows: Any) -> set[uuid.UUID]:
    """Cut only what came through the gate: else rows that the viewer may not read would crowd out those they may."""
    return set(rows.order_by("-created_at", "-pk").values_list("pk", flat=True)[:_MOST_ROWS])


def _by_identifier(lead: Lead, viewer: User) -> set[uuid.UUID]:
    held = Identifier.objects.visible_to(viewer).filter(lead=lead).order_by().values_list("kind", "value")
    values = {Value(kind, value) for kind, value in held[:_MOST_ROWS]}
    values -= _protected(values, viewer)
    rows = set(
        identifiers_with(viewer, values).order_by().values_list("kind", "value", "lead_id")[:_MOST_ROWS]
    )
    often = Counter((kind, value) for kind, value, _ in rows)
    return {pk for kind, value, pk in rows if often[kind, value] <= MOST_LEADS_OF_A_VALUE}


def _protected(values: Iterable[Value], viewer: User) -> set[Value]:
    """Those that the viewer knows to be protected: their own agency's and the published."""
    known = Q(agency=viewer.agency_id) | Q(status=ProtectedValue.Status.PUBLIC)
    rows = ProtectedValue.objects.in_force().filter(known, value__in=[each.value for each in values])
    return {Value(kind, value) for kind, value in rows.values_list("kind", "value")}


def _by_hand(lead: Lead, viewer: User) -> set[uuid.UUID]:
    marks = OriginMark.objects.visible_to(viewer).filter(status=OriginMark.Status.SAME)
    rows = marks.filter(Q(low=lead) | Q(high=lead)).values_list("low_id", "high_id")
    return {pk for both in rows for pk in both}


def _marks(leads: Iterable[uuid.UUID], viewer: User) -> dict[Pair, OriginMark]:
    marks = OriginMark.objects.visible_to(viewer).exclude(status=OriginMark.Status.CLEARED)
    between = marks.filter(low__in=leads, high__in=leads).select_related("marked_by")
    return {pair(mark.low_id, mark.high_id): mark for mark in between}


# --- The same text ------------------------------------------------------------------------------------------------


@as_system  # asked together with the gate: under the lock no index could answer, for overlapping is not leakproof
def copies_of(text: str, viewer: User, *, but: uuid.UUID | None = None) -> list[tuple[uuid.UUID, float]]:
    """Leads that the viewer may read whose narrative is nearly `text`, and which part they share; most alike first."""
    typed = shingles(text)
    if not (sought := bands(typed)):
        return []
    alike = NarrativePrint.objects.filter(
        bands__overlap=sought, lead__in=readable(viewer).exclude(pk=but).order_by().values("pk")
    )
    texts = alike.values_list("lead_id", "lead__narrative")[:MOST_COPIES]
    shares = [(pk, narratives.shared(typed, shingles(narrative))) for pk, narrative in texts]
    return sorted(
        ((pk, share) for pk, share in shares if share >= narratives.COPY),
        key=lambda each: (-each[1], each[0]),
    )
