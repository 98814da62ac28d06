"""Blocking keys: two records are compared when they share at least one that is not too common.

A key joins two things that seldom agree by chance: two sounds of a name, a sound and a circumstance (birth year,
postcode area, town, occupation), two circumstances, or a piece of an identifier. Pieces are small enough that one
misprint leaves other keys standing. Keys are readable here ("pair:kskr mrtns"); the web stores a keyed hash of
them (`keytable`), a file is linked by their plain hashes (`pairs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations, islice, pairwise, product

from intel.matching.naming import Name
from intel.matching.normalise import Features
from intel.matching.records import DateSpan, Kind
from intel.matching.vocabulary import full_names, person_words
from intel.matching.words import skeleton

_MOST_WORDS = 5  # of one name that are paired
_MOST_OF_A_SORT = 3  # births, places or occupations of one record that make keys
_MOST_SOUNDS = 4  # of one word: its own and those of the names it is short for
_MOST_BIRTH_YEARS = 4
_WIDEST_SPAN_DAYS = 3 * 366  # a wider "born in the seventies" blocks nothing
_SHORTEST_HALVED = 6
_SHORTEST_JOINED = 6
_AREA = 3  # letters that name the district in a postcode written without a space
_HEAD = 3
_END = 4


def keys(features: Features) -> frozenset[str]:
    """Every family's keys of one record."""
    found: set[str] = set(_identifier_keys(features.identifiers))
    told = _circumstances(features)
    if features.kind == Kind.PERSON:
        for name in features.names:
            found.update(_person_keys(name, told))
    else:
        for name in features.names:
            found.update(_organisation_keys(name, told))
    found.update(_circumstance_keys(told))
    return frozenset(found)


# --- Identifiers --------------------------------------------------------------------------------------


def _identifier_keys(identifiers: Iterable[tuple[str, str]]) -> Iterator[str]:
    for kind, value in identifiers:
        yield f"id:{kind} {value}"
        if kind == "email":
            yield from _mailbox_keys(value)
        elif len(value) >= _SHORTEST_HALVED:
            middle = len(value) // 2
            yield f"head:{kind} {value[:middle]}"
            yield f"tail:{kind} {value[middle:]}"


def _mailbox_keys(address: str) -> Iterator[str]:
    """The mailbox without dots, digits and provider; its letters in any order; its provider and first letter."""
    box, _, host = address.partition("@")
    letters = "".join(char for char in box if char.isalnum())
    if letters:
        yield f"box:{letters}"
        yield f"mailbox:{_letters(letters)}"
        yield f"host:{letters[0]} {host}"


# --- What is told beside names ------------------------------------------------------------------------

Told = dict[str, tuple[str, ...]]


def _circumstances(features: Features) -> Told:
    """Sort of circumstance -> its values: years ("y") and days ("d") of birth, postcode areas ("a"), towns ("t"),
    streets without their number ("s"), occupations and categories ("o")."""
    births = features.births[:_MOST_OF_A_SORT]
    towns = (place.parts[0] for place in (*features.places, *features.birth_places) if place.parts)
    return {
        "y": tuple(dict.fromkeys(year for span in births for year in _years(span))),
        "d": tuple(dict.fromkeys(_day(span) for span in births if span.days == 1)),
        "a": _first(_area(postcode) for postcode in features.postcodes),
        "t": _first(_letters(town) for town in towns),
        "s": _first(filter(None, (_street(street) for street in features.streets))),
        "o": _first((*features.occupations, *features.categories)),
        "p": features.postcodes[:_MOST_OF_A_SORT],
    }


def _first(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(dict.fromkeys(values), _MOST_OF_A_SORT))


def _years(span: DateSpan) -> list[str]:
    if span.days > _WIDEST_SPAN_DAYS:
        return []
    if span.earliest.year == span.latest.year:
        return [str(span.earliest.year)]
    years = range(span.earliest.year - 1, span.latest.year + 2)  # an age may be a birthday out
    return [str(year) for year in years[:_MOST_BIRTH_YEARS]]


def _day(span: DateSpan) -> str:
    """Day and month, whichever of the two the file puts first."""
    return "{}-{}".format(*sorted((span.earliest.day, span.earliest.month)))


def _area(postcode: str) -> str:
    return postcode.split()[0] if " " in postcode else postcode[:_AREA]


def _street(street: str) -> str:
    return " ".join(word for word in street.split() if not word.isdigit())


def _circumstance_keys(told: Told) -> Iterator[str]:
    """Any two circumstances of different sorts; a whole postcode and a whole birth date stand alone."""
    yield from (f"post:{postcode}" for postcode in told["p"])
    for left, right in combinations("ydatso", 2):
        yield from (f"{left}{right}:{a} {b}" for a, b in product(told[left], told[right]))


# --- People -------------------------------------------------------------------------------------------


def _person_keys(name: Name, told: Told) -> Iterator[str]:
    words = telling_words(name)
    if len(name.tokens) == 1 or name.alias:
        yield f"whole:{' '.join(sorted(name.tokens))}"
    yield from (f"letters:{_letters(word)}" for word in words)
    yield from _pair_keys(words)
    yield from _misprint_keys(words, name.tokens)
    sounds = {sound for word in words for sound in _sounds(word)}
    for sort in "ydato":
        yield from (f"{sort}:{value} {sound}" for value, sound in product(told[sort], sounds))
    for sort in "yt":  # a misprint late in the word changes its sound, not its head
        yield from (f"{sort}h:{value} {word[:_HEAD]}" for value, word in product(told[sort], words))


def telling_words(name: Name) -> list[str]:
    """The words of a person's name that may tell who it is, the first few."""
    known = person_words()
    idle = known.titles | known.particles | known.articles
    words = [word for word in name.tokens if len(word) > 1 and not word[0].isdigit()]
    return ([word for word in words if word not in idle] or words)[:_MOST_WORDS]


def _pair_keys(words: list[str]) -> Iterator[str]:
    """Two sounds in either order, nicknames spelt out, and neighbours run together ("ana maria", "anamaria")."""
    for left, right in combinations(words, 2):
        yield from (f"pair:{' '.join(sorted(both))}" for both in product(_sounds(left), _sounds(right)))
    yield from (f"joined:{skeleton(left + right)}" for left, right in pairwise(words))
    yield from (f"joined:{skeleton(word)}" for word in words if len(word) > _SHORTEST_JOINED)


def _misprint_keys(words: list[str], others: tuple[str, ...]) -> Iterator[str]:
    """A letter of one word with the head or the end of another: what one misprint, or "J. Castaneda", leaves."""
    for word in words:
        for initial in {other[0] for other in others if other != word}:
            yield f"start:{initial} {word[:_END]}"
            yield f"end:{initial} {word[-_END:]}"


@lru_cache(maxsize=65_536)
def _letters(word: str) -> str:
    """Its letters, each once: the same for "bradford", "bradfrod" and "bradfordd", and hardly for another word."""
    return "".join(sorted(set(word)))


@lru_cache(maxsize=65_536)
def _sounds(word: str) -> tuple[str, ...]:
    """The word's sound, and those of the full names it may be short for."""
    longer = sorted({skeleton(full) for full in full_names().get(word, ())} - {skeleton(word)})
    return (skeleton(word), *longer)[:_MOST_SOUNDS]


# --- Organisations, vessels, places -------------------------------------------------------------------


def _organisation_keys(name: Name, told: Told) -> Iterator[str]:
    yield f"named:{' '.join(sorted(name.tokens))}"
    words = [word for word in name.tokens if len(word) > 1][:_MOST_WORDS]
    sounds = [skeleton(word) for word in words]
    for left, right in combinations(sounds, 2):
        yield f"both:{' '.join(sorted((left, right)))}"
    yield from (f"word:{sound}" for sound in sounds)
    if len(words) > 1:
        yield f"joined:{skeleton(''.join(words))}"
        yield f"letters:{''.join(word[0] for word in words)}"
    for sort in "at":
        yield from (f"{sort}n:{value} {sound}" for value, sound in product(told[sort], sounds))
