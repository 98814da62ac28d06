"""Places on the globe: how far apart two lie, which others can be near at all, and what a person may type for one.

The great-circle distance is the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68(2),
1984, p. 159) on a sphere of the earth's mean radius R1 (H. Moritz, "Geodetic Reference System 1980"). The earth being
flattened, that is up to 0.56 % more than the way along the ellipsoid; `reaches` allows for it, so that nothing near is missed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

EARTH_RADIUS_M = 6_371_008.8
FLATTENED = 1.0056
METRES_A_DEGREE = math.pi * EARTH_RADIUS_M / 180


@dataclass(frozen=True, slots=True)
class Point:
    """In degrees: north and east are positive."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees within which everything nearer than some distance lies. `west` > `east` where it crosses the date line."""

    south: float
    north: float
    west: float
    east: float

    @property
    def crosses_date_line(self) -> bool:
        return self.west > self.east


def distance(one: Point, other: Point) -> float:
    """Metres along the great circle."""
    north, east = (
        math.radians(other.latitude - one.latitude),
        math.radians(other.longitude - one.longitude),
    )
    across = math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude))
    square = math.sin(north / 2) ** 2 + across * math.sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, square)))


def reaches(one: Point, other: Point, metres: float) -> bool:
    """Are they surely or perhaps no further apart than that?"""
    return distance(one, other) <= metres * FLATTENED


def box_round(point: Point, metres: float) -> Box:
    """The smallest box of degrees that leaves out nothing within that distance; near a pole all longitudes."""
    up = metres * FLATTENED / METRES_A_DEGREE
    south, north = point.latitude - up, point.latitude + up
    if south <= -90 or north >= 90:
        return Box(max(-90.0, south), min(90.0, north), -180.0, 180.0)
    aside = math.degrees(
        math.asin(min(1.0, math.sin(math.radians(up)) / math.cos(math.radians(point.latitude))))
    )
    if aside >= 180:
        return Box(south, north, -180.0, 180.0)
    return Box(south, north, _turned(point.longitude - aside), _turned(point.longitude + aside))


def _turned(longitude: float) -> float:
    return (longitude + 180) % 360 - 180


def snapped(point: Point, metres: float) -> Point:
    """The middle of the field of a coarse grid in which the point lies: nobody learns of a place more finely than that."""
    rows = metres / METRES_A_DEGREE
    latitude = max(-90.0, min(90.0, (math.floor(point.latitude / rows) + 0.5) * rows))
    columns = rows / max(math.cos(math.radians(latitude)), 0.01)
    return Point(latitude, _turned((math.floor(point.longitude / columns) + 0.5) * columns))


# --- What people type -------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"^\s*([+-]?\d{1,3}(?:[.,]\d+)?)\s*[,;\s]\s*([+-]?\d{1,3}(?:[.,]\d+)?)\s*$")
_ANGLE = r"(\d{1,3})\s*°\s*(?:(\d{1,2}(?:\.\d+)?)\s*['′]\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|'')\s*)?)?"
_MARKED = re.compile(rf"^\s*{_ANGLE}([NS])\s*[,;\s]?\s*{_ANGLE}([EW])\s*$", re.IGNORECASE)
_LETTERED = re.compile(
    r"^\s*(\d{1,2}(?:\.\d+)?)\s*([NS])\s*[,;\s]?\s*(\d{1,3}(?:\.\d+)?)\s*([EW])\s*$", re.IGNORECASE
)
HOW = "Write latitude and longitude, for example 59.9139, 10.7522 or 59°54'50\"N 10°45'8\"E."


def read_coordinates(text: str) -> tuple[Decimal, Decimal]:
    """Latitude and longitude as typed; raises `ValueError` with a sentence that says what is wrong."""
    latitude, longitude = _read(text)
    if not -90 <= latitude <= 90:
        swapped = -180 <= latitude <= 180 and -90 <= longitude <= 90
        hint = " Latitude comes first: are the two swapped?" if swapped else ""
        raise ValueError(f"The latitude lies between -90 and 90, not at {latitude.normalize():f}.{hint}")
    if not -180 <= longitude <= 180:
        raise ValueError(f"The longitude lies between -180 and 180, not at {longitude.normalize():f}.")
    return latitude.quantize(Decimal("0.000001")), longitude.quantize(Decimal("0.000001"))


def _read(text: str) -> tuple[Decimal, Decimal]:
    if found := _PLAIN.match(text):
        latitude, longitude = (Decimal(part.replace(",", ".")) for part in found.groups())
        return latitude, longitude
    if found := _LETTERED.match(text):
        north, half, east, side = found.groups()
        return _signed(Decimal(north), half), _signed(Decimal(east), side)
    if found := _MARKED.match(text):
        *north, half, d, m, s, side = found.groups()
        return _signed(_degrees(*north), half), _signed(_degrees(d, m, s), side)
    raise ValueError(f"That is no place on the map. {HOW}")


def _degrees(whole: str, minutes: str | None, seconds: str | None) -> Decimal:
    m, s = Decimal(minutes or 0), Decimal(seconds or 0)
    if m >= 60 or s >= 60:
        raise ValueError("Minutes and seconds of an angle are less than 60.")
    return Decimal(whole) + m / 60 + s / 3600


def _signed(value: Decimal, side: str) -> Decimal:
    return -value if side.upper() in "SW" else value
