"""Rules of services, consents and referrals: who may do what in which state. The table of moves is the machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.utils import timezone

from agencies.models import Agency, User
from agencies.permissions import Permission, Role
from agencies.policies import NotPermitted, Refused, check_may, check_owns, check_partner
from agencies.visibility import Level, can
from victims.models import Consent, DataClass, Offer, Service, Victim

S = Offer.State


class Move(NamedTuple):
    """One arrow of the referral machine, and who may draw it."""

    verb: str
    before: Offer.State
    after: Offer.State
    who: str


MOVES = (
    Move("accept", S.IN_PROGRESS, S.ACCEPTED, "the provider, the first of several"),
    Move("reject with a reason", S.IN_PROGRESS, S.REJECTED, "the provider"),
    Move("lose", S.IN_PROGRESS, S.TAKEN, "nobody: another provider accepted first"),
    Move("finish with an outcome", S.ACCEPTED, S.DONE, "the provider"),
    Move("revoke", S.IN_PROGRESS, S.REVOKED, "the sender, or the end of the consent"),
    Move("revoke", S.ACCEPTED, S.REVOKED, "the sender, or the end of the consent"),
)
ENDED = {S.REJECTED, S.TAKEN, S.DONE, S.REVOKED}
REVOCABLE = [move.before for move in MOVES if move.after == S.REVOKED]


def diagram() -> str:
    """The machine as a Mermaid diagram, for the reference."""
    lines = ["stateDiagram-v2", "    [*] --> in_progress: sent"]
    lines += [f"    {move.before} --> {move.after}: {move.verb}" for move in MOVES]
    return "\n".join([*lines, *(f"    {state} --> [*]" for state in Offer.State if state in ENDED)])


WHY_NOT = {
    S.ACCEPTED: "It has been accepted already.",
    S.REJECTED: "It has been rejected already.",
    S.TAKEN: "Another provider accepted it first. The person is being helped; you need do nothing.",
    S.DONE: "It is done already.",
    S.REVOKED: "It was withdrawn. Delete what you noted of it.",
    S.IN_PROGRESS: "It has not been accepted yet.",
}


def check_move(offer: Offer, after: Offer.State) -> None:
    if (offer.state, after) not in {(move.before, move.after) for move in MOVES}:
        raise Refused(WHY_NOT[Offer.State(offer.state)])


# --- The directory -------------------------------------------------------------------------------------------


def check_keeps(service: Service, by: User) -> None:
    """An agency keeps its own entries."""
    check_may(by, Permission.REFER_VICTIMS)
    if service.provider_id != by.agency_id:
        raise NotPermitted("That is another agency's service: its own caseworkers keep the entry.")


def check_can_verify(service: Service, by: User) -> None:
    check_may(by, Permission.REFER_VICTIMS)
    if not Service.objects.listed_for(by).on_offer().filter(pk=service.pk).exists():
        raise Refused("That service is not on offer any more.")


# --- Consent -------------------------------------------------------------------------------------------------


def check_takes_consent(victim: Victim, by: User) -> None:
    check_may(by, Permission.REFER_VICTIMS)
    check_owns(victim, by)


def check_second_person(told: User, by: User) -> None:
    fits = told.agency_id == by.agency_id and told.is_active and told.may(Permission.REFER_VICTIMS)
    if told.pk == by.pk or not fits:
        raise Refused("Tell a second person: another caseworker or protection officer of your agency.")


def second_people(by: User) -> list[User]:
    """Who can be told of an override."""
    people = User.objects.filter(agency=by.agency_id, is_active=True).exclude(pk=by.pk).order_by("name")
    return [
        person for person in people.exclude(role=Role.SERVICE_ACCOUNT) if person.may(Permission.REFER_VICTIMS)
    ]


def check_can_withdraw(consent: Consent, by: User) -> None:
    check_may(by, Permission.REFER_VICTIMS)
    check_owns(consent, by)
    if consent.withdrawn_at:
        raise Refused("It has been withdrawn already.")


def check_covers(consent: Consent, receivers: Iterable[Agency], classes: Iterable[str], purpose: str) -> None:
    """Raise unless the consent holds now and names each agency, each class of data and the purpose."""
    if consent.withdrawn_at or consent.expires_at <= timezone.now():
        raise Refused("That consent does not hold any more. Nothing can be sent on it; ask the person anew.")
    if purpose not in consent.purposes:
        raise Refused("The consent does not cover that purpose. Ask the person first.")
    named = set(consent.recipients.values_list("pk", flat=True))
    if others := sorted(str(agency) for agency in receivers if agency.pk not in named):
        raise Refused(f"The consent does not name {', '.join(others)}. Ask the person first.")
    if more := [DataClass(each).label.lower() for each in classes if each not in consent.data_classes]:
        raise Refused(f"The consent does not cover: {', '.join(more)}. Ask the person first.")


# --- Referrals -----------------------------------------------------------------------------------------------


def check_can_refer(victim: Victim, consent: Consent, receivers: list[Agency], by: User) -> None:
    check_takes_consent(victim, by)
    if consent.victim_id != victim.pk:
        raise Refused("That consent is another person's.")
    if not receivers:
        raise Refused("Choose at least one provider.")
    for agency in receivers:
        check_partner(agency, by)


def check_receives(offer: Offer, by: User) -> None:
    """Only the provider that was asked answers."""
    check_may(by, Permission.REFER_VICTIMS)
    if offer.receiver_id != by.agency_id or not can(by, Level.VIEW, offer):
        raise NotPermitted("Only the provider that it was sent to answers it.")
