"""The verbs that write a victim's identity down, change it and erase it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User
from agencies.policies import EditConflict, Refused, check_reason
from victims import blind, policies, sealing
from victims.actions.pointing import forget_pointers, point
from victims.keyring import KeyProblem
from victims.models import FIELDS, IdentityGrant, Victim, VictimIdentity


class AlreadyHeld(Refused):
    """The agency holds the identity of somebody with the same details."""


@contextmanager
def keys_told() -> Iterator[None]:
    """What is wrong with keys is said to whoever asked, and nothing is changed."""
    try:
        yield
    except KeyProblem as problem:
        raise Refused(str(problem)) from None


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
        if not is_another:
            _check_not_held(identity)
        sealing.seal(identity, {field: values.get(field, "") for field in FIELDS})


def _check_not_held(identity: VictimIdentity) -> None:
    alike = VictimIdentity.objects.filter(agency=identity.agency_id, index__overlap=identity.index)
    names = list(alike.exclude(pk=identity.pk).values_list("victim__pseudonym", flat=True)[:5])
    if names:
        raise AlreadyHeld(
            f"Somebody with the same details is already registered as {', '.join(names)}. Work with that record; or,"
            " if this is another person, say so below and save again."
        )
