"""What the state of a lane, and of what it asks of others, allows. The tables are the rules; docs draw them."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import NotPermitted, Refused, check_may
from cases import clocks
from cases.models import OVER, Case, CooperationRequest, LeadProposal, Track
from cases.policies import check_can_work, check_takes_part

T, R = Track.Stage, CooperationRequest.Status

TRACK_TRANSITIONS: dict[str, tuple[str, ...]] = {
    T.INQUIRY: (T.INVESTIGATION, T.DISCONTINUED),
    T.INVESTIGATION: (T.CHARGED, T.DISCONTINUED),
    T.CHARGED: (T.TRIAL, T.JUDGED, T.INVESTIGATION, T.DISCONTINUED),
    T.TRIAL: (T.JUDGED, T.DISCONTINUED),
    T.JUDGED: (T.APPEAL, T.FINAL),
    T.APPEAL: (T.TRIAL, T.JUDGED, T.FINAL),
    T.FINAL: (T.TRIAL,),
    T.DISCONTINUED: (T.INVESTIGATION,),
}
REQUEST_TRANSITIONS: dict[str, tuple[str, ...]] = {
    R.DRAFTED: (R.SENT, R.WITHDRAWN),
    R.SENT: (R.ACKNOWLEDGED, R.EXECUTED, R.REFUSED, R.WITHDRAWN),
    R.ACKNOWLEDGED: (R.EXECUTED, R.REFUSED, R.WITHDRAWN),
    R.EXECUTED: (),
    R.REFUSED: (R.SENT,),
    R.WITHDRAWN: (R.DRAFTED,),
}
FINISHED = (R.EXECUTED, R.REFUSED, R.WITHDRAWN)


def next_stages(track: Track) -> list[tuple[str, str]]:
    return [(code, T(code).label) for code in TRACK_TRANSITIONS[track.stage]]


def next_request_statuses(request: CooperationRequest) -> list[tuple[str, str]]:
    return [(code, R(code).label) for code in REQUEST_TRANSITIONS[request.status]]


# --- Lanes --------------------------------------------------------------------------------------------------


def check_can_open_track(case: Case, by: User) -> None:
    """Whoever keeps a lane works on the case for an agency that is assigned to it."""
    check_can_work(case, by)
    check_takes_part(case, by.agency)


def check_can_keep(track: Track, by: User) -> None:
    """Each agency edits its lane alone, as long as it works on the case."""
    if track.agency_id != by.agency_id:
        raise NotPermitted(
            f"Only {track.agency} edits this lane. Ask its officer, or write a note on the case."
        )
    check_can_open_track(track.case, by)


def check_can_take(track: Track, by: User) -> None:
    """A lane whose agency works on the case no longer is taken over, so that its dates are watched by somebody."""
    check_can_open_track(track.case, by)
    if track.case.assignments.filter(agency=track.agency_id, ended_at=None).exists():
        raise Refused(f"{track.agency} still keeps this lane.")


def check_no_track_there(case: Case, country: str, district: str, other_than: Track | None = None) -> None:
    rows = case.tracks.filter(country=country, district__iexact=district).select_related("agency")
    there = rows.first()  # a jurisdiction has one lane at most
    if there is not None and (other_than is None or there.pk != other_than.pk):
        raise Refused(
            f"There is a lane for {there.jurisdiction} already, kept by {there.agency}. Name a state or district to"
            " tell yours apart, or agree on one lane."
        )


def check_can_move_track(track: Track, stage: str, since: date, by: User) -> None:
    check_can_keep(track, by)
    if stage not in TRACK_TRANSITIONS[track.stage]:
        allowed = ", ".join(label for _, label in next_stages(track)).lower()
        raise Refused(f"A lane that is at “{track.get_stage_display()}” can only go on to: {allowed}.")
    check_not_future(since)
    if since < track.stage_since:
        raise Refused(
            f"The stage before began on {track.stage_since:%Y-%m-%d}. Choose that day or a later one."
        )


def check_not_future(day: date | None) -> None:
    if day is not None and day > timezone.localdate():
        raise Refused("That day is still to come. Write down what has happened.")


def alarm_day() -> date:
    """Limitation dates up to this day raise an alarm."""
    return timezone.localdate() + timedelta(days=settings.LIMITATION_WARN_DAYS)


def is_alarming(track: Track, limitation_on: date | None) -> bool:
    return limitation_on is not None and track.stage not in OVER and limitation_on <= alarm_day()


# --- Requests ---------------------------------------------------------------------------------------------------


def check_can_move_request(
    request: CooperationRequest, status: str, refusal: str, on: date, by: User
) -> None:
    check_can_keep(request.track, by)
    if status not in REQUEST_TRANSITIONS[request.status]:
        allowed = ", ".join(label for _, label in next_request_statuses(request)).lower() or "nothing else"
        raise Refused(f"A request that is {request.get_status_display().lower()} can only become: {allowed}.")
    check_not_future(on)
    if status == R.REFUSED and not refusal.strip():
        raise Refused("Say why it was refused: it decides whether it can be asked again.")
    check_in_order(request, on)


def check_in_order(request: CooperationRequest, on: date) -> None:
    """Nothing happens before what it answers."""
    last = max((day for day in (request.sent_on, request.received_on, request.begun_on) if day), default=None)
    if last is not None and on < last:
        raise Refused(f"The step before was on {last:%Y-%m-%d}. Choose that day or a later one.")


def check_begun(kind: str, begun_on: date | None, received_on: date | None) -> None:
    if begun_on is not None and kind not in clocks.BEGUN:
        raise Refused("A request of this kind has no such day.")
    check_not_future(begun_on)
    if begun_on is not None and received_on is not None and begun_on < received_on:
        raise Refused(f"{clocks.BEGUN[kind]}: not before it was received on {received_on:%Y-%m-%d}.")


# --- The lead jurisdiction --------------------------------------------------------------------------------------


def check_can_propose_lead(track: Track, by: User) -> None:
    """A supervisor of an agency that has a lane itself."""
    check_may(by, Permission.ASSIGN_CASES)
    check_can_open_track(track.case, by)
    if not track.case.tracks.filter(agency=by.agency_id).exists():
        raise NotPermitted("Only an agency that keeps a lane of this case proposes which jurisdiction leads.")
    if track.stage in OVER:
        raise Refused("That lane is over, so it cannot lead.")
    for proposal in track.case.leadproposals.filter(
        state__in=[LeadProposal.State.ASKED, LeadProposal.State.AGREED]
    ):
        if proposal.state == LeadProposal.State.ASKED:
            raise Refused("A proposal waits for agreement already. Answer or withdraw that one first.")
        if proposal.track_id == track.pk:
            raise Refused(f"{track.jurisdiction} leads already.")


def check_can_answer_lead(proposal: LeadProposal, by: User) -> None:
    check_may(by, Permission.ASSIGN_CASES)
    check_can_open_track(proposal.case, by)
    if proposal.state != LeadProposal.State.ASKED:
        raise Refused("That proposal has been decided or withdrawn already.")
    if by.agency_id not in voters(proposal.case):
        raise NotPermitted("Only agencies that keep a lane of this case agree on which jurisdiction leads.")
    if proposal.agency_id == by.agency_id or by.agency in proposal.agreed_by.all():
        raise Refused("Your agency has agreed already.")


def check_can_withdraw_lead(proposal: LeadProposal, by: User) -> None:
    check_may(by, Permission.ASSIGN_CASES)
    check_can_work(proposal.case, by)
    if proposal.agency_id != by.agency_id:
        raise NotPermitted("Only the agency that proposed it withdraws it.")
    if proposal.state != LeadProposal.State.ASKED:
        raise Refused("That proposal has been decided or withdrawn already.")


def voters(case: Case) -> set[object]:
    """The agencies that agree on the lead: those with a lane that still work on the case."""
    working = case.assignments.filter(ended_at=None).values("agency")
    return set(case.tracks.filter(agency__in=working).values_list("agency", flat=True))
