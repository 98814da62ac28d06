"""A lead's subjects and loose identifiers as match records: features, keys and terms, kept in step with the lead."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from django.db import connection
from django.db.models import QuerySet

from agencies import jobs
from agencies.models import PointerPolicy
from intel.matching import frequencies, keytable
from intel.matching.identifiers import KINDS, mrz
from intel.matching.normalise import VERSION, Features, normalise
from intel.matching.records import DateSpan, Kind, Record
from intel.models import Identifier, Lead, MatchRecord, Subject

_MATCH_LEAD = "intel.tasks.match_lead"
_COLUMNS = ("kind", "features", "keys", "terms", "generation", "listed", "excluded")

Side = tuple[uuid.UUID, uuid.UUID | None]  # lead and subject of a record


def index(lead: Lead, subjects: Collection[uuid.UUID] | None = None) -> list[MatchRecord]:
    """(Re)write the match records of a lead, all or those of these subjects; the database keeps keys and counts in
    step with them.

    Where another transaction is matching a lead that shares a key and cannot be waited for, the lead is matched once
    more after this one.
    """
    records = (
        lead.match_records.all() if subjects is None else lead.match_records.filter(subject__in=subjects)
    )
    held = {record.subject_id: record for record in records}
    wanted = {side[1]: features for side, features in _features_of_leads([lead], subjects).items()}
    written = [_filled(held.get(subject), lead, subject, features) for subject, features in wanted.items()]
    before = {key for record in held.values() for key in record.keys}
    changed = [record for record in written if _is_changed(record, held.get(record.subject_id))]
    if not keytable.lock(before.union(*(record.keys for record in written))):
        jobs.enqueue(_MATCH_LEAD, lead.pk)
    if gone := held.keys() - wanted.keys():
        MatchRecord.objects.filter(pk__in=[held[subject].pk for subject in gone]).delete()
    write(changed)
    return written


def write(records: Iterable[MatchRecord]) -> None:
    """Insert or update records, in one statement each."""
    every = list(records)
    new = [record for record in every if record._state.adding]
    old = [record for record in every if not record._state.adding]
    MatchRecord.objects.bulk_create(new)
    if old:
        _update(old)


def _update(records: Sequence[MatchRecord]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE intel_matchrecord AS record SET kind = wanted.kind, features = wanted.features,
                keys = wanted.keys::bigint[], terms = wanted.terms::bigint[], generation = wanted.generation,
                listed = wanted.listed, excluded = wanted.excluded
            FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bool[], %s::bool[])
                AS wanted (id, kind, features, keys, terms, generation, listed, excluded)
            WHERE record.id = wanted.id
            """,
            [
                [record.pk for record in records],
                [str(record.kind) for record in records],
                [record.features for record in records],
                [_array(record.keys) for record in records],
                [_array(record.terms) for record in records],
                [record.generation for record in records],
                [record.listed for record in records],
                [record.excluded for record in records],
            ],
        )


def _array(numbers: Sequence[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


def _filled(
    held: MatchRecord | None, lead: Lead, subject: uuid.UUID | None, features: Features
) -> MatchRecord:
    """The record as it should be; not saved."""
    record = MatchRecord(lead=lead, agency_id=lead.agency_id, subject_id=subject)
    if held is not None:
        record.pk, record.number, record._state.adding = held.pk, held.number, False
    record.kind = features.kind
    record.features = json.dumps(features.to_json(), ensure_ascii=False, separators=(",", ":"))
    record.keys = keytable.keys_of(features)
    record.terms = frequencies.terms_of(features)
    record.generation = keytable.generation()
    record.listed = features.listed
    record.excluded = lead.pointer_policy == PointerPolicy.EXCLUDED
    return record


def _is_changed(record: MatchRecord, held: MatchRecord | None) -> bool:
    return held is None or any(getattr(record, name) != getattr(held, name) for name in _COLUMNS)


def reindex(records: QuerySet[MatchRecord]) -> int:
    """Rewrite those of these records that older code, or another secret, made; returns how many.

    Their leads are locked, so that nobody edits them meanwhile. What links anew, the linking that follows finds.
    """
    stale = records.exclude(generation=keytable.generation())
    leads = {lead.pk: lead for lead in _locked(stale)}
    held = {(record.lead_id, record.subject_id): record for record in stale.filter(lead__in=leads)}
    features = _features_of_leads(leads.values(), {subject for _, subject in held})
    write(
        _filled(record, leads[side[0]], side[1], features[side])
        for side, record in held.items()
        if side in features
    )
    return len(held)


def _locked(stale: QuerySet[MatchRecord]) -> QuerySet[Lead]:
    leads = Lead.objects.filter(pk__in=stale.values("lead")).order_by("pk")
    return leads.select_for_update(no_key=True)


# --- Features ----------------------------------------------------------------------------------------


def features_of(record: MatchRecord) -> Features:
    return features_of_all([(record.pk, record.features)])[record.pk]


def features_of_all(stored: Iterable[tuple[uuid.UUID, str]]) -> dict[uuid.UUID, Features]:
    """Stored features of records, by id; what older code stored is read again from the lead itself."""
    found: dict[uuid.UUID, Features] = {}
    stale: list[uuid.UUID] = []
    for pk, text in stored:
        content = json.loads(text)
        if content.get("version") == VERSION:
            found[pk] = Features.from_json(content)
        else:
            stale.append(pk)
    return {**found, **_read_again(stale)} if stale else found


def _read_again(stale: Collection[uuid.UUID]) -> dict[uuid.UUID, Features]:
    records = (
        MatchRecord.objects.filter(pk__in=stale).defer("features", "keys", "terms").select_related("lead")
    )
    held = {(record.lead_id, record.subject_id): record for record in records}
    leads = {record.lead_id: record.lead for record in held.values()}
    features = _features_of_leads(leads.values(), {subject for _, subject in held})
    nothing = normalise(Record(Kind.LOOSE))  # its subject is just being deleted
    return {record.pk: features.get(side, nothing) for side, record in held.items()}


def _features_of_leads(
    leads: Iterable[Lead], subjects: Collection[uuid.UUID | None] | None = None
) -> dict[Side, Features]:
    """The features of these leads' records, of all or of these subjects (None: the loose identifiers)."""
    return {side: normalise(record) for side, record in _records(list(leads), subjects)}


def records_of(lead: Lead) -> Iterator[tuple[uuid.UUID | None, Record]]:
    """Each subject as a record, and the identifiers nobody is tied to as one more (under None)."""
    for (_, subject), record in _records([lead], None):
        yield subject, record


def _records(leads: list[Lead], wanted: Collection[uuid.UUID | None] | None) -> Iterator[tuple[Side, Record]]:
    subjects, identifiers = Subject.objects.filter(lead__in=leads), Identifier.objects.filter(lead__in=leads)
    if wanted is not None:
        subjects = subjects.filter(pk__in=[pk for pk in wanted if pk])
    held: dict[Side, list[tuple[str, str]]] = defaultdict(list)
    for lead_id, subject_id, kind, value in identifiers.values_list("lead_id", "subject_id", "kind", "value"):
        held[lead_id, subject_id].extend(_linking(kind, value))
    known = {lead.pk: lead for lead in leads}
    for each in subjects:
        side = (each.lead_id, each.pk)
        yield side, _record(each, known[each.lead_id], tuple(held.get(side, ())))
    for lead in leads:
        if (loose := held.get((lead.pk, None))) and (wanted is None or None in wanted):
            yield (
                (lead.pk, None),
                Record(
                    Kind.LOOSE,
                    identifiers=tuple(loose),
                    reported_on=lead.reported_on,
                    listed=_is_listed(lead),
                ),
            )


def _linking(kind: str, value: str) -> list[tuple[str, str]]:
    """The identifier as compared, if its kind links at all; a passport's machine-readable zone is also its number."""
    if kind in KINDS and not KINDS[kind].links:
        return []
    if kind == "mrz" and value.startswith("P"):
        return [(kind, value), ("passport", mrz.read(value).number)]
    return [(kind, value)]


def _is_listed(lead: Lead) -> bool:
    return lead.kind == Lead.Kind.REFERENCE


def _record(subject: Subject, lead: Lead, identifiers: tuple[tuple[str, str], ...]) -> Record:
    if subject.delisted_on is not None:  # it stays to be read, and links nobody any more
        return Record(Kind(subject.kind), listed=_is_listed(lead))
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
        listed=_is_listed(lead),
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
