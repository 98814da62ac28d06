"""The verbs of review: keep a record with a new reason, hold it for a court, let go of that, or purge it."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from django.utils import timezone

from agencies import audit, policies, purging
from agencies.acting import verb
from agencies.audit import Act
from agencies.models import Agency, PurgeCertificate, PurgeNotice, User
from agencies.permissions import Permission
from agencies.policies import NotPermitted, Refused
from agencies.retention import Retained, review_day
from agencies.visibility import Level, can

R = TypeVar("R", bound=Retained)


def check_may_review(record: Retained, by: User) -> None:
    policies.check_may(by, Permission.REVIEW)
    policies.check_owns(record, by)
    if record.review_on is None:
        raise Refused("What is published is not reviewed: it is kept as long as its publisher keeps it.")


def check_can_validate(record: Retained, by: User) -> None:
    check_may_review(record, by)
    if record.submitter_id == by.pk:
        raise NotPermitted("You submitted it yourself. Another supervisor of your agency reviews it.")


def check_until(record: Retained, until: date) -> None:
    latest = review_day(record.agency, of_victims=record.is_of_victims)
    if until <= timezone.localdate():
        raise Refused("The next review must lie in the future.")
    if until > latest:
        raise Refused(f"It can be kept until {latest:%-d %B %Y} at most. Choose that day or an earlier one.")


@verb
def validate(record: R, *, reason: str, until: date, by: User) -> R:
    """Keep it until the next review, for a reason that says why it is still needed."""
    record = _locked(record)
    check_can_validate(record, by)
    check_until(record, until)
    reason = policies.check_reason(reason)
    was = record.review_on
    _set(record, review_on=until)
    audit.record(Act.VALIDATED, record, by=by, reason=reason, until=until.isoformat(), was=str(was))
    return record


def check_can_hold(record: Retained, by: User) -> None:
    check_may_review(record, by)
    if record.is_held:
        raise Refused("It is under legal hold already.")


@verb
def hold(record: R, *, reason: str, by: User) -> R:
    """Keep it from being purged, by anybody and by the clock, until a second supervisor lifts that."""
    record = _locked(record)
    check_can_hold(record, by)
    reason = policies.check_reason(reason)
    _set(record, held_at=timezone.now(), held_by=by, hold_reason=reason)
    audit.record(Act.HELD, record, by=by, reason=reason)
    return record


def check_can_lift(record: Retained, by: User) -> None:
    check_may_review(record, by)
    if not record.is_held:
        raise Refused("It is under no legal hold.")
    if record.held_by_id == by.pk:
        raise NotPermitted("You put the hold on it. A second supervisor of your agency lifts it.")


@verb
def lift_hold(record: R, *, reason: str, by: User) -> R:
    record = _locked(record)
    check_can_lift(record, by)
    reason = policies.check_reason(reason)
    _set(record, held_at=None, held_by=None, hold_reason="")
    audit.record(Act.HOLD_LIFTED, record, by=by, reason=reason)
    return record


def check_can_purge(record: Retained, by: User) -> None:
    check_may_review(record, by)
    if record.is_held:
        raise Refused("It is under legal hold. A second supervisor must lift that before it can be purged.")


@verb
def purge(record: Retained, *, reason: str, by: User) -> PurgeCertificate:
    """Remove it for good, with everything that hangs on it. There is no way back."""
    record = _locked(record)
    check_can_purge(record, by)
    reason = policies.check_reason(reason)
    return purging.purge(record, ground=PurgeCertificate.Ground.DECIDED, reason=reason, by=by)


@verb
def acknowledge(notice: PurgeNotice, *, by: User) -> None:
    """Say for one's agency that no copy of what a partner purged is left with it."""
    if notice.agency_id != by.agency_id or not can(by, Level.OWN, notice):
        raise NotPermitted("Your agency was not told of that.")
    if notice.acknowledged_at is None:
        notice.acknowledged_by, notice.acknowledged_at = by, timezone.now()
        notice.save(update_fields=["acknowledged_by", "acknowledged_at", "updated_at"])
        audit.record(Act.ANSWERED, notice, by=by)


@verb
def choose_review_years(*, agency: Agency, years: int, victims: int, by: User) -> None:
    """How long new and newly validated records may be kept. Dates that stand are left: nothing is purged by surprise."""
    policies.check_manages(agency, by)
    was = [agency.review_years, agency.review_years_victims]
    agency.review_years, agency.review_years_victims = years, victims
    agency.save(update_fields=["review_years", "review_years_victims"])
    audit.record(Act.EDITED, agency, by=by, review_years=[years, victims], was=was)


def _locked(record: R) -> R:
    rows: Any = type(record)._default_manager.select_for_update(of=("self",))
    found: R | None = rows.filter(pk=record.pk).first()
    if found is None:
        raise Refused("It was purged in the meantime.")
    return found


def _set(record: Retained, **values: object) -> None:
    """Without touching `updated_at`: its content is what it was, and an open form of it is still good."""
    type(record)._default_manager.filter(pk=record.pk).update(**values)
    for name, value in values.items():
        setattr(record, name, value)
