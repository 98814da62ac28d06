"""Birth dates as files write them -> the days they can mean. What is impossible in a date is left open, not guessed."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import date

from intel.matching.records import DateSpan
from intel.matching.vocabulary import fold

_MONTHS = {
    prefix: number
    for number, prefixes in enumerate(
        ["jan ene gen", "feb fev", "mar mrz mae", "apr abr avr", "may mai mag", "jun giu juin", "jul lug juil",
         "aug ago aou", "sep set", "oct okt ott out", "nov", "dec dic dez"], 1,
    )
    for prefix in prefixes.split()
}  # fmt: skip
_TIME = re.compile(r"[t ]\d{1,2}:\d\d.*$")
_ABOUT = re.compile(r"^(?:c|ca|circa|about|abt|approx|born|around|~)\b\.?\s*|[?~]")
_YEARS = re.compile(r"(\d{4})\s*(?:-|/|to|or|and|–)\s*(\d{4})\Z")
_PARTS = re.compile(r"\d+|[a-z]+")
_LAST_YEAR = date.max.year


def read_birth(text: str, *, day_first: bool = True, today: date | None = None) -> DateSpan | None:
    """1956-04-09, 19560409, 9/4/1956, Apr 1956, 1956, 1971-1972 and their like; None for what is no date.

    `day_first` decides 9/4/1956. Two figures are a year of the century before `today`.
    """
    said = _ABOUT.sub("", _TIME.sub("", fold(text.strip()).strip())).strip()
    if years := _YEARS.match(said):
        first, last = sorted(int(year) for year in years.groups())
        return DateSpan(date(first, 1, 1), date(last, 12, 31)) if first else None
    if said.isdigit() and len(said) == 8:
        said = f"{said[:4]}-{said[4:6]}-{said[6:]}"
    found = _year_month_day(_PARTS.findall(said), day_first, today or date.today())  # noqa: DTZ011
    return _span(*found) if found else None


def _year_month_day(parts: list[str], day_first: bool, today: date) -> tuple[int, int, int] | None:
    """0 stands for a part that is not given."""
    named = [_MONTHS.get(part[:4]) or _MONTHS.get(part[:3]) for part in parts if part.isalpha()]
    numbers = [part for part in parts if part.isdigit()]
    month = next((each for each in named if each), 0)
    year_at = next((i for i, part in enumerate(numbers) if len(part) == 4), None)
    if year_at is None:
        if len(numbers) < 2 or len(numbers[-1]) != 2 or not (month or len(numbers) == 3):
            return None
        year, rest = _full_year(int(numbers[-1]), today), [int(part) for part in numbers[:-1]]
    else:
        year, rest = int(numbers[year_at]), [int(part) for i, part in enumerate(numbers) if i != year_at]
    if not 0 < year < _LAST_YEAR or len(rest) > 2 or (named and not month):
        return None
    if month:
        return year, month, rest[0] if rest else 0
    if len(rest) < 2:
        return year, rest[0] if rest else 0, 0
    first, second = rest
    is_month_second = year_at != 0 and (day_first or first > 12) and second <= 12
    return (year, second, first) if is_month_second else (year, first, second)


def _full_year(two_figures: int, today: date) -> int:
    century = today.year // 100 * 100
    return century + two_figures if century + two_figures <= today.year else century - 100 + two_figures


def _span(year: int, month: int, day: int) -> DateSpan:
    """1859-06-70 is some day of June 1859; 1770-81-01 some day of 1770."""
    if not 1 <= month <= 12:
        return DateSpan.of_year(year)
    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        return DateSpan(date(year, month, 1), date(year, month, last))
    return DateSpan(date(year, month, day), date(year, month, day))


def says_day_first(texts: Iterable[str]) -> bool:
    """Whether a column writes 9/4/1956 for 9 April: more of its dates have a number over 12 in front than behind."""
    front = behind = 0
    for text in texts:
        numbers = [int(part) for part in re.findall(r"\d+", text)]
        if len(numbers) >= 3 and numbers[0] <= 31 and numbers[1] <= 31:
            front += numbers[0] > 12
            behind += numbers[1] > 12
    return front >= behind
