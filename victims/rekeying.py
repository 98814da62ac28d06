"""Changing the keys that victims' identities are locked with, while they are read and written.

What a record's fields hold is never opened: its own key is wrapped anew. A run that was cut off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from agencies.acting import as_system
from victims import keyring, sealing
from victims.keyring import KeyProblem
from victims.models import VictimIdentity

AT_ONCE = 200

Told = Callable[[int, int], None]


@as_system
def rotate(told: Told) -> str:
    """Lock every identity with a new key, or finish what an earlier run began; the id of the key. `told`: done, of all."""
    ring = sealing.ring()
    if not VictimIdentity.objects.exclude(key_id=ring.active).exists():
        keyring.save(sealing.ring_file(), ring.with_new_key())
    active = sealing.ring().active
    left = VictimIdentity.objects.exclude(key_id=active).count()
    total = left
    while left:
        _rewrap_some(active)
        left = VictimIdentity.objects.exclude(key_id=active).count()
        told(total - left, total)
    return active


def _rewrap_some(active: str) -> None:
    with transaction.atomic():
        rows = VictimIdentity.objects.exclude(key_id=active).only("pk", "key_id", "wrapped_key")
        for identity in rows.order_by("pk").select_for_update()[:AT_ONCE]:
            sealing.rewrap(identity, sealing.ring())
            # Not `save`: when it was last changed stays as it was.
            VictimIdentity.objects.filter(pk=identity.pk).update(
                key_id=identity.key_id, wrapped_key=identity.wrapped_key
            )


@as_system
@transaction.atomic
def retire(key_id: str) -> None:
    """Take a key out of the ring, for ever; raises while any identity is locked with it."""
    ring = sealing.ring()
    if key_id not in ring.keys:
        raise KeyProblem(f"The ring has no key {key_id}. It has: {', '.join(sorted(ring.keys))}.")
    if key_id == ring.active:
        raise KeyProblem("That key is the active one. Run rotate_victim_keys first.")
    sealing.hold_keys(alone=True)
    if left := VictimIdentity.objects.filter(key_id=key_id).count():
        raise KeyProblem(f"{left} identities are still locked with it. Run rotate_victim_keys first.")
    keyring.save(sealing.ring_file(), sealing.ring().without(key_id))
