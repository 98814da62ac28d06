"""The verbs on who sees an identity: look, give, take, and break the glass."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User
from agencies.permissions import Permission, role_may
from agencies.policies import Refused, check_agency, check_reason
from agencies.presenters import moment
from victims import policies, sealing
from victims.actions.identifying import keys_told, locked
from victims.ending import close
from victims.models import (
    FIELDS,
    Emergency,
    IdentityGrant,
    IdentityNotice,
    LookPurpose,
    VictimIdentity,
)

State = Emergency.State


@verb
def look(identity: VictimIdentity, field: str, *, purpose: str, words: str, by: User) -> str:
    """One field in the clear, after it is on record who looked at which, for what."""
    sealing.hold_keys()
    identity = VictimIdentity.objects.select_related("victim__agency", "agency").get(pk=identity.pk)
    access = policies.check_holds(identity, by)
    if field not in FIELDS or purpose not in LookPurpose.values or not words.strip():
        raise Refused("Say for what you look, in a word from the list and in your own.")
    with keys_told():
        text = sealing.open_field(identity, field)
    facts = {"field": FIELDS[field]} | ({"emergency": True} if access.emergency else {})
    said = f"{LookPurpose(purpose).label}: {words.strip()}"
    audit.record_looks(Act.REVEALED, [identity.victim], by=by, purpose=said, **facts)
    return text


@verb
def give_identity(
    identity: VictimIdentity, *, person: User, until: datetime | None, reason: str, by: User
) -> IdentityGrant:
    """Open an identity to one person by name, or change until when it is open to them: of another agency only as long
    as the person agreed that it may know them, or danger is on record."""
    identity = locked(identity)
    until = policies.check_can_give(identity, person, until, by)
    reason = check_reason(reason)
    grant, _ = IdentityGrant.objects.update_or_create(
        identity=identity, person=person,
        defaults={"given_by": by, "reason": reason, "since": timezone.now(), "expires_at": until},
    )  # fmt: skip
    end = f" until {moment(until)}" if until else ""
    _tell(identity, [person], f"{by} opened the identity of {identity.victim} to you{end}: {reason}")
    audit.record(
        Act.IDENTITY_GIVEN, identity.victim, by=by, people=[str(person.pk)], reason=reason,
        with_agency=str(person.agency_id), until=until.isoformat() if until else None,
    )  # fmt: skip
    return grant


@verb
def take_identity(identity: VictimIdentity, *, person: User, by: User) -> None:
    """Close an identity to one person, at once."""
    identity = locked(identity)
    policies.check_can_take(identity, person, by)
    grant = IdentityGrant.objects.filter(identity=identity, person=person).first()
    if grant is None:
        raise Refused("It was not open to them any more.")
    close(grant, by=by)


# --- Breaking the glass ------------------------------------------------------------------------------------------


@verb
def ask_in_emergency(identity: VictimIdentity, *, reason: str, by: User) -> Emergency:
    """Ask for an identity that is not open to oneself. Nothing opens before a second person confirms."""
    identity = locked(identity)
    policies.check_can_break(identity, by)
    emergency = Emergency.objects.create(
        identity=identity, agency=check_agency(by.agency), asked_by=by, reason=check_reason(reason), expires_at=_later(),
    )  # fmt: skip
    audit.record(Act.GLASS_ASKED, identity.victim, by=by, reason=emergency.reason)
    return emergency


@verb
def decide_emergency(emergency: Emergency, *, confirm: bool, by: User) -> Emergency:
    """The second person's word. Confirmed, the identity is open to the asker for a while; it closes by itself."""
    rows = Emergency.objects.select_for_update(of=("self",))
    emergency = rows.select_related("identity__victim", "asked_by").get(pk=emergency.pk)
    policies.check_can_decide(emergency, by, confirm=confirm)
    emergency.state = State.CONFIRMED if confirm else State.DECLINED
    emergency.decided_by, emergency.decided_at = by, timezone.now()
    emergency.expires_at = _later() if confirm else emergency.decided_at
    emergency.save()
    act = Act.GLASS_BROKEN if confirm else Act.GLASS_REFUSED
    audit.record(act, emergency.identity.victim, by=by, people=[str(emergency.asked_by_id)])
    _announce(emergency)
    return emergency


def _later() -> datetime:
    return timezone.now() + timedelta(minutes=settings.EMERGENCY_MINUTES)


def _announce(emergency: Emergency) -> None:
    """All of the agency who hold it and its protection officers; of a refusal the asker alone."""
    victim, asker = emergency.identity.victim, emergency.asked_by
    if emergency.state == State.DECLINED:
        said = f"{emergency.decided_by} declined to open the identity of {victim} to you."
        return _tell(emergency.identity, [asker], said)
    said = (
        f"{asker} may see the identity of {victim} until {moment(emergency.expires_at)}, confirmed by"
        f" {emergency.decided_by}. The emergency: {emergency.reason}"
    )
    grants = emergency.identity.grants.live().filter(
        person__agency=emergency.agency_id
    )  # it is nobody else's business
    holders = [grant.person for grant in grants.select_related("person__agency")]
    colleagues = User.objects.filter(agency=emergency.agency_id, is_active=True)
    officers = [each for each in colleagues if role_may(each.role, Permission.READ_IDENTITY_POINTERS)]
    return _tell(emergency.identity, [asker, *holders, *officers], said)


# --- Notices -----------------------------------------------------------------------------------------------------


def _tell(identity: VictimIdentity, people: Iterable[User], said: str) -> None:
    each: dict[uuid.UUID, User] = {person.pk: person for person in people}
    IdentityNotice.objects.bulk_create(
        IdentityNotice(identity=identity, person=person, said=said[:900]) for person in each.values()
    )


@verb
def read_notice(notice: IdentityNotice, *, by: User) -> None:
    """Take a notice off one's desk."""
    IdentityNotice.objects.filter(pk=notice.pk, person=by, read_at=None).update(read_at=timezone.now())
