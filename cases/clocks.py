"""The days that published rules give for an answer to a request between jurisdictions, each with its article. Pure.

Where the rules give none (mutual legal assistance, joint investigation teams, extradition by treaty), the agency writes
down the day that was asked for or agreed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple


class Clock(NamedTuple):
    """Runs from the day in the field `starts` for so many days, until there is one in the field `ends`."""

    says: str
    starts: str
    ends: str
    days: int
    source: str


_EIO = "Directive 2014/41/EU"
_BUDAPEST = "Convention on Cybercrime"
CLOCKS: dict[str, tuple[Clock, ...]] = {
    "eio": (
        Clock("Recognise or refuse it", "received_on", "begun_on", 30, f"{_EIO}, Art. 12(3)"),
        Clock("Carry it out", "begun_on", "ended_on", 90, f"{_EIO}, Art. 12(4)"),
    ),
    "preservation": (
        Clock("Ask for the data: they are kept so long at least", "begun_on", "ended_on", 60, f"{_BUDAPEST}, Art. 29(7)"),
        Clock("Have the order renewed, or it may end", "begun_on", "ended_on", 90, f"{_BUDAPEST}, Art. 16(2)"),
    ),
    "eaw": (
        Clock(
            "Decide on the surrender", "begun_on", "ended_on", 60, "Framework Decision 2002/584/JHA, Art. 17(3)"
        ),
    ),
}  # fmt: skip
# What the second day of a request is, by kind: from it on the execution, the keeping or the decision is counted.
BEGUN: dict[str, str] = {
    "eio": "Recognised on",
    "preservation": "Data kept since",
    "eaw": "Person arrested on",
}
OWN_DAY = "Answer asked for or agreed by then"


class Due(NamedTuple):
    """A day by which something must have happened."""

    on: date
    says: str
    source: str


def running(kind: str, days: Mapping[str, date | None]) -> Iterator[Due]:
    """The clocks that run for an unfinished request, by its days: `received_on`, `begun_on`, `ended_on`, `due_on`."""
    for clock in CLOCKS.get(kind, ()):
        start = days[clock.starts]
        if start is not None and days[clock.ends] is None:
            yield Due(start + timedelta(days=clock.days), clock.says, clock.source)
    if (own := days["due_on"]) is not None:
        yield Due(own, OWN_DAY, "")


def next_due(kind: str, days: Mapping[str, date | None]) -> Due | None:
    """The clock that ends first."""
    return min(running(kind, days), default=None)
