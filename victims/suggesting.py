"""Which services may help a person: by need, age, place, language and free places, with the reason for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from victims.languages import spelled
from victims.models import Service, Victim

STALE = timedelta(days=7)  # a count of free places that is older says little


@dataclass(slots=True)
class Suggestion:
    service: Service
    why: list[str] = field(default_factory=list)
    but: list[str] = field(default_factory=list)
    weight: int = 0

    def speaks_for(self, sentence: str, weight: int) -> None:
        self.why.append(sentence)
        self.weight += weight

    def speaks_against(self, sentence: str, weight: int) -> None:
        self.but.append(sentence)
        self.weight -= weight


def suggest(
    viewer: Any, *, need: str, age_band: str = "", languages: Sequence[str] = (), place: str = ""
) -> list[Suggestion]:
    """The services of other agencies that meet `need` and take that age, the best fit first."""
    services = Service.objects.listed_for(viewer).on_offer().filter(kind=need).select_related("provider")
    others = services.exclude(provider=viewer.agency_id)
    found = [_weigh(service, languages, place) for service in others if _takes(service, age_band)]
    return sorted(found, key=lambda each: (-each.weight, each.service.provider.name, each.service.title))


def _takes(service: Service, age_band: str) -> bool:
    """Whose age is not known may be a child: a service that takes no children is not for them."""
    if age_band == Victim.AgeBand.UNKNOWN:
        return Victim.AgeBand.CHILD_9_17 in service.age_bands
    return not age_band or age_band in service.age_bands


def _weigh(service: Service, languages: Sequence[str], place: str) -> Suggestion:
    found = Suggestion(service)
    found.speaks_for(f"Gives {service.get_kind_display().lower()}", 0)
    _by_place(found, place)
    _by_language(found, languages)
    _by_capacity(found)
    if service.verified_at is None or service.verified_at < timezone.now() - timedelta(days=180):
        found.speaks_against("Not verified for half a year: ask the desk first", 1)
    return found


def _by_place(found: Suggestion, place: str) -> None:
    wanted = place.strip().casefold()
    if not wanted:
        return
    if near := [
        each for each in found.service.places if wanted in each.casefold() or each.casefold() in wanted
    ]:
        found.speaks_for(f"Serves {near[0]}", 4)
    else:
        found.speaks_against(f"Does not name {place.strip()} among its places", 4)


def _by_language(found: Suggestion, languages: Sequence[str]) -> None:
    if not languages:
        return
    if common := [code for code in languages if code in found.service.languages]:
        found.speaks_for(f"Speaks {' and '.join(spelled(common))}", 3)
    else:
        found.speaks_against("Speaks none of the person's languages: an interpreter is needed", 2)


def _by_capacity(found: Suggestion) -> None:
    free, told = found.service.free_places, found.service.places_updated_at
    if free is None:
        return
    if free == 0:
        found.speaks_against("No free place when last told", 3)
    elif told is not None and told < timezone.now() - STALE:
        found.speaks_for(f"{free} free when last told, more than a week ago", 1)
    else:
        found.speaks_for(f"{free} free place{'s' if free > 1 else ''}", 2)
