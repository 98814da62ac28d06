"""Setting canaries, and telling their keepers at once who looked at one. Whoever looked is told nothing, and nothing slower."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agencies import agreements, audit, guards, policies
from agencies.acting import verb
from agencies.alarms import SAYS, Alarm, Canary
from agencies.audit import Act
from agencies.models import Agency, User
from agencies.permissions import Permission, Role
from agencies.policies import Refused
from agencies.visibility import Level, Shareable, can, lock


def check_may_set(obj: Shareable, by: User) -> None:
    policies.check_may_restrict(obj, by)


def check_keeps(canary: Canary, by: User) -> None:
    """Its keepers alone: to everybody else it is not there."""
    policies.check_may(by, Permission.RESTRICT)
    if not can(by, Level.OWN, canary):
        raise policies.NotPermitted("Only those who keep this canary may do that.")
    if canary.lifted_at is not None:
        raise Refused("That canary was lifted already.")


def kept_by(obj: Shareable, user: User) -> Canary | None:
    """The canary that `obj` is, for those who keep it; to everybody else there is none."""
    found: Canary | None = Canary.objects.visible_to(user).filter(object_id=obj.pk, lifted_at=None).first()
    return found


def possible_keepers(agency_id: uuid.UUID | None) -> Any:
    """Whom one may let know of a canary: the agency's other supervisors."""
    return User.objects.filter(agency=agency_id, role=Role.SUPERVISOR, is_active=True).order_by("name")


@verb
def set_canary(obj: Shareable, *, reason: str, by: User, keepers: Collection[User] = ()) -> Canary:
    """Make a record a canary. `keepers`: the other supervisors who know of it, and are told."""
    lock(obj)
    check_may_set(obj, by)
    reason = policies.check_reason(reason)
    if kept_by(obj, by) is not None:
        raise Refused("You keep this record as a canary already.")
    canary = Canary.objects.create(
        agency_id=obj.agency_id, kind=obj._meta.label_lower, object_id=obj.pk, reason=reason, set_by=by
    )
    _let_know(canary, {by, *keepers}, reason, by)
    audit.record(Act.REGISTERED, canary, by=by, reason=reason, record=_key(canary))
    return canary


@verb
def choose_keepers(canary: Canary, *, keepers: Collection[User], reason: str, by: User) -> None:
    """Change which supervisors know of it. At least one stays, or nobody would be told."""
    check_keeps(canary, by)
    reason = policies.check_reason(reason)
    if not keepers:
        raise Refused("At least one supervisor must keep it, or nobody would be told of a look.")
    _let_know(canary, set(keepers), reason, by)
    named = [str(person.pk) for person in keepers]
    audit.record(Act.RESTRICTED, canary, by=by, reason=reason, named=named, walled=[])


@verb
def lift_canary(canary: Canary, *, reason: str, by: User) -> None:
    """The record is one like any other again. What was alarmed stays on record with those who knew."""
    check_keeps(canary, by)
    reason = policies.check_reason(reason)
    canary.lifted_at = timezone.now()
    canary.save()
    audit.record(Act.REVOKED, canary, by=by, reason=reason, record=_key(canary))


def lift_for_new_owner(obj: Shareable, giver: Agency) -> None:
    """An agency does not watch who opens what is another's. Its keepers read in the audit record that it was lifted."""
    watcher = agreements.ByAgreement(giver.pk, says=SAYS)
    for canary in Canary._base_manager.filter(agency=giver, object_id=obj.pk, lifted_at=None):
        canary.lifted_at = timezone.now()
        canary.save()
        audit.record(
            Act.REVOKED, canary, by=watcher, reason="The record was handed over.", record=_key(canary)
        )


def let_auditor_know(auditor: User, by: User | None) -> None:
    """An auditor who came later reads of the canaries that were set before."""
    for canary in Canary._base_manager.filter(agency=auditor.agency_id):
        people = guards.circle_of(canary).named or []
        guards.admit(canary, named=[*people, auditor], walled=[], by=by, reason=canary.reason)


def _let_know(canary: Canary, keepers: set[User], reason: str, by: User) -> None:
    wrong = [person for person in keepers if person.agency_id != canary.agency_id or person.is_service]
    if wrong or any(person.role != Role.SUPERVISOR for person in keepers):
        raise Refused("Supervisors of your agency keep a canary.")
    auditors = User.objects.filter(agency=canary.agency_id, role=Role.AUDITOR)
    guards.admit(canary, named=[*keepers, *auditors], walled=[], by=by, reason=reason)


def _key(canary: Canary) -> str:
    return f"{canary.kind}:{canary.object_id}"


@verb
def settle_alarm(alarm: Alarm, *, finding: str, by: User) -> None:
    """Say what was found, so that the alarm no longer waits."""
    alarm = Alarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
    check_can_settle(alarm, by)
    alarm.finding, alarm.settled_by, alarm.settled_at = policies.check_reason(finding), by, timezone.now()
    alarm.save()
    audit.record(Act.ANSWERED, alarm, by=by, reason=alarm.finding)


def check_can_settle(alarm: Alarm, by: User) -> None:
    policies.check_may(by, Permission.READ_AUDIT)
    policies.check_owns(alarm, by)
    if alarm.person_id == by.pk:
        raise policies.NotPermitted("It is about you. Somebody else must look into it.")
    if alarm.settled_at is not None:
        raise Refused("Somebody has looked into it already.")


# --- Looks ---------------------------------------------------------------------------------------------------


def watch(act: Act, rows: Sequence[Shareable], by: Any, facts: dict[str, Any]) -> None:
    """Every look passes here. Of the canaries among these rows, or that these rows hang on, the keepers are told."""
    with transaction.atomic(savepoint=False):
        touched = Canary._base_manager.filter(object_id__in=_looked_at(rows), lifted_at=None)
        for canary in touched.exclude(canaryadmission__person=by.pk).select_related("agency"):
            _raise_alarm(canary, _how(act, facts), by)


def _looked_at(rows: Iterable[Shareable]) -> set[uuid.UUID]:
    """The rows, and what each hangs on: who reads a person of a lead has looked at the lead."""
    ids: set[uuid.UUID] = set()
    for row in rows:
        ids.add(row.pk)
        steps = [guard.path for guard in row.guarded_by if "__" not in guard.path]
        ids.update(pk for step in steps if (pk := getattr(row, f"{step}_id")) is not None)
    return ids


HOW = {Act.VIEWED: "opened it", Act.PULLED: "pulled it over the API", Act.EXPORTED: "took it out in a file"}


def _how(act: Act, facts: dict[str, Any]) -> str:
    return "met it in search results" if facts.get("through") == "search" else HOW.get(act, "looked at it")


def _raise_alarm(canary: Canary, how: str, by: Any) -> None:
    """A new alarm, or one more look on the one that waits: reloading a page must not bury the desk."""
    now = timezone.now()
    waiting = Alarm._base_manager.filter(canary=canary, person_id=by.pk, how=how, settled_at=None)
    if not waiting.update(looks=F("looks") + 1, last_at=now, updated_at=now):
        Alarm.objects.create(
            agency=canary.agency, canary=canary, how=how, person_id=by.pk, person_name=str(by),
            person_agency=str(by.agency or ""),
        )  # fmt: skip
    watcher = agreements.ByAgreement(canary.agency_id, says=SAYS)
    audit.record(Act.ALARMED, canary, by=watcher, record=_key(canary), people=[str(by.pk)], how=how)
