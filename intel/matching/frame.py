"""Many records as columns of numbers: every distinct word, name, date and place once, records as lists of their ids."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from intel.matching.evidence import Frequencies
from intel.matching.naming import Name
from intel.matching.normalise import Features
from intel.matching.records import DateSpan, Kind
from intel.matching.words import Likeness, beginnings, likeness

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MOST_WORDS = 8  # of one name that are paired; what follows adds cost, hardly recall
NAMED = (Kind.ORGANISATION, Kind.VESSEL, Kind.PLACE)
LIKENESSES = tuple(Likeness)
UNLIKE = len(LIKENESSES)
_MOST_KNOWN = 1_000_000  # pairs of words remembered, which takes some 100 MB
TEXTS = ("streets", "postcodes", "regions", "occupations", "categories")

_NONE = np.empty(0, np.int64)

T = TypeVar("T", bound=Hashable)
V = TypeVar("V")


class Interned(Generic[T]):
    """Distinct values in order of first appearance; a value's id is its place."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._ids: dict[T, int] = {}

    def id(self, value: T) -> int:
        known = self._ids.get(value)
        if known is None:
            known = self._ids[value] = len(self.values)
            self.values.append(value)
        return known

    def find(self, value: T) -> int:
        """-1 for a value that no record holds."""
        return self._ids.get(value, -1)

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Lists:
    """Several value ids a record: those of record r are `ids[start[r] : start[r] + count[r]]`."""

    start: Ints
    count: Ints
    ids: Ints

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Lists:
        count = np.fromiter(map(len, rows), np.int64, len(rows))
        ids = np.fromiter(chain.from_iterable(rows), np.int64, int(count.sum()))
        return cls(np.cumsum(count) - count, count, ids)

    @classmethod
    def joined(cls, parts: Sequence[Lists]) -> Lists:
        """The records of each part, one part after the other."""
        if len(parts) == 1:
            return parts[0]
        count = np.concatenate([_NONE, *(part.count for part in parts)])
        ids = np.concatenate([_NONE, *(part.ids for part in parts)])
        return cls(np.cumsum(count) - count, count, ids)

    def combinations(self, left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
        """Every value of the left with every value of the right record: (place of the pair, left id, right id).

        Places come in ascending order.
        """
        width = self.count[right]
        many = self.count[left] * width
        if not len(self.ids):
            return _NONE, _NONE, _NONE
        places = np.repeat(np.arange(len(left)), many)
        starts, others = self.start[left], self.start[right]
        if len(many) and many.max() <= 1:
            return places, self.ids[starts[places]], self.ids[others[places]]
        within = np.arange(len(places)) - np.repeat(np.cumsum(many) - many, many)
        row, column = np.divmod(within, width[places])
        return places, self.ids[starts[places] + row], self.ids[others[places] + column]


@dataclass(frozen=True, slots=True)
class Words:
    """Distinct words of names. `share` of all who bear it, `starts` a mask of possible first letters and sounds."""

    spelt: list[str]
    share: Floats
    starts: npt.NDArray[np.uint64]
    is_letter: Bools
    _known: dict[int, int] = field(default_factory=dict)

    def likeness(self, left: Ints, right: Ints) -> npt.NDArray[np.int8]:
        """Place in LIKENESSES of each pair of word ids, UNLIKE for none; a pair met before is not compared again."""
        keys = np.minimum(left, right) * len(self.spelt) + np.maximum(left, right)
        distinct, back = np.unique(keys, return_inverse=True)
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        codes = np.fromiter(map(self._judged, distinct.tolist()), np.int8, len(distinct))
        return codes[back]

    def _judged(self, key: int) -> int:
        known = self._known.get(key)
        if known is None:
            left, right = divmod(key, len(self.spelt))
            found = likeness(self.spelt[left], self.spelt[right])
            known = self._known[key] = UNLIKE if found is None else LIKENESSES.index(found)
        return known


@dataclass(frozen=True, slots=True)
class Names:
    """Distinct names of people, or of organisations. Positions in `tokens` beyond a name's `count` hold -1.

    `joined` is the word that a token and the next one make when run together; `family` and `marked` are bit masks of
    the positions where a family name may, and surely does, stand.
    """

    lists: Lists
    shown: list[Name]
    words: Words
    tokens: npt.NDArray[np.int32]
    joined: npt.NDArray[np.int32]
    count: Ints
    first: Ints
    family: Ints
    marked: Ints
    suffix: Ints
    form: Ints
    alias: Bools


@dataclass(frozen=True, slots=True)
class Frame:
    """Records side by side. `lists` and `values` hold, by field, the ids of each record and what they stand for."""

    kinds: Ints
    listed: Bools
    sexes: Ints
    names: Names
    organisations: Names
    lists: dict[str, Lists]
    values: dict[str, list[Any]]
    frequencies: Frequencies
    kept: dict[str, Any] = field(default_factory=dict)  # arrays that a comparison derives from `values` once

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def of(cls, features: Sequence[Features], frequencies: Frequencies) -> Frame:
        filling = Filling()
        filling.add(features)
        return filling.frame(frequencies)

    def derived(self, key: str, make: Callable[[], V]) -> V:
        """What `make` computes from the values, once a frame."""
        if key not in self.kept:
            self.kept[key] = make()
        found: V = self.kept[key]
        return found


class Filling:
    """A frame in the making: records are added some at a time, and need not be kept beside it."""

    def __init__(self) -> None:
        self._places = {kind: place for place, kind in enumerate(Kind)}
        self._kinds: list[int] = []
        self._listed: list[bool] = []
        self._sexes: list[int] = []
        self._names: _Column[Name] = _Column()
        self._organisations: _Column[Name] = _Column()
        self._fields: dict[str, _Column[Any]] = {}

    def add(self, features: Sequence[Features]) -> None:
        self._kinds += [self._places[one.kind] for one in features]
        self._listed += [one.listed for one in features]
        self._sexes += [" FM".find(one.sex or " ") for one in features]
        self._names.add([one.names if one.kind == Kind.PERSON else () for one in features])
        self._organisations.add([one.names if one.kind in NAMED else () for one in features])
        for name, rows in _rows(features):
            self._fields.setdefault(name, _Column()).add(rows)

    def frame(self, frequencies: Frequencies) -> Frame:
        return Frame(
            kinds=np.array(self._kinds, np.int64),
            listed=np.array(self._listed, np.bool_),
            sexes=np.array(self._sexes, np.int64),
            names=_names(self._names, frequencies.name_word),
            organisations=_names(self._organisations, frequencies.organisation_word),
            lists={name: column.lists() for name, column in self._fields.items()},
            values={name: column.held.values for name, column in self._fields.items()},
            frequencies=frequencies,
        )


class _Column(Generic[T]):
    """The values of one field, record by record."""

    def __init__(self) -> None:
        self.held: Interned[T] = Interned()
        self._parts: list[Lists] = []

    def add(self, rows: Sequence[Sequence[T]]) -> None:
        ids = [list(map(self.held.id, row)) for row in rows] if any(rows) else [()] * len(rows)
        self._parts.append(Lists.of(ids))

    def lists(self) -> Lists:
        return Lists.joined(self._parts)


def _rows(features: Sequence[Features]) -> Iterator[tuple[str, Sequence[Sequence[Any]]]]:
    """Each field with the values of every record. Phones and e-mail addresses stand apart from other identifiers."""
    for name in ("births", "nationalities", "places", "birth_places", *TEXTS):
        yield name, [getattr(one, name) for one in features]
    for name, kind in (("emails", "email"), ("phones", "phone")):
        yield name, [_of_kind(one, kind) if one.identifiers else () for one in features]
    yield "identifiers", [_of_other_kinds(one) if one.identifiers else () for one in features]


def _of_kind(one: Features, kind: str) -> list[tuple[str, str]]:
    return [each for each in one.identifiers if each[0] == kind]


def _of_other_kinds(one: Features) -> list[tuple[str, str]]:
    return [each for each in one.identifiers if each[0] not in ("email", "phone")]


def _names(column: _Column[Name], share: Callable[[str], float]) -> Names:
    names = column.held
    words: Interned[str] = Interned()
    forms: Interned[str] = Interned()
    forms.id("")
    spelt = [[words.id(word) for word in name.tokens[:MOST_WORDS]] for name in names.values]
    tokens = _padded(spelt)
    joined = _padded(
        [
            [words.find(a + b) for a, b in zip(name.tokens, name.tokens[1:MOST_WORDS], strict=False)]
            for name in names.values
        ],
        tokens.shape[1],
    )
    return Names(
        lists=column.lists(),
        shown=names.values,
        words=Words(
            words.values,
            np.array([share(word) for word in words.values], np.float64),
            np.array([beginnings(word) for word in words.values], np.uint64),
            np.array([len(word) == 1 for word in words.values], np.bool_),
        ),
        tokens=tokens,
        joined=joined,
        count=np.array([len(row) for row in spelt], np.int64),
        first=np.array([name.first for name in names.values], np.int64),
        family=np.array([_mask(_family_places(name)) for name in names.values], np.int64),
        marked=np.array([_mask(name.surnames) for name in names.values], np.int64),
        suffix=np.array([forms.id(name.suffix) for name in names.values], np.int64),
        form=np.array([forms.id(name.form) for name in names.values], np.int64),
        alias=np.array([name.alias for name in names.values], np.bool_),
    )


def _padded(rows: list[list[int]], width: int = 0) -> npt.NDArray[np.int32]:
    table = np.full((len(rows), max([width, 1, *map(len, rows)])), -1, np.int32)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table


def _mask(places: Iterable[int]) -> int:
    return sum(1 << place for place in places if place < MOST_WORDS)


def _family_places(name: Name) -> Iterable[int]:
    """Where a family name may stand: the marked positions, else any but the given names a name of that length has."""
    if name.surnames:
        return name.surnames
    return range(2 if len(name.tokens) > 3 else min(1, len(name.tokens) - 1), len(name.tokens))


def span_days(spans: Sequence[DateSpan]) -> Ints:
    """Earliest and latest day (proleptic ordinal) of each span: shape (spans, 2)."""
    return np.array(
        [(span.earliest.toordinal(), span.latest.toordinal()) for span in spans], np.int64
    ).reshape(-1, 2)
