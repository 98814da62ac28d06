"""Many pairs compared at once: levels and amounts by column, before any weight is put on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from intel.matching.comparisons import COMPARISONS
from intel.matching.comparisons.found import Comparison, Found
from intel.matching.frame import Bools, Frame, Ints

CHUNK = 200_000  # pairs compared at once: about 300 MB at most


@dataclass(frozen=True, slots=True)
class Compared:
    """`found` holds, by field, what each comparison found for P pairs; `listed`, whether a side is of a list."""

    found: dict[str, Found]
    listed: Bools

    def __len__(self) -> int:
        return len(self.listed)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return tuple(each for each in COMPARISONS if each.field in self.found)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for each in self.comparisons for column in each.columns)

    @property
    def levels(self) -> dict[str, npt.NDArray[np.int8]]:
        return {name: found.level for name, found in self.found.items()}

    @property
    def values(self) -> npt.NDArray[np.float32]:
        """Shape (pairs, columns): 1 in the column of the level found, and the amounts."""
        table = np.zeros((len(self), len(self.columns)), np.float32)
        offset = 0
        for each in self.comparisons:
            found = self.found[each.field]
            said = np.flatnonzero(found.level)
            table[said, offset + found.level[said] - 1] = 1
            for place, name in enumerate(each.amounts, offset + len(each.levels)):
                table[:, place] = found.amounts[name]
            offset += len(each.columns)
        return table


def compare(frame: Frame, left: Ints, right: Ints) -> Compared:
    """Every comparison of the records at `left` with those at `right` (indices into the frame)."""
    left, right = np.asarray(left, np.int64), np.asarray(right, np.int64)
    found = ((each.field, each.compare(frame, left, right)) for each in COMPARISONS)
    return Compared(
        {name: result for name, result in found if result is not None},
        frame.listed[left] | frame.listed[right],
    )


def in_chunks(frame: Frame, left: Ints, right: Ints, size: int = CHUNK) -> Iterator[tuple[slice, Compared]]:
    """The same for any number of pairs, in bounded memory."""
    for start in range(0, len(left), size):
        part = slice(start, start + size)
        yield part, compare(frame, left[part], right[part])
