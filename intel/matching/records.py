"""What the engine compares: one side of a pair, as one agency's file describes it. No database here."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Kind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"
    VEHICLE = "vehicle"
    VESSEL = "vessel"
    PLACE = "place"
    ACCOUNT = "account"
    LOOSE = "loose"  # identifiers of a lead that nobody has tied to a subject yet: no name, no birth


@dataclass(frozen=True, slots=True, order=True)
class DateSpan:
    """The days a birth can have happened on, both ends included. A full date is a span of one day."""

    earliest: date
    latest: date

    def __post_init__(self) -> None:
        if self.latest < self.earliest:
            raise ValueError(f"a span cannot end ({self.latest}) before it begins ({self.earliest})")

    @classmethod
    def of_year(cls, year: int) -> DateSpan:
        return cls(date(year, 1, 1), date(year, 12, 31))

    @classmethod
    def of_age(cls, age: int, on: date) -> DateSpan:
        """Someone aged 21 on 2009-02-05 was born between 1987-02-06 and 1988-02-05."""
        return cls(_years_before(on, age + 1) + timedelta(days=1), _years_before(on, age))

    @property
    def days(self) -> int:
        return (self.latest - self.earliest).days + 1

    def gap_to(self, other: DateSpan) -> int:
        """Days between the two spans; 0 when they overlap."""
        return max(0, (self.earliest - other.latest).days, (other.earliest - self.latest).days)

    def __str__(self) -> str:
        if self.days == 1:
            return self.earliest.isoformat()
        if (self.earliest.month, self.earliest.day, self.latest.month, self.latest.day) == (1, 1, 12, 31):
            years = {self.earliest.year, self.latest.year}
            return "-".join(str(year) for year in sorted(years))
        return f"{self.earliest.isoformat()} to {self.latest.isoformat()}"


def _years_before(day: date, years: int) -> date:
    year = day.year - years
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


@dataclass(frozen=True, slots=True)
class Record:
    """One subject (or the loose identifiers of one lead), in the words of the file that holds it.

    `identifiers` are (kind, normalised value); `nationalities` are ISO 3166-1 alpha-2; `listed` marks an entry
    of a reference list (sanctions, notices), whose chance of being met is judged on the length of that list.
    `places` are where someone was; `streets`, `postcodes`, `regions` are parts of addresses in those.
    `given_names` and `surnames` are the words of one name whose parts the file keeps in columns of their own.
    """

    kind: Kind
    name: str = ""
    aliases: tuple[str, ...] = ()
    births: tuple[DateSpan, ...] = ()
    sex: str = ""
    nationalities: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    role: str = ""
    birth_places: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    occupations: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    reported_on: date | None = None
    listed: bool = False
    given_names: tuple[str, ...] = ()
    surnames: tuple[str, ...] = ()
