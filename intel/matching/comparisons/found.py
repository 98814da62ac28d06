"""What one comparison finds for many pairs at once, and how it is described and told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from intel.matching.frame import Bools, Floats, Frame, Ints


@dataclass(slots=True)
class Found:
    """One comparison over P pairs. `level` counts from 1 in the comparison's levels; 0 = nothing to compare.

    `amounts` are further columns (bits of rarity, how many words were left out ...), 0 where there is nothing to
    compare. `left` and `right` are the ids of the two values that spoke for the records, -1 for none; `notes` are
    arrays for rules and sentences which no weight applies to.
    """

    level: npt.NDArray[np.int8]
    amounts: dict[str, npt.NDArray[np.float32]]
    left: Ints
    right: Ints
    notes: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words: see `evidence.Evidence`."""

    level: str
    sentence: str
    left_sentence: str
    right_sentence: str
    left_value: str
    right_value: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field` is the key of its weights; `shown_as` the field its evidence is filed under, where that differs.

    Columns in `agreeing` can only speak for a pair, those in `against` only against it; others may do either.
    """

    field: str
    levels: tuple[str, ...]
    amounts: tuple[str, ...]
    compare: Callable[[Frame, Ints, Ints], Found | None]
    tell: Callable[[Frame, Found, int], Told]
    agreeing: frozenset[str] = frozenset()
    against: frozenset[str] = frozenset()
    shown_as: str = ""

    @property
    def signs(self) -> npt.NDArray[np.int64]:
        """Of each column: 1 where no weight may be negative, -1 where none may be positive, else 0."""
        names = (*self.levels, *self.amounts)
        return np.array([(name in self.agreeing) - (name in self.against) for name in names], np.int64)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f"{self.field}.{name}" for name in (*self.levels, *self.amounts))


def distinct(left: Ints, right: Ints) -> tuple[Ints, Ints, Ints, Bools]:
    """Each unordered pair of ids once: (lower id, higher id, place of each given pair among them, was it turned?)."""
    turned = left > right
    low, high = np.where(turned, right, left), np.where(turned, left, right)
    span = int(high.max()) + 1 if len(high) else 1
    keys, back = np.unique(low * span + high, return_inverse=True)
    low, high = np.divmod(keys, span)
    return low, high, back, turned


def best(places: Ints, merit: Floats) -> Ints:
    """Of the combinations of each pair (`places` ascending) the one of highest merit, the first where equal."""
    begins = np.flatnonzero(np.diff(places, prepend=-1))
    if len(begins) == len(places):
        return begins
    many = np.diff(np.append(begins, len(places)))
    winners = np.flatnonzero(merit == np.repeat(np.maximum.reduceat(merit, begins), many))
    return winners[np.flatnonzero(np.diff(places[winners], prepend=-1))]


def spread(
    pairs: int,
    places: Ints,
    level: npt.NDArray[Any],
    amounts: dict[str, npt.NDArray[Any]],
    left: Ints,
    right: Ints,
    notes: dict[str, npt.NDArray[Any]] | None = None,
) -> Found:
    """Findings at some places, laid out over all pairs."""

    def laid(values: npt.NDArray[Any], kind: Any, empty: float = 0) -> npt.NDArray[Any]:
        full = np.full(pairs, empty, kind)
        full[places] = values
        return full

    return Found(
        level=laid(level, np.int8),
        amounts={name: laid(values, np.float32) for name, values in amounts.items()},
        left=laid(left, np.int64, -1),
        right=laid(right, np.int64, -1),
        notes={name: laid(values, values.dtype) for name, values in (notes or {}).items()},
    )
