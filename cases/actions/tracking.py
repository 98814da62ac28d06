"""Keeping the lanes of a case: facts, offences, stages, requests to other jurisdictions, and which of them leads."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, TypeVar

from django.utils import timezone

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.changes import announce
from agencies.models import Agency, User
from agencies.policies import EditConflict, Refused, check_agency, check_reason
from cases import clocks, policies_tracks
from cases.models import Case, CooperationRequest, LeadProposal, Offence, Track, TrackSheet

Part = TypeVar("Part", Offence, CooperationRequest)
State = LeadProposal.State

# The facts of a lane as they are kept open or to oneself: together, for a docket without its court tells the court.
GROUPS: dict[str, tuple[str, ...]] = {
    "prosecutor": ("prosecutor", "prosecutor_contact"),
    "court": ("court", "docket"),
    "limitation": ("limitation_on", "limitation_basis"),
    "remarks": ("remarks",),
}


@verb
def open_track(
    case: Case, *, country: str, by: User, district: str = "", stage: str = "", since: date | None = None
) -> Track:
    """Add a lane for a jurisdiction, kept by the agency of `by`, at the stage that it is at already."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    policies_tracks.check_can_open_track(case, by)
    district = district.strip()
    policies_tracks.check_no_track_there(case, country, district)
    policies_tracks.check_not_future(since)
    track = Track.objects.create(
        case=case, agency=check_agency(by.agency), country=country, district=district,
        stage=stage or Track.Stage.INQUIRY, stage_since=since or timezone.localdate(),
    )  # fmt: skip
    audit.record(Act.OPENED, track, by=by, case=str(case.pk))
    return track


@verb
def edit_track(
    track: Track, *, version: str, private: Collection[str], by: User, country: str, district: str = "",
    **facts: Any,
) -> Track:  # fmt: skip
    """Write the facts of one's lane; the groups named in `private` are kept from everybody else."""
    track = _locked(track)
    policies_tracks.check_can_keep(track, by)
    _check_version(track_version(track), version)
    policies_tracks.check_no_track_there(track.case, country, district.strip(), other_than=track)
    place = {"country": country, "district": district.strip()}
    changed = _put(track, place)
    for is_private in (False, True):
        sheet = _sheet(track, is_private=is_private)
        mine = {
            name: facts[name] if (group in private) == is_private else _empty(facts[name])
            for group, names in GROUPS.items()
            for name in names
        }
        names = _put(sheet, mine)
        if is_private and names:
            audit.record(Act.EDITED, sheet, by=by, fields=names)
            announce(track, to=track.agency)
        changed += [] if is_private else names
    if changed:
        audit.record(Act.EDITED, track, by=by, fields=sorted(changed))
    return track


def track_version(track: Track) -> str:
    """The token of a lane's facts for the agency that keeps it: of the lane itself and of both its sheets."""
    sheets = TrackSheet.objects.filter(track=track, agency=track.agency_id).order_by("agency_private")
    moments = [track.updated_at, *sheets.values_list("updated_at", flat=True)]
    return "/".join(moment.isoformat() for moment in moments)


@verb
def move_track(track: Track, *, stage: str, since: date, reason: str, by: User) -> Track:
    """Take a lane to its next stage, with the day on which that began."""
    track = _locked(track)
    policies_tracks.check_can_move_track(track, stage, since, by)
    was, track.stage, track.stage_since = track.stage, stage, since
    track.save(update_fields=["stage", "stage_since", "updated_at"])
    audit.record(Act.MOVED, track, by=by, was=was, now=stage, reason=check_reason(reason))
    return track


@verb
def take_track(track: Track, *, by: User) -> Track:
    """Keep a lane from now on whose agency works on the case no longer. What that one kept to itself stays its own."""
    track = _locked(track)
    policies_tracks.check_can_take(track, by)
    was, agency = track.agency, check_agency(by.agency)
    for model in (TrackSheet, Offence, CooperationRequest):
        model.objects.filter(track=track, agency=was, agency_private=False).update(agency=agency)
    track.agency = agency
    track.save(update_fields=["agency", "updated_at"])
    audit.record(Act.EDITED, track, by=by, fields=["agency"])
    return track


# --- Offences and requests ------------------------------------------------------------------------------------


@verb
def write_offence(track: Track, *, by: User, **facts: Any) -> Offence:
    """Add an offence to one's lane."""
    track = _locked(track)
    policies_tracks.check_can_keep(track, by)
    same = Offence.objects.filter(
        track=track, agency=track.agency_id, kind=facts["kind"], law__iexact=facts["law"]
    )
    if same.filter(title__iexact=facts["title"]).exists():
        raise Refused("That offence stands in your lane already. Edit it there.")
    return _add(Offence(track=track, case_id=track.case_id, agency_id=track.agency_id, **facts), by)


@verb
def edit_offence(offence: Offence, *, version: str, by: User, **facts: Any) -> Offence:
    return _edit(_part(offence), version, by, facts)


@verb
def drop_offence(offence: Offence, *, by: User) -> None:
    """Take an offence out of one's lane."""
    offence = _part(offence)
    policies_tracks.check_can_keep(offence.track, by)
    _tell(offence, by, Act.EDITED, is_open=not offence.agency_private, dropped=str(offence.pk))
    offence.delete()


@verb
def draft_request(track: Track, *, by: User, **facts: Any) -> CooperationRequest:
    """Write down what one's lane asks of another jurisdiction; it is sent by its own way, outside."""
    track = _locked(track)
    policies_tracks.check_can_keep(track, by)
    drafted = CooperationRequest.objects.filter(track=track, agency=track.agency_id, status="drafted")
    if drafted.filter(kind=facts["kind"], country=facts["country"], asks=facts["asks"]).exists():
        raise Refused("That request is drafted already. Move it on, or say what else is asked.")
    request = CooperationRequest(track=track, case_id=track.case_id, agency_id=track.agency_id, **facts)
    _set_clock(request)
    return _add(request, by)


@verb
def edit_request(request: CooperationRequest, *, version: str, by: User, **facts: Any) -> CooperationRequest:
    request = _part(request)
    policies_tracks.check_begun(
        facts.get("kind", request.kind), facts.get("begun_on", request.begun_on), request.received_on
    )
    return _edit(request, version, by, facts)


@verb
def move_request(
    request: CooperationRequest, *, status: str, on: date, by: User, refusal: str = ""
) -> CooperationRequest:
    """Write down that a request was sent, acknowledged, executed, refused or withdrawn, and on which day."""
    request = _part(request)
    policies_tracks.check_can_move_request(request, status, refusal, on, by)
    was, request.status = request.status, status
    request.refusal = refusal.strip() if status == CooperationRequest.Status.REFUSED else ""
    _enter_day(request, on)
    _set_clock(request)
    request.save()
    _tell(request, by, Act.EDITED, is_open=not request.agency_private, was=was, now=status)
    return request


def _enter_day(request: CooperationRequest, on: date) -> None:
    status = CooperationRequest.Status(request.status)
    if status in (
        status.DRAFTED,
        status.SENT,
    ):  # sent, or asked anew: what was answered before counts no more
        request.received_on = request.begun_on = request.ended_on = None
        request.sent_on = on if status == status.SENT else None
    elif status == status.ACKNOWLEDGED:
        request.received_on = on
    else:
        request.ended_on = on


def _set_clock(request: CooperationRequest) -> None:
    is_running = request.status not in policies_tracks.FINISHED
    due = clocks.next_due(request.kind, request.days) if is_running else None
    request.next_due = due.on if due else None


# --- The lead jurisdiction ------------------------------------------------------------------------------------


@verb
def propose_lead(track: Track, *, reason: str, by: User) -> LeadProposal:
    """Put a lane forward as the lead jurisdiction: agreed at once where no other agency has a lane."""
    case = Case.objects.select_for_update().get(pk=track.case_id)
    policies_tracks.check_can_propose_lead(track, by)
    proposal = LeadProposal.objects.create(
        case=case, track=track, agency=check_agency(by.agency), proposed_by=by, reason=check_reason(reason)
    )
    proposal.agreed_by.add(check_agency(by.agency))
    audit.record(Act.PROPOSED, track, by=by, reason=proposal.reason)
    _settle(proposal)
    return proposal


@verb
def answer_lead(proposal: LeadProposal, *, agree: bool, by: User, reason: str = "") -> LeadProposal:
    """Agree, or object with a reason. One objection ends the proposal."""
    proposal = _locked_proposal(proposal)
    policies_tracks.check_can_answer_lead(proposal, by)
    if agree:
        proposal.agreed_by.add(check_agency(by.agency))
        audit.record(Act.AGREED, proposal.track, by=by)
        _settle(proposal)
        return proposal
    proposal.objection, proposal.objected_by = check_reason(reason), by.agency
    _decide(proposal, State.REFUSED)
    audit.record(Act.OBJECTED, proposal.track, by=by, reason=proposal.objection)
    return proposal


@verb
def withdraw_lead(proposal: LeadProposal, *, by: User) -> LeadProposal:
    proposal = _locked_proposal(proposal)
    policies_tracks.check_can_withdraw_lead(proposal, by)
    _decide(proposal, State.WITHDRAWN)
    audit.record(Act.EDITED, proposal.track, by=by, proposal="withdrawn")
    return proposal


def settle_after_leaving(case: Case, agency: Agency) -> None:
    """An agency works on the case no longer: nobody waits for its word, and what it proposed is withdrawn."""
    for proposal in LeadProposal.objects.filter(case=case, state=State.ASKED).select_related("track", "case"):
        if proposal.agency_id == agency.pk:
            _decide(proposal, State.WITHDRAWN)
        else:
            _settle(proposal)


def _locked_proposal(proposal: LeadProposal) -> LeadProposal:
    Case.objects.select_for_update().get(pk=proposal.case_id)
    found: LeadProposal = LeadProposal.objects.select_related("track", "case").get(pk=proposal.pk)
    return found


def _settle(proposal: LeadProposal) -> None:
    """Once all have agreed it leads, and what led before does not."""
    agreed = set(proposal.agreed_by.values_list("pk", flat=True))
    if policies_tracks.voters(proposal.case) - agreed:
        return
    before = (
        LeadProposal.objects.filter(case=proposal.case_id, state=State.AGREED).select_related("track").first()
    )
    if before is not None:
        _decide(before, State.REPLACED)
        announce(before.track)
    _decide(proposal, State.AGREED)
    announce(proposal.track)


def _decide(proposal: LeadProposal, state: str) -> None:
    proposal.state, proposal.decided_at = state, timezone.now()
    proposal.save()


# --- What the verbs share -------------------------------------------------------------------------------------


def _locked(track: Track) -> Track:
    found: Track = (
        Track.objects.select_for_update(of=("self",)).select_related("case", "agency").get(pk=track.pk)
    )
    return found


def _part(part: Part) -> Part:
    rows: Any = type(part).objects.select_for_update(of=("self",))
    found: Part = rows.select_related("track__case", "track__agency").get(pk=part.pk)
    return found


def _add(part: Part, by: User) -> Part:
    part.save(force_insert=True)
    _tell(part, by, Act.EDITED, is_open=not part.agency_private, added=str(part.pk))
    return part


def _edit(part: Part, version: str, by: User, facts: dict[str, Any]) -> Part:
    policies_tracks.check_can_keep(part.track, by)
    _check_version(part.updated_at.isoformat(), version)
    was_open = not part.agency_private
    for name, value in facts.items():
        setattr(part, name, value)
    if isinstance(part, CooperationRequest):
        _set_clock(part)
    part.save()
    is_open = was_open or not part.agency_private
    _tell(part, by, Act.EDITED, is_open=is_open, edited=str(part.pk))
    return part


def _tell(part: Offence | CooperationRequest, by: User, act: Act, *, is_open: bool, **facts: Any) -> None:
    """Part of the lane's history where all who see the case may read of it, else of its own, and in one's own feed."""
    facts["fields"] = ["offences" if isinstance(part, Offence) else "requests"]
    if is_open:
        audit.record(act, part.track, by=by, **facts)
    else:
        audit.record(act, part, by=by, **facts)
        announce(part.track, to=part.track.agency)


def _sheet(track: Track, *, is_private: bool) -> TrackSheet:
    key = {"track": track, "agency_id": track.agency_id, "agency_private": is_private}
    found = TrackSheet.objects.filter(**key).first()
    return found or TrackSheet(case_id=track.case_id, **key)


def _put(row: Track | TrackSheet, facts: dict[str, Any]) -> list[str]:
    """Save what differs, and say what that was; an empty sheet is not begun."""
    changed = sorted(name for name, value in facts.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, facts[name])
    if changed:
        row.save()
    return changed


def _empty(value: Any) -> Any:
    return "" if isinstance(value, str) else None


def _check_version(now: str, version: str) -> None:
    if now != version:
        raise EditConflict("Somebody changed this lane while you were editing. Compare both and save again.")
