"""Blocking keys of many records -> the pairs worth comparing, in memory bounded by the records and not by the blocks.

Each record meets the others that share a key with it, counts the rarity of what they share (log2 of records per
holder, summed) and keeps the best few. Work goes by slabs of records, without a Python step per pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

CAP = 200  # holders beyond which a key is too common to say anything
MOST = 60  # partners that one record keeps
_MOST_MET = 600  # holders of its keys, the rarest first, that one record looks at
_SLAB_MEETINGS = 4_000_000
_WEIGHT_BITS, _RECORD_BITS = 14, 31
_STEPS_A_BIT = 32.0  # of weight, when it is packed into a whole number


@dataclass(frozen=True, slots=True)
class Keyed:
    """Hashed keys of records: those of record r are `keys[start[r] : start[r + 1]]`."""

    keys: Ints
    start: Ints

    @classmethod
    def of(cls, rows: Iterable[frozenset[str]]) -> Keyed:
        """Plain hashes: they need to agree within one run only."""
        counts: list[int] = []

        def hashes() -> Iterator[int]:
            for row in rows:
                counts.append(len(row))
                yield from map(hash, row)

        keys = np.fromiter(hashes(), np.int64)
        return cls(keys, np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]))

    def __len__(self) -> int:
        return len(self.start) - 1


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Who holds which key. Entry e says: its record meets `holders[first[e] : first[e] + count[e]]`; the entries
    of record r are `start[r] : start[r + 1]`, the rarest key first."""

    holders: npt.NDArray[np.int32]
    first: Ints
    count: Ints
    weight: npt.NDArray[np.float32]
    start: Ints


def candidate_pairs(
    keyed: Keyed, *, split: int | None = None, cap: int = CAP, most: int = MOST
) -> tuple[Ints, Ints]:
    """Places (left < right) of the pairs to compare, in ascending order.

    With `split`, the records before it are one file and those from it on another: only pairs across are proposed.
    Ties are broken by place, so sort the records by something of their own for an answer free of their order.
    """
    n = len(keyed)
    blocks = _blocks(keyed, split, cap)
    kept = [_best(blocks, low, high, n, most) for low, high in _slabs(blocks)]
    codes = np.unique(np.concatenate(kept)) if kept else np.empty(0, np.int64)
    left, right = np.divmod(codes, np.int64(max(n, 1)))
    return left, right


def _blocks(keyed: Keyed, split: int | None, cap: int) -> _Blocks:
    n = len(keyed)
    records = np.repeat(np.arange(n, dtype=np.int32), np.diff(keyed.start))
    order = np.argsort(keyed.keys, kind="stable")  # stable: holders of a key stay in ascending order
    keys, holders = keyed.keys[order], records[order]
    opens = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, int)
    size = np.diff(np.append(opens, len(keys)))
    first, count = np.repeat(opens, size), np.repeat(size, size)
    total = count
    if split is not None:
        of_left = np.add.reduceat((holders < split).astype(np.int64), opens) if len(opens) else size
        before = np.repeat(of_left, size)
        is_left = holders < split
        first, count = np.where(is_left, first + before, first), np.where(is_left, count - before, before)
    useful = np.flatnonzero((count > (0 if split is not None else 1)) & (count <= cap))
    by_record = useful[np.lexsort((count[useful], holders[useful]))]
    return _Blocks(
        holders=holders,
        first=first[by_record],
        count=count[by_record],
        weight=np.log2(n / total[by_record]).astype(np.float32),
        start=np.searchsorted(holders[by_record], np.arange(n + 1)),
    )


def _slabs(blocks: _Blocks) -> Iterator[tuple[int, int]]:
    """Ranges of records whose meetings fit into memory together."""
    met = np.concatenate([[0], np.cumsum(blocks.count)])[blocks.start]
    n = len(blocks.start) - 1
    low = 0
    while low < n:
        high = int(np.searchsorted(met, met[low] + _SLAB_MEETINGS, side="right")) - 1
        high = min(max(high, low + 1), n)
        yield low, high
        low = high


def _best(blocks: _Blocks, low: int, high: int, n: int, most: int) -> Ints:
    """Codes (lower place * n + higher place) of the pairs that the records low..high-1 keep."""
    entries = np.arange(blocks.start[low], blocks.start[high])
    owner = np.repeat(np.arange(high - low), np.diff(blocks.start[low : high + 1]))
    met = np.cumsum(blocks.count[entries]) - blocks.count[entries]
    opens = np.searchsorted(owner, owner)
    within = (met - met[opens]) <= _MOST_MET if len(entries) else np.empty(0, bool)
    entries, owner = entries[within], owner[within]
    count = blocks.count[entries]
    step = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    others = blocks.holders[np.repeat(blocks.first[entries], count) + step].astype(np.int64)
    owners = np.repeat(owner, count)
    apart = others != owners + low
    codes, weights = _summed(
        (owners * np.int64(n) + others)[apart], np.repeat(blocks.weight[entries], count)[apart]
    )
    own, other = np.divmod(codes, np.int64(n))
    own, other = _strongest(own, other, weights, most)
    own += low
    return np.minimum(own, other) * np.int64(n) + np.maximum(own, other)


def _summed(codes: Ints, weights: npt.NDArray[np.float32]) -> tuple[Ints, npt.NDArray[np.float32]]:
    if not len(codes):
        return codes, weights
    order = np.argsort(codes, kind="stable")
    codes, weights = codes[order], weights[order]
    opens = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))
    return codes[opens], np.add.reduceat(weights, opens)


def _strongest(own: Ints, other: Ints, weights: npt.NDArray[np.float32], most: int) -> tuple[Ints, Ints]:
    """The `most` others of greatest weight of each record. Record, weight and other are sorted as one whole number."""
    top = (1 << _WEIGHT_BITS) - 1
    lightness = top - np.minimum(np.round(weights * _STEPS_A_BIT), top).astype(np.int64)
    packed = np.sort((own << (_WEIGHT_BITS + _RECORD_BITS)) | (lightness << _RECORD_BITS) | other)
    own = packed >> (_WEIGHT_BITS + _RECORD_BITS)
    place = np.arange(len(own)) - np.searchsorted(own, own)
    kept = packed[place < most]
    return kept >> (_WEIGHT_BITS + _RECORD_BITS), kept & ((1 << _RECORD_BITS) - 1)
