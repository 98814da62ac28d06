"""How much one person reads: told to their agency when it is far more than usual, and stopped when it is far too much.

One row for each person, counted up by one statement at each look, so watching costs the same for the first record and
the millionth.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from agencies import agreements, audit
from agencies.alarms import SAYS, Alarm
from agencies.audit import LOOKS, Act, AuditEvent
from agencies.models import Agency, ReadTally
from agencies.visibility import Shareable

REMEMBERS = 0.2  # how much the last day on which somebody read weighs in what is usual for them


class TooManyReads(Exception):
    """The hour's limit is reached. The message is shown to the person."""

    def __init__(self, most: int, wait: int) -> None:
        super().__init__(
            f"You have read as many records within this hour as one account may ({most:,}). Reading goes on in"
            f" {-(-wait // 60)} minutes. If your work needs more, ask your agency's administrator."
        )
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Tally:
    """What somebody read in this hour, before and with this look, and on a usual day."""

    before: int
    reads: int
    usual: float
    told: list[uuid.UUID]


_COUNT = """
    INSERT INTO agencies_readtally AS t (person_id, hour, reads, day, today, usual, told)
    VALUES (%(person)s, %(hour)s, %(reads)s, %(day)s, %(reads)s, NULL, '{}')
    ON CONFLICT (person_id) DO UPDATE SET
        reads = CASE WHEN t.hour = excluded.hour THEN t.reads ELSE 0 END + excluded.reads,
        told = CASE WHEN t.hour = excluded.hour THEN t.told ELSE '{}' END,
        today = CASE WHEN t.day = excluded.day THEN t.today ELSE 0 END + excluded.reads,
        usual = CASE WHEN t.day = excluded.day THEN t.usual
                     ELSE coalesce(t.usual, t.today) * (1 - %(remembers)s) + t.today * %(remembers)s END,
        hour = excluded.hour, day = excluded.day
    RETURNING reads, coalesce(usual, 0), told
"""


def watch(act: Act, rows: Sequence[Shareable], by: Any, facts: dict[str, Any]) -> None:
    """Every look passes here, before anything is shown."""
    now = timezone.now()
    with transaction.atomic(savepoint=False):
        tally = _count(by, len(rows), now)
        most = most_of(by)
        if most and tally.reads > most:
            raise TooManyReads(most, int((_hour(now) + timedelta(hours=1) - now).total_seconds()) + 1)
        if tally.reads > (much := much_for(tally.usual, most)):
            _tell(tally, rows, by, now, is_new=tally.before <= much)


def most_of(by: Any) -> int:
    """How many records an account may read within an hour; 0 for as many as it likes."""
    most: int = settings.CLIENT_READS_PER_HOUR if by.is_service else settings.READS_PER_HOUR
    return most


def much_for(usual: float, most: int) -> int:
    """More than this within an hour is told: what is far from usual, and in any case half of what is allowed."""
    far = max(settings.UNUSUAL_READS, int(settings.UNUSUAL_TIMES * usual))
    return min(far, most // 2) if most else far


def _count(by: Any, reads: int, now: datetime) -> Tally:
    with connection.cursor() as cursor:
        values = {"person": by.pk, "hour": _hour(now), "day": timezone.localdate(now), "reads": reads}
        cursor.execute(_COUNT, values | {"remembers": REMEMBERS})
        total, usual, told = cursor.fetchone()
    return Tally(total - reads, total, usual, told)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _tell(tally: Tally, rows: Sequence[Shareable], by: Any, now: datetime, *, is_new: bool) -> None:
    """One's own agency gets an alarm, once an hour; each owner whose records are read so gets a line in its record."""
    owners = {row.agency_id for row in rows}
    if is_new:
        owners |= _owners_read(by, now)
        _raise_alarm(tally, by)
    else:
        Alarm._base_manager.filter(
            agency=by.agency_id, canary=None, person_id=by.pk, created_at__gte=_hour(now)
        ).update(looks=tally.reads, last_at=now, updated_at=now)
    fresh = owners - {by.agency_id, *tally.told}
    for owner in Agency.objects.filter(pk__in=fresh):
        watcher = agreements.ByAgreement(owner.pk, says=SAYS)
        audit.record(Act.ALARMED, by, by=watcher, people=[str(by.pk)], how=OF_YOURS)
    if fresh:
        ReadTally.objects.filter(person=by.pk).update(told=[*tally.told, *fresh])


OF_YOURS = "read far more records within an hour than they usually do, some of yours among them"


def _owners_read(by: Any, now: datetime) -> set[uuid.UUID]:
    """Whose records were read in this hour before it was too much."""
    looks = AuditEvent.objects.filter(
        agency_id=by.agency_id, at__gte=_hour(now), actor_id=by.pk, act__in=LOOKS
    )
    owners = looks.order_by().values_list("owner_id", flat=True).distinct()
    return {owner for owner in owners if owner is not None}


def _raise_alarm(tally: Tally, by: Any) -> None:
    usual = f"usual is {tally.usual:,.0f} a day" if tally.usual else "nothing is usual for them yet"
    how = f"read far more records within an hour than usual ({usual})"
    alarm = Alarm.objects.create(
        agency=by.agency, how=how, person_id=by.pk, person_name=str(by), person_agency=str(by.agency),
        looks=tally.reads,
    )  # fmt: skip
    watcher = agreements.ByAgreement(by.agency_id, says=SAYS)
    audit.record(Act.ALARMED, alarm, by=watcher, people=[str(by.pk)], how=how, reads=tally.reads)
