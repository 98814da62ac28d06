"""What pages and API say of the lanes of a case. Rows come through the gate; these only word them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from agencies.cards import Card, agency_card
from agencies.models import User
from agencies.policies import allows
from cases import clocks, codelists, palermo, policies_tracks
from cases.actions.tracking import GROUPS
from cases.models import OVER, Case, CooperationRequest, LeadProposal, Offence, Track, TrackSheet

FACTS = tuple(name for names in GROUPS.values() for name in names)
_LISTS = {"Act": "palermo_act", "Means": "palermo_means", "Purpose": "exploitation_purpose"}


@dataclass(frozen=True, slots=True)
class ElementLine:
    name: str
    state: str
    labels: list[str]


@dataclass(frozen=True, slots=True)
class OffenceLine:
    offence: Offence
    elements: list[ElementLine]
    is_complete: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class RequestLine:
    request: CooperationRequest
    kind: str
    country: str
    dues: list[clocks.Due]
    next_steps: list[tuple[str, str]]

    @property
    def is_overdue(self) -> bool:
        return self.request.next_due is not None and self.request.next_due < timezone.localdate()

    @property
    def is_finished(self) -> bool:
        return self.request.status in policies_tracks.FINISHED

    @property
    def days(self) -> list[tuple[str, date]]:
        """What happened, in order."""
        request = self.request
        said = (("Sent", request.sent_on), ("Acknowledged", request.received_on),
                (clocks.BEGUN.get(request.kind, ""), request.begun_on),
                (request.get_status_display(), request.ended_on))  # fmt: skip
        return [(words, day) for words, day in said if day is not None]


@dataclass(slots=True)
class Lane:
    """One track as its reader may have it."""

    track: Track
    is_own: bool
    leads: bool = False
    facts: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(FACTS))
    private: set[str] = field(default_factory=set)
    kept_before: dict[str, Any] = field(
        default_factory=dict
    )  # to itself, by an agency that kept the lane before
    offences: list[OffenceLine] = field(default_factory=list)
    requests: list[RequestLine] = field(default_factory=list)
    changed_at: Any = None

    @property
    def is_alarming(self) -> bool:
        return policies_tracks.is_alarming(self.track, self.facts.get("limitation_on"))

    @property
    def overdue(self) -> int:
        return sum(line.is_overdue for line in self.requests)


def lanes(tracks: Sequence[Track], reader: User) -> list[Lane]:
    """The lanes of these tracks. Four queries however many there are. Select `agency` with the tracks."""
    ids = [track.pk for track in tracks]
    found = {
        track.pk: Lane(track, track.agency_id == reader.agency_id, changed_at=track.updated_at)
        for track in tracks
    }
    for sheet in TrackSheet.objects.visible_to(reader).filter(track__in=ids).order_by("agency_private"):
        _write(found[sheet.track_id], sheet)
    for offence in Offence.objects.visible_to(reader).filter(track__in=ids):
        lane = found[offence.track_id]
        lane.offences.append(offence_line(offence))
        lane.changed_at = max(lane.changed_at, offence.updated_at)
    for request in CooperationRequest.objects.visible_to(reader).filter(track__in=ids):
        lane = found[request.track_id]
        lane.requests.append(request_line(request))
        lane.changed_at = max(lane.changed_at, request.updated_at)
    leading = LeadProposal.objects.visible_to(reader).filter(track__in=ids, state=LeadProposal.State.AGREED)
    for proposal in leading:
        found[proposal.track_id].leads = True
    return list(found.values())


def _write(lane: Lane, sheet: TrackSheet) -> None:
    said = {name: value for name in FACTS if (value := getattr(sheet, name))}
    if sheet.agency_id != lane.track.agency_id:
        lane.kept_before |= said
        return
    lane.facts |= said
    lane.changed_at = max(lane.changed_at, sheet.updated_at)
    if sheet.agency_private:
        lane.private = {group for group, names in GROUPS.items() if said.keys() & set(names)}


def offence_line(offence: Offence) -> OffenceLine:
    reading = palermo.read(offence.kind, offence.acts, offence.means, offence.purposes, child=offence.child)
    elements = [
        ElementLine(each.name, each.state, [codelists.label(_LISTS[each.name], code) for code in each.codes])
        for each in reading.elements
    ]
    return OffenceLine(offence, elements, reading.is_complete, reading.sentence)


def request_line(request: CooperationRequest) -> RequestLine:
    is_finished = request.status in policies_tracks.FINISHED
    dues = [] if is_finished else sorted(clocks.running(request.kind, request.days))
    return RequestLine(
        request, codelists.label("cooperation_kind", request.kind), codelists.label("country", request.country),
        dues, policies_tracks.next_request_statuses(request),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeadQuestion:
    """Which jurisdiction leads: what is agreed, what is proposed, and what the reader may say to it."""

    leading: LeadProposal | None
    asked: LeadProposal | None
    waits_for: list[str]
    refused: LeadProposal | None
    may_answer: bool
    may_withdraw: bool


def lead_question(case: Case, tracks: Iterable[Track], reader: User) -> LeadQuestion:
    rows = LeadProposal.objects.visible_to(reader).filter(case=case).order_by("-created_at")
    joined = rows.select_related("track", "agency", "objected_by", "case").prefetch_related("agreed_by")
    newest_first: list[LeadProposal] = list(joined[:20])
    by_state: Mapping[str, LeadProposal] = {row.state: row for row in reversed(newest_first)}
    asked = by_state.get(LeadProposal.State.ASKED)
    newest = newest_first[0] if newest_first else None
    agreed = {agency.pk for agency in asked.agreed_by.all()} if asked else set[uuid.UUID]()
    voters = policies_tracks.voters(case) if asked else set()
    waiting = {track.agency.name for track in tracks if track.agency_id in voters - agreed}
    return LeadQuestion(
        leading=by_state.get(LeadProposal.State.AGREED),
        asked=asked,
        waits_for=sorted(waiting),
        refused=newest if newest and newest.state == LeadProposal.State.REFUSED else None,
        may_answer=asked is not None and allows(policies_tracks.check_can_answer_lead, asked, reader),
        may_withdraw=asked is not None and allows(policies_tracks.check_can_withdraw_lead, asked, reader),
    )


def nearest_limits(cases: Iterable[Any], reader: User) -> dict[uuid.UUID, date]:
    """The limitation date that alarms, by case: the nearest of those that the reader may know."""
    rows = TrackSheet.objects.visible_to(reader).filter(
        case__in=cases, limitation_on__lte=policies_tracks.alarm_day()
    )
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for case, day in rows.exclude(track__stage__in=OVER).values_list("case", "limitation_on"):
        found[case].append(day)
    return {case: min(days) for case, days in found.items()}


# --- Over the API ------------------------------------------------------------------------------------------


def track_card(lane: Lane, *, case_is_seen: bool) -> Card:
    """A lane; its case is named only to those who see the case. Select `agency` with the track."""
    track = lane.track
    facts = {name: value or (None if name == "limitation_on" else "") for name, value in lane.facts.items()}
    return {
        "case": track.case_id if case_is_seen else None,
        "agency": agency_card(track.agency),
        "country": track.country,
        "district": track.district,
        "stage": track.stage,
        "stage_since": track.stage_since,
        "leads": lane.leads,
        **facts,
        "agency_private": sorted(lane.private),
        "offences": [_offence_card(line) for line in lane.offences],
        "requests": [_request_card(line) for line in lane.requests],
        "created_at": track.created_at,
        "updated_at": lane.changed_at,
    }


def _offence_card(line: OffenceLine) -> Card:
    names = ("kind", "law", "title", "acts", "means", "purposes", "child", "agency_private")
    said = {name: getattr(line.offence, name) for name in names}
    return {"id": line.offence.pk, **said, "is_complete": line.is_complete, "says": line.sentence}


def _request_card(line: RequestLine) -> Card:
    names = ("kind", "country", "authority", "asks", "reference", "status", "refusal", "sent_on", "received_on",
             "begun_on", "ended_on", "due_on", "next_due", "agency_private")  # fmt: skip
    return {"id": line.request.pk, **{name: getattr(line.request, name) for name in names}}
