"""Who plants operations to find out where others are: every place that is entered or moved is counted, from the audit record.

A few a day are work. Many raise an alarm with the agency's own supervisors and auditors and tell the watch officer; at a
limit the agency enters no more that day. What was found meanwhile the other side was told of too, each time, and as the
plan says that others are told: by one that tells nobody anything only whoever planned it is told, so the count is all there is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from agencies import agreements, audit
from agencies.alarms import SAYS, Alarm
from agencies.audit import Act, AuditEvent
from agencies.models import Agency, TaskForce, User
from agencies.policies import Refused, check_agency
from cases.models import WatchNotice

KINDS = ("cases.operation", "cases.sensitivesite")
MOVES_OF_ONE = 3  # of one operation or place, within a day


def check_may_place(by: User) -> None:
    """Raise where the agency of `by` has entered as many places today as it may. Holds others of it until commit."""
    list(Agency.objects.select_for_update().filter(pk=check_agency(by.agency).pk).values_list("pk"))
    if _placed(by).count() >= settings.DECONFLICTION_MOST:
        raise Refused(
            f"Your agency has entered or moved {settings.DECONFLICTION_MOST} places within a day, as many as it may."
            " Go on tomorrow, or ask whoever runs the installation for more."
        )


def note_placed(row: Any, by: User) -> None:
    """After a place was entered or moved, and is on record: raise an alarm where it is unusual."""
    placed = _placed(by)
    number, of_one = placed.count(), placed.filter(object_id=row.pk).count()
    if number > settings.DECONFLICTION_UNUSUAL:
        _alarm(f"entered or moved more places of operations within a day than usual ({number})", by)
        _tell_watch(by, number)
    elif of_one > MOVES_OF_ONE:
        _alarm(f"moved one operation or place about, {of_one - 1} times within a day", by)


def _placed(by: User) -> Any:
    since = timezone.now() - timedelta(days=1)
    rows = AuditEvent.objects.filter(agency_id=by.agency_id, at__gte=since, kind__in=KINDS)
    return rows.filter(facts__placed=True)


def _alarm(how: str, by: User) -> None:
    """One that waits is brought up to date: the desk of those who look must not fill."""
    now, stem = timezone.now(), how.partition("(")[0].partition(",")[0].strip()
    waiting = Alarm._base_manager.filter(
        agency=by.agency_id, canary=None, person_id=by.pk, settled_at=None, how__startswith=stem
    )
    if waiting.update(how=how, looks=F("looks") + 1, last_at=now, updated_at=now):
        return
    alarm = Alarm.objects.create(
        agency=check_agency(by.agency),
        how=how,
        person_id=by.pk,
        person_name=str(by),
        person_agency=str(by.agency),
    )
    watcher = agreements.ByAgreement(alarm.agency_id, says=SAYS)
    audit.record(Act.ALARMED, alarm, by=watcher, people=[str(by.pk)], how=how)


def _tell_watch(by: User, number: int) -> None:
    says = f"{by.agency} entered or moved {number} places of operations within a day. Ask why."
    of_theirs = TaskForce.objects.running().filter(members=by.agency_id)
    for officer in User.objects.filter(pk__in=of_theirs.values("watch_officer")):
        waiting = WatchNotice.objects.filter(user=officer, about=by.agency_id, seen_at=None)
        if not waiting.update(says=says, created_at=timezone.now()):
            WatchNotice.objects.create(user=officer, about=by.agency, kind=WatchNotice.Kind.MOVES, says=says)
