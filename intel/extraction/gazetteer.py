"""The shipped lists: places, countries, nationalities, states, given names. Read once, on first use."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from intel.extraction.words import fold

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Place:
    """A populated place of GeoNames. `word`: its name is also an ordinary English word."""

    name: str
    country: str
    admin1: str
    population: int
    lat: str
    lon: str
    geonameid: str
    word: bool


def places_named(folded: str) -> tuple[Place, ...]:
    """Places of this name, the most populous first."""
    return tuple(_place(line) for line in _cities().get(folded, "").split("\n") if line)


@cache
def countries() -> dict[str, str]:
    """Folded name -> ISO alpha-2."""
    return {fold(name): row["code"] for row in _rows("countries.csv") for name in row["names"].split(";")}


@cache
def country_names() -> dict[str, str]:
    """ISO alpha-2 -> English name."""
    return {row["code"]: row["names"].partition(";")[0] for row in _rows("countries.csv")}


@cache
def demonyms() -> dict[str, str]:
    """Folded demonym, singular and plural -> ISO alpha-2."""
    known = (
        (name, row["code"]) for row in _rows("countries.csv") for name in row["demonyms"].split(";") if name
    )
    return {fold(form): code for name, code in known for form in (name, name + "s")}


@cache
def states() -> dict[str, str]:
    """Folded name or newspaper abbreviation of a U.S. state -> its postal code."""
    rows = list(_rows("us_states.csv"))
    return {
        fold(row[column]): row["code"] for row in rows for column in ("name", "abbreviation") if row[column]
    }


@cache
def state_names() -> dict[str, str]:
    return {row["code"]: row["name"] for row in _rows("us_states.csv")}


@cache
def given_names() -> frozenset[str]:
    return frozenset((_DATA / "given_names.txt").read_text(encoding="utf-8").split())


@cache
def name_words(role: str) -> frozenset[str]:
    """Words around names: "particle" (de, van), "official" and "subject" stand before one, "never" is in none."""
    wanted = {role, "official"} if role == "never" else {role}
    return frozenset(row["word"] for row in _rows("name_words.csv") if row["role"] in wanted)


@cache
def ordinary_words() -> frozenset[str]:
    """English words that stand in lower case in public prose: capitalised, they open a sentence, not a name."""
    return frozenset((_DATA / "ordinary_words.txt").read_text(encoding="utf-8").split())


@cache
def first_words() -> frozenset[str]:
    """First words of every name of more than one word: where a longer name can begin."""
    names = (*_cities(), *countries(), *demonyms(), *states())
    return frozenset(name.partition(" ")[0].rstrip(".") for name in names if " " in name)


@cache
def _cities() -> dict[str, str]:
    """Folded name -> lines of the file. Kept as text: tuples of 34,000 places would cost every process 20 MB more."""
    found: dict[str, str] = {}
    with gzip.open(_DATA / "cities.tsv.gz", "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            name = fold(line.partition("\t")[0])
            found[name] = found.get(name, "") + line
    return found


def _place(line: str) -> Place:
    name, country, admin1, population, lat, lon, geonameid, word = line.split("\t")
    return Place(name, country, admin1, int(population), lat, lon, geonameid, bool(word))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
