"""Needs that no provider meets, counted over the agencies of one's task forces: small counts are never told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from agencies.acting import as_system
from agencies.models import Agency
from agencies.permissions import Permission
from victims.models import Referral, Service, Victim

MET = (Referral.State.ACCEPTED, Referral.State.DONE)
STEP = 5  # what is told is rounded down to a multiple of it, so that one person more or less does not show


@dataclass(frozen=True, slots=True)
class Gap:
    country: str
    need: str
    at_least: int
    services: int


@as_system
def gaps_for(viewer: Any) -> list[Gap]:
    """By country and need: how many people have that need on record and no provider that accepted it.

    Told is what holds for `SUPPRESS_BELOW` people or more, also without those of the reader's own agency: else it could
    take its own away and would read of a few of a partner's.
    """
    own = getattr(viewer, "sees_as", None)
    if own is None or not viewer.may(Permission.READ_GAPS):
        return []
    partners = Agency.objects.partners_of(own)
    others = Counter(_unmet(partners))
    everybodys = others + Counter(_unmet(Agency.objects.filter(pk=own.pk)))
    listed = Counter(Service.objects.listed_for(viewer).on_offer().values_list("provider__country", "kind"))
    found = [
        Gap(place, Victim.Need(need).label, number - number % STEP, listed[place, need])
        for (place, need), number in everybodys.items()
        if others[place, need] >= settings.SUPPRESS_BELOW
    ]
    return sorted(found, key=lambda gap: (-gap.at_least, gap.country, gap.need))


def _unmet(agencies: Any) -> Iterator[tuple[str, str]]:
    """(country, need), once for each person who has it."""
    victims = Victim.objects.filter(agency__in=agencies.values("pk"))
    met = set(Referral.objects.filter(victim__in=victims, state__in=MET).values_list("victim_id", "need"))
    for pk, country, needs in victims.values_list("pk", "agency__country", "needs"):
        yield from ((country, need) for need in needs if (pk, need) not in met)
