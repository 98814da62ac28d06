from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from agencies import agreements, audit, visibility
from agencies.acting import verb
from agencies.audit import Act
from agencies.changes import announce
from agencies.models import User
from agencies.policies import Refused, check_agency, check_future, check_reason, check_within
from agencies.visibility import Level
from intel import policies
from intel.models import Disclosure, HitNotice, Lead
from intel.models.matching import MatchRecord


@verb
def request_disclosure(
    notice: HitNotice, *, level: Level, purpose: str, deadline: datetime, by: User
) -> Disclosure:
    """Ask the other side of a hit for its record. They learn who asks and why, and which of their records it is."""
    notice = HitNotice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    policies.check_can_ask(notice, by)
    check_future(deadline)
    if level not in (Level.SUMMARY, Level.VIEW):
        raise Refused("Ask for the summary or for the full record.")
    Disclosure.objects.expire_overdue()
    disclosure = Disclosure.objects.create(
        notice=notice, agency=notice.agency, holder=check_agency(notice.other_agency), asked_level=level,
        purpose=check_reason(purpose), deadline=deadline, asked_by=by,
    )  # fmt: skip
    visibility.share(disclosure, disclosure.holder, level=Level.VIEW, by=by, reason="asked to disclose")
    audit.record(Act.ASKED, disclosure, by=by, holder=str(disclosure.holder_id), level=level.label)
    return disclosure


@verb
def answer_disclosure(
    disclosure: Disclosure,
    *,
    state: str,
    by: User,
    answer: str = "",
    level: Level | None = None,
    until: datetime | None = None,
) -> Disclosure:
    """Disclose (a grant on the lead, at most at the level asked), name a contact only, or decline with a reason."""
    disclosure = Disclosure.objects.select_for_update(of=("self",)).get(pk=disclosure.pk)
    policies.check_can_answer(disclosure, by)
    check_future(until)
    if state == Disclosure.State.DECLINED:
        answer = check_reason(answer)
    elif state == Disclosure.State.FULL:
        _disclose(disclosure, min(level or Level.VIEW, Level(disclosure.asked_level)), until, by)
    elif state != Disclosure.State.CONTACT_ONLY:
        raise Refused("Answer with: disclose, contact only, or decline.")
    disclosure.state, disclosure.answer, disclosure.granted_until = state, answer.strip(), until
    disclosure.answered_by, disclosure.answered_at = by, timezone.now()
    disclosure.save()
    audit.record(
        Act.ANSWERED,
        disclosure,
        by=by,
        state=state,
        with_agency=str(disclosure.agency_id),
        reason=answer.strip(),
    )
    return disclosure


def _disclose(disclosure: Disclosure, level: Level, until: datetime | None, by: User) -> None:
    lead = held_record(disclosure).lead
    visibility.lock(lead)
    reason = f"disclosed on request: {disclosure.purpose}"[:500]
    if lead.agency_id != by.agency_id:
        raise Refused("That record is no longer your agency's to disclose.")
    check_within(lead, disclosure.agency, level)
    until = agreements.capped(lead, disclosure.agency, until)
    if _has_already(lead, disclosure, level, until):
        return
    visibility.share(lead, disclosure.agency, level=level, by=by, reason=reason, expires_at=until)
    audit.record(
        Act.SHARED, lead, by=by, with_agency=str(disclosure.agency_id), level=level.label, reason=reason,
        disclosure=str(disclosure.pk),
    )  # fmt: skip
    announce(lead, to=disclosure.agency, with_dependants=True)


def _has_already(lead: Lead, disclosure: Disclosure, level: Level, until: datetime | None) -> bool:
    """Does the asker hold a share that goes as far, for as long? An answer must not narrow it."""
    return any(
        viewer.agency.pk == disclosure.agency_id
        and viewer.revocable
        and viewer.level >= level
        and (viewer.expires_at is None or (until is not None and viewer.expires_at >= until))
        for viewer in visibility.viewers_of(lead)
    )


def held_record(disclosure: Disclosure) -> MatchRecord:
    """The record that the holder is asked for. Never show it but through the gate."""
    hit = disclosure.notice.hit
    return hit.left if hit.right.lead_id == disclosure.notice.own_lead_id else hit.right
