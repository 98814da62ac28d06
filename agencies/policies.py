"""Does the state of things allow it? Each check raises `Refused` with a sentence that says what to do instead."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone

from agencies.models import Agency, User
from agencies.permissions import Permission
from agencies.visibility import Level, Shareable, can


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
    _check_administers(person, by)
    if person.pk == by.pk:
        raise Refused("You cannot close your own account. Ask another administrator of your agency.")
    if not person.is_active:
        raise Refused("That account is closed already.")


def check_can_reinstate(person: User, by: User) -> None:
    _check_administers(person, by)
    if person.is_active:
        raise Refused("That account is open already.")


def check_can_release(person: User, by: User | None) -> None:
    """Raise unless `person` is locked and `by` administers them. None stands for the installation itself."""
    if by is not None:
        _check_administers(person, by)
        if person.pk == by.pk:
            raise Refused("You cannot release your own account. Ask another administrator of your agency.")
    if person.locked_at is None:
        raise Refused("That account is not locked.")


def check_can_reset_factor(person: User, by: User | None) -> None:
    """Raise unless `by` administers `person`. None stands for the installation itself."""
    if by is not None:
        _check_administers(person, by)
        if person.pk == by.pk:
            raise Refused(
                "You cannot reset your own second factor. Ask another administrator of your agency."
            )


def _check_administers(person: User, by: User) -> None:
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


def check_can_share(obj: Shareable, agency: Agency, level: Level, by: User) -> None:
    check_may(by, Permission.SHARE)
    check_owns(obj, by)
    check_partner(agency, by)
    if level not in type(obj).handed_on:
        raise Refused(f"A {obj._meta.verbose_name} cannot be shared at that level.")
    if agency.pk in (held := held_shares(obj)):  # sharing anew would put another level in its place
        raise Refused(held[agency.pk])


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
