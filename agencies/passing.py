"""Passing on what another agency owns: done where it allowed that, asked of it where not. On record with both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from agencies import agreements, audit, policies, visibility
from agencies.acting import as_system, verb
from agencies.audit import Act
from agencies.changes import announce
from agencies.guards import kept_back
from agencies.models import Agency, ReleaseRequest, User
from agencies.permissions import Permission
from agencies.policies import NotPermitted, Refused
from agencies.visibility import Level, Shareable, can

S = ReleaseRequest.State


def check_may_pass_on(obj: Shareable, by: User) -> Any:
    """The grant that `by` could pass on. Raise where their agency holds none."""
    policies.check_may(by, Permission.SHARE)
    own = policies.check_agency(by.agency)
    if obj.agency_id == own.pk or not can(by, Level.SUMMARY, obj):
        raise NotPermitted("That is not a record that another agency shared with yours.")
    held = visibility.grant_of(obj, own)
    if held is None or not type(obj).handed_on:
        raise Refused("You see this as a part of something else. Its owner alone can share it.")
    return held


def check_can_pass_on(obj: Shareable, agency: Agency, level: Level, by: User) -> Any:
    held = check_may_pass_on(obj, by)
    policies.check_partner(agency, by)
    if agency.pk == obj.agency_id:
        raise Refused("They own it.")
    if level not in type(obj).handed_on or level > held.level:
        raise Refused(f"You have it at “{held.level.label}”: you cannot pass on more than that.")
    if why := agreements.why_not_from(held.group.agency.pk, obj, agency, level):
        raise Refused(why)
    return held


@verb
def pass_on(
    obj: Shareable, *, agency: Agency, level: Level, reason: str, by: User, expires_at: datetime | None = None
) -> ReleaseRequest | None:
    """Let a third agency have a record that was shared onward; else ask its owner, and return the request.

    What the owner and the third agency agreed, and what the third has already, is not told: then the owner is asked,
    or nothing changes.
    """
    visibility.lock(obj)
    held = check_can_pass_on(obj, agency, level, by)
    reason = policies.check_reason(reason)
    policies.check_future(expires_at)
    until = min((end for end in (expires_at, held.expires_at) if end is not None), default=None)
    until = agreements.capped_from(held.group.agency.pk, agency, until)
    if not held.onward or not _owner_would(obj, agency, level):
        return _ask(obj, agency, level, reason, until, by)
    _give(obj, agency, level, f"passed on by {by.agency}: {reason}"[:500], until, by, via=held.group.agency)
    return None


def _owner_would(obj: Shareable, agency: Agency, level: Level) -> bool:
    partners = Agency.objects.partners_of(obj.agency)
    together = partners.filter(pk=agency.pk).exists()
    parts = [obj, *agreements.made_of(obj)] if level > Level.SUMMARY else [obj]
    bound = any(policies.asks_first(part) for part in parts)
    return together and not bound and not agreements.why_beyond(obj, agency, level)


def _give(
    obj: Shareable,
    agency: Agency,
    level: Level,
    reason: str,
    until: datetime | None,
    by: User,
    via: Agency | None,
) -> None:
    had = visibility.grant_of(obj, agency)
    if had is None or had.level < level:
        until = agreements.capped(obj, agency, until)
        visibility.share(
            obj, agency, level=level, by=by, reason=reason, expires_at=until, onward=False, via=via
        )
        announce(obj, to=agency, with_dependants=True)
    facts = {"with_agency": str(agency.pk), "level": level.label, "reason": reason}
    audit.record(Act.SHARED, obj, by=by, **facts)
    if by.agency_id != obj.agency_id:  # the owner's record tells of it too
        audit.record(
            Act.SHARED,
            obj,
            by=agreements.ByAgreement(obj.agency_id, says="Taskforce, as the share allows"),
            **facts,
        )


def _ask(
    obj: Shareable, agency: Agency, level: Level, reason: str, until: datetime | None, by: User
) -> ReleaseRequest:
    about = {"kind": obj._meta.label_lower, "object_id": obj.pk}
    own = policies.check_agency(by.agency)
    if ReleaseRequest.objects.filter(agency=own, receiver=agency, state=S.ASKED, **about).exists():
        raise Refused("You have asked the owner already, and the answer is still open.")
    request = ReleaseRequest.objects.create(
        agency=own, originator=obj.agency, receiver=agency, asked_level=level, purpose=reason, until=until,
        asked_by=by, **about,
    )  # fmt: skip
    visibility.share(request, obj.agency, level=Level.VIEW, by=by, reason="asked to release")
    audit.record(Act.ASKED, request, by=by, with_agency=str(agency.pk), level=level.label, **_named(request))
    return request


def check_may_ask_originators(obj: Shareable, agency: Agency, level: Level, by: User) -> None:
    """Raise where nothing has to be released before `by` can let `agency` have their own record, or they may not ask."""
    policies.check_may(by, Permission.SHARE)
    policies.check_owns(obj, by)
    policies.check_partner(agency, by)
    bound = policies.bound_by_others(obj, agency, level)
    if not bound:
        raise Refused("Nothing of another agency stands in the way. Share it.")
    if not all(can(by, Level.VIEW, record) for record in bound):
        raise NotPermitted(
            "You do not see all that a partner would have to release. A colleague who does can ask."
        )


@verb
def ask_originators(
    obj: Shareable, *, agency: Agency, level: Level, reason: str, by: User
) -> list[ReleaseRequest]:
    """Ask those who attached something under H2 or H3 to one's record to let a third agency read it with the record."""
    check_may_ask_originators(obj, agency, level, by)
    reason = policies.check_reason(reason)
    bound, own = policies.bound_by_others(obj, agency, level), policies.check_agency(by.agency)
    asked = ReleaseRequest.objects.filter(agency=own, receiver=agency, state=S.ASKED)
    open_ids = set(
        asked.filter(object_id__in=[record.pk for record in bound]).values_list("object_id", flat=True)
    )
    fresh = [record for record in bound if record.pk not in open_ids]
    if not fresh:
        raise Refused("They have been asked already, and the answer is still open.")
    return [_ask(record, agency, Level.VIEW, reason, None, by) for record in fresh]


def check_can_answer(request: ReleaseRequest, by: User) -> None:
    policies.check_may(by, Permission.SHARE)
    if request.originator_id != by.agency_id or record_of(request, by) is None:
        raise NotPermitted("Only the agency that the record comes from can answer.")
    if request.state != S.ASKED:
        raise Refused("This request has been answered already.")


def record_of(request: ReleaseRequest, reader: User) -> Shareable | None:
    """The record that is asked for, if the gate shows it to the reader."""
    row: Shareable | None = (
        request.model.objects.visible_to(reader, Level.SUMMARY).filter(pk=request.object_id).first()
    )
    return row


@verb
def answer_release(request: ReleaseRequest, *, release: bool, answer: str, by: User) -> ReleaseRequest:
    """Release the record to the third agency, as a grant that says by whose request; or decline with a reason."""
    request = ReleaseRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    check_can_answer(request, by)
    if release:
        _release(request, by)
    else:
        answer = policies.check_reason(answer)
    request.state = S.RELEASED if release else S.DECLINED
    request.answer, request.answered_by, request.answered_at = answer.strip(), by, timezone.now()
    request.save()
    audit.record(Act.ANSWERED, request, by=by, state=request.state, reason=request.answer, **_named(request))
    return request


def _named(request: ReleaseRequest) -> dict[str, str]:
    """The record that it is about, so that from whom that is kept, what was asked and answered is kept too."""
    return {str(request.model._meta.model_name): str(request.object_id)}


def _release(request: ReleaseRequest, by: User) -> None:
    obj, level = record_of(request, by), Level(request.asked_level)
    if obj is not None:
        visibility.lock(obj)
        policies.check_owns(obj, by)
    holds = obj is not None and visibility.grant_of(obj, request.agency) is not None
    if obj is None or not (holds or _reads(request.agency, obj)):
        raise Refused(f"{request.agency} no longer has this record itself. Decline, or share it on your own.")
    if request.until is not None and request.until <= timezone.now():
        raise Refused("The time they asked for is over. Decline; they can ask again.")
    policies.check_partner(request.receiver, by)
    policies.check_within(obj, request.receiver, level)
    policies.check_third_agencies(obj, request.receiver, level, by)
    reason = f"released on request of {request.agency}: {request.purpose}"[:500]
    # Who read it as a part of something of their own never had a share that this could end with.
    via = request.agency if holds else None
    _give(obj, request.receiver, level, reason, request.until, by, via=via)


def _reads(agency: Agency, obj: Shareable) -> bool:
    return any(
        each.agency.pk == agency.pk and each.level >= Level.VIEW for each in visibility.viewers_of(obj)
    )


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """A request as its two parties read it; the record only where the gate shows it."""

    request: ReleaseRequest
    record: Shareable | None
    is_ours: bool
    may_answer: bool


def release_lines(requests: list[ReleaseRequest], reader: User) -> list[ReleaseLine]:
    """The requests whose record the reader may know of: a restricted one is nobody else's business.

    One's own agency's are listed also after the record was taken back, but not to those from whom it is kept.
    """
    lines = [
        ReleaseLine(
            request, record_of(request, reader), request.agency_id == reader.agency_id,
            policies.allows(check_can_answer, request, reader),
        )
        for request in requests
    ]  # fmt: skip
    return [
        line
        for line in lines
        if line.record is not None or (line.is_ours and not _is_kept_from(reader, line.request))
    ]


@as_system
def _is_kept_from(reader: User, request: ReleaseRequest) -> bool:
    rows: Any = request.model._base_manager.filter(pk=request.object_id)
    return bool(rows.filter(kept_back(request.model, reader)).exists())
