"""How far away a moment is, in words."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.formats import date_format

MINUTE, HOUR, DAY = 60, 3_600, 86_400
WEEK = 7 * DAY


def ago(moment: dt.datetime, now: dt.datetime) -> str:
    """Say "12 min ago", "in 3 h", "4 d ago", or the date beyond a week. static/js/page.js says it the same way."""
    seconds = (moment - now).total_seconds()
    size = abs(seconds)
    if size < MINUTE:
        return "just now"
    if size >= WEEK:
        local = timezone.localtime(moment)
        return date_format(local, "j M" if local.year == timezone.localtime(now).year else "j M Y")
    length, unit = next(
        (length, unit) for length, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")) if size >= length
    )
    count = int(size // length)
    return f"in {count} {unit}" if seconds > 0 else f"{count} {unit} ago"


def end_of(value: dt.date | dt.datetime) -> dt.datetime:
    """The moment after which a deadline is missed: a date is over when its day is."""
    if isinstance(value, dt.datetime):
        return value
    return timezone.make_aware(dt.datetime.combine(value, dt.time(23, 59, 59)))
