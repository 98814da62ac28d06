"""How far matching is with a lead, what it compared, and what it did not for being too common. Owner's business alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from agencies.acting import as_system
from agencies.jobs import Job
from agencies.models import PointerPolicy, User
from intel.actions.logging import MATCH_LEAD
from intel.matching import suppression
from intel.matching.engine import features_of
from intel.matching.identifiers import KINDS
from intel.models import Identifier, Lead, MatchRecord, Subject


@dataclass(frozen=True, slots=True)
class Matching:
    """What matching made of a lead: `compared` in words, `silent` values that link nothing, and why."""

    compared: list[str]
    silent: list[suppression.Suppressed]
    is_excluded: bool


def matching_stage(lead: Lead) -> str:
    """The state of the lead's newest matching job: "waiting", "running", "done", "failed", or "" before any."""
    job = Job.objects.filter(kind=MATCH_LEAD, object_id=lead.pk).order_by("-created_at").first()
    return job.state if job else ""


def matching_of(lead: Lead, user: User) -> Matching:
    """For the owner of the lead only."""
    return Matching(_compared(lead, user), _silent(lead), lead.pointer_policy == PointerPolicy.EXCLUDED)


@as_system
def _silent(lead: Lead) -> list[suppression.Suppressed]:
    """What links nobody, of what the owner may be told: partners' protection too, as far as they let it be known."""
    records = MatchRecord.objects.filter(lead=lead)
    return suppression.told([features_of(record) for record in records[:50]], lead.agency_id)


def _compared(lead: Lead, user: User) -> list[str]:
    """ "2 names", "1 telephone": what the lead gave the engine to go by."""
    names = Subject.objects.visible_to(user).filter(lead=lead).exclude(name="").count()
    kinds = Identifier.objects.visible_to(user).filter(lead=lead).order_by().values_list("kind", flat=True)
    held = Counter(KINDS[kind].label.lower() for kind in kinds if kind in KINDS and KINDS[kind].links)
    counted = [("name", names)] if names else []
    return [f"{number} × {what}" for what, number in [*counted, *sorted(held.items())]]
