"""Links -> groups, under guards: groups grow from their strongest links, and two groups become one only while the
mean over all pairs across them stays above the bar. A pair that was never linked counts against, so that a chain of
weak links does not merge, and a contradiction inside keeps groups apart.

The groups do not depend on the order of the links.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

STRONGEST = 8.0  # bits for or against that one link may say about two groups
UNLINKED = -4.0  # bits that a pair without a link counts for
MERGE = 0.0  # least mean bits between two groups that become one

Across = tuple[float, int]  # summed bits and number of linked pairs between two groups


def groups(
    links: Iterable[tuple[str, str, float]], *, least: float = MERGE, unlinked: float = UNLINKED
) -> dict[str, str]:
    """Every id that occurs in a link -> the least id of its group. Average linkage, strongest first."""
    known = {_ordered(a, b): bits for a, b, bits in sorted(links) if a != b}
    ids = sorted({each for pair in known for each in pair})
    place = {each: number for number, each in enumerate(ids)}
    across: list[dict[int, Across]] = [{} for _ in ids]
    for (a, b), bits in known.items():
        held = (max(-STRONGEST, min(STRONGEST, bits)), 1)
        across[place[a]][place[b]] = across[place[b]][place[a]] = held
    members = _Merging(across, least, unlinked).run()
    return {ids[each]: ids[min(group)] for group in members for each in sorted(group)}


def _ordered(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


class _Merging:
    """Groups by number, each a list of members; a group that was merged into another is None."""

    def __init__(self, across: list[dict[int, Across]], least: float, unlinked: float) -> None:
        self.across = across
        self.least, self.unlinked = least, unlinked
        self.members: list[list[int] | None] = [[each] for each in range(len(across))]
        self.queue = [
            (-bits, a, b, 1, 1)
            for a, others in enumerate(across)
            for b, (bits, _) in others.items()
            if a < b and bits >= least
        ]
        heapify(self.queue)

    def run(self) -> list[list[int]]:
        while self.queue:
            _, a, b, size_a, size_b = heappop(self.queue)
            one, other = self.members[a], self.members[b]
            if one and other and len(one) == size_a and len(other) == size_b:
                self._merge(a, b, one, other)
        return [group for group in self.members if group]

    def _merge(self, a: int, b: int, one: list[int], other: list[int]) -> None:
        if len(self.across[a]) < len(self.across[b]):
            a, b, one, other = b, a, other, one
        one += other
        self.members[b] = None
        held, gone = self.across[a], self.across[b]
        held.pop(b, None)
        gone.pop(a, None)
        for third, (bits, pairs) in gone.items():
            so_far, counted = held.get(third, (0.0, 0))
            held[third] = (so_far + bits, counted + pairs)
            del self.across[third][b]
        self.across[b] = {}
        for third, (bits, pairs) in held.items():
            self.across[third][a] = (bits, pairs)
            self._consider(a, third, bits, pairs)

    def _consider(self, a: int, b: int, bits: float, pairs: int) -> None:
        one, other = self.members[a] or [], self.members[b] or []
        whole = len(one) * len(other)
        mean = (bits + self.unlinked * (whole - pairs)) / whole
        if mean >= self.least:
            first, second = sorted((a, b))
            sizes = len(self.members[first] or []), len(self.members[second] or [])
            heappush(self.queue, (-mean, first, second, *sizes))
