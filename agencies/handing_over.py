"""Handing a lead or a case over to another agency: offered by its owner, accepted there, and then all at once.

What hangs on the old owner is decided one by one: docs/reference/handing-over.md. Each part of a record that an upper
app knows of is joined at start.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from agencies import agreements, audit, policies, visibility
from agencies.acting import as_system, verb
from agencies.agreements import ByAgreement
from agencies.audit import Act
from agencies.canaries import lift_for_new_owner
from agencies.changes import announce
from agencies.enforcing import keep_within, take_over_grants
from agencies.guards import circle_of, kept_back
from agencies.handovers import Handover
from agencies.models import Agency, ReleaseRequest, UnitWall, User
from agencies.permissions import Permission
from agencies.policies import NotPermitted, Refused
from agencies.retention import Retained, review_day
from agencies.ruling import change_rules
from agencies.units import hold_units, walls_on
from agencies.visibility import Level, Shareable

S = Handover.State

# Upper apps join what keeps a record from being handed over (raise `Refused`), and what else changes with its owner.
HINDERED_BY: list[Callable[[Retained, Agency | None], None]] = []
HANDED_OVER: list[Callable[[Retained, Handover, User], None]] = []


# --- May it be? ---------------------------------------------------------------------------------------------


def check_may_hand_over(obj: Shareable, by: User) -> None:
    policies.check_may(by, Permission.HAND_OVER)
    policies.check_owns(obj, by)
    if not isinstance(obj, Retained):
        raise Refused(f"A {obj._meta.verbose_name} goes with the record that it is part of. Hand that over.")
    if obj.review_on is None:
        raise Refused("What is published stays with its publisher.")


def offer_for(record: Shareable, reader: User) -> Handover | None:
    """The open offer of a record that `reader` sees, if they may know of it."""
    rows: Any = Handover.objects.visible_to(reader).filter(object_id=record.pk, state=S.OFFERED)
    found: Handover | None = rows.select_related("agency", "receiver").first()
    return found


def open_offer(record: Shareable) -> Handover | None:
    rows: Any = Handover._base_manager.filter(object_id=record.pk, state=S.OFFERED)
    found: Handover | None = rows.select_related("agency", "receiver").first()
    return found


def check_can_go(record: Retained, keeps: int, receiver: Agency | None = None) -> None:
    """Raise where something on its owner's side keeps a record from being handed over."""
    if circle_of(record).named is not None:
        raise Refused(
            "It is open to named people only, and another agency decides on its own people. Open it to all who see it"
            " first, under “Restrict to named people”."
        )
    if keeps and walls_on(record):
        raise Refused(
            "A unit of your agency is kept from it, which its next owner could not go on doing for you. Keep nothing"
            " of it, or lift that wall first."
        )
    if record.is_overdue and not record.is_held:
        raise Refused("The day of its review has passed, so it is being purged. Keep it with a reason first.")
    asked = ReleaseRequest.objects.filter(originator=record.agency_id, object_id=record.pk)
    if asked.filter(state=ReleaseRequest.State.ASKED).exists():
        raise Refused("A partner asks to pass it on. Answer that first, under “Requests to release”.")
    for check in HINDERED_BY:
        check(record, receiver)


def _check_receiver(record: Retained, receiver: Agency, by: User) -> None:
    if receiver.is_reference:
        raise Refused("A published list owns no investigations. Choose a partner agency.")
    most = max(type(record).handed_on)  # who owns it has at least what can be shared of it
    policies.check_within(record, receiver, most)
    policies.check_third_agencies(record, receiver, most, by)


def check_can_offer(record: Retained, receiver: Agency, keeps: int, by: User) -> None:
    check_may_hand_over(record, by)
    policies.check_partner(receiver, by)
    if keeps not in (0, *type(record).handed_on):
        raise Refused(f"Of a {record._meta.verbose_name} that cannot be kept.")
    if (offer := open_offer(record)) is not None:
        raise Refused(f"It is offered to {offer.receiver} already. Withdraw that offer first.")
    check_can_go(record, keeps, receiver)
    _check_receiver(record, receiver, by)


def check_can_answer(handover: Handover, by: User) -> None:
    _check_answers(handover, by, record_of(handover, by))


def _check_answers(handover: Handover, by: User, record: Retained | None) -> None:
    policies.check_may(by, Permission.HAND_OVER)
    if handover.receiver_id != by.agency_id or record is None:
        raise NotPermitted("Only the agency that it is offered to answers, while it is shown the record.")
    _check_open(handover)


def check_can_withdraw(handover: Handover, by: User) -> None:
    _check_withdraws(handover, by, record_of(handover, by))


def _check_withdraws(handover: Handover, by: User, record: Retained | None) -> None:
    policies.check_may(by, Permission.HAND_OVER)
    if handover.agency_id != by.agency_id or record is None:
        raise NotPermitted("Only the agency that offers it can withdraw that.")
    _check_open(handover)


def _check_open(handover: Handover) -> None:
    if handover.state != S.OFFERED:
        raise Refused(f"This offer is over: it was {handover.get_state_display().lower()}.")


def _check_still(record: Retained, handover: Handover, by: User) -> None:
    """The same as when it was offered, for who accepts: what hinders the owner is the owner's business."""
    policies.check_partner(handover.agency, by)
    if hindrance(record, handover, by):
        raise Refused(
            f"Something on the side of {handover.agency} keeps it from being handed over now. They are shown what on"
            " the page of their offer."
        )


def hindrance(record: Retained, handover: Handover, reader: User) -> str:
    """What its owner has to settle before an offer can be accepted; empty when nothing is in the way."""
    if record.agency_id != handover.agency_id:
        return "It belongs to another agency now."
    try:
        check_can_go(record, handover.keeps, handover.receiver)
        _check_receiver(record, handover.receiver, reader)
    except Refused as refusal:
        return str(refusal)
    return ""


def record_of(handover: Handover, reader: User) -> Retained | None:
    """The record that is offered, if the gate shows it to the reader."""
    return _records([handover], reader).get(handover.object_id)


def _records(handovers: Iterable[Handover], reader: User) -> dict[uuid.UUID, Retained]:
    found: dict[uuid.UUID, Retained] = {}
    for model, ids in _by_model(handovers).items():
        rows = model.objects.visible_to(reader, Level.SUMMARY).select_related("agency__contact")
        found |= rows.in_bulk(ids)
    return found


def _by_model(handovers: Iterable[Handover]) -> dict[type[Retained], list[uuid.UUID]]:
    found: dict[type[Retained], list[uuid.UUID]] = {}
    for handover in handovers:
        found.setdefault(handover.model, []).append(handover.object_id)
    return found


# --- The verbs ----------------------------------------------------------------------------------------------


@verb
def offer(record: Retained, *, receiver: Agency, keeps: int, reason: str, by: User) -> Handover:
    """Offer a record to another agency. Until it answers, it is shown the summary, if it does not see more anyway."""
    visibility.lock(record)
    check_can_offer(record, receiver, keeps, by)
    handover = Handover.objects.create(
        agency=policies.check_agency(by.agency), receiver=receiver, kind=record._meta.label_lower, keeps=keeps,
        object_id=record.pk, reason=policies.check_reason(reason), offered_by=by,
    )  # fmt: skip
    visibility.share(handover, receiver, level=Level.VIEW, by=by, reason="offered")
    _show_summary(record, handover, by)
    _record(Act.OFFERED, record, handover, handover.reason, by)
    return handover


def _show_summary(record: Retained, handover: Handover, by: User) -> None:
    receiver = handover.receiver
    if visibility.grant_of(record, receiver) is None:
        until = agreements.capped(record, receiver, None)
        grant = visibility.share(
            record, receiver, level=Level.SUMMARY, by=by, reason="offered to them", expires_at=until
        )
        handover.shown_by = grant.pk
        handover.save(update_fields=["shown_by"])
        announce(record, to=receiver, with_dependants=True)


@verb
def withdraw(handover: Handover, *, reason: str, by: User) -> Handover:
    """Take an offer back while it is open."""
    record, handover = _locked(handover)
    check_can_withdraw(handover, by)
    return _close(record, handover, S.WITHDRAWN, Act.OFFER_WITHDRAWN, reason, by)


@verb
def decline(handover: Handover, *, reason: str, by: User) -> Handover:
    record, handover = _locked(handover)
    check_can_answer(handover, by)
    return _close(record, handover, S.DECLINED, Act.OFFER_DECLINED, reason, by)


@verb
def accept(handover: Handover, *, reason: str, by: User) -> Handover:
    """Become the owner of a record, with all that goes with it, at once. Of two who accept, the first does."""
    hold_units(handover.agency_id)
    record, handover = _locked(handover)
    check_can_answer(handover, by)
    _check_still(record, handover, by)
    _answer(handover, S.ACCEPTED, policies.check_reason(reason), by)
    _hand_over(record, handover, by)
    _record(Act.TAKEN_OVER, record, handover, handover.answer, by)
    announce(record, with_dependants=True)
    announce(record, to=handover.agency, with_dependants=True)
    return handover


def _locked(handover: Handover) -> tuple[Retained, Handover]:
    """The record first, as everybody does who gives it or takes it, and then its offer."""
    rows: Any = handover.model._base_manager.select_for_update(of=("self",))
    record: Retained | None = rows.filter(pk=handover.object_id).first()
    held: Any = Handover._base_manager.select_for_update(of=("self",)).filter(pk=handover.pk).first()
    if record is None or held is None:
        raise Refused("It was purged in the meantime.")
    return record, held


def _close(record: Retained, handover: Handover, state: str, act: Act, reason: str, by: User) -> Handover:
    """The offer comes to nothing, and the summary that was shown for it goes."""
    _answer(handover, state, policies.check_reason(reason), by)
    shown = visibility.grant_of(record, handover.receiver)
    if shown is not None and shown.pk == handover.shown_by:
        visibility.revoke(record, handover.receiver)
        announce(record, to=handover.receiver, with_dependants=True)
    _record(act, record, handover, handover.answer, by)
    return handover


def _answer(handover: Handover, state: str, answer: str, by: User) -> None:
    handover.state, handover.answer = state, answer
    handover.answered_by, handover.answered_at = by, timezone.now()
    handover.save()


def _record(act: Act, record: Retained, handover: Handover, reason: str, by: User) -> None:
    """What was done stands in the audit record of both: as done by whom, and as told to the other."""
    own, other = handover.agency_id, handover.receiver_id
    if by.agency_id != own:
        own, other = other, own
    facts = {"keeps": handover.get_keeps_display(), "offer": str(handover.pk), "reason": reason}
    audit.record(act, record, by=by, with_agency=str(other), **facts)
    audit.record(act, record, by=ByAgreement(other, says=str(by.agency)), with_agency=str(own), **facts)


# --- What changes with the owner ------------------------------------------------------------------------------


def _hand_over(record: Retained, handover: Handover, by: User) -> None:
    record.agency = handover.receiver
    latest = review_day(handover.receiver, of_victims=record.is_of_victims)
    record.review_on = min(latest, record.review_on or latest)
    record.save(update_fields=["agency", "review_on", "updated_at"])
    UnitWall.objects.filter(kind=handover.kind, object_id=record.pk).delete()  # by name they stay kept out
    lift_for_new_owner(record, handover.agency)
    take_over_grants(record)
    if handover.keeps:
        until = agreements.capped(record, handover.agency, None)
        visibility.share(
            record, handover.agency, level=Level(handover.keeps), by=by, expires_at=until, onward=False,
            reason=f"kept when they handed it over: {handover.reason}"[:500],
        )  # fmt: skip
    for follow in HANDED_OVER:
        follow(record, handover, by)
    keep_within(record)
    change_rules(record)


# --- As its two parties read it ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HandoverLine:
    """An offer; its record only where the gate shows it, and what hinders it for its owner alone."""

    handover: Handover
    record: Retained | None
    is_ours: bool
    may_answer: bool
    may_withdraw: bool


def lines(handovers: list[Handover], reader: User) -> list[HandoverLine]:
    """The offers whose record the reader may know of; of one's own agency also those of what it has no more, but not
    to those from whom that is kept."""
    records = _records(handovers, reader)
    over = [each for each in handovers if each.object_id not in records and each.state != S.OFFERED]
    kept = _kept_from(reader, over)
    told = [
        each
        for each in handovers
        if each.object_id in records or (each in over and each.object_id not in kept)
    ]
    return [_line(each, records.get(each.object_id), reader) for each in told]


def _line(handover: Handover, record: Retained | None, reader: User) -> HandoverLine:
    return HandoverLine(
        handover, record, handover.agency_id == reader.agency_id,
        policies.allows(_check_answers, handover, reader, record),
        policies.allows(_check_withdraws, handover, reader, record),
    )  # fmt: skip


@as_system
def _kept_from(reader: User, handovers: list[Handover]) -> set[uuid.UUID]:
    """Of their records those that are kept from the reader in person."""
    found: set[uuid.UUID] = set()
    for model, ids in _by_model(handovers).items():
        rows: Any = model._base_manager.filter(kept_back(model, reader), pk__in=ids)
        found |= set(rows.values_list("pk", flat=True))
    return found


@as_system
def hindrance_for(line: HandoverLine, reader: User) -> str:
    """For those who can withdraw an offer: what keeps it from being accepted now."""
    return hindrance(line.record, line.handover, reader) if line.record and line.may_withdraw else ""
