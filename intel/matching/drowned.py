"""Identifiers that one agency alone made too common to be sought by key: the few records of others are found here.

A key that too many records hold is not read at all (`keytable`). Without this, whoever logs a number often enough would
hide it from everybody.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.db.models import Q

from intel.matching.sides import Side
from intel.matching.suppression import Silence, Spoken, spoken
from intel.models import Identifier, MatchRecord


def candidates(own: Mapping[int, Side], silence: Silence, *, earlier: bool) -> list[tuple[int, int]]:
    """Pairs of numbers, own first, that share such a value and of which neither side is the flooding agency's."""
    sought: dict[Spoken, list[int]] = {}
    flooded = silence.flooded_by_some() if silence.flooded else frozenset()
    for number, side in own.items() if flooded else ():
        for value in flooded.intersection(spoken(side.features)) - silence.always(side.agency):
            sought.setdefault(value, []).append(number)
    return [
        (mine, other)
        for value, numbers in sought.items()
        for other in _holders(value, silence)
        for mine in numbers
        if mine != other and not (earlier and other > mine)
    ]


def _holders(value: Spoken, silence: Silence) -> list[int]:
    """The records of agencies that do not flood the value; no more than a key may have."""
    flooding = [agency for agency, values in silence.flooded.items() if value in values]
    written = Identifier.objects.filter(kind=value[0], value=value[1]).exclude(agency__in=flooding)
    sides = list(written.values_list("lead_id", "subject_id")[: settings.MATCHING_HOT_KEY_CAP])
    wanted = Q(pk__in=[])
    for lead, subject in sides:
        wanted |= Q(lead=lead, subject=subject)
    return list(MatchRecord.objects.filter(wanted).values_list("number", flat=True)) if sides else []
