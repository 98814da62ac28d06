"""Every record read once and held in memory for a run over all of them, instead of anew as often as it is met.

What is held is as old as the run, so it decides nothing by itself: a record that has changed since is linked the usual
way (as `own`) or left to its own match (`keeping.keep` looks, under lock), and a pair that a protected or all too common
value touches is scored the usual way, by what is protected now.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from intel.matching import indexing, keytable, suppression
from intel.matching.engine import MOST_CANDIDATES
from intel.matching.evidence import CommonNames
from intel.matching.frame import Bools, Filling, Frame, Ints
from intel.matching.in_force import ModelsInForce
from intel.matching.meetings import Meetings, Owners, Rules
from intel.matching.model import Model
from intel.matching.normalise import Features
from intel.matching.scoring import NO_BAND, Score, explain, scored
from intel.matching.sides import Pair
from intel.matching.suppression import Spoken, spoken

_A_READING = 10_000  # records that are read at once
_EXPLAINED_AT_ONCE = 20_000

Raw = npt.NDArray[np.bytes_]  # sixteen bytes each


@dataclass(frozen=True, slots=True)
class Held:
    """Records by place, in the order of their numbers. `stamps` say what each was when it was read.

    `frame` holds the records by place, `values` and `holders` which of them hold what could be silenced (by hash).
    `common` is what may be too common to link.
    """

    numbers: Ints
    ids: Raw
    stamps: Raw
    agencies: list[uuid.UUID]
    owners: Owners
    frame: Frame
    meetings: Meetings
    values: Ints
    holders: npt.NDArray[np.int32]
    common: frozenset[Spoken]
    by_id: Ints
    rank: Ints

    def __len__(self) -> int:
        return len(self.numbers)

    def unchanged(self, first: int, last: int) -> tuple[Ints, set[int]]:
        """Of the records in a range of numbers: the places of those that are as they were read, and the other numbers."""
        with connection.cursor() as cursor:
            cursor.execute(_NOW, [first, last])
            rows = cursor.fetchall()
        numbers = np.array([number for number, _ in rows], np.int64)
        stamps = np.array([bytes(stamp) for _, stamp in rows], "S16")
        place = _find(self.numbers, numbers)
        same = place >= 0
        same[same] = self.stamps[place[same]] == stamps[same]
        return place[same], set(numbers[~same].tolist())

    def places_of(self, ids: Sequence[uuid.UUID]) -> Ints:
        """Where these records are held; -1 for those that are not."""
        wanted = np.array([each.bytes for each in ids], "S16")
        place = _find(self.ids[self.by_id], wanted)
        return np.where(place < 0, -1, self.by_id[place]) if len(self.ids) else place

    def id(self, place: int) -> uuid.UUID:
        return uuid.UUID(bytes=self.ids[place].ljust(16, b"\0"))

    def stamp(self, place: int) -> bytes:
        return bytes(self.stamps[place].ljust(16, b"\0"))

    def silenced(self) -> Bools:
        """Whose values are silent in some pair, as far as it takes the usual way to tell in which."""
        silent = {*self.common, *suppression.protected_values()}
        hashes = np.unique(np.array([hash(value) for value in silent], np.int64))
        found = np.zeros(len(self.numbers), np.bool_)
        for low, high in zip(
            *(np.searchsorted(self.values, hashes, side) for side in ("left", "right")), strict=True
        ):
            found[self.holders[low:high]] = True
        return found

    def scores(self, left: Ints, right: Ints) -> dict[Pair, Score]:
        """What reaches a band among these pairs of places, as `sides.scores` has it."""
        turned = self.rank[left] > self.rank[right]
        left, right = np.where(turned, right, left), np.where(turned, left, right)
        found: dict[Pair, Score] = {}
        for model, chosen in self._in_force(left, right):
            found |= self._scored(left[chosen], right[chosen], model)
        return found

    def _in_force(self, left: Ints, right: Ints) -> Iterator[tuple[Model, Ints]]:
        agencies = [
            [self.agencies[code] for code in self.owners.agency[side].tolist()] for side in (left, right)
        ]
        return ModelsInForce().split(*agencies)

    def _scored(self, left: Ints, right: Ints, model: Model) -> dict[Pair, Score]:
        reached = np.flatnonzero(scored(self.frame, left, right, model).bands != NO_BAND)
        found: dict[Pair, Score] = {}
        for start in range(0, len(reached), _EXPLAINED_AT_ONCE):
            some = reached[start : start + _EXPLAINED_AT_ONCE]
            told = explain(self.frame, left[some], right[some], model)
            for a, b, score in zip(left[some].tolist(), right[some].tolist(), told, strict=True):
                if score is not None:
                    found[self.id(a), self.id(b)] = score
        return found


def _find(ordered: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> Ints:
    place = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[place] == wanted, place, -1) if len(ordered) else np.full(len(wanted), -1)


# --- Reading --------------------------------------------------------------------------------------------


_RECORDS = """
SELECT record.number, record.id, lead.id, lead.agency_id, lead.kind = 'reference',
    record.excluded OR lead.pointer_policy = 'excluded',
    substring(sha256(convert_to((lead.pointer_policy = 'excluded')::text || record.features, 'UTF8')) FOR 16),
    array_send(record.keys), record.features
FROM intel_matchrecord AS record JOIN intel_lead AS lead ON lead.id = record.lead_id
WHERE record.number > %(after)s ORDER BY record.number LIMIT %(most)s
"""
_NOW = """
SELECT record.number, substring(sha256(convert_to((lead.pointer_policy = 'excluded')::text || record.features, 'UTF8')) FOR 16)
FROM intel_matchrecord AS record JOIN intel_lead AS lead ON lead.id = record.lead_id
WHERE record.number BETWEEN %s AND %s ORDER BY record.number
"""
_ARRAY_HEAD = 20  # bytes of an array as PostgreSQL sends it, before the first element
_ELEMENT = np.dtype([("size", ">i4"), ("key", ">i8")])


class Reading:
    """Records being read, some at a time: so that whatever else waits can be let past."""

    def __init__(self) -> None:
        self.held: Held | None = None
        self._after = -1
        self._columns: dict[str, list[npt.NDArray[Any]]] = defaultdict(list)
        self._filling = Filling()
        self._filling.add([])
        self._steps = self._work()

    def go_on(self) -> bool:
        """Do the next few seconds of it; True when all is held."""
        return next(self._steps, None) is None

    def _work(self) -> Iterator[bool]:
        while len(rows := self._next()) == _A_READING:
            self._add(rows)
            yield True
        self._add(rows)
        frame = self._filling.frame(CommonNames())
        del self._filling
        if len(frame) > _A_READING:
            yield True
        self.held = self._made(frame)

    def _next(self) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(_RECORDS, {"after": self._after, "most": _A_READING})
            rows: list[Any] = cursor.fetchall()
        self._after = rows[-1][0] if rows else self._after
        return rows

    def _add(self, rows: list[Any]) -> None:
        """What older code stored, or is just being deleted, may be read as nothing at all: its stamp tells."""
        numbers, ids, leads, agencies, listed, excluded, stamps, keys, stored = (
            zip(*rows, strict=True) if rows else [()] * 9
        )
        known = indexing.features_of_all(zip(ids, stored, strict=True))
        features = [known[pk] for pk in ids]
        base = sum(map(len, self._columns["numbers"]))
        self._filling.add(features)
        values, holders = _spoken(features, base)
        sent = [bytes(each)[_ARRAY_HEAD:] for each in keys]
        made: dict[str, npt.NDArray[Any]] = {
            "numbers": np.array(numbers, np.int64),
            "values": values,
            "holders": holders,
            "ids": np.array([each.bytes for each in ids], "S16"),
            "leads": np.array([each.bytes for each in leads], "S16"),
            "agencies": np.array([each.bytes for each in agencies], "S16"),
            "listed": np.array(listed, np.bool_),
            "excluded": np.array(excluded, np.bool_),
            "stamps": np.array([bytes(each) for each in stamps], "S16"),
            "keys": np.frombuffer(b"".join(sent), _ELEMENT)["key"].astype(np.int64),
            "many": np.array([len(each) // _ELEMENT.itemsize for each in sent], np.int64),
        }
        for name, column in made.items():
            self._columns[name].append(column)

    def _made(self, frame: Frame) -> Held:
        def whole(name: str, kind: Any) -> npt.NDArray[Any]:
            return np.concatenate([np.empty(0, kind), *self._columns.pop(name)])

        agencies, agency = np.unique(whole("agencies", "S16"), return_inverse=True)
        _, lead = np.unique(whole("leads", "S16"), return_inverse=True)
        owners = Owners(
            agency.astype(np.int32),
            lead.astype(np.int32),
            whole("listed", np.bool_),
            whole("excluded", np.bool_),
        )
        ids = whole("ids", "S16")
        by_id = np.argsort(ids)
        rank = np.empty(len(ids), np.int64)
        rank[by_id] = np.arange(len(ids))
        said, telling = keytable.weights()
        rules = Rules(np.array(said, np.int32), telling, keytable.SURE, keytable.FEW, MOST_CANDIDATES)
        values = whole("values", np.int64)
        order = np.argsort(values, kind="stable")
        return Held(
            numbers=whole("numbers", np.int64),
            ids=ids,
            stamps=whole("stamps", "S16"),
            agencies=[uuid.UUID(bytes=each.ljust(16, b"\0")) for each in agencies.tolist()],
            owners=owners,
            frame=frame,
            meetings=Meetings.of(whole("keys", np.int64), whole("many", np.int64), owners, rules),
            values=values[order],
            holders=whole("holders", np.int64)[order].astype(np.int32),
            common=suppression.perhaps_common(),
            by_id=by_id,
            rank=rank,
        )


def _spoken(features: list[Features], base: int) -> tuple[Ints, Ints]:
    """Hashes of what these records hold that could be silenced, and their places."""
    held = [(hash(value), place) for place, each in enumerate(features, base) for value in spoken(each)]
    table = np.array(held, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
