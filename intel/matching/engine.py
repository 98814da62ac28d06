"""Link matching as a whole: index a lead's records, fetch candidates of all agencies, score, keep the hits.

Matching ignores who may see what, as it must; `pointers.write_notices` alone decides what anybody learns.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from agencies.models import PointerPolicy
from intel.matching import frequencies, keytable, pointers, suppression
from intel.matching.blocking import keys
from intel.matching.identifiers import KINDS, mrz
from intel.matching.normalise import Features, normalise
from intel.matching.records import DateSpan, Kind, Record
from intel.matching.scoring import Score, score
from intel.models import Hit, Lead, MatchRecord, Subject

_RECORDS_A_ROUND = 200  # of one lead (a reference list has thousands) that are matched at once

Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True, slots=True)
class LinkResult:
    """What a run found: `hits` that hold now, how many of them are `new`, how many were `withdrawn`."""

    hits: int
    new: int
    withdrawn: int
    suppressed: tuple[suppression.Suppressed, ...]


@transaction.atomic
def match(lead_id: uuid.UUID) -> LinkResult | None:
    """Index and link one lead; None when it is gone. Running it again changes nothing.

    The lead is locked without its key, so that notices of other leads' hits can still refer to it meanwhile.
    """
    lead = Lead.objects.select_for_update(no_key=True).filter(pk=lead_id).first()
    if lead is None:
        return None
    index(lead)
    return link(lead)


# --- Index --------------------------------------------------------------------------------------------


def index(lead: Lead) -> list[MatchRecord]:
    """(Re)write the match records, keys and word counts of a lead from its subjects and identifiers."""
    wanted = {subject: normalise(record) for subject, record in records_of(lead)}
    held = {record.subject_id: record for record in lead.match_records.all()}
    before = [features_of(record) for record in held.values()]
    keytable.lock({key for features in [*before, *wanted.values()] for key in _hashed_keys(features)})
    lead.match_records.exclude(subject_id__in=[pk for pk in wanted if pk]).exclude(
        pk__in=[held[None].pk] if None in wanted and None in held else []
    ).delete()
    kept = [_write(lead, subject, features, held.get(subject)) for subject, features in wanted.items()]
    keytable.replace_keys({record.pk: _hashed_keys(features_of(record)) for record in kept})
    frequencies.adjust(before, wanted.values())
    return kept


def _write(
    lead: Lead, subject: uuid.UUID | None, features: Features, held: MatchRecord | None
) -> MatchRecord:
    stored = features.to_json()
    if held is None:
        return MatchRecord.objects.create(
            lead=lead, agency_id=lead.agency_id, subject_id=subject, kind=features.kind, features=stored
        )
    if held.features != stored or held.kind != features.kind:
        held.features, held.kind = stored, features.kind
        held.save(update_fields=["features", "kind"])
    return held


def records_of(lead: Lead) -> Iterator[tuple[uuid.UUID | None, Record]]:
    """Each subject as a record, and the identifiers nobody is tied to as one more (under None)."""
    held: dict[uuid.UUID | None, list[tuple[str, str]]] = {None: []}
    for identifier in lead.identifiers.all():
        held.setdefault(identifier.subject_id, []).extend(_linking(identifier.kind, identifier.value))
    listed = lead.kind == Lead.Kind.REFERENCE
    for subject in lead.subjects.all():
        yield subject.pk, _record(subject, lead, tuple(held.get(subject.pk, ())), listed)
    if held[None]:
        yield (
            None,
            Record(Kind.LOOSE, identifiers=tuple(held[None]), reported_on=lead.reported_on, listed=listed),
        )


def _linking(kind: str, value: str) -> list[tuple[str, str]]:
    """The identifier as compared, if its kind links at all; a passport's machine-readable zone is also its number."""
    if kind in KINDS and not KINDS[kind].links:
        return []
    if kind == "mrz" and value.startswith("P"):
        return [(kind, value), ("passport", mrz.read(value).number)]
    return [(kind, value)]


def _record(subject: Subject, lead: Lead, identifiers: tuple[tuple[str, str], ...], listed: bool) -> Record:
    return Record(
        kind=Kind(subject.kind),
        name=subject.name,
        aliases=tuple(subject.aliases),
        births=tuple(_births(subject, lead)),
        sex=subject.sex,
        nationalities=tuple(subject.nationalities),
        places=tuple(subject.places),
        identifiers=identifiers,
        role=subject.role,
        reported_on=lead.reported_on,
        listed=listed,
    )


def _births(subject: Subject, lead: Lead) -> Iterator[DateSpan]:
    earliest, latest = (
        subject.birth_earliest or subject.birth_latest,
        subject.birth_latest or subject.birth_earliest,
    )
    if earliest and latest:
        yield DateSpan(min(earliest, latest), max(earliest, latest))
    elif subject.age is not None:
        yield DateSpan.of_age(subject.age, lead.reported_on)


def features_of(record: MatchRecord) -> Features:
    return Features.from_json(record.features)


def _hashed_keys(features: Features) -> set[int]:
    return {keytable.hashed(key) for key in keys(features)}


# --- Link ---------------------------------------------------------------------------------------------


def link(lead: Lead) -> LinkResult:
    """Score an indexed lead against all agencies' records and make its hits say what holds now."""
    records = list(lead.match_records.select_related("lead", "agency").order_by("pk"))
    rounds = [
        _link(lead, records[start : start + _RECORDS_A_ROUND])
        for start in range(0, len(records), _RECORDS_A_ROUND)
    ]
    return LinkResult(
        hits=sum(each.hits for each in rounds),
        new=sum(each.new for each in rounds),
        withdrawn=sum(each.withdrawn for each in rounds),
        suppressed=tuple(dict.fromkeys(one for each in rounds for one in each.suppressed)),
    )


def _link(lead: Lead, records: list[MatchRecord]) -> LinkResult:
    features = {record.pk: features_of(record) for record in records}
    suppressed = suppression.explain(features.values())
    features = {pk: suppression.without(each, suppressed) for pk, each in features.items()}
    known = {(hit.left_id, hit.right_id): hit for hit in _hits_of(features)}
    pairs = keytable.candidates(lead, {pk: _hashed_keys(each) for pk, each in features.items()})
    pairs += [
        (hit.left_id, hit.right_id) if hit.left_id in features else (hit.right_id, hit.left_id)
        for hit in known.values()
        if may_compare(hit.left.lead, hit.right.lead)
    ]
    scores = dict(_scores(features, pairs))
    sides = MatchRecord.objects.select_related("lead", "agency").in_bulk(
        {pk for pair in scores for pk in pair}
    )
    for pair, scored in scores.items():
        _keep(sides[pair[0]], sides[pair[1]], scored, known.get(pair))
    withdrawn = _withdraw([hit for pair, hit in known.items() if pair not in scores])
    return LinkResult(len(scores), len(scores.keys() - known.keys()), withdrawn, tuple(suppressed))


def _hits_of(records: Iterable[uuid.UUID]) -> list[Hit]:
    held = list(records)
    hits = Hit.objects.filter(Q(left__in=held) | Q(right__in=held))
    return list(hits.select_related("left__lead", "right__lead"))


def may_compare(lead: Lead, other: Lead) -> bool:
    """The rule of `keytable.candidates`, for pairs that were found before."""
    excluded = PointerPolicy.EXCLUDED in (lead.pointer_policy, other.pointer_policy)
    listed = lead.kind == other.kind == Lead.Kind.REFERENCE
    return lead.pk != other.pk and not listed and not (excluded and lead.agency_id != other.agency_id)


def _scores(features: dict[uuid.UUID, Features], pairs: Iterable[Pair]) -> Iterator[tuple[Pair, Score]]:
    """Each pair once, lower id on the left, if it reaches a band."""
    pairs = dict.fromkeys(pairs)
    known = frequencies.LiveFrequencies(features.values())
    stored = MatchRecord.objects.filter(pk__in={other for _, other in pairs}).values_list("pk", "features")
    either = {**features, **{pk: Features.from_json(each) for pk, each in stored}}
    for own, other in pairs:
        left, right = (own, other) if own < other else (other, own)
        if scored := score(either[left], either[right], known):
            yield (left, right), scored


def _keep(left: MatchRecord, right: MatchRecord, scored: Score, hit: Hit | None) -> None:
    content = {
        "bits": scored.bits,
        "band": scored.band.value,
        "evidence": scored.explanation(),
        "model_version": scored.model_version,
        "withdrawn_at": None,
    }
    if hit is None:
        hit, _ = Hit.objects.get_or_create(left=left, right=right, defaults=content)
    changed = [name for name, value in content.items() if getattr(hit, name) != value]
    for name in changed:
        setattr(hit, name, content[name])
    if changed:
        hit.save(update_fields=changed)
    hit.left, hit.right = left, right
    pointers.write_notices(hit)


def _withdraw(hits: list[Hit]) -> int:
    """What no longer holds is withdrawn; who judged it keeps the judgement, which `pointers` sees to."""
    fallen = [hit for hit in hits if hit.withdrawn_at is None]
    for hit in fallen:
        pointers.withdraw(hit)
    return len(fallen)
