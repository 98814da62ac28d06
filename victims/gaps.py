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
    ours: int
    services: int


@as_system
def gaps_for(viewer: Any) -> list[Gap]:
    """By country and need: how many people have that need on record and no provider that accepted it.

    Told is what holds for `SUPPRESS_BELOW` people or more of other agencies, rounded. The reader's own stand beside it: if they
    were in that number, registering one after the other would find where it jumps, and so the others' to the very person.
    """
    own = getattr(viewer, "sees_as", None)
    if own is None or not viewer.may(Permission.READ_GAPS):
        return []
    partners = Agency.objects.partners_of(own)
    others, ours = Counter(_unmet(partners)), Counter(_unmet(Agency.objects.filter(pk=own.pk)))
    listed = Counter(Service.objects.listed_for(viewer).on_offer().values_list("provider__country", "kind"))
    found = [
        Gap(place, Victim.Need(need).label, number - number % STEP, ours[place, need], listed[place, need])
        for (place, need), number in others.items()
        if number >= settings.SUPPRESS_BELOW
    ]
    return sorted(found, key=lambda gap: (-gap.at_least, gap.country, gap.need))


def _unmet(agencies: Any) -> Iterator[tuple[str, str]]:
    """(country, need), once for each person who has it."""
    victims = Victim.objects.filter(agency__in=agencies.values("pk"))
    met = set(Referral.objects.filter(victim__in=victims, state__in=MET).values_list("victim_id", "need"))
    for pk, country, needs in victims.values_list("pk", "agency__country", "needs"):
        yield from ((country, need) for need in needs if (pk, need) not in met)
