"""Alarms and canaries as they read: about whom, of what. As many queries as there are kinds of record."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.apps import apps

from agencies.alarms import Alarm, Canary
from agencies.models import User
from agencies.presenters import noun
from agencies.visibility import Shareable


@dataclass(frozen=True, slots=True)
class CanaryLine:
    """A canary and the record that it is, where the gate shows that to the reader."""

    canary: Canary
    record: Shareable | None
    noun: str


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm, and of which record if it is about one."""

    alarm: Alarm
    record: Shareable | None
    noun: str


def canary_lines(canaries: Sequence[Canary], reader: User) -> list[CanaryLine]:
    records = _records(canaries, reader)
    return [CanaryLine(each, records.get(each.object_id), noun(each.kind)) for each in canaries]


def alarm_lines(alarms: Sequence[Alarm], reader: User) -> list[AlarmLine]:
    records = _records([alarm.canary for alarm in alarms if alarm.canary], reader)
    return [
        AlarmLine(
            alarm,
            records.get(alarm.canary.object_id) if alarm.canary else None,
            noun(alarm.canary.kind) if alarm.canary else "",
        )
        for alarm in alarms
    ]


def _records(canaries: Iterable[Canary], reader: User) -> dict[uuid.UUID, Shareable]:
    by_kind: dict[str, set[uuid.UUID]] = defaultdict(set)
    for canary in canaries:
        by_kind[canary.kind].add(canary.object_id)
    found: dict[uuid.UUID, Shareable] = {}
    for kind, pks in by_kind.items():
        model = apps.get_model(kind)
        assert issubclass(model, Shareable)
        found |= {row.pk: row for row in model.objects.visible_to(reader).filter(pk__in=pks)}
    return found
