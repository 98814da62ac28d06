from __future__ import annotations

from typing import Any

from agencies import audit
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import User
from agencies.policies import Refused, check_reason
from intel import policies
from intel.models import Lead


@verb
def assign_lead(lead: Lead, *, to: User, by: User) -> Lead:
    """Give the lead to a person of one's own agency to look into."""
    if to.agency_id != by.agency_id or not to.is_active:
        raise Refused("Choose a person of your own agency.")
    return _decide(lead, Lead.Status.ASSIGNED, Act.ASSIGNED, by=by, assigned_to=to)


@verb
def accept_lead(lead: Lead, *, by: User, reason: str = "") -> Lead:
    return _decide(lead, Lead.Status.ACCEPTED, Act.ACCEPTED, by=by, decision_reason=reason.strip())


@verb
def reject_lead(lead: Lead, *, reason: str, by: User) -> Lead:
    return _decide(lead, Lead.Status.REJECTED, Act.REJECTED, by=by, decision_reason=check_reason(reason))


def _decide(lead: Lead, status: str, act: Act, *, by: User, **fields: Any) -> Lead:
    lead = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    policies.check_can_triage(lead, status, by)
    lead.status = status
    for name, value in fields.items():
        setattr(lead, name, value)
    lead.save(update_fields=["status", "updated_at", *fields])
    facts = {name: str(getattr(value, "pk", value)) for name, value in fields.items()}
    audit.record(act, lead, by=by, **facts)
    return lead
