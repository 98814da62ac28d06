"""The verbs on victims' pseudonymous records."""

from __future__ import annotations

from typing import Any

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import check_agency, check_may, check_owns, check_unchanged
from victims.models import Victim


@verb
def register_victim(*, by: User, **fields: Any) -> Victim:
    """Make a pseudonymous record: age band, languages, needs, urgency. No name is asked for or kept."""
    check_may(by, Permission.REGISTER_VICTIMS)
    victim = Victim.objects.create(agency=check_agency(by.agency), registered_by=by, **fields)
    audit.record(Act.REGISTERED, victim, by=by)
    return victim


@verb
def update_victim(victim: Victim, *, version: str, by: User, **fields: Any) -> Victim:
    """Change needs, languages, age band or urgency. Raises `EditConflict` if somebody was faster."""
    victim = Victim.objects.select_for_update().get(pk=victim.pk)
    check_may(by, Permission.REGISTER_VICTIMS)
    check_owns(victim, by)
    check_unchanged(victim, version)
    for name, value in fields.items():
        setattr(victim, name, value)
    victim.save()
    audit.record(Act.EDITED, victim, by=by, fields=sorted(fields))
    return victim
