"""Scores made into hits that last: what is new, what changed and what no longer holds, each told to its sides."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.models import Agency, Agreement, PointerPolicy
from intel.matching import pointers
from intel.matching.scoring import Score
from intel.matching.sides import Pair, stamp
from intel.models import Hit, MatchRecord

_HITS_A_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """`hits` to tell their sides of, because they are new, have changed or hold as before; `fallen` no longer hold."""

    new: list[Hit]
    changed: list[Hit]
    same: list[Hit]
    fallen: list[Hit]


def known_hits(records: Collection[uuid.UUID]) -> dict[Pair, Hit]:
    """All hits on these records, withdrawn ones too."""
    held = list(records)
    return {
        (hit.left_id, hit.right_id): hit for hit in Hit.objects.filter(Q(left__in=held) | Q(right__in=held))
    }


def keep(
    found: Mapping[Pair, Score], known: Mapping[Pair, Hit], read: Mapping[uuid.UUID, bytes] | None = None
) -> Kept:
    """Make the hits on the pairs `known` and `found` say what was found.

    Whoever does not hold the locks of a match gives the stamps of the sides as `read`: where one has changed since, its own match
    has the last word, and the pair is left alone.
    """
    if read is not None:
        moved = _moved({pk for pair in found.keys() | known.keys() for pk in pair}, read)
        found = {pair: score for pair, score in found.items() if moved.isdisjoint(pair)}
        known = {pair: hit for pair, hit in known.items() if moved.isdisjoint(pair)}
    new = _create({pair: score for pair, score in found.items() if pair not in known})
    changed: list[Hit] = []
    same: list[Hit] = []
    for pair, hit in known.items():
        if pair in found:
            (changed if _set(hit, _content(found[pair])) else same).append(hit)
    fallen = [hit for pair, hit in known.items() if pair not in found and hit.withdrawn_at is None]
    for hit in fallen:
        hit.withdrawn_at = timezone.now()
    Hit.objects.bulk_update(changed, list(_CONTENT), batch_size=_HITS_A_STATEMENT)
    Hit.objects.bulk_update(fallen, ["withdrawn_at"], batch_size=_HITS_A_STATEMENT)
    return Kept(new, changed, same, fallen)


def _moved(ids: Collection[uuid.UUID], read: Mapping[uuid.UUID, bytes]) -> set[uuid.UUID]:
    """Of these records those that are no longer what was read; the rest stay so until commit."""
    records = MatchRecord.objects.filter(pk__in=ids).order_by("number")
    locked = records.select_for_update(no_key=True, of=("self",))
    now = {
        pk: stamp(policy == PointerPolicy.EXCLUDED, stored)
        for pk, policy, stored in locked.values_list("pk", "lead__pointer_policy", "features")
    }
    return {pk for pk in ids if now.get(pk) != read[pk]}


_CONTENT = ("bits", "band", "evidence", "model_version", "withdrawn_at")


def _content(score: Score) -> dict[str, Any]:
    return {
        "bits": score.bits,
        "band": score.band.value,
        "evidence": score.explanation(),
        "model_version": score.model_version,
        "withdrawn_at": None,
    }


def _set(hit: Hit, content: Mapping[str, Any]) -> bool:
    differs = any(getattr(hit, name) != value for name, value in content.items())
    for name, value in content.items():
        setattr(hit, name, value)
    return differs


def _create(found: Mapping[Pair, Score]) -> list[Hit]:
    """Another worker may have kept the same pair a moment ago; then theirs is the hit."""
    if not found:
        return []
    rows = [
        Hit(left_id=left, right_id=right, **_content(score)) for (left, right), score in sorted(found.items())
    ]
    Hit.objects.bulk_create(rows, batch_size=_HITS_A_STATEMENT, ignore_conflicts=True)
    made = Hit.objects.filter(
        left__in={row.left_id for row in rows}, right__in={row.right_id for row in rows}
    )
    held = {(hit.left_id, hit.right_id): hit for hit in made}
    return [held[pair] for pair in sorted(found)]


def tell_between(agreement_id: uuid.UUID) -> None:
    """What two agencies, or those of a task force, agreed has changed: have both sides of each hit learn what they may."""
    agreement = Agreement.objects.filter(pk=agreement_id).first()
    if agreement is None:
        return
    others = [agreement.partner_id] if agreement.partner_id else list(_others_in(agreement))
    one = Q(left__agency=agreement.agency_id, right__agency__in=others)
    other = Q(right__agency=agreement.agency_id, left__agency__in=others)
    ids = list(Hit.objects.filter(one | other).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), _HITS_A_STATEMENT):
        with transaction.atomic():
            some = ids[start : start + _HITS_A_STATEMENT]
            hits = Hit.objects.filter(pk__in=some).order_by("pk").select_for_update(no_key=True)
            tell([], list(hits))


def _others_in(agreement: Agreement) -> QuerySet[Agency, uuid.UUID]:
    members = Agency.objects.filter(task_forces=agreement.task_force_id).exclude(pk=agreement.agency_id)
    return members.values_list("pk", flat=True)


def tell(new: Sequence[Hit], held: Sequence[Hit]) -> None:
    """Have both sides of each hit learn what they may; of the `new` ones nobody has been told yet."""
    told = [*new, *held]
    if not told:
        return
    records = MatchRecord.objects.filter(pk__in={pk for hit in told for pk in (hit.left_id, hit.right_id)})
    sides = records.select_related("lead", "agency__contact").defer(
        "features", "keys", "terms", "lead__narrative", "lead__search"
    )
    by_id, known = sides.in_bulk(), pointers.LookedUp(held)
    for hit in told:
        hit.left, hit.right = by_id[hit.left_id], by_id[hit.right_id]
        pointers.tell(hit, known)
    known.send()
