"""What pages tell of identities: that one is held, to whom it is open, who looked. Never what it says."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agencies.acting import as_system
from agencies.agreements import may_point
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, PointerPolicy, User
from agencies.permissions import Permission
from agencies.policies import allows
from agencies.visibility import Level, can
from victims import policies
from victims.models import (
    FIELDS,
    Emergency,
    IdentityGrant,
    IdentityNotice,
    IdentityPointer,
    Victim,
    VictimIdentity,
)
from victims.policies import Access

MOST_LOOKS = 50
SEALED = [f"identity__{name}" for name in (*FIELDS, "wrapped_key", "index")]


@dataclass(frozen=True, slots=True)
class Holder:
    """One person to whom an identity is open."""

    person: User
    until: datetime | None
    reason: str
    may_take: bool


@dataclass(frozen=True, slots=True)
class Look:
    """That somebody saw a field."""

    at: datetime
    by: str
    agency: str
    field: str
    purpose: str
    emergency: bool


@dataclass(frozen=True, slots=True)
class IdentityPage:
    """What one person may know of an identity. `access` None: only that it is held, and whom to ask."""

    identity: VictimIdentity
    access: Access | None
    reads_victim: bool
    keeps: bool
    may_break: bool
    asked: Emergency | None
    ask: list[User]
    holders: list[Holder] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)

    @property
    def victim(self) -> Victim:
        return self.identity.victim


def _rows() -> Any:
    """Identities without what is sealed in them."""
    rows = VictimIdentity.objects.select_related("victim__agency", "agency")
    return rows.defer(*FIELDS, "wrapped_key", "index")


@as_system
def identity_page(pk: uuid.UUID, user: User) -> IdentityPage | None:
    """None for whoever may not even know that it is held."""
    identity = _rows().filter(pk=pk).first()
    if identity is None:
        return None
    access = policies.access_of(identity, user)
    reads = can(user, Level.VIEW, identity.victim)
    if access is None and not reads:
        return None
    keeps = allows(policies.check_keeps, identity, user)
    asked = Emergency.objects.live().filter(identity=identity, asked_by=user, state=Emergency.State.ASKED)
    return IdentityPage(
        identity, access, reads, keeps, allows(policies.check_can_break, identity, user), asked.first(),
        policies.lasting_holders(identity),
        _holders(identity, user) if keeps else [], _looks(identity) if keeps else [],
    )  # fmt: skip


def _holders(identity: VictimIdentity, user: User) -> list[Holder]:
    grants = IdentityGrant.objects.live().filter(identity=identity).select_related("person__agency")
    return [
        Holder(
            grant.person, grant.expires_at, grant.reason,
            allows(policies.check_can_take, identity, grant.person, user),
        )
        for grant in grants.order_by("since", "pk")
    ]  # fmt: skip


def _looks(identity: VictimIdentity) -> list[Look]:
    events = AuditEvent.objects.filter(
        kind=Victim._meta.label_lower, object_id=identity.victim_id, act=Act.REVEALED
    )
    found = list(events[:MOST_LOOKS])
    agencies = Agency.objects.in_bulk({event.agency_id for event in found if event.agency_id})
    return [
        Look(
            event.at, event.actor_name, str(agencies.get(event.agency_id, "")), event.facts.get("field", ""),
            event.facts.get("purpose", ""), bool(event.facts.get("emergency")),
        )
        for event in found
    ]  # fmt: skip


@as_system
def held_of(victims: Iterable[Victim]) -> dict[uuid.UUID, uuid.UUID]:
    """Of which of these victims, all of them seen by the reader, an identity is held: its id. One query."""
    rows = VictimIdentity.objects.filter(victim__in=[victim.pk for victim in victims])
    return dict(rows.values_list("victim_id", "pk"))


@as_system
def open_to(user: User) -> list[IdentityGrant]:
    """What is open to a person by name, those of partners too, the newest first."""
    agency = user.sees_as
    if agency is None or not user.may(Permission.READ_VICTIMS):
        return []
    owners = [agency.pk, *Agency.objects.partners_of(agency).values_list("pk", flat=True)]
    grants = IdentityGrant.objects.live().filter(person=user, identity__agency__in=owners)
    rows = grants.select_related("identity__victim", "identity__agency").defer(*SEALED)
    return list(rows.order_by("-since", "-pk")[:500])


@as_system
def pointers_for(user: User) -> list[IdentityPointer]:
    """Which of one's agency's people another agency may know: for protection officers."""
    if not user.may(Permission.READ_IDENTITY_POINTERS):
        return []
    agency = user.sees_as
    if agency is None or agency.pointer_policy == PointerPolicy.EXCLUDED:
        return []
    known_to = Agency.objects.partners_of(agency).filter(pointer_policy=PointerPolicy.NAMED)
    rows = IdentityPointer.objects.filter(agency=agency, known_to__in=known_to).order_by("-at", "-pk")
    rows = rows.select_related("identity__victim", "known_to__contact").defer("pair", *SEALED)
    return [pointer for pointer in rows[:200] if may_point(agency.pk, pointer.known_to_id)]


# --- For the desk ------------------------------------------------------------------------------------------------


@as_system
def waiting_emergencies(user: User) -> list[Emergency]:
    """What a second person has to decide on: never what they asked for themselves."""
    if not user.may(Permission.BREAK_GLASS):
        return []
    rows = Emergency.objects.live().filter(agency=user.agency_id, state=Emergency.State.ASKED)
    return list(
        rows.exclude(asked_by=user)
        .select_related("identity__victim__agency", "asked_by")
        .defer(*SEALED)
        .order_by("asked_at")
    )


def unread_notices(user: User) -> list[IdentityNotice]:
    if not user.may(Permission.READ_VICTIMS):
        return []
    return list(IdentityNotice.objects.filter(person=user, read_at=None).order_by("-at")[:20])
