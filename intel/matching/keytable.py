"""The key table in PostgreSQL: hashed blocking keys, what is too common in it, and who shares a key with whom."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from intel.models import Lead, MatchKey

MOST_CANDIDATES = 100  # per record; the rarest shared keys come first
_MOST_KEY_LOCKS = 500  # of one transaction: PostgreSQL's lock table is finite
_EVERY_KEY = 0
_KEYS_A_STATEMENT = 5_000


def hashed(key: str) -> int:
    """A blocking key as a signed 64-bit number that says nothing without the installation's secret."""
    return int.from_bytes(
        blake2b(key.encode(), key=_secret(settings.SECRET_KEY), digest_size=8).digest(), signed=True
    )


@lru_cache(maxsize=2)
def _secret(installation: str) -> bytes:
    return salted_hmac("intel.matching.keytable", "", secret=installation, algorithm="sha256").digest()


def lock(keys: Collection[int]) -> None:
    """Wait for whoever matches a lead sharing one of these keys, until commit.

    Two leads logged at the same moment could otherwise miss each other: neither transaction sees the other's
    records. Locks are taken in one order, so waiting cannot become a circle. A lead with very many keys (a
    reference list) waits for everybody instead.
    """
    with connection.cursor() as cursor:
        if len(keys) > _MOST_KEY_LOCKS:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_EVERY_KEY])
            return
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_EVERY_KEY])
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [sorted(keys)])


def replace_keys(wanted: Mapping[uuid.UUID, Collection[int]]) -> None:
    """Make these records hold exactly these keys, and note the keys that have become too common."""
    held: dict[uuid.UUID, set[int]] = {record: set() for record in wanted}
    for record, key in MatchKey.objects.filter(record__in=wanted).values_list("record_id", "key"):
        held[record].add(key)
    fresh = [(record, key) for record, keys in wanted.items() for key in set(keys) - held[record]]
    for record, keys in held.items():
        if stale := keys - set(wanted[record]):
            MatchKey.objects.filter(record=record, key__in=stale).delete()
    rows = [MatchKey(record_id=record, key=key) for record, key in sorted(fresh, key=lambda each: each[1])]
    MatchKey.objects.bulk_create(rows, batch_size=_KEYS_A_STATEMENT, ignore_conflicts=True)
    _note_hot({key for _, key in fresh})


def _note_hot(keys: Iterable[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO intel_hotkey (key, n)
            SELECT key, count(*) FROM intel_matchkey
            WHERE key = ANY(%s) AND key NOT IN (SELECT key FROM intel_hotkey WHERE key = ANY(%s))
            GROUP BY key HAVING count(*) > %s
            ON CONFLICT (key) DO UPDATE SET n = excluded.n
            """,
            [listed := sorted(keys), listed, settings.MATCHING_HOT_KEY_CAP],
        )


def holders(keys: Collection[int]) -> dict[int, int]:
    """How many records hold each key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, count(*) FROM intel_matchkey WHERE key = ANY(%s) GROUP BY key", [sorted(keys)]
        )
        return dict(cursor.fetchall())


# Two agencies' records are compared whatever either may see; only an owner who excludes a lead from comparison
# is heard here. Two published lists are not compared with each other.
_CANDIDATES = """
WITH wanted (record, key) AS (
    SELECT * FROM unnest(%(records)s::uuid[], %(keys)s::bigint[])
), held AS MATERIALIZED (
    SELECT cool.key, entry.record_id
    FROM (SELECT key FROM wanted EXCEPT SELECT key FROM intel_hotkey WHERE key = ANY(%(keys)s)) AS cool
    JOIN intel_matchkey AS entry ON entry.key = cool.key
), weighed AS (
    SELECT key, ln(%(cap)s + 2.0) - ln(count(*)) AS weight FROM held GROUP BY key HAVING count(*) <= %(cap)s
), shared AS (
    SELECT wanted.record, held.record_id AS other, sum(weighed.weight) AS weight
    FROM wanted JOIN weighed ON weighed.key = wanted.key JOIN held ON held.key = wanted.key
    GROUP BY wanted.record, held.record_id
), ranked AS (
    SELECT record, other, row_number() OVER (PARTITION BY record ORDER BY weight DESC, other) AS place FROM shared
), allowed AS (
    SELECT ranked.record, ranked.other, row_number() OVER (PARTITION BY ranked.record ORDER BY place) AS place
    FROM ranked CROSS JOIN LATERAL (
        SELECT FROM intel_matchrecord AS theirs JOIN intel_lead AS lead ON lead.id = theirs.lead_id
        WHERE theirs.id = ranked.other AND theirs.lead_id <> %(lead)s
          AND (theirs.agency_id = %(agency)s OR NOT (%(excluded)s OR lead.pointer_policy = 'excluded'))
          AND NOT (%(listed)s AND lead.kind = 'reference')
        LIMIT 1  -- keeps the planner from reading the whole lead table
    ) AS comparable
    WHERE place <= 3 * %(most)s
)
SELECT record, other FROM allowed WHERE place <= %(most)s ORDER BY record, place
"""


def candidates(lead: Lead, keys: Mapping[uuid.UUID, Collection[int]]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(record of this lead, record of another lead) pairs worth scoring, over all agencies, in one statement."""
    pairs = [(record, key) for record, held in keys.items() for key in held]
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "records": [record for record, _ in pairs],
                "keys": [key for _, key in pairs],
                "lead": lead.pk,
                "agency": lead.agency_id,
                "excluded": lead.pointer_policy == "excluded",
                "listed": lead.kind == Lead.Kind.REFERENCE,
                "cap": settings.MATCHING_HOT_KEY_CAP,
                "most": MOST_CANDIDATES,
            },
        )
        return [(record, other) for record, other in cursor.fetchall()]
