"""Synthetic records into a database's tables, by COPY and through the real normalising and blocking code."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import Model

from agencies import acting
from agencies.references import new_reference
from benchmarks import _synthetic
from intel.matching import frequencies, keytable
from intel.matching.normalise import normalise
from intel.matching.records import Record
from intel.models import Identifier, Lead, MatchKey, MatchRecord, Subject, TermFrequency

CHUNK = 5_000  # subjects made and written at once
SUBJECTS_A_LEAD = 3
_LOGGED_FROM = 100_000_000  # numbers of records that are not loaded but logged


@dataclass(frozen=True)
class Part:
    """One chunk: the records of numbers `first` + place, made from `seed`; `twins` are the planted variants."""

    seed: int
    first: int
    count: int


def load(parts: Sequence[Part], agencies: Sequence[uuid.UUID], template: uuid.UUID) -> None:
    """Fill the tables by as many processes as there are cores. The key table's index is built at the end."""
    _as_owner("ALTER TABLE intel_matchrecord DISABLE TRIGGER USER")
    _as_owner(f"ALTER TABLE {table(MatchKey)} DROP CONSTRAINT {table(MatchKey)}_pkey")
    connections.close_all()
    _synthetic.world()  # made once, for all processes
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(_fill, parts, [agencies] * len(parts), [template] * len(parts)), 1):
            print(f"\r{done} of {len(parts)} parts of {CHUNK:,} written ", end="", flush=True)
    print()


def finish(first: int, last: int) -> None:
    """Index, count and vacuum what was loaded: records of numbers `first` to `last`. What is logged later counts on
    from far above, so that more can be loaded."""
    _as_owner("SET maintenance_work_mem = '1GB'")
    _run(
        f"INSERT INTO {table(MatchKey)} (key, record, agency, listed, excluded) SELECT unnest(keys), number,"
        f" intel_agency_code(agency_id), listed, excluded FROM {table(MatchRecord)} WHERE number BETWEEN %s AND %s",
        [first, last],
    )
    _as_owner(
        f"ALTER TABLE {table(MatchKey)} ADD PRIMARY KEY (key, record) INCLUDE (agency, listed, excluded)"
    )
    _as_owner(f"TRUNCATE {table(TermFrequency)}")
    _run(
        f"INSERT INTO {table(TermFrequency)} (term, n) SELECT term, count(*) FROM {table(MatchRecord)}"
        " CROSS JOIN LATERAL unnest(terms) AS term GROUP BY term"
    )
    _as_owner("ALTER TABLE intel_matchrecord ENABLE TRIGGER USER")
    _as_owner(
        f"SELECT setval('intel_matchrecord_number',"
        f" greatest({_LOGGED_FROM}, nextval('intel_matchrecord_number')))"
    )
    for model in (MatchKey, MatchRecord, TermFrequency, Lead, Subject, Identifier):
        _as_owner(f"VACUUM ANALYZE {table(model)}")


def table(model: type[Model]) -> str:
    return model._meta.db_table


def _as_owner(statement: str) -> None:
    """What only the owner of the tables may do, as whom this process has signed in."""
    with acting.on_behalf_of(acting.NOBODY):
        _run(statement)


def _run(statement: str, values: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


@transaction.atomic
def _fill(part: Part, agencies: Sequence[uuid.UUID], template: uuid.UUID) -> None:
    records = [record for record, _ in _synthetic.records(part.count, part.seed)]
    leads = [
        (uuid.uuid4(), agencies[(part.seed + at) % len(agencies)], new_reference())
        for at in range(0, part.count, SUBJECTS_A_LEAD)
    ]
    subjects = [(uuid.uuid4(), *leads[at // SUBJECTS_A_LEAD][:2]) for at in range(part.count)]
    _copies(Lead, template, ("id", "agency_id", "reference"), leads)
    _copies(
        Subject, _first_subject(template),
        ("id", "lead_id", "agency_id", "kind", "name", "search_names", "aliases", "birth_earliest", "birth_latest",
         "places", "nationalities", "sex"),
        [(pk, lead, agency, *_as_subject(record)) for (pk, lead, agency), record in zip(subjects, records, strict=True)],
    )  # fmt: skip
    _write_identifiers(subjects, records, template)
    _write_matching(part, subjects, records)


def _first_subject(template: uuid.UUID) -> uuid.UUID:
    first: uuid.UUID = Subject.objects.filter(lead=template).values_list("pk", flat=True)[0]
    return first


def _as_subject(record: Record) -> tuple[Any, ...]:
    span = record.births[0] if record.births else None
    return (
        record.kind.value, record.name, record.name.lower(), list(record.aliases), span and span.earliest, span and span.latest,
        list(record.places), list(record.nationalities), record.sex,
    )  # fmt: skip


def _copies(
    model: type[Model], template: uuid.UUID, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Rows like the template but for these columns, by way of COPY."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    typed = {field.column: field.db_type(connection) for field in fields}
    rest = [name for name in typed if name not in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE given ({', '.join(f'{n} {typed[n]}' for n in columns)}) ON COMMIT DROP"
        )
        with cursor.cursor.copy("COPY given FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            f"INSERT INTO {table(model)} ({', '.join([*columns, *rest])}) SELECT "
            f"{', '.join([*(f'given.{n}' for n in columns), *(f'template.{n}' for n in rest)])} "
            f"FROM given CROSS JOIN {table(model)} AS template WHERE template.id = %s",
            [template],
        )
        cursor.execute("DROP TABLE given")


def _write_identifiers(
    subjects: Sequence[tuple[uuid.UUID, ...]], records: Sequence[Record], template: uuid.UUID
) -> None:
    rows = [
        (uuid.uuid4(), lead, pk, agency, kind, value, value, value)
        for (pk, lead, agency), record in zip(subjects, records, strict=True)
        for kind, value in dict.fromkeys(record.identifiers)
    ]
    first = Identifier.objects.filter(lead=template).values_list("pk", flat=True)[0]
    columns = ("id", "lead_id", "subject_id", "agency_id", "kind", "raw", "value", "display")
    _copies(Identifier, first, columns, rows)


def _write_matching(part: Part, subjects: Sequence[tuple[uuid.UUID, ...]], records: Sequence[Record]) -> None:
    generation = keytable.generation()
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(
            "COPY intel_matchrecord (id, number, agency_id, lead_id, subject_id, kind, features, keys, terms, generation,"
            " listed, excluded) FROM STDIN"
        ) as copy,
    ):
        for number, ((pk, lead, agency), record) in enumerate(
            zip(subjects, records, strict=True), part.first
        ):
            features = normalise(record)
            stored = json.dumps(features.to_json(), ensure_ascii=False, separators=(",", ":"))
            copy.write_row(
                (uuid.uuid4(), number, agency, lead, pk, record.kind.value, stored, keytable.keys_of(features),
                 frequencies.terms_of(features), generation, False, False)
            )  # fmt: skip
