"""Dates and ages. A day and month that could be swapped are read as the country writes them, and flagged."""

import re
from collections.abc import Iterator
from datetime import date

from intel.extraction.finding import Finding

_MONTHS = (
    "january jan enero janeiro janvier",
    "february feb febrero fevereiro février fevrier",
    "march mar marzo março marco mars",
    "april apr abril avril",
    "may mayo maio mai",
    "june jun junio junho juin",
    "july jul julio julho juillet",
    "august aug agosto août aout",
    "september sep sept septiembre setembro septembre",
    "october oct octubre outubro octobre",
    "november nov noviembre novembro novembre",
    "december dec diciembre dezembro décembre decembre",
)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTH_OF, key=len, reverse=True))})\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d{2})(?![\d-])"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|º|er)?"
_WORDED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w-]){_MONTH} {_DAY}(?:,? | de |, )(?:of )?{_YEAR}",
        rf"(?<![\w-]){_DAY} (?:de |of )?{_MONTH},? (?:de |of )?{_YEAR}",
        rf"(?<![\w-]){_MONTH},? (?:of |de )?{_YEAR}",
    )
)
_ISO = re.compile(r"(?<![\w.-])(?P<year>(?:19|20)\d{2})-(?P<month>\d{2})-(?P<day>\d{2})(?![\w]*-|\d)")
_NUMERIC = re.compile(r"(?<![\w./-])(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)\d{2}|\d{2})(?![\w/-]|[.]\d)")
_BIRTH = re.compile(
    r"(?:\bborn(?: on| in)?|\bd\.?o\.?b\.?|\bdate of birth|\bbirth ?date|\bnacid[oa](?: el)?)[: (]{0,3}\Z",
    re.I,
)
_AGE = re.compile(
    r"(?<![\w.,$-])(?:(?P<a>\d{1,2})[- ]years?[- ]old|aged? (?P<b>\d{1,2})|(?P<c>\d{1,2}) años|"
    r"(?P<d>\d{1,2}) years of age)(?!\w)",
    re.IGNORECASE,
)
_MONTH_FIRST = {"US", "PH", "BZ", "PR", "GU", "FM", "MH", "PW"}


def find_dates(text: str, country: str) -> Iterator[Finding]:
    for match in _ISO.finditer(text):
        yield from _dated(text, match, int(match["year"]), int(match["month"]), int(match["day"]))
    for pattern in _WORDED:
        for match in pattern.finditer(text):
            day = int(match.groupdict().get("day") or 0)
            yield from _dated(text, match, int(match["year"]), _MONTH_OF[match["month"].lower()], day)
    for match in _NUMERIC.finditer(text):
        yield from _numeric(text, match, country)


def find_ages(text: str) -> Iterator[Finding]:
    for match in _AGE.finditer(text):
        years = str(int(next(filter(None, match.groups()))))
        yield Finding("age", match.start(), match.end(), match[0], years, f"aged {years}", 0.8)


def _numeric(text: str, match: re.Match[str], country: str) -> Iterator[Finding]:
    first, separator, second, written = match.groups()
    if len(written) == 2 and separator != "/":
        return
    year = int(written) if len(written) == 4 else _century(int(written))
    a, b = int(first), int(second)
    day, month = (b, a) if (country in _MONTH_FIRST and separator != ".") or b > 12 else (a, b)
    if month > 12:
        day, month = month, day
    doubt = "Day and month could be the other way round." if a <= 12 and b <= 12 and a != b else ""
    yield from _dated(text, match, year, month, day, doubt)


def _century(two_digits: int) -> int:
    return 2000 + two_digits if two_digits < 50 else 1900 + two_digits


def _dated(  # the parts of one date, as they were read
    text: str, match: re.Match[str], year: int, month: int, day: int, note: str = ""
) -> Iterator[Finding]:
    try:
        whole = date(year, month, day or 1)
    except ValueError:
        return
    value = whole.isoformat() if day else whole.isoformat()[:7]
    birth = _BIRTH.search(text[max(0, match.start() - 24) : match.start()]) is not None
    confidence = 0.6 if note else 0.9
    fields = {"meaning": "birth"} if birth else {}
    display = f"born {value}" if birth else value
    yield Finding("date", match.start(), match.end(), match[0], value, display, confidence, note, fields)
