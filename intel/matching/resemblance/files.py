"""A file of pairs of names -> its rows with a score and a reason. Streams: a million rows need no more memory than
a few thousand."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from intel.matching.resemblance import compare
from intel.matching.tables import Rows, TableError, read_table

ADDED = ("score", "reason")
_CHUNK = 4_000  # rows; a file of one chunk is not worth a second process
_WAITING = 3  # chunks held for each process

Cells = list[str]
Pair = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class NamePairs:
    """An open file. `rows.bad` fills with the rows left out while the others are read."""

    rows: Rows
    left: int
    right: int
    kind: int | None

    @classmethod
    def open(cls, path: Path) -> NamePairs:
        """Raises TableError when the file does not open or has no columns left and right."""
        rows = read_table(path)
        names = [column.lower() for column in rows.columns]
        for needed in ("left", "right"):
            if names.count(needed) != 1:
                there = ", ".join(name for name in rows.columns if name)
                raise TableError(f'{path.name} needs one column "{needed}": there are {there}.')
        return cls(
            rows, names.index("left"), names.index("right"), names.index("kind") if "kind" in names else None
        )

    @property
    def header(self) -> Cells:
        return [*(column for _, column in self._kept()), *ADDED]

    def scored(self) -> Iterator[Cells]:
        """Each row's cells with its score and reason, in the order of the file."""
        kept = [place for place, _ in self._kept()]
        for cells, (score, reason) in in_parallel((row.cells for row in self.rows), self._pair):
            yield [*(cells[place] for place in kept), f"{score:.4f}", reason]

    def _kept(self) -> list[tuple[int, str]]:
        """The columns but for a score and a reason of an earlier run."""
        return [(i, column) for i, column in enumerate(self.rows.columns) if column.lower() not in ADDED]

    def _pair(self, cells: Cells) -> Pair:
        return cells[self.left], cells[self.right], cells[self.kind] if self.kind is not None else ""


def in_parallel(
    rows: Iterable[Cells], pair_of: Callable[[Cells], Pair]
) -> Iterator[tuple[Cells, tuple[float, str]]]:
    """Every row with what its pair scores, in order, over as many processes as there are processors."""
    rest = iter(rows)
    first, second = list(islice(rest, _CHUNK)), list(islice(rest, _CHUNK))
    if not second:
        yield from zip(first, _compare_all([pair_of(cells) for cells in first]), strict=True)
        return
    processes = os.cpu_count() or 1
    waiting: deque[tuple[list[Cells], Future[list[tuple[float, str]]]]] = deque()
    with ProcessPoolExecutor(processes) as pool:
        for chunk in chain((first, second), iter(lambda: list(islice(rest, _CHUNK)), [])):
            waiting.append((chunk, pool.submit(_compare_all, [pair_of(cells) for cells in chunk])))
            if len(waiting) > processes * _WAITING:
                done, scores = waiting.popleft()
                yield from zip(done, scores.result(), strict=True)
        for done, scores in waiting:
            yield from zip(done, scores.result(), strict=True)


def _compare_all(pairs: Sequence[Pair]) -> list[tuple[float, str]]:
    return [(found.score, found.reason) for found in (compare(*pair) for pair in pairs)]
