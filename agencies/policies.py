"""Does the state of things allow it? Each check raises `Refused` with a sentence that says what to do instead."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from agencies import agreements
from agencies.guards import only_supervisor_of
from agencies.models import Agency, Agreement, ReleaseRequest, TaskForce, User
from agencies.permissions import Permission, Role
from agencies.visibility import Level, Shareable, can, reached_by


class Refused(Exception):
    """A verb that may not be done, by this person or in this state. The message is shown to the person."""


class NotPermitted(Refused):
    """Refused because of who asks: another role or agency could do it, waiting or changing the record would not help."""


def allows(check: Callable[..., None], *args: Any) -> bool:
    """Would `check` let it pass? Pages show a button by the rule that its verb enforces."""
    try:
        check(*args)
    except Refused:
        return False
    return True


# Upper apps join their own checks in their AppConfig.ready(): each tells of a record which agencies' shares are not
# revoked by themselves, by the agency's id, and what to do instead.
REVOKE_CHECKS: list[Callable[[Shareable], dict[uuid.UUID, str]]] = []


def check_may(by: User, permission: Permission) -> None:
    """Raise unless the role of `by` carries the permission."""
    if not by.may(permission):
        raise NotPermitted(
            f"Your role may not {permission}. Ask a supervisor or your agency's administrator."
        )


def check_manages(agency: Agency, by: User | None) -> None:
    """Raise unless `by` administers `agency`. None stands for the installation itself."""
    if by is not None:
        check_may(by, Permission.MANAGE_AGENCY)
        if by.agency_id != agency.pk:
            raise NotPermitted("That is another agency's: only its own administrator may do that.")


def check_can_dismiss(person: User, by: User) -> None:
    check_administers(person, by)
    if person.pk == by.pk:
        raise Refused("You cannot close your own account. Ask another administrator of your agency.")
    if not person.is_active:
        raise Refused("That account is closed already.")
    if left := only_supervisor_of(person):
        raise Refused(
            f"{person} is the only supervisor who may see {left} restricted record{'s' if left > 1 else ''}."
            " Ask them to name another one first."
        )


def check_can_reinstate(person: User, by: User) -> None:
    check_administers(person, by)
    if person.is_active:
        raise Refused("That account is open already.")


def check_can_release(person: User, by: User | None) -> None:
    """Raise unless `person` is locked and `by` administers them. None stands for the installation itself."""
    if by is not None:
        check_administers(person, by)
        if person.pk == by.pk:
            raise Refused("You cannot release your own account. Ask another administrator of your agency.")
    if person.locked_at is None:
        raise Refused("That account is not locked.")


def check_can_sign_out(person: User, by: User) -> None:
    """Raise unless `by` administers `person`."""
    check_administers(person, by)


def check_can_bind(person: User, by: User | None) -> None:
    """Raise unless `by` administers `person`, who is a person. None stands for the installation itself."""
    if by is not None:
        check_administers(person, by)
        if person.pk == by.pk:
            raise Refused("You cannot decide on your own account. Ask another administrator of your agency.")
    if person.is_service:
        raise Refused("An API client signs in with credentials of its own, not through single sign-on.")


def check_can_reset_factor(person: User, by: User | None) -> None:
    """Raise unless `by` administers `person`. None stands for the installation itself."""
    if by is not None:
        check_administers(person, by)
        if person.pk == by.pk:
            raise Refused(
                "You cannot reset your own second factor. Ask another administrator of your agency."
            )


def check_administers(person: User, by: User) -> None:
    check_may(by, Permission.MANAGE_AGENCY)
    if person.agency_id != by.agency_id or person.is_service:
        raise NotPermitted("That is not a person of your agency.")


def check_own_client(account: User, by: User) -> None:
    """Raise unless `account` is an API client of the agency of `by`."""
    if account.agency_id != by.agency_id or not account.is_service:
        raise Refused("That is not an API client of your agency.")


def check_owns(obj: Shareable, by: User) -> None:
    """Raise unless `obj` belongs to the agency of `by`, and they may see it."""
    if not can(by, Level.OWN, obj):
        raise NotPermitted("Only the agency that owns this record may do that.")


def check_contributes(obj: Shareable, by: User) -> None:
    """Raise unless `by` may add to `obj`."""
    if not can(by, Level.CONTRIBUTE, obj):
        raise NotPermitted("Your agency may read this but not add to it. Ask the owner for more.")


def check_partner(agency: Agency, by: User) -> None:
    """Raise unless both agencies work in a running task force."""
    if by.agency is None or not Agency.objects.partners_of(by.agency).filter(pk=agency.pk).exists():
        raise Refused(
            "That agency is not in a running task force with yours, so nothing can be shared with it."
        )


def check_within(obj: Shareable, agency: Agency, level: Level) -> None:
    """Raise where the agreement with that agency does not go so far."""
    if why := agreements.why_beyond(obj, agency, level):
        raise Refused(why)


# Europol handling codes under which nothing is passed on before the originator was asked: H2 says so, and the condition of
# an H3, which is the originator's own words, nobody else can judge.
ASK_FIRST = {"H2", "H3"}


def asks_first(record: Shareable) -> set[str]:
    """The codes of a record that ask for its originator's word before it is passed on."""
    return ASK_FIRST.intersection(record.handling_codes())


def bound_by_others(obj: Shareable, agency: Agency, level: Level) -> list[Shareable]:
    """What went into `obj` that a third agency owns and does not let go further without being asked.

    What its originator released on request of the owner of `obj` is not among it, as long as that holds. Whether
    `agency` has it by another way is not asked: the answer would tell who else was given it.
    """
    if level <= Level.SUMMARY:
        return []
    bound = [
        record
        for record in agreements.made_of(obj)
        if record.agency_id not in (obj.agency_id, agency.pk) and asks_first(record)
    ]
    asked = ReleaseRequest.objects.filter(agency=obj.agency_id, receiver=agency, state="released")
    released = set(asked.values_list("object_id", flat=True)) if bound else set()
    return [record for record in bound if record.pk not in released or not _reads(agency, record)]


def _reads(agency: Agency, record: Shareable) -> bool:
    return any(each.agency.pk == agency.pk and each.level >= Level.VIEW for each in reached_by(record))


class Bound(NotPermitted):
    """Refused because of what a third agency put into it: that one has to be asked first."""


def check_third_agencies(obj: Shareable, agency: Agency, level: Level, by: User) -> None:
    """Raise where `agency` would read what carries H2 or H3 of somebody else. Of whom, only who sees that is told."""
    if bound := bound_by_others(obj, agency, level):
        seen = sorted({record.agency.name for record in bound if can(by, Level.VIEW, record)})
        whose = " and ".join(seen) if len(seen) <= 2 else f"{len(seen)} agencies"
        codes = " and ".join(sorted({code for record in bound for code in asks_first(record)}))
        raise Bound(
            f"It is fed by what {whose or 'a partner'} gave under {codes}: not to be passed on without their permission."
            " Ask for it under “Who sees this”, or share the summary."
        )


def check_can_share(obj: Shareable, agency: Agency, level: Level, by: User) -> None:
    check_may(by, Permission.SHARE)
    check_owns(obj, by)
    check_partner(agency, by)
    if level not in type(obj).handed_on:
        raise Refused(f"A {obj._meta.verbose_name} cannot be shared at that level.")
    check_within(obj, agency, level)
    if agency.pk in (held := held_shares(obj)):  # sharing anew would put another level in its place
        raise Refused(held[agency.pk])
    check_third_agencies(obj, agency, level, by)


def check_may_go_onward(obj: Shareable) -> None:
    if codes := asks_first(obj):
        raise Refused(
            f"It carries {' and '.join(sorted(codes))}: not to be passed on without your permission each time. Share it without the right to"
            " pass it on; they can ask you."
        )


def check_can_revoke(obj: Shareable, agency: Agency, by: User) -> None:
    check_may(by, Permission.SHARE)
    check_owns(obj, by)
    if not type(obj).handed_on:
        raise Refused(
            f"Who sees a {obj._meta.verbose_name} follows from what it is; no share of it can be revoked."
        )
    if agency.pk in (held := held_shares(obj)):
        raise Refused(held[agency.pk])


def held_shares(obj: Shareable) -> dict[uuid.UUID, str]:
    """The agencies whose share of `obj` cannot be revoked by itself, and why. As many queries as there are checks."""
    return {pk: why for check in REVOKE_CHECKS for pk, why in check(obj).items()}


# Upper apps join whom the owner of a record knows of its partners' people, beside the contact officers.
KNOWN_PEOPLE: list[Callable[[Shareable], Iterable[User]]] = []


def people_for(obj: Shareable) -> list[User]:
    """Whom the owner of `obj` can name: all its own people, and of the agencies that see it those whom it knows."""
    agencies = {viewer.agency.pk for viewer in reached_by(obj)} | {obj.agency_id}
    own = User.objects.filter(agency=obj.agency_id, is_active=True).exclude(role=Role.SERVICE_ACCOUNT)
    contacts = User.objects.filter(pk__in=Agency.objects.filter(pk__in=agencies).values("contact"))
    known = {person.pk: person for person in contacts if person.is_active}
    known |= {person.pk: person for find in KNOWN_PEOPLE for person in find(obj) if person.is_active}
    partners = [person for person in known.values() if person.agency_id != obj.agency_id]
    partners.sort(key=lambda person: (str(person.agency), person.name))
    return [*own.order_by("name"), *partners]


def check_may_restrict(obj: Shareable, by: User) -> None:
    check_may(by, Permission.RESTRICT)
    check_owns(obj, by)
    if type(obj).admission_model() is None or not type(obj).handed_on:
        raise Refused(f"Who sees a {obj._meta.verbose_name} follows from what it is part of. Restrict that.")


def check_can_restrict(
    obj: Shareable, named: Collection[User] | None, walled: Collection[User], by: User
) -> None:
    """What says no wins, and a record is never left without a supervisor of its owner who may see it."""
    check_may_restrict(obj, by)
    if any(person.is_service for person in [*(named or ()), *walled]):
        raise Refused("Name people. An API client reads no record that only named people may see.")
    if both := sorted(person.name for person in set(named or ()) & set(walled)):
        raise Refused(f"{', '.join(both)} cannot be named and kept out at once. Choose one.")
    if by in walled:
        raise Refused("You cannot keep a record from yourself. Ask another supervisor to do it.")
    own = User.objects.filter(agency=obj.agency_id, role=Role.SUPERVISOR, is_active=True)
    if not (set(own) & set(named) if named is not None else set(own) - set(walled)):
        raise Refused("At least one supervisor of your agency must still see it, so that it is never lost.")


def check_reason(reason: str) -> str:
    """The reason, stripped; raise when nothing was said."""
    reason = reason.strip()
    if not reason:
        raise Refused("Give a reason: it is kept with the record for those who review it.")
    return reason


def check_future(moment: datetime | None) -> None:
    if moment is not None and moment <= timezone.now():
        raise Refused("The date lies in the past. Choose a later one, or leave it empty for no end.")


def check_agency(value: Any) -> Agency:
    """Raise unless `value` is the acting user's agency (a user without one may do nothing)."""
    if not isinstance(value, Agency):
        raise Refused("You act for no agency, so you cannot do that.")
    return value


# --- Agreements ------------------------------------------------------------------------------------------

A = Agreement.State


def check_can_propose(
    partner: Agency | None, task_force: TaskForce | None, starts_on: date, ends_on: date | None, by: User
) -> None:
    check_may(by, Permission.MANAGE_AGENCY)
    own = check_agency(by.agency)
    if ends_on is not None and (ends_on < starts_on or ends_on < timezone.localdate()):
        raise Refused("It must end after it starts, and not in the past.")
    if task_force is not None:
        if not TaskForce.objects.running().filter(pk=task_force.pk, members=own).exists():
            raise Refused("Your agency does not work in that task force.")
    elif partner is None:
        raise Refused("Choose the agency or the task force that it is with.")
    else:
        check_partner(partner, by)
        if Agreement.objects.between(own.pk, partner.pk).filter(state=A.PROPOSED).exists():
            raise Refused("A proposal between the two of you is open. Answer or withdraw that one first.")


def check_can_answer_agreement(agreement: Agreement, by: User) -> None:
    check_may(by, Permission.MANAGE_AGENCY)
    if agreement.partner_id != by.agency_id:
        raise NotPermitted("The agency that it was proposed to answers.")
    if agreement.state != A.PROPOSED:
        raise Refused("That proposal has been answered or withdrawn already.")
    if agreement.ends_on is not None and agreement.ends_on < timezone.localdate():
        raise Refused("That proposal ends in the past. Decline it and propose a new one.")


def check_can_end_agreement(agreement: Agreement, by: User) -> None:
    """Either party, at any time: nobody is held to exchange."""
    check_may(by, Permission.MANAGE_AGENCY)
    if by.agency_id not in (agreement.agency_id, agreement.partner_id):
        raise NotPermitted("That agreement is not your agency's.")
    proposed_by_us = agreement.state == A.PROPOSED and agreement.agency_id == by.agency_id
    if agreement.state != A.IN_FORCE and not proposed_by_us:
        raise Refused("That agreement does not hold any more.")


class EditConflict(Refused):
    """Somebody else changed the row since the form was opened; both versions must be shown, nothing overwritten."""


def version_of(obj: Shareable) -> str:
    """The token that an edit form carries, to tell whether the row changed underneath it."""
    return obj.updated_at.isoformat()


def check_unchanged(obj: Shareable, version: str) -> None:
    if version_of(obj) != version:
        raise EditConflict(
            "Somebody changed this record while you were editing. Compare both and save again."
        )
