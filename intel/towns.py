"""Towns for whoever plans an operation: the shipped gazetteer, asked for the parts of an address."""

from __future__ import annotations

import re

from cases.places import MOST_FOUND, Found
from intel.extraction.gazetteer import Place, countries, country_names, places_named, states
from intel.extraction.words import fold


def towns_in(address: str) -> list[Found]:
    """The towns that an address may name, those in a country or state that it names too first, then the largest."""
    parts = [fold(part.strip()) for part in re.split(r"[,;\n]", address) if part.strip()]
    named = {countries()[part] for part in parts if part in countries()}
    named |= {states()[part] for part in parts if part in states()} | {part.upper() for part in parts}
    towns = [place for part in parts for place in places_named(_without_code(part))]
    towns.sort(key=lambda place: (not {place.country, place.admin1} & named, -place.population))
    return [Found(_label(place), f"{place.lat}, {place.lon}") for place in towns[:MOST_FOUND]]


def _without_code(part: str) -> str:
    """ "0150 oslo" and "new york 10001" without their postcodes."""
    return " ".join(word for word in part.split() if not any(char.isdigit() for char in word))


def _label(place: Place) -> str:
    state = f", {place.admin1}" if place.country == "US" else ""
    return f"{place.name}{state}, {country_names().get(place.country, place.country)}"
