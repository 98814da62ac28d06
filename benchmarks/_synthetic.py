"""Synthetic subjects at scale: recombined names with measured frequencies, places weighted by population.

Every record is invented. Common names follow the shipped shares, the long tail is made of halves of real surnames; hot
values (a hotline, a hotel's desk, a street name) recur by Zipf's law; a known part are variants of an earlier
record, most of them easy and some hard.
"""

from __future__ import annotations

import gzip
import json
import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Generic, TypeVar

from intel.matching.records import DateSpan, Kind, Record
from intel.matching.vocabulary import full_names, name_shares

ROOT = Path(__file__).parent.parent
REPORTED = date(2026, 3, 1)
DUPLICATES = 0.04
HARD = 0.25  # of the duplicates
_TAIL = 60_000  # invented surnames
_HOT = 300  # values that many records hold
_DIAL = {"US": "+1", "MX": "+52", "BR": "+55", "NG": "+234", "RO": "+40", "IN": "+91", "PH": "+63", "DE": "+49",
         "GB": "+44", "UA": "+380", "CN": "+86", "VN": "+84", "TH": "+66", "RU": "+7", "CO": "+57"}  # fmt: skip
_FORMS = ("LLC", "Ltd", "S.A. de C.V.", "GmbH", "Inc", "SRL")
_TRADES = (
    "transport",
    "recruitment",
    "massage",
    "logistics",
    "agricultural",
    "cleaning",
    "travel",
    "construction",
)

T = TypeVar("T")


class Weighted(Generic[T]):
    """Draws values in proportion to their weights."""

    def __init__(self, values: Sequence[T], weights: Sequence[float]) -> None:
        self._values, self._sums = values, list(accumulate(weights))

    def draw(self, dice: random.Random) -> T:
        return self._values[bisect(self._sums, dice.random() * self._sums[-1], hi=len(self._values) - 1)]


@dataclass(frozen=True)
class World:
    """The tables that records are drawn from."""

    given: Weighted[str]
    surnames: Weighted[str]
    tail: Weighted[str]
    places: Weighted[tuple[str, str]]
    listed: list[str]


@cache
def world() -> World:
    """The same every time."""
    dice = random.Random(1)
    shares = name_shares()
    given = {word for names in full_names().values() for word in names if word in shares}
    surnames = [word for word in shares if word not in given and len(word) > 2]
    halves = sorted(word for word in surnames if len(word) > 4)
    tail = sorted(
        {
            dice.choice(halves)[: dice.randint(2, 4)] + dice.choice(halves)[-dice.randint(3, 5) :]
            for _ in range(_TAIL)
        }
    )
    dice.shuffle(tail)
    return World(
        Weighted(sorted(given), [shares[word] for word in sorted(given)]),
        Weighted(surnames, [shares[word] for word in surnames]),
        Weighted(tail, [1 / (rank + 500) for rank in range(len(tail))]),
        _places(),
        _listed(),
    )


def _places() -> Weighted[tuple[str, str]]:
    lines = (
        gzip.decompress((ROOT / "intel/extraction/data/cities.tsv.gz").read_bytes()).decode().splitlines()[1:]
    )
    rows = [line.split("\t") for line in lines]
    return Weighted([(row[0], row[1]) for row in rows], [float(row[3] or 1) for row in rows])


def _listed() -> list[str]:
    """Names and aliases of persons on the sanctions list that the demo ships."""
    packed = (ROOT / "taskforce/demo/data/ofac-crime-programmes.ftm.jsonl.gz").read_bytes()
    entries = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    people = [entry["properties"] for entry in entries if entry["schema"] == "Person"]
    return sorted({name for each in people for name in [*each.get("name", []), *each.get("alias", [])]})


def records(count: int, seed: int) -> Iterator[tuple[Record, int | None]]:
    """(record, place of the record it is a variant of, if of any); places count from 0 in this sequence."""
    dice = random.Random(seed)
    made: list[Record] = []
    for place in range(count):
        twin = dice.randrange(place) if place > 100 and dice.random() < DUPLICATES else None
        if twin is not None and (made[twin].kind != Kind.PERSON or not made[twin].births):
            twin = None
        made.append(variant(made[twin], dice) if twin is not None else invented(dice))
        yield made[-1], twin


def invented(dice: random.Random) -> Record:
    """One record of nobody."""
    chance = dice.random()
    if chance < 0.03:
        return Record(Kind.ACCOUNT, identifiers=(_phone(dice, "US"),), reported_on=REPORTED)
    if chance < 0.10:
        return _organisation(dice)
    town, country = world().places.draw(dice)
    return Record(
        Kind.PERSON,
        name=_name(dice),
        aliases=(_name(dice) if dice.random() < 0.5 else world().given.draw(dice),)
        if dice.random() < 0.15
        else (),
        births=_births(dice),
        sex=dice.choice(("female", "male", "male", "")),
        nationalities=(country,) if dice.random() < 0.3 else (),
        places=(town,) if dice.random() < 0.5 else (),
        identifiers=tuple(_identifiers(dice, country)),
        reported_on=REPORTED,
    )


def _name(dice: random.Random) -> str:
    chance = dice.random()
    if chance < 0.03:
        return dice.choice(world().listed)
    given, surname = world().given.draw(dice), _surname(dice)
    if chance < 0.35:
        surname = f"{surname}-{_surname(dice)}" if chance < 0.2 else f"{surname} {_surname(dice)}"
    if chance > 0.85:
        given = f"{given} {world().given.draw(dice)}"
    return f"{given} {surname}".title()


def _surname(dice: random.Random) -> str:
    return (world().surnames if dice.random() < 0.55 else world().tail).draw(dice)


def _births(dice: random.Random) -> tuple[DateSpan, ...]:
    chance = dice.random()
    age = min(80, 14 + int(dice.expovariate(1 / 18)))
    if chance < 0.4:
        return (DateSpan.of_age(age, REPORTED),)
    born = REPORTED - timedelta(days=age * 365 + dice.randrange(365))
    if chance < 0.75:
        return (DateSpan(born, born),)
    return (DateSpan.of_year(born.year),) if chance < 0.85 else ()


def _identifiers(dice: random.Random, country: str) -> Iterator[tuple[str, str]]:
    if dice.random() < 0.35:
        yield _phone(dice, country)
    if dice.random() < 0.10:
        yield "email", f"{_surname(dice)}.{dice.randrange(10_000)}@example.org"
    if dice.random() < 0.08:
        yield "passport", f"{country}:{dice.choice('ABCGKPX')}{dice.randrange(10**8):08}"
    if dice.random() < 0.05:
        yield (
            "plate",
            f"{country}:{''.join(dice.choices('ABCDEFGHKLMNPRST', k=3))}{dice.randrange(10_000):04}",
        )
    if dice.random() < 0.05:
        yield "handle", f"instagram:{_surname(dice)}{dice.randrange(1_000)}"


def _phone(dice: random.Random, country: str) -> tuple[str, str]:
    if dice.random() < 0.02:
        return "phone", f"+1888555{int(_HOT ** dice.random()):04}"  # by rank: the first of them most often
    return "phone", f"{_DIAL.get(country, '+1')}{dice.randrange(2 * 10**9, 10**10)}"


def _organisation(dice: random.Random) -> Record:
    town, country = world().places.draw(dice)
    name = f"{_surname(dice)} {dice.choice(_TRADES)} {dice.choice(_FORMS)}".title()
    return Record(
        Kind.ORGANISATION,
        name=name,
        places=(town,),
        identifiers=(_phone(dice, country),),
        reported_on=REPORTED,
    )


# --- Variants ------------------------------------------------------------------------------------------


def variant(of: Record, dice: random.Random) -> Record:
    """The same person as another desk would have written them down."""
    words = of.name.replace("-", " ").split()
    if dice.random() < HARD and len(words) > 1:
        return _hard(of, words, dice)
    shown = dice.choice(
        [of.name, of.name.upper(), f"{words[-1].upper()}, {' '.join(words[:-1])}", " ".join(words), of.name]
    )
    return replace(of, name=shown, aliases=(), places=() if dice.random() < 0.5 else of.places)


def _hard(of: Record, words: list[str], dice: random.Random) -> Record:
    at = dice.randrange(len(words))
    if len(words) > 2 and dice.random() < 0.4:
        words = words[:at] + words[at + 1 :]
    else:
        words[at] = _mistyped(words[at], dice)
    day = of.births[0].earliest
    births = (DateSpan.of_year(day.year),) if dice.random() < 0.5 else of.births
    identifiers = of.identifiers if dice.random() < 0.3 else ()
    return replace(of, name=" ".join(words), births=births, identifiers=identifiers, aliases=())


def _mistyped(word: str, dice: random.Random) -> str:
    at = dice.randrange(1, max(2, len(word)))
    return dice.choice([word[:at] + word[at + 1 :], word[:at] + dice.choice("aeiorst") + word[at:]])
