"""What the state of leads, hits and disclosure requests allows."""

from __future__ import annotations

from django.utils import timezone

from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import Refused, check_may, check_owns
from agencies.visibility import Level, can
from intel.models import Disclosure, HitNotice, Lead

S = Lead.Status

LEAD_TRANSITIONS: dict[str, tuple[str, ...]] = {
    S.NEW: (S.ASSIGNED, S.ACCEPTED, S.REJECTED),
    S.ASSIGNED: (S.ASSIGNED, S.ACCEPTED, S.REJECTED),
    S.ACCEPTED: (S.ASSIGNED, S.REJECTED),
    S.REJECTED: (S.ASSIGNED, S.ACCEPTED),
}


def check_can_log(by: User) -> None:
    check_may(by, Permission.LOG_LEADS)


def check_can_edit(lead: Lead, by: User) -> None:
    check_may(by, Permission.LOG_LEADS)
    check_owns(lead, by)


def check_can_triage(lead: Lead, status: str, by: User) -> None:
    """Supervisors triage their agency's leads; the person a lead is assigned to decides on it."""
    check_owns(lead, by)
    decides_own = lead.assigned_to_id == by.pk and status in {S.ACCEPTED, S.REJECTED}
    if not decides_own:
        check_may(by, Permission.TRIAGE_LEADS)
    if status not in LEAD_TRANSITIONS[lead.status]:
        raise Refused(
            f"A lead that is {lead.get_status_display().lower()} cannot become {S(status).label.lower()}."
        )


def check_can_judge(notice: HitNotice, by: User) -> None:
    check_may(by, Permission.JUDGE_HITS)
    check_owns(notice, by)
    if notice.state == HitNotice.State.WITHDRAWN:
        raise Refused("This hit no longer holds: one of the records was changed.")


def check_can_ask(notice: HitNotice, by: User) -> None:
    """May `by` ask the other side of this hit to disclose its record?"""
    check_can_judge(notice, by)
    if notice.other_agency is None:
        raise Refused("The other agency is not named to you. Ask the task force's liaison.")
    if notice.other_agency_id == notice.agency_id:
        raise Refused("Both records are your own agency's.")
    if notice.state == HitNotice.State.NOT_SAME:
        raise Refused("You judged this hit as not the same. Judge again before asking for the other record.")
    if notice.disclosures.filter(state=Disclosure.State.ASKED, deadline__gt=timezone.now()).exists():
        raise Refused("You have already asked, and the answer is still open.")


def check_can_answer(disclosure: Disclosure, by: User) -> None:
    check_may(by, Permission.ANSWER_DISCLOSURES)
    if disclosure.holder_id != by.agency_id or not can(by, Level.VIEW, disclosure):
        raise Refused("Only the agency that was asked can answer.")
    if disclosure.state != Disclosure.State.ASKED:
        raise Refused("This request has been answered already.")
    if disclosure.deadline <= timezone.now():
        raise Refused("The deadline of this request has passed. The other agency can ask again.")
