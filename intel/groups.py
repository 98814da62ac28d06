"""Records that are one: what strong and judged hits tie together, as far as one reader may see it.

A group is worked out for its reader, from hits of the reader's agency whose both records the gate shows, and is
stored nowhere. So a hidden record ties nothing together, no agency's records are merged, and a judgement or a share
that is taken back takes the group apart by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Self

from django.db.models import Q

from agencies.acting import as_system
from agencies.models import User
from intel.matching.contradictions import contradiction
from intel.matching.indexing import features_of_all
from intel.matching.normalise import Features
from intel.models import HitNotice, MatchRecord, Subject
from intel.models.hit import Band

MOST = 30  # records of one group that are looked at
_ROUNDS = 4  # ties from the first record to the last

Pair = frozenset[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Tie:
    """A hit that speaks for one: strong, or judged the same by the reader's agency."""

    notice: uuid.UUID
    pair: Pair
    bits: float
    is_judged: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A record of the group and the strongest tie that brought it in; None for the record one started from."""

    subject: Subject
    tie: Tie | None


@dataclass(frozen=True, slots=True)
class Apart:
    """A record that a tie points to and a guard keeps out: `other` is the member it cannot be one with."""

    subject: Subject
    other: Subject
    why: str


@dataclass(frozen=True, slots=True)
class Group:
    members: tuple[Member, ...]
    apart: tuple[Apart, ...]
    is_cut: bool

    @classmethod
    def of(cls, subject: Subject, user: User) -> Self:
        """The group of a subject that the gate has shown to `user`."""
        found, ties, is_cut = _walk(subject, user)
        guard = _Guard(found, _judged_apart(found, user))
        sets = _joined(ties, guard)
        own = sets.get(subject.pk, {subject.pk})
        return cls(tuple(_members(own, found, ties, subject)), tuple(_kept_apart(own, found, guard)), is_cut)


# --- The hits that one reader may follow ---------------------------------------------------------------------


def _walk(subject: Subject, user: User) -> tuple[dict[uuid.UUID, Subject], list[Tie], bool]:
    """The visible records reached from one by ties, the ties, and whether there were more than are looked at."""
    found = {subject.pk: subject}
    ties: dict[uuid.UUID, Tie] = {}
    frontier = {subject.pk}
    for _ in range(_ROUNDS):
        near = _ties_of(frontier, user)
        reached = {pk for tie in near for pk in tie.pair} - found.keys()
        rows = Subject.objects.visible_to(user).filter(pk__in=reached).select_related("agency").order_by("pk")
        fresh = {each.pk: each for each in rows[: MOST + 1 - len(found)]}
        found |= fresh
        ties |= {tie.notice: tie for tie in near if tie.pair <= found.keys()}
        frontier = set(fresh)
        if not frontier or len(found) > MOST:
            break
    return found, list(ties.values()), bool(frontier)


def _own_hits(user: User, subjects: Collection[uuid.UUID]) -> Iterator[tuple[uuid.UUID, Pair, float, str]]:
    seen = Subject.objects.visible_to(user).values("pk")
    rows = (
        HitNotice.objects.visible_to(user)
        .filter(agency=user.agency_id, hit__withdrawn_at=None)
        # Through the gate before the cut, for hidden ones must not crowd out what may be seen.
        .filter(hit__left__subject__in=seen, hit__right__subject__in=seen)
        .filter(Q(hit__left__subject__in=subjects) | Q(hit__right__subject__in=subjects))
        .filter(Q(state__in=("same", "not_same")) | Q(state="new", band=Band.STRONG))
        .values_list("pk", "hit__left__subject", "hit__right__subject", "hit__bits", "state")
    )
    for pk, left, right, bits, state in rows.order_by("-hit__bits", "pk")[: MOST * 10]:
        yield pk, frozenset({left, right}), bits, state


def _ties_of(subjects: Collection[uuid.UUID], user: User) -> list[Tie]:
    found = _own_hits(user, subjects)
    return [Tie(pk, pair, bits, state == "same") for pk, pair, bits, state in found if state != "not_same"]


def _judged_apart(found: Collection[uuid.UUID], user: User) -> set[Pair]:
    return {
        pair for _, pair, _, state in _own_hits(user, found) if state == "not_same" and pair <= set(found)
    }


# --- The guards ------------------------------------------------------------------------------------------------


class _Guard:
    """Whether two records may stand in one group."""

    def __init__(self, subjects: dict[uuid.UUID, Subject], judged_apart: set[Pair]) -> None:
        self._judged_apart = judged_apart
        self._features = _features(subjects)

    def between(self, one: uuid.UUID, other: uuid.UUID) -> str:
        """Why not, in a sentence; "" if nothing speaks against it."""
        if frozenset({one, other}) in self._judged_apart:
            return "Judged not the same by your agency."
        left, right = self._features.get(one), self._features.get(other)
        return contradiction(left, right) if left and right else ""


@as_system
def _features(subjects: Collection[uuid.UUID]) -> dict[uuid.UUID, Features]:
    records = MatchRecord.objects.filter(subject__in=subjects).values_list("pk", "subject", "features")
    by_record = {pk: (subject, text) for pk, subject, text in records}
    read = features_of_all((pk, text) for pk, (_, text) in by_record.items())
    return {by_record[pk][0]: features for pk, features in read.items()}


def _joined(ties: Iterable[Tie], guard: _Guard) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Record -> the set it stands in. The surest ties join first; a tie across a contradiction joins nothing, unless
    somebody judged that very pair the same."""
    sets: dict[uuid.UUID, set[uuid.UUID]] = {}
    for tie in sorted(ties, key=lambda each: (not each.is_judged, -each.bits, sorted(each.pair))):
        one, other = sorted(tie.pair)
        left, right = sets.setdefault(one, {one}), sets.setdefault(other, {other})
        across = [pair for pair in product(left, right) if not (tie.is_judged and set(pair) == tie.pair)]
        if left is not right and not any(guard.between(a, b) for a, b in across):
            left |= right
            sets |= dict.fromkeys(right, left)
    return sets


# --- What is shown ---------------------------------------------------------------------------------------------


def _members(
    own: set[uuid.UUID], found: dict[uuid.UUID, Subject], ties: list[Tie], start: Subject
) -> Iterator[Member]:
    yield Member(start, None)
    for pk in sorted(own - {start.pk}, key=lambda pk: (str(found[pk]).casefold(), pk)):
        near = [tie for tie in ties if pk in tie.pair and tie.pair <= own]
        yield Member(found[pk], max(near, key=lambda tie: (start.pk in tie.pair, tie.is_judged, tie.bits)))


def _kept_apart(own: set[uuid.UUID], found: dict[uuid.UUID, Subject], guard: _Guard) -> Iterator[Apart]:
    for pk in sorted(found.keys() - own, key=lambda pk: (str(found[pk]).casefold(), pk)):
        reasons = ((member, guard.between(pk, member)) for member in sorted(own))
        if told := next(((member, why) for member, why in reasons if why), None):
            yield Apart(found[pk], found[told[0]], told[1])
