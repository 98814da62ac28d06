"""What a task force's judgements teach: the weights that fit them, what would change, and the weights in force.

Only hits between two agencies teach, no agency's judgements weigh more than those of all others together, and whether
there are enough is asked of what the others judged, whoever is left out: so nobody teaches alone, and nobody's own
judgements tell what the others' were. The effect is worked out for each agency by the rule of `pointers`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from django.db.models import F

from intel.matching import pointers, relinking
from intel.matching.comparing import compare
from intel.matching.frame import Frame
from intel.matching.frequencies import LiveFrequencies
from intel.matching.in_force import Members, members_of
from intel.matching.model import Band, Model, shipped
from intel.matching.recalibration import recalibrated
from intel.matching.sides import Pair, Side, fetch, scores
from intel.models import HitNotice, LearnedWeights, MatchRecord

FEWEST = 20  # judgements, and of each verdict at least a quarter of that
_CHUNK = 1_000

Label = tuple[Pair, bool]


def learn(weights_id: uuid.UUID) -> None:
    """Do the lesson of one row: fit the weights and work out what switching them on would change. Idempotent."""
    row = (
        LearnedWeights.objects.select_for_update(of=("self",)).filter(pk=weights_id, state="learning").first()
    )
    if row is None:
        return
    members = members_of(row.task_force)
    labels = _judged(members)
    if not _enough(labels, members):
        row.state = LearnedWeights.State.TOO_FEW
    else:
        model = _fitted(_balanced(labels), f"{shipped().version}+{str(row.pk)[:8]}")
        row.content, row.effect = asdict(model), _effect(model, members)
        row.state = LearnedWeights.State.READY
    row.save()


# --- Labels ----------------------------------------------------------------------------------------------


def _judged(members: Members) -> dict[uuid.UUID, list[Label]]:
    """By agency, what it judged of its hits with others. Unsure teaches nothing."""
    rows = HitNotice.objects.filter(
        agency__in=members,
        state__in=("same", "not_same"),
        hit__withdrawn_at=None,
        hit__left__agency__in=members,
        hit__right__agency__in=members,
    ).exclude(hit__left__agency=F("hit__right__agency"))
    said: dict[uuid.UUID, list[Label]] = {agency: [] for agency in members}
    for agency, left, right, state in rows.values_list("agency", "hit__left", "hit__right", "state"):
        said[agency].append(((left, right), state == "same"))
    return {agency: sorted(labels) for agency, labels in said.items()}


def _enough(labels: Mapping[uuid.UUID, list[Label]], members: Members) -> bool:
    """Whether the others' judgements suffice, whichever member is left out."""
    for left_out in members:
        verdicts = [same for agency, own in labels.items() if agency != left_out for _, same in own]
        if len(verdicts) < FEWEST or min(verdicts.count(True), verdicts.count(False)) < FEWEST // 4:
            return False
    return True


def _balanced(labels: Mapping[uuid.UUID, list[Label]]) -> list[Label]:
    """Of each agency at most as many as of all others together."""
    total = sum(len(own) for own in labels.values())
    return [label for _, own in sorted(labels.items()) for label in own[: total - len(own)]]


def _fitted(labels: list[Label], version: str) -> Model:
    sides = _sides({pk for pair, _ in labels for pk in pair})
    places = {side.id: place for place, side in enumerate(sides)}
    known = [(places[left], places[right], same) for (left, right), same in labels]
    frame = Frame.of([side.features for side in sides], LiveFrequencies(side.features for side in sides))
    left, right, same = (np.array([each[column] for each in known]) for column in range(3))
    return recalibrated(shipped(), compare(frame, left, right), same.astype(np.bool_), version)


def _sides(records: Collection[uuid.UUID]) -> list[Side]:
    held = fetch(ids=records)
    return [held[number] for number in sorted(held)]


# --- Effect ----------------------------------------------------------------------------------------------


def _effect(model: Model, members: Members) -> dict[str, dict[str, Any]]:
    """By agency: `new` hits by band, and the `changed` ones among its own notices with both bands ("": falls)."""
    effect: dict[str, dict[str, Any]] = {str(pk): {"new": {}, "changed": []} for pk in members}
    records = MatchRecord.objects.filter(agency__in=members)
    for first, last in relinking.chunks_of(records, _CHUNK):
        _add_effect(effect, records.filter(number__range=(first, last)), model, members)
    return effect


def _add_effect(effect: dict[str, dict[str, Any]], chosen: Any, model: Model, members: Members) -> None:
    met = relinking.met(chosen)
    inside = [
        pair for pair in met.pairs.tolist() if {met.everybody[number].agency for number in pair} <= members
    ]
    now = {
        pair: score.band
        for pair, score in scores(met.everybody, np.array(inside, np.int64).reshape(-1, 2), model).items()
    }
    _add_changed(effect, now, [hit.pk for hit in met.known.values()], members)
    held = {pair for pair, hit in met.known.items() if hit.withdrawn_at is None}
    _add_new(effect, {pair: band for pair, band in now.items() if pair not in held})


def _add_changed(
    effect: dict[str, dict[str, Any]], now: Mapping[Pair, Band], hits: list[uuid.UUID], members: Members
) -> None:
    notices = HitNotice.objects.filter(hit__in=hits, hit__withdrawn_at=None).exclude(state="withdrawn")
    inside = notices.filter(hit__left__agency__in=members, hit__right__agency__in=members)
    rows = inside.values_list("pk", "agency_id", "band", "hit__left", "hit__right")
    for pk, agency, was, left, right in rows.order_by("pk"):
        band = now.get((left, right))
        if band != was:
            changed = {"notice": str(pk), "was": was, "now": str(band or "")}
            effect[str(agency)]["changed"].append(changed)


def _add_new(effect: dict[str, dict[str, Any]], found: Mapping[Pair, Band]) -> None:
    records = (
        MatchRecord.objects.filter(pk__in={pk for pair in found for pk in pair})
        .select_related("lead", "agency__contact")
        .defer("features", "keys", "terms", "lead__narrative", "lead__search")
        .in_bulk()
    )
    for (left, right), band in found.items():
        for agency in pointers.told_of(records[left], records[right]):
            counts = effect[str(agency)]["new"]
            counts[band] = counts.get(band, 0) + 1
