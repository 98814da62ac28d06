"""Alarms as they read: about whom, of what, and whether the reader may settle them."""

from __future__ import annotations

from dataclasses import dataclass

from agencies import canaries
from agencies.alarms import Alarm, record_of
from agencies.models import User
from agencies.policies import allows
from agencies.presenters import noun
from agencies.visibility import Shareable


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm as it reads: about whom, of which record where the gate shows that, and whether the reader settles it."""

    alarm: Alarm
    record: Shareable | None
    noun: str
    may_settle: bool


def alarm_lines(alarms: list[Alarm], reader: User) -> list[AlarmLine]:
    return [
        AlarmLine(
            alarm,
            record_of(alarm.canary, reader) if alarm.canary else None,
            noun(alarm.canary.kind) if alarm.canary else "",
            allows(canaries.check_can_settle, alarm, reader),
        )
        for alarm in alarms
    ]
