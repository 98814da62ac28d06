"""A lead has a new owner: what of it follows, and what the old owner's matching and attaching of it becomes."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies import jobs
from agencies.changes import forget
from agencies.enforcing import keep_within, take_over_grants
from agencies.handovers import Handover
from agencies.models import Agency, User
from agencies.policies import Refused, asks_first
from agencies.retention import Retained
from intel.actions.attaching import announce_on
from intel.actions.logging import MATCH_LEAD
from intel.matching import keeping
from intel.matching.indexing import records_of
from intel.matching.normalise import normalise
from intel.matching.suppression import Silence
from intel.models import CaseLead, CaseSubject, Disclosure, Hit, HitNotice, Lead


def check_can_go(record: Retained, receiver: Agency | None) -> None:
    """What keeps a lead from being handed to another agency, on the side of its owner."""
    if not isinstance(record, Lead):
        return
    if record.basis == Lead.Basis.PARTNER and (codes := asks_first(record)):
        raise Refused(
            f"It was received from another agency under {' and '.join(sorted(codes))}: only that one can let it go."
            " When it has agreed, take the code off and hand it over."
        )
    sides = Q(notice__hit__left__lead=record) | Q(notice__hit__right__lead=record)
    asked = Disclosure.objects.filter(sides, holder=record.agency_id, state=Disclosure.State.ASKED)
    if asked.filter(deadline__gt=timezone.now()).exists():
        raise Refused(
            "A partner asks you to disclose it. Answer that first, under “Requests for disclosure”."
        )
    if _holds_what_its_owner_protects(record, receiver):
        raise Refused(
            "It holds a value that your agency alone protects from linking: at another agency it would link. Have a"
            " partner confirm it for the task force, or take it off the list, under “Protected values”."
        )


def _holds_what_its_owner_protects(lead: Lead, receiver: Agency | None) -> bool:
    """Whether its next owner protects the same is not asked: the answer would tell what that one protects."""
    rules = Silence.over(normalise(record) for _, record in records_of(lead)).rules
    own = {value for rule in rules if rule.entry.agency_id == lead.agency_id for value in rule.values}
    for rule in rules:
        stays = receiver.pk in rule.members if receiver else bool(rule.members)
        if stays or rule.entry.agency_id is None:
            own -= rule.values
    return bool(own)


def follow_lead(record: Retained, handover: Handover, by: User) -> None:
    """Its subjects, identifiers and matching records are the new owner's; what was said of it by the old one is not."""
    if not isinstance(record, Lead):
        return
    giver, receiver = handover.agency, handover.receiver
    record.subjects.update(agency=receiver, updated_at=timezone.now())
    record.identifiers.update(agency=receiver, updated_at=timezone.now())
    record.match_records.update(agency=receiver)
    _lay_down(record)
    _keep_attached(record, giver)
    for subject in record.subjects.filter(subjectgrant__isnull=False).distinct():
        take_over_grants(subject)
        keep_within(subject)
    _tell_anew(record, giver)
    jobs.enqueue(MATCH_LEAD, record.pk)


def _lay_down(lead: Lead) -> None:
    """Nobody of the new owner works on it yet."""
    if lead.status == Lead.Status.ASSIGNED:
        lead.status = Lead.Status.NEW
    lead.assigned_to = None
    lead.save(update_fields=["status", "assigned_to", "updated_at"])


def _keep_attached(lead: Lead, giver: Agency) -> None:
    """What the old owner tied to cases opens the lead to nobody any more: it is another agency's now."""
    leads = CaseLead.objects.filter(lead=lead, agency=giver, agency_private=False)
    subjects = CaseSubject.objects.filter(subject__lead=lead, agency=giver, agency_private=False)
    ties: list[CaseLead | CaseSubject] = [*leads.select_related("case")]
    ties += subjects.select_related("case", "subject")
    for tie in ties:
        tie.agency_private = True
        tie.save(update_fields=["agency_private", "updated_at"])
        announce_on(tie.case, lead if isinstance(tie, CaseLead) else tie.subject)


def _tell_anew(lead: Lead, giver: Agency) -> None:
    """Of each match its two sides learn what they may of who holds the other one now.

    What the old owner was told and judged ends with its side: it may rest on what was disclosed to that agency alone.
    """
    hits = Hit.objects.filter(Q(left__lead=lead) | Q(right__lead=lead)).order_by("pk")
    held = list(
        hits.select_for_update(no_key=True, of=("self",)).select_related("left__subject", "right__subject")
    )
    notices: Any = HitNotice.objects.filter(agency=giver, hit__in=[hit.pk for hit in held])
    sides = {hit.pk: hit.right if hit.left.lead_id == lead.pk else hit.left for hit in held}
    for notice in notices:
        other = sides[notice.hit_id]
        if other.agency_id == giver.pk:
            notice.own_lead_id, notice.own_subject_id = other.lead_id, other.subject_id
            notice.save(update_fields=["own_lead", "own_subject", "updated_at"])
    _end(notices.exclude(hit__in=[pk for pk, other in sides.items() if other.agency_id == giver.pk]))
    keeping.tell([], held)


def _end(notices: QuerySet[HitNotice, HitNotice]) -> None:
    """The feeds that hold them, or a request that came of one, get tombstones."""
    gone = set(notices.values_list("pk", flat=True))
    forget(Disclosure, set(Disclosure.objects.filter(notice__in=gone).values_list("pk", flat=True)))
    forget(HitNotice, gone)
    notices.delete()
