"""What ends by itself or with something else: the offers of a referral, consents that run out, answers that never come."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agencies import audit
from agencies.audit import Act
from agencies.models import User
from victims.models import (
    Consent,
    IdentityGrant,
    IdentityNotice,
    Offer,
    Referral,
    Victim,
    VictimIdentity,
)
from victims.policies import agreed_until
from victims.policies_care import REVOCABLE


def take_back(referrals: Any, *, by: User | None, reason: str) -> int:
    """Within a verb: end what is open of these referrals. Their receivers' next answer is a tombstone."""
    taken = 0
    for referral in referrals.select_for_update(of=("self",)).order_by("pk"):
        open_offers = list(referral.offers.filter(state__in=REVOCABLE))
        for offer in open_offers:
            end_offer(offer, Offer.State.REVOKED)
            audit.record(Act.REVOKED, offer, by=by, with_agency=str(offer.receiver_id), reason=reason)
        if open_offers:
            move_referral(referral, Referral.State.REVOKED)
            taken += 1
    return taken


def close_to_partners(victim: Victim, *, by: User | None) -> None:
    """Within a verb that ended a consent: nobody of an agency that no other one names knows any more who the person is.

    The row of the identity is locked first, as whoever opens it does: none is opened meanwhile on what has ended.
    """
    identity = VictimIdentity.objects.select_for_update(of=("self",)).filter(victim=victim).first()
    if identity is None:
        return
    rows = IdentityGrant.objects.exclude(person__agency=victim.agency_id).filter(identity=identity)
    for grant in rows.select_related("person"):
        last = agreed_until(identity, grant.person)
        if last is None:
            close(grant, by=by)
        elif grant.expires_at is None or last < grant.expires_at:
            IdentityGrant.objects.filter(pk=grant.pk).update(expires_at=last)


def close(grant: IdentityGrant, *, by: User | None) -> None:
    """What somebody of a partner was told of it on their desk goes too."""
    told = IdentityNotice.objects.filter(identity=grant.identity_id, person=grant.person_id)
    told.exclude(person__agency=F("identity__agency")).delete()
    audit.record(Act.IDENTITY_TAKEN, grant.identity.victim, by=by, people=[str(grant.person_id)])
    grant.delete()


def end_offer(offer: Offer, state: Offer.State) -> None:
    """Nothing of the person stays with a provider that does not work for them."""
    offer.state, offer.sent, offer.ended_at = state, {}, timezone.now()
    offer.save()


def move_referral(referral: Referral, state: Referral.State) -> None:
    referral.state = state
    referral.save(update_fields=["state", "updated_at"])


@transaction.atomic
def end_outdated_consents() -> int:
    """What ran out ends like what was withdrawn. The receivers' access has ended by itself, at that second."""
    rows = list(Consent.objects.outdated().select_for_update(skip_locked=True, of=("self",)))
    for consent in rows:
        consent.ended_at = timezone.now()
        consent.save(update_fields=["ended_at", "updated_at"])
        audit.record(Act.EXPIRED, consent, by=None)
        take_back(consent.referrals.all(), by=None, reason="The consent ran out.")
        close_to_partners(consent.victim, by=None)
    return len(rows)


@transaction.atomic
def escalate_unanswered() -> int:
    """What nobody answered in time goes to the sender's coordinators."""
    late = Referral.objects.filter(
        state=Referral.State.IN_PROGRESS, escalated_at=None, answer_by__lte=timezone.now()
    )
    rows = list(late.select_for_update(skip_locked=True, of=("self",)))
    for referral in rows:
        referral.escalated_at = timezone.now()
        referral.save(update_fields=["escalated_at", "updated_at"])
        audit.record(Act.ESCALATED, referral, by=None)
    return len(rows)
