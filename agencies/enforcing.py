"""Ending what lies beyond the agreements: at once when one ends or narrows, on the day it begins or runs out, with a code."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from agencies import agreements, audit, visibility
from agencies.audit import Act
from agencies.changes import announce
from agencies.models import Agency, Agreement, ShareRule
from agencies.permissions import Permission
from agencies.visibility import Shareable


def keep_to_what_holds(agreement: Agreement) -> None:
    """End the grants that are beyond the ceilings now. Each is audited with its owner and told to the other's feed."""
    if agreement.partner is not None:
        others = [agreement.partner]
    else:
        others = list(
            Agency.objects.filter(task_forces=agreement.task_force_id).exclude(pk=agreement.agency_id)
        )
    for other in others:
        for each in agreements.beyond(agreement.agency, other):
            end_share(each)
        agreements.end_with(agreement.agency, other)
        for party in (agreement.agency, other):
            agreements.close_beyond(party)
    Agreement.objects.filter(pk=agreement.pk).update(kept_on=timezone.localdate())
    agreements.changed(agreement)


@transaction.atomic
def keep_to_agreements() -> None:
    """Agreements that began or ran out since they were last looked at: end what lies beyond the ceilings now."""
    for agreement in Agreement.objects.due().select_for_update(skip_locked=True, of=("self",)):
        keep_to_what_holds(agreement)


@transaction.atomic
def end_expired() -> None:
    """Take away the grants whose time is over, and what was passed on from them; tell the feeds."""
    for obj, agency, rule in visibility.take_expired():
        agreements.ended(obj, agency)
        if rule is not None and rule.ended_at is not None:
            _by_rule(rule, obj, agency)
        announce(obj, to=agency, with_dependants=True)
        for third in visibility.revoke(obj, agency):
            _end(obj, third, "The share that it was passed on from is over.")


def _by_rule(rule: ShareRule, obj: Shareable, agency: Agency) -> None:
    """A rule ended and took back what it had shared: each share stands on record as revoked, by who ended the rule."""
    facts = {"with_agency": str(agency.pk), "reason": rule.end_reason, "rule": str(rule.pk)}
    audit.record(Act.REVOKED, obj, by=rule.ended_by or agreements.ByAgreement(obj.agency_id), **facts)


def stop_rules() -> None:
    """Stop the rules whose makers may not make any: nobody answers for what such a rule would share from now on."""
    running = ShareRule._base_manager.filter(state=ShareRule.State.ACTIVE)
    for rule in running.select_related("agency", "made_by"):
        if not rule.made_by.may(Permission.SHARE_BY_RULE):
            stop_rule(rule)


def stop_rule(rule: ShareRule) -> None:
    """It shares nothing more until a supervisor takes it over. What it shared stays: others rely on it."""
    rule.state = ShareRule.State.STOPPED
    rule.stopped_why = f"{rule.made_by}, who made it, may not make rules any more."
    rule.save()
    audit.record(Act.STOPPED, rule, by=agreements.ByAgreement(rule.agency_id, says="Taskforce"),
                 reason=rule.stopped_why)  # fmt: skip


def end_shares_beyond(obj: Shareable) -> None:
    """End the shares that an agreement no longer covers, now that the record carries a stricter code."""
    for each in agreements.beyond_of(obj):
        end_share(each)
    agreements.close_beyond(obj.agency, obj)


def take_over_grants(obj: Shareable) -> None:
    """Its new owner needs no grant, and what it passed on is from now on its own share."""
    grants: Any = type(obj).grant_model()
    held = grants._base_manager.filter(content_object=obj)
    held.filter(group_id=obj.agency.group_id).delete()
    held.filter(via_id=obj.agency_id).update(via=None)


def keep_within(obj: Shareable) -> None:
    """`obj` has a new owner: the shares of it stay that this one could have given, as long as it could; others end."""
    partners = set(Agency.objects.partners_of(obj.agency).values_list("pk", flat=True))
    for each in visibility.every_way_in(obj):
        if each.revocable and each.agency.pk not in partners:
            end_share(
                agreements.Beyond(
                    obj, each.agency, f"{obj.agency}, who owns it now, does not work with them."
                )
            )
        elif each.revocable:
            agreements.end_with(obj.agency, each.agency)
    end_shares_beyond(obj)


def end_share(beyond: agreements.Beyond) -> None:
    """Take a grant away that is beyond what was agreed, and what was passed on from it."""
    for each in visibility.revoke(beyond.obj, beyond.agency):
        _end(beyond.obj, each, beyond.why)


def _end(obj: Shareable, agency: Agency, why: str) -> None:
    agreements.ended(obj, agency)
    actor = agreements.ByAgreement(obj.agency_id)
    audit.record(Act.REVOKED, obj, by=actor, with_agency=str(agency.pk), reason=why)
    announce(obj, to=agency, with_dependants=True)
