"""The verbs that write a victim's identity down, change it and erase it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar, cast

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User
from agencies.policies import EditConflict, Refused, check_reason
from victims import blind, policies, sealing
from victims.actions.pointing import forget_pointers, point
from victims.keyring import KeyProblem
from victims.models import FIELDS, IdentityGrant, IdentityNotice, Victim, VictimIdentity

P = ParamSpec("P")
R = TypeVar("R")


MOST_DETAILS = 24  # names with birth, documents and telephones of one person; a list of guesses is longer


class AlreadyHeld(Refused):
    """The agency holds the identity of somebody with the same details."""

    def __init__(self, held: list[VictimIdentity]) -> None:
        names = ", ".join(identity.victim.pseudonym for identity in held)
        super().__init__(
            f"Somebody with the same details is already registered as {names}. Work with that record; or, if this is"
            " another person, say so below and save again. Those who hold it are told that you were told."
        )
        self.held = held


def _told_to_holders(function: Callable[P, R]) -> Callable[P, R]:
    """Whoever types details to learn under which pseudonym somebody is kept does not do it unseen."""

    @functools.wraps(function)
    def watched(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except AlreadyHeld as met:
            note_met(met.held, by=cast("User", kwargs["by"]))
            raise

    return watched


@verb
def note_met(held: list[VictimIdentity], *, by: User) -> None:
    """Put on record, and tell those of the agency who hold them, that `by` typed details of these people."""
    said = "{} typed details of {} for another record, and was told that they are registered. If you do not know why, ask."
    for identity in held:
        audit.record(Act.NOTIFIED, identity.victim, by=by)
        grants = IdentityGrant.objects.live().filter(identity=identity, person__agency=identity.agency_id)
        IdentityNotice.objects.bulk_create(
            IdentityNotice(identity=identity, person=grant.person, said=said.format(by, identity.victim))
            for grant in grants.exclude(person=by).select_related("person")
        )


@contextmanager
def keys_told() -> Iterator[None]:
    """What is wrong with keys is said to whoever asked, and nothing is changed."""
    try:
        yield
    except KeyProblem as problem:
        raise Refused(str(problem)) from None


@_told_to_holders
@verb
def identify(
    victim: Victim, values: dict[str, str], *, deputy: User | None, is_another: bool = False, by: User
) -> VictimIdentity:
    """Write down who a victim is. It is open to the writer and one deputy; raises `AlreadyHeld` where the agency holds
    somebody alike, unless it `is_another` person."""
    victim = Victim.objects.select_for_update().get(pk=victim.pk)
    deputy = policies.check_can_identify(victim, deputy, by)
    if VictimIdentity.objects.filter(victim=victim).exists():
        raise Refused("An identity is held for this person already. Nothing of yours was saved.")
    identity = VictimIdentity(victim=victim, agency=victim.agency, written_by=by)
    _write(identity, values, is_another)
    identity.save(force_insert=True)
    for person, why in ((by, "wrote it down"), (deputy, "deputy")):
        IdentityGrant.objects.create(identity=identity, person=person, given_by=by, reason=why)
    audit.record(Act.IDENTIFIED, victim, by=by)
    audit.record(Act.IDENTITY_GIVEN, victim, by=by, people=[str(deputy.pk)])
    point(identity)
    return identity


@_told_to_holders
@verb
def change_identity(
    identity: VictimIdentity, values: dict[str, str], *, empty: set[str], version: int, is_another: bool = False, by: User
) -> VictimIdentity:  # fmt: skip
    """Replace the fields that `values` has and empty those named. What is not said stays. Raises `EditConflict`."""
    identity = locked(identity)
    policies.check_keeps(identity, by)
    if identity.version != version:
        raise EditConflict(
            "Somebody changed this identity while you were writing. Look at what it says now, then save again:"
            " what you typed replaces it."
        )
    with keys_told():
        held = sealing.open_all(identity)
    said = {field: text for field, text in values.items() if text} | dict.fromkeys(empty, "")
    if not said:
        raise Refused("Nothing was typed and nothing chosen to be emptied, so nothing was changed.")
    identity.version += 1
    _write(identity, held | said, is_another)
    identity.save()
    audit.record(Act.IDENTIFIED, identity.victim, by=by, fields=sorted(said))
    point(identity)
    return identity


@verb
def erase_identity(identity: VictimIdentity, *, reason: str, by: User) -> None:
    """Destroy the record's key and the row. The pseudonymous record stays."""
    identity = locked(identity)
    policies.check_keeps(identity, by)
    victim = identity.victim
    audit.record(Act.IDENTITY_ERASED, victim, by=by, reason=check_reason(reason))
    forget_pointers(identity)
    identity.delete()


def locked(identity: VictimIdentity) -> VictimIdentity:
    rows = VictimIdentity.objects.select_related("victim__agency", "agency")
    return rows.select_for_update(of=("self",)).get(pk=identity.pk)


def _write(identity: VictimIdentity, values: dict[str, str], is_another: bool) -> None:
    sealing.hold_keys()
    with keys_told():
        country = identity.agency.country
        identity.index = blind.fingerprints(values, country, sealing.ring().index)
        if len(identity.index) > MOST_DETAILS:
            raise Refused(f"At most {MOST_DETAILS} names, documents and telephones. Keep those that matter.")
        if not is_another:
            _check_not_held(identity)
        sealing.seal(identity, {field: values.get(field, "") for field in FIELDS})


def _check_not_held(identity: VictimIdentity) -> None:
    rows = VictimIdentity.objects.filter(agency=identity.agency_id, index__overlap=identity.index)
    if held := list(rows.exclude(pk=identity.pk).select_related("victim", "agency")[:5]):
        raise AlreadyHeld(held)
