"""To whom a victim's identity is open, and what they may do with it. Roles and administrators open none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.policies import NotPermitted, Refused, check_future, check_may, check_owns
from victims.models import Consent, DataClass, Emergency, IdentityGrant, Victim, VictimIdentity


class Access(NamedTuple):
    """By what an identity is open to somebody, and until when. `emergency`: by a broken glass, to look and no more."""

    until: datetime | None
    emergency: bool = False


def access_of(identity: VictimIdentity, person: User) -> Access | None:
    """By what the identity is open to this person at this second, or None. Call as the system."""
    if not person.may(Permission.READ_VICTIMS) or not _works_with(identity, person):
        return None
    grant = IdentityGrant.objects.live().filter(identity=identity, person=person).first()
    if grant is not None:
        return Access(grant.expires_at)
    broken = Emergency.objects.live().filter(
        identity=identity, asked_by=person, state=Emergency.State.CONFIRMED
    )
    last = broken.order_by("-expires_at").first()
    return Access(last.expires_at, emergency=True) if last else None


def _works_with(identity: VictimIdentity, person: User) -> bool:
    if person.agency_id == identity.agency_id:
        return True
    return person.agency in Agency.objects.partners_of(identity.agency)


def lasting_holders(identity: VictimIdentity) -> list[User]:
    """The people of the registering agency who hold it without an end and can still sign in."""
    rows = IdentityGrant.objects.filter(identity=identity, expires_at=None, person__is_active=True)
    return [grant.person for grant in rows.select_related("person__agency") if _may_last(identity, grant)]


def _may_last(identity: VictimIdentity, grant: IdentityGrant) -> bool:
    person = grant.person
    return person.agency_id == identity.agency_id and person.may(Permission.READ_VICTIMS)


def check_holds(identity: VictimIdentity, by: User) -> Access:
    """Raise unless the identity is open to `by` now."""
    access = access_of(identity, by)
    if access is None:
        raise NotPermitted("This identity is not open to you. Ask one of the people who hold it.")
    return access


def check_keeps(identity: VictimIdentity, by: User) -> None:
    """Raise unless `by` may change what is held, and who holds it: whoever of the registering agency holds it lastingly.

    When nobody does any more, whoever it is open to at all may, or it would be lost for ever.
    """
    access = check_holds(identity, by)
    if by.agency_id != identity.agency_id:
        raise NotPermitted("Only people of the agency that registered the person may do that.")
    if access.until is not None and lasting_holders(identity):
        raise NotPermitted(
            "It is open to you for a time, to look. Those who hold it without an end change it."
        )


def check_can_identify(victim: Victim, deputy: User | None, by: User) -> User:
    """The deputy; raise where there is none, or `by` may not write this victim's identity down."""
    check_may(by, Permission.REGISTER_VICTIMS)
    check_owns(victim, by)
    if deputy is None or deputy.pk == by.pk or deputy.agency_id != victim.agency_id:
        raise Refused("Name a deputy: if you are away or leave, somebody else must be able to open it.")
    check_can_receive(victim, deputy)
    return deputy


def check_can_receive(victim: Victim, person: User) -> None:
    """Raise unless an identity may be opened to `person`: a colleague, or somebody of a partner, who reads of victims."""
    own = person.agency_id == victim.agency_id
    known = own or person.agency in Agency.objects.partners_of(victim.agency)
    if person.is_service or not person.may(Permission.READ_VICTIMS) or not known:
        raise Refused("No such person may hold an identity. Check the address, or ask their administrator.")


def check_can_give(
    identity: VictimIdentity, person: User, until: datetime | None, by: User
) -> datetime | None:
    """Until when it is then open: `until`, but to people of other agencies no longer than the person agreed."""
    check_keeps(identity, by)
    if person.pk == by.pk:
        raise Refused("Another person who holds it decides for how long you do.")
    check_can_receive(identity.victim, person)
    check_future(until)
    if until is None and person.agency_id != identity.agency_id:
        raise Refused("Say until when: people of other agencies never hold an identity without an end.")
    most = timezone.now() + timedelta(days=settings.IDENTITY_GRANT_DAYS)
    if until is not None and until > most:
        raise Refused(f"At most {settings.IDENTITY_GRANT_DAYS} days. It can be given again.")
    if until is None or person.agency_id == identity.agency_id:
        return until
    return min(until, _check_agreed(identity, person))


def _check_agreed(identity: VictimIdentity, person: User) -> datetime:
    last = agreed_until(identity, person)
    if last is None:
        raise Refused(
            f"No consent in force lets {person.agency} know who the person is: one has to name that agency and cover"
            f" “{DataClass.CONTACT.label.lower()}”. Ask the person first; if their life is in danger, put that on record."
        )
    return last


def agreed_until(identity: VictimIdentity, person: User) -> datetime | None:
    """How long the person's word, or danger on record, lets people of this one's agency know who they are."""
    rows = Consent.objects.covering_identity(victim=identity.victim_id, agency=person.agency_id)
    last: datetime | None = rows.aggregate(last=Max("expires_at"))["last"]
    return last


def check_can_take(identity: VictimIdentity, person: User, by: User) -> None:
    """Anybody may give up what they hold; the last one without an end stays."""
    if person.pk != by.pk:
        check_keeps(identity, by)
    if [holder.pk for holder in lasting_holders(identity)] == [person.pk]:
        raise Refused("Nobody else holds it without an end. Name another deputy first, or it could be lost.")


# --- Emergencies ------------------------------------------------------------------------------------------------


def check_can_break(identity: VictimIdentity, by: User) -> None:
    check_may(by, Permission.BREAK_GLASS)
    check_owns(identity.victim, by)
    if access_of(identity, by) is not None:
        raise Refused("This identity is open to you already.")
    waiting = Emergency.objects.live().filter(identity=identity, asked_by=by, state=Emergency.State.ASKED)
    if waiting.exists():
        raise Refused("You have asked already. A second person has to confirm it.")


def check_can_decide(emergency: Emergency, by: User, *, confirm: bool) -> None:
    """A second person of the same agency: never the one who asks, nor, to confirm, an account made for it."""
    check_may(by, Permission.BREAK_GLASS)
    check_owns(emergency.identity.victim, by)
    if emergency.asked_by_id == by.pk:
        raise NotPermitted("A second person confirms it: another protection officer or supervisor.")
    if emergency.state != Emergency.State.ASKED:
        raise Refused("Somebody has decided on it already.")
    if emergency.is_over:
        raise Refused("It has waited too long. If it is still urgent, it is asked anew.")
    days = settings.EMERGENCY_SETTLED_DAYS
    opened = max(filter(None, [by.created_at, by.reopened_at]))
    if confirm and days and opened > timezone.now() - timedelta(days=days):
        raise Refused(
            f"Your account is younger than {days} days. Somebody who is here for longer confirms it."
        )
