from __future__ import annotations

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User
from agencies.permissions import Permission
from agencies.policies import Refused, check_agency, check_may
from agencies.visibility import Level, can
from intel.matching.origins import pair
from intel.models import Lead, OriginMark


@verb
def mark_origin(lead: Lead, other: Lead, *, status: str, by: User) -> OriginMark:
    """Say that two leads trace to one origin, or to independent ones, or (cleared) take that back. Again, it changes
    nothing."""
    check_may(by, Permission.JUDGE_HITS)
    if lead.pk == other.pk:
        raise Refused("That is this lead itself. Name another one.")
    for each in (lead, other):
        if not can(by, Level.VIEW, each):
            raise Refused("That lead is not yours to see.")
    low, high = pair(lead.pk, other.pk)
    mark, _ = OriginMark.objects.select_for_update(of=("self",)).get_or_create(
        agency=check_agency(by.agency), low_id=low, high_id=high,
        defaults={"status": OriginMark.Status.CLEARED, "marked_by": by},
    )  # fmt: skip
    was = mark.status
    if status != was:
        mark.status, mark.marked_by = status, by
        mark.save()
        audit.record(Act.MOVED, mark, by=by, was=was, now=status, leads=[str(low), str(high)])
    return mark
