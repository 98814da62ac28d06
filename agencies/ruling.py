"""Making and ending rules that share, and what they do to a record: the share verb, under whoever made the rule."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agencies import actions, agreements, audit, jobs, policies, visibility
from agencies.acting import verb
from agencies.audit import Act
from agencies.changes import announce
from agencies.enforcing import stop_rule
from agencies.guards import circle_of
from agencies.models import Agency, RuledRecord, ShareRule, User
from agencies.permissions import Permission
from agencies.policies import Refused
from agencies.retention import Retained
from agencies.visibility import Level, Shareable, grant_of

SWEEP = "agencies.ruling.sweep_share_rule"
AT_ONCE = 50  # records in one transaction of a sweep
HAND = "Share it by hand"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a rule is to say."""

    name: str
    receiver: Agency
    model: type[Retained]
    level: Level
    reason: str
    handling: str = ""
    about: str = ""
    tag: str = ""
    until: datetime | None = None
    days: int | None = None
    on_existing: bool = False

    def rule(self, by: User) -> ShareRule:
        """The rule as it would be, not kept."""
        return ShareRule(
            agency=policies.check_agency(by.agency), made_by=by, name=self.name.strip(), receiver=self.receiver,
            kind=self.model._meta.label_lower, share_level=self.level, reason=policies.check_reason(self.reason),
            handling=self.handling, about=self.about, tag=self.tag, until=self.until, days=self.days,
            on_existing=self.on_existing,
        )  # fmt: skip


def check_can_make(wish: Wish, by: User) -> None:
    policies.check_may(by, Permission.SHARE_BY_RULE)
    policies.check_agency(by.agency)
    policies.check_partner(wish.receiver, by)
    if wish.level not in wish.model.handed_on:
        raise Refused(f"A {wish.model._meta.verbose_name} cannot be shared at that level.")
    if wish.handling and "handling" not in wish.model.sorted_by:
        raise Refused("Cases carry no code of their own. Go by the kind of case, or by a tag.")
    if not (wish.handling or wish.about or wish.tag):
        raise Refused("Say which records: by handling code, kind or tag. A rule never shares everything.")
    if wish.until and wish.days:
        raise Refused("Choose one: the day on which all ends, or how many days each share lasts.")
    policies.check_future(wish.until)
    if not wish.name.strip():
        raise Refused("Give the rule a name: it stands on each record that it shares.")


def check_rules(rule: ShareRule, by: User) -> None:
    policies.check_may(by, Permission.SHARE_BY_RULE)
    policies.check_owns(rule, by)
    if rule.state == ShareRule.State.ENDED:
        raise Refused("That rule has ended already.")


def check_can_take_over(rule: ShareRule, by: User) -> None:
    check_rules(rule, by)
    if rule.state != ShareRule.State.STOPPED:
        raise Refused("That rule is on; nobody has to take it over.")


@verb
def make_rule(wish: Wish, *, by: User) -> ShareRule:
    """Switch a rule on. It shares what comes to fit from now on; `on_existing`: and what fits already."""
    check_can_make(wish, by)
    rule = wish.rule(by)
    rule.save(force_insert=True)
    if wish.on_existing:
        _begin_sweep(rule)
    else:
        _leave_as_they_are(rule)
    audit.record(
        Act.SWITCHED_ON, rule, by=by, with_agency=str(rule.receiver_id), level=wish.level.label,
        reason=rule.reason, conditions=dict(rule.conditions), existing=rule.on_existing,
    )  # fmt: skip
    return rule


def _leave_as_they_are(rule: ShareRule) -> None:
    fitting = rule.fitting().values_list("pk", flat=True)
    RuledRecord.objects.bulk_create(
        (RuledRecord(rule=rule, object_id=pk) for pk in fitting.iterator()), batch_size=2_000
    )


@verb
def take_over_rule(rule: ShareRule, *, by: User) -> ShareRule:
    """Let a rule that stopped go on, under oneself. What came to fit meanwhile it shares now."""
    rule = _locked(rule)
    check_can_take_over(rule, by)
    policies.check_partner(rule.receiver, by)
    rule.state, rule.made_by, rule.stopped_why = ShareRule.State.ACTIVE, by, ""
    rule.save()
    _begin_sweep(rule)
    audit.record(Act.SWITCHED_ON, rule, by=by, with_agency=str(rule.receiver_id))
    return rule


@verb
def end_rule(rule: ShareRule, *, take_back: bool, reason: str, by: User) -> int:
    """It shares nothing more; `take_back`: and what it shared is gone at this second. How many shares that were.

    The feeds are told, and each share's end is put on record, by the clean-up that follows (`enforcing.end_expired`).
    """
    rule = _locked(rule)
    check_rules(rule, by)
    rule.state, rule.sweeping = ShareRule.State.ENDED, False
    rule.end_reason, rule.ended_by, rule.ended_at = policies.check_reason(reason), by, timezone.now()
    rule.save()
    taken = _take_back(rule) if take_back else 0
    audit.record(
        Act.ENDED, rule, by=by, with_agency=str(rule.receiver_id), reason=rule.end_reason, revoked=taken
    )
    return taken


def _take_back(rule: ShareRule) -> int:
    """With what the receiver passed on since: that ends with the share it came from."""
    grants: Any = rule.model.grant_model()
    given = rule.grants()
    passed_on = Q(via=rule.receiver_id, content_object__in=given.values("content_object"))
    grants._default_manager.filter(passed_on).update(expires_at=rule.ended_at)
    taken: int = given.update(expires_at=rule.ended_at)
    return taken


def _locked(rule: ShareRule) -> ShareRule:
    rows = ShareRule._base_manager.select_for_update(of=("self",))
    found: ShareRule = rows.select_related("receiver", "made_by", "agency").get(pk=rule.pk)
    return found


# --- What a rule does ------------------------------------------------------------------------------------------


def keep_to_rules(record: Retained) -> None:
    """Said by every verb that logs, opens or edits a record, in its transaction: its agency's rules act on it."""
    rules = ShareRule._base_manager.filter(
        agency=record.agency_id, kind=record._meta.label_lower, state=ShareRule.State.ACTIVE
    )
    for rule in rules.select_related("receiver", "made_by__agency", "agency").order_by("created_at"):
        fits = rule.fitting().filter(pk=record.pk).exists()
        settled = RuledRecord.objects.filter(rule=rule, object_id=record.pk)
        if not fits:
            _let_go(rule, record, settled)
        elif not settled.exists():
            _act(rule, record)
        elif why := _needs_a_person(record):
            _withdraw(rule, record, why)


def change_rules(record: Retained) -> None:
    """It has a new owner: what the former one's rules shared are shares like any other, and the new one's rules act."""
    grants: Any = type(record).grant_model()
    grants._base_manager.filter(content_object=record).update(rule=None)
    RuledRecord.objects.filter(object_id=record.pk).delete()
    keep_to_rules(record)


def _act(rule: ShareRule, record: Retained) -> None:
    if not rule.acts:
        return
    if not rule.made_by.may(Permission.SHARE_BY_RULE):
        stop_rule(rule)
        return
    if _left_to_people(rule, record):
        return
    try:
        with transaction.atomic():
            actions.share(
                record, agency=rule.receiver, level=Level(rule.share_level), reason=rule.reason, by=rule.made_by,
                expires_at=rule.shares_end, rule=rule,
            )  # fmt: skip
    except Refused:
        return  # somebody was faster; its page says what a rule leaves, and why
    RuledRecord.objects.bulk_create([RuledRecord(rule=rule, object_id=record.pk)], ignore_conflicts=True)


def _let_go(rule: ShareRule, record: Retained, settled: Any) -> None:
    """It fits no longer: what the rule shared of it ends, and when it fits again the rule speaks again."""
    if settled.delete()[0]:
        _withdraw(rule, record, f"It no longer fits the rule “{rule.name}”.")


def _withdraw(rule: ShareRule, record: Retained, why: str) -> None:
    held = grant_of(record, rule.receiver)
    if held is None or held.rule_id != rule.pk:
        return
    for agency in visibility.revoke(record, rule.receiver):
        agreements.ended(record, agency)
        audit.record(Act.REVOKED, record, by=rule.made_by, with_agency=str(agency.pk), reason=why)
        announce(record, to=agency, with_dependants=True)


def why_not(rule: ShareRule, record: Retained) -> str:
    """Why a rule leaves this record as it is; empty where it shares it."""
    if why := _left_to_people(rule, record):
        return why
    try:
        policies.check_can_share(record, rule.receiver, Level(rule.share_level), rule.made_by)
    except Refused as refusal:
        return str(refusal)
    return ""


def _left_to_people(rule: ShareRule, record: Retained) -> str:
    """What somebody decided on the record stands, and a rule never decides what needs a person to."""
    held = grant_of(record, rule.receiver)
    if held is not None:
        return f"They have it already: {held.level.label.lower()}."
    for part, _ in agreements.handed_on(record, Level(rule.share_level)):
        if why := _needs_a_person(part):
            return why if part == record else "What they would read with it needs a person to decide."
    return ""


def _needs_a_person(part: Shareable) -> str:
    if circle_of(part).named is not None:
        return f"Only named people may open it. {HAND}."
    if "H3" in part.handling_codes():
        return f"It carries H3: somebody has to read its condition. {HAND}."
    if isinstance(part, Retained) and part.is_of_victims:
        return f"It speaks of victims or witnesses. {HAND}."
    return ""


# --- Existing records --------------------------------------------------------------------------------------------


def _begin_sweep(rule: ShareRule) -> None:
    rule.sweeping, rule.swept_to = True, None
    rule.save()
    jobs.enqueue(SWEEP, rule.pk)


@shared_task
def sweep_share_rule(job_id: str) -> None:
    """Here and not among the tasks, which stand below the verbs: it shares by one."""
    jobs.perform(job_id, sweep)


def sweep(pk: uuid.UUID) -> None:
    """Let a rule act on the next of the existing records; as often as is needed, each time a transaction of its own."""
    rule = _locked(ShareRule(pk=pk))
    if not rule.sweeping or not rule.acts:
        return
    rows = rule.unsettled().filter(pk__gt=rule.swept_to) if rule.swept_to else rule.unsettled()
    records = list(rows.select_for_update(of=("self",)).order_by("pk")[:AT_ONCE])
    for record in records:
        _act(rule, record)
    if len(records) == AT_ONCE and rule.state == ShareRule.State.ACTIVE:
        rule.swept_to = records[-1].pk
        jobs.enqueue(SWEEP, rule.pk)
    else:
        rule.sweeping = False
    rule.save(update_fields=["swept_to", "sweeping"])
