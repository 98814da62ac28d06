"""Referrals: a person's need passed to providers, with exactly the fields that their consent covers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from agencies import audit, visibility
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import Agency, User
from agencies.policies import Refused, check_agency, check_owns, check_reason
from agencies.visibility import Level
from victims.ending import end_offer, move_referral, take_back
from victims.models import Consent, DataClass, FollowUp, Offer, Referral, Victim
from victims.policies_care import check_can_refer, check_covers, check_move, check_receives

ON_RECORD = {
    DataClass.AGE: "age_band",
    DataClass.LANGUAGES: "languages",
    DataClass.NEEDS: "needs",
    DataClass.URGENCY: "urgent",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the providers, and which classes of data go with it. `said`: what was typed for this alone."""

    need: str
    purpose: str
    data_classes: Collection[str] = ()
    said: Mapping[str, str] = field(default_factory=dict)
    kind: str = Referral.Kind.REFERRAL


@verb
def refer(
    victim: Victim, asked: Asked, *, consent: Consent, receivers: Collection[Agency], by: User
) -> Referral:
    """Send a need to one or several providers at once, as their consent covers it. The first to accept has it."""
    # Who withdraws meanwhile waits, and then takes this back too.
    consent = Consent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    victim = Victim.objects.get(pk=victim.pk)
    check_can_refer(victim, consent, list(receivers), by)
    check_covers(consent, receivers, asked.data_classes, asked.purpose)
    sent = _snapshot(victim, asked)
    hours = settings.REFERRAL_URGENT_HOURS if victim.urgent else settings.REFERRAL_ANSWER_HOURS
    referral = Referral.objects.create(
        agency=victim.agency, victim=victim, consent=consent, need=asked.need, purpose=asked.purpose,
        kind=asked.kind, data_classes=sorted(asked.data_classes), sent_by=by,
        answer_by=timezone.now() + timedelta(hours=hours),
    )  # fmt: skip
    for agency in receivers:
        _offer(referral, agency, sent, by)
    return referral


def _snapshot(victim: Victim, asked: Asked) -> dict[str, Any]:
    """The values of these classes as they are now: what the record holds, or what was typed for this referral."""
    sent: dict[str, Any] = {}
    for each in map(DataClass, asked.data_classes):
        value = getattr(victim, ON_RECORD[each]) if each in ON_RECORD else asked.said.get(each, "").strip()
        if value == "":
            raise Refused(f"Write what is to be sent as “{each.label.lower()}”, or leave it out.")
        sent[each.value] = value
    return sent


def _offer(referral: Referral, agency: Agency, sent: dict[str, Any], by: User) -> None:
    offer = Offer.objects.create(
        agency=referral.agency, referral=referral, receiver=agency, need=referral.need, sent=sent,
        purpose=referral.purpose, is_transfer=referral.kind == Referral.Kind.TRANSFER,
        answer_by=_asked_for(referral, sent),
    )  # fmt: skip
    until = referral.consent.expires_at
    # By whom is the sender's to know: the receiver is told the agency, not who there cares for the person.
    visibility.share(offer, agency, level=Level.VIEW, by=None, reason="referred", expires_at=until)
    audit.record(
        Act.REFERRED, referral, by=by, with_agency=str(agency.pk), victim=str(referral.victim_id),
        consent=str(referral.consent_id), classes=sorted(sent),
    )  # fmt: skip


def _asked_for(referral: Referral, sent: dict[str, Any]) -> datetime:
    """Until when a provider is asked to answer. A shorter time would tell that it is urgent, which may not be sent."""
    if DataClass.URGENCY in sent:
        return referral.answer_by
    return timezone.now() + timedelta(hours=settings.REFERRAL_ANSWER_HOURS)


# --- The provider's answer ---------------------------------------------------------------------------------


@verb
def accept_offer(offer: Offer, *, by: User) -> Offer:
    """Take it over. Of several who accept at once the first has it, and the others are told."""
    offer = _turn(offer)
    check_receives(offer, by)
    check_move(offer, Offer.State.ACCEPTED)
    _answer(offer, Offer.State.ACCEPTED, by)
    move_referral(offer.referral, Referral.State.ACCEPTED)
    for other in offer.referral.offers.filter(state=Offer.State.IN_PROGRESS):
        end_offer(other, Offer.State.TAKEN)
    if offer.is_transfer:
        _register_here(offer, by)
    audit.record(Act.ACCEPTED, offer, by=by, with_agency=str(offer.agency_id))
    return offer


def _register_here(offer: Offer, by: User) -> None:
    """Whoever becomes responsible keeps a record of their own, under another pseudonym, of what was sent to them."""
    fields = {ON_RECORD[DataClass(each)]: value for each, value in offer.sent.items() if each in ON_RECORD}
    fields["needs"] = sorted({offer.need, *fields.get("needs", [])})
    victim = Victim.objects.create(agency=check_agency(by.agency), registered_by=by, **fields)
    audit.record(Act.REGISTERED, victim, by=by, referral=str(offer.pk))


@verb
def reject_offer(offer: Offer, *, rejection: str, by: User, answer: str = "") -> Offer:
    """Say no, and why. What was sent is emptied."""
    offer = _turn(offer)
    check_receives(offer, by)
    check_move(offer, Offer.State.REJECTED)
    if rejection not in Offer.Rejection.values:
        raise Refused("Say why: the sender looks for another provider by it.")
    offer.rejection = rejection
    offer.answer = check_reason(answer) if rejection == Offer.Rejection.OTHER else answer.strip()
    _answer(offer, Offer.State.REJECTED, by)
    end_offer(offer, Offer.State.REJECTED)
    if not offer.referral.offers.exclude(state=Offer.State.REJECTED).exists():
        move_referral(offer.referral, Referral.State.REJECTED)
    audit.record(Act.REJECTED, offer, by=by, with_agency=str(offer.agency_id), rejection=rejection)
    return offer


@verb
def finish_offer(offer: Offer, *, outcome: str, by: User, answer: str = "") -> Offer:
    """The service was given, or could not be: access to what was sent ends."""
    offer = _turn(offer)
    check_receives(offer, by)
    check_move(offer, Offer.State.DONE)
    if outcome not in Offer.Outcome.values:
        raise Refused("Say what came of it.")
    offer.outcome, offer.answer = outcome, answer.strip()
    end_offer(offer, Offer.State.DONE)
    move_referral(offer.referral, Referral.State.DONE)
    audit.record(Act.MOVED, offer, by=by, with_agency=str(offer.agency_id), to="done", outcome=outcome)
    return offer


@verb
def note_opened(offer: Offer, *, by: User) -> None:
    """The receiver has read it: from then on it counts as having left, whatever is taken back."""
    if offer.receiver_id == by.agency_id and offer.opened_at is None:
        Offer.objects.filter(pk=offer.pk, opened_at=None).update(opened_at=timezone.now())


# --- Taking back -------------------------------------------------------------------------------------------


@verb
def revoke_referral(referral: Referral, *, reason: str, by: User) -> Referral:
    check_owns(referral, by)
    if not take_back(Referral.objects.filter(pk=referral.pk), by=by, reason=check_reason(reason)):
        raise Refused("It is over already: there is nothing to take back.")
    return referral


# --- Afterwards --------------------------------------------------------------------------------------------


@verb
def set_follow_up(offer: Offer, *, due_on: date, about: str, by: User) -> FollowUp:
    offer = _turn(offer)
    check_receives(offer, by)
    if offer.state != Offer.State.ACCEPTED:
        raise Refused("Follow-ups are set on what you accepted and have not finished.")
    if due_on < timezone.localdate():
        raise Refused("The day lies in the past. Choose a later one.")
    row = FollowUp.objects.create(
        agency=check_agency(by.agency), offer=offer, due_on=due_on, about=check_reason(about), set_by=by
    )
    audit.record(Act.TASKED, row, by=by, offer=str(offer.pk))
    return row


@verb
def finish_follow_up(row: FollowUp, *, found: str, by: User) -> FollowUp:
    row = FollowUp.objects.select_for_update(of=("self",)).get(pk=row.pk)
    check_owns(row, by)
    if row.done_at:
        raise Refused("That follow-up is done already.")
    row.done_at, row.found = timezone.now(), found.strip()
    row.save()
    audit.record(Act.FOLLOWED_UP, row, by=by, offer=str(row.offer_id))
    return row


def _turn(offer: Offer) -> Offer:
    """One at a time: whoever answers a referral waits for who answers it now, and then meets what came of that."""
    Referral.objects.select_for_update(of=("self",)).get(pk=offer.referral_id)
    found: Offer = Offer.objects.select_related("referral").get(pk=offer.pk)
    return found


def _answer(offer: Offer, state: Offer.State, by: User) -> None:
    offer.state, offer.answered_by, offer.answered_at = state, by, timezone.now()
    offer.save()
