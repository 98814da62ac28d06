"""Finding that two agencies hold the identity of one person, without opening either.

Nobody but the protection officers of both is told, and they learn whom to ask. Who writes an identity down learns nothing:
the answer is the same whether another agency holds it or not.
"""

from __future__ import annotations

import hashlib
import hmac

from agencies.agreements import may_point
from agencies.models import Agency, PointerPolicy, TaskForce, User
from agencies.permissions import Permission, role_may
from victims import sealing
from victims.models import IdentityNotice, IdentityPointer, VictimIdentity


def point(identity: VictimIdentity) -> None:
    """Tell both sides of those that are alike now and were not before; take back what no longer holds."""
    alike = {_pair(identity, other): other for other in _alike(identity)}
    known = set(IdentityPointer.objects.filter(identity=identity).values_list("pair", flat=True))
    IdentityPointer.objects.filter(pair__in=known - alike.keys()).delete()
    for pair in sorted(alike.keys() - known):
        _tell(identity, alike[pair].agency, pair)
        _tell(alike[pair], identity.agency, pair)


def forget_pointers(identity: VictimIdentity) -> None:
    pairs = list(IdentityPointer.objects.filter(identity=identity).values_list("pair", flat=True))
    IdentityPointer.objects.filter(pair__in=pairs).delete()


def _alike(identity: VictimIdentity) -> list[VictimIdentity]:
    if not identity.index or identity.agency.pointer_policy == PointerPolicy.EXCLUDED:
        return []
    partners = Agency.objects.partners_of(identity.agency).exclude(pointer_policy=PointerPolicy.EXCLUDED)
    rows = VictimIdentity.objects.filter(index__overlap=identity.index, agency__in=partners)
    alike = rows.select_related("agency", "victim")
    return [other for other in alike if may_point(identity.agency_id, other.agency_id)]


def _pair(one: VictimIdentity, other: VictimIdentity) -> str:
    said = "|".join(sorted((str(one.pk), str(other.pk))))
    return hmac.new(sealing.ring().index, f"pair|{said}".encode(), hashlib.sha256).hexdigest()


def _tell(identity: VictimIdentity, known_to: Agency, pair: str) -> None:
    """As the pointer policy of the other agency lets be told. The row is kept in any case: the pair is known by it."""
    IdentityPointer.objects.create(identity=identity, agency=identity.agency, known_to=known_to, pair=pair)
    if known_to.pointer_policy == PointerPolicy.NAMED:
        said = f"{identity.victim} may be known to {known_to} as well. {whom_to_ask(known_to)}"
    elif known_to.pointer_policy == PointerPolicy.LIAISON:
        said = f"{identity.victim} may be known to another agency as well. {_liaison_of(identity.agency, known_to)}"
    else:
        return
    officers = User.objects.filter(agency=identity.agency_id, is_active=True)
    IdentityNotice.objects.bulk_create(
        IdentityNotice(identity=identity, person=officer, said=said)
        for officer in officers
        if role_may(officer.role, Permission.READ_IDENTITY_POINTERS)
    )


def _liaison_of(one: Agency, other: Agency) -> str:
    both = (
        TaskForce.objects.running()
        .filter(members=one)
        .filter(members=other)
        .order_by("starts_on", "pk")
        .first()
    )
    return f"{both.liaison or both.name} forwards your question." if both else ""


def whom_to_ask(agency: Agency) -> str:
    contact = agency.contact
    reach = f", {contact.phone or contact.email}" if contact else ""
    return f"Ask {contact}{reach}." if contact else "Ask its administrator."
