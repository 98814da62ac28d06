"""Disclosure requests as the asker and as the holder may have them, and the story of a hit.

The asker never learns the holder's record from a request, nor the holder the asker's: each meets only its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from agencies.acting import as_system
from agencies.models import User
from agencies.visibility import Level
from intel.actions.disclosing import held_record
from intel.models import Disclosure, HitNotice, Judgement, Lead, Subject, Verdict
from intel.models.hit import UNREAD_OF_SIDES


@dataclass(frozen=True, slots=True)
class RequestCard:
    """A disclosure request as the asker's or the holder's people may have it.

    `lead` and `subject` are the reader's own record that it concerns: the asker's own side, or the record asked for.
    """

    disclosure: Disclosure
    is_ours: bool
    lead: Lead | None
    subject: Subject | None

    @property
    def state(self) -> str:
        return state_of(self.disclosure)

    @property
    def state_label(self) -> str:
        return str(Disclosure.State(self.state).label)

    @property
    def is_waiting(self) -> bool:
        return self.state == Disclosure.State.ASKED

    @property
    def wanted(self) -> str:
        return "the full record" if self.disclosure.asked_level >= Level.VIEW else "a summary"

    @property
    def partner(self) -> Any:
        return self.disclosure.holder if self.is_ours else self.disclosure.agency

    @property
    def minutes(self) -> tuple[int, int]:
        """Of the time to answer: (used, all)."""
        asked, until = self.disclosure.created_at, self.disclosure.deadline
        used = (self.disclosure.answered_at or timezone.now()) - asked
        whole = max(1, int((until - asked).total_seconds() // 60))
        return min(whole, max(0, int(used.total_seconds() // 60))), whole

    @property
    def title(self) -> str:
        return str(self.subject or self.lead or "a record that is no longer there")


def state_of(disclosure: Disclosure, now: datetime | None = None) -> str:
    """The state at this second: a deadline ends a request whether or not anybody has written it down yet."""
    if disclosure.state == Disclosure.State.ASKED and disclosure.deadline <= (now or timezone.now()):
        return Disclosure.State.EXPIRED
    return disclosure.state


def in_state(state: str) -> Q:
    """The requests that are in this state at this second."""
    now = timezone.now()
    if state == Disclosure.State.ASKED:
        return Q(state=state, deadline__gt=now)
    if state == Disclosure.State.EXPIRED:
        return Q(state=state) | Q(state=Disclosure.State.ASKED, deadline__lte=now)
    return Q(state=state)


def request_cards(disclosures: Sequence[Disclosure], user: User) -> list[RequestCard]:
    """The requests with the reader's own record of each, in a fixed number of queries.

    Fetch `disclosures` with `BOTH_ENDS` joined. Neither agency's record is taken from a row of the other one.
    """
    join_hits(disclosures)
    records = {each.pk: _own_record(each, user) for each in disclosures}
    leads = (
        Lead.objects.visible_to(user, Level.OWN)
        .defer("narrative", "search")
        .in_bulk([pk for pk, _ in records.values()])
    )
    subjects = Subject.objects.visible_to(user, Level.OWN).in_bulk([pk for _, pk in records.values() if pk])
    return [
        RequestCard(
            each,
            each.agency_id == user.agency_id,
            leads.get(lead),
            subjects.get(subject) if subject else None,
        )
        for each in disclosures
        for lead, subject in [records[each.pk]]
    ]


BOTH_ENDS = ("agency__contact", "holder__contact", "asked_by", "answered_by")


@as_system
def join_hits(disclosures: Sequence[Disclosure]) -> None:
    """Join each request with which records its hit is of. The holder may not read the asker's notice, nor either of them
    the other's record: of both nothing but their ids is here, for the gate to be asked."""
    notices = HitNotice.objects.select_related("hit__left", "hit__right").defer("evidence", *UNREAD_OF_SIDES)
    found = notices.in_bulk({each.notice_id for each in disclosures})
    for each in disclosures:
        each.notice = found[each.notice_id]


def _own_record(disclosure: Disclosure, user: User) -> tuple[uuid.UUID, uuid.UUID | None]:
    if disclosure.agency_id == user.agency_id:
        return disclosure.notice.own_lead_id, disclosure.notice.own_subject_id
    record = held_record(disclosure)
    return record.lead_id, record.subject_id


# --- The story of a hit -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """A line of a hit's history: who did what, when, and in which words."""

    by: str
    said: str
    at: datetime
    tone: str = "neutral"
    icon: str = "circle-dot"
    quote: str = ""


VERDICT_LOOKS = {
    Verdict.SAME: ("good", "equal"),
    Verdict.NOT_SAME: ("neutral", "equal-not"),
    Verdict.UNSURE: ("warn", "message-circle-question-mark"),
}
ANSWER_LOOKS = {
    Disclosure.State.FULL: ("good", "lock-open"),
    Disclosure.State.CONTACT_ONLY: ("warn", "phone"),
    Disclosure.State.DECLINED: ("danger", "circle-x"),
    Disclosure.State.EXPIRED: ("neutral", "clock"),
}


def history(
    notice: HitNotice, judgements: Iterable[Judgement], requests: Iterable[RequestCard]
) -> list[Told]:
    """What happened to a hit on the reader's side, newest first."""
    told = [Told("Matching", "found this hit", notice.created_at, "info", "git-compare-arrows")]
    told += [_of_judgement(judgement) for judgement in judgements]
    for request in requests:
        told += _of_request(request)
    return sorted(told, key=lambda line: line.at, reverse=True)


def _of_judgement(judgement: Judgement) -> Told:
    by, at = _name(judgement.judged_by), judgement.created_at
    if judgement.undoes:
        said = f"took back: {judgement.undoes.get_verdict_display().lower()}"
        return Told(by, said, at, "neutral", "undo-2")
    said = f"judged: {judgement.get_verdict_display().lower()}"
    return Told(by, said, at, *VERDICT_LOOKS[Verdict(judgement.verdict)], judgement.reason)


def _of_request(request: RequestCard) -> list[Told]:
    asked = request.disclosure
    said = f"asked {asked.holder} for {request.wanted}"
    told = [Told(_name(asked.asked_by), said, asked.created_at, "info", "send", asked.purpose)]
    if not request.is_waiting:
        at = asked.answered_at or asked.deadline
        said = "answered: " + request.state_label.lower() if asked.answered_at else "did not answer in time"
        looks = ANSWER_LOOKS[Disclosure.State(request.state)]
        told.append(Told(str(asked.holder), said, at, *looks, asked.answer))
    return told


def _name(user: User | None) -> str:
    return str(user) if user else "Somebody who has left"
