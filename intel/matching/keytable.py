"""The key table in PostgreSQL: hashed blocking keys, and who shares rare ones with whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from hashlib import blake2b

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from intel.matching import blocking
from intel.matching.normalise import VERSION, Features

_MOST_KEY_LOCKS = 500  # of one transaction: PostgreSQL's lock table is finite


def hashed(key: str) -> int:
    """A blocking key as a signed 64-bit number that says nothing without the installation's secret."""
    return int.from_bytes(
        blake2b(key.encode(), key=_secret(settings.SECRET_KEY), digest_size=8).digest(), signed=True
    )


@lru_cache(maxsize=2)
def _secret(installation: str) -> bytes:
    return salted_hmac("intel.matching.keytable", "", secret=installation, algorithm="sha256").digest()


def generation() -> int:
    """Names the code and the secret that keys are made with: records of another one are to be indexed anew."""
    return hashed(f"generation {VERSION}")


def keys_of(features: Features) -> list[int]:
    """The hashed blocking keys of a record, in order."""
    return sorted({hashed(key) for key in blocking.keys(features)})


# --- Two leads at the same moment ---------------------------------------------------------------------


def lock(keys: Collection[int]) -> bool:
    """Wait for whoever matches a lead sharing one of these keys, until commit. False: not all could be had.

    Two leads logged at the same moment could otherwise miss each other: neither transaction sees the other's
    records. Locks are taken in one order, so waiting cannot become a circle. A lead with very many keys (a
    reference list) waits for everybody instead. A transaction that holds the locks of an earlier lead never waits,
    or two such could wait for each other: it takes what is free, and says so when that is not all.
    """
    alone = len(keys) > _MOST_KEY_LOCKS
    with connection.cursor() as cursor:
        cursor.execute("SELECT intel_lock_keys(%s::bigint[], %s)", [[] if alone else sorted(keys), alone])
        return bool(cursor.fetchone()[0])


# --- Candidates ---------------------------------------------------------------------------------------

# A key that more than `cap` records hold would only make noise, so no more of it than that is read. The rest weigh
# what they tell, in bits: log2 of records per holder. A pair whose keys together weigh less than twice what singles
# out one record of all is likelier chance than not; each record meets a few of those all the same, the best first.
# What may not be compared (as `sides.allowed` has it) takes nobody's place, and an agency's best few come before more
# of any one's: else whoever logs a number often enough, even in an excluded lead, would hide its other holders.
# Bits are counted in whole 65536ths, for sums of those do not depend on their order. `meetings` does all this in memory.
_CANDIDATES = """
WITH total AS (
    SELECT greatest(%(least)s, reltuples)::float8 AS records FROM pg_class WHERE oid = 'intel_matchrecord'::regclass
), own AS MATERIALIZED (
    SELECT number, lead_id, intel_agency_code(agency_id) AS agency, listed, excluded
    FROM intel_matchrecord WHERE number = ANY(%(records)s::bigint[])
), kin AS MATERIALIZED (
    SELECT own.number AS own, other.number AS other FROM own JOIN intel_matchrecord AS other USING (lead_id)
    WHERE NOT own.listed
), wanted AS MATERIALIZED (
    SELECT * FROM unnest(%(records)s::bigint[], %(keys)s::bigint[]) AS wanted (record, key)
), held AS MATERIALIZED (
    SELECT key, round(65536 * ln(total.records / holders) / ln(2.0::float8))::int AS bits
    FROM total CROSS JOIN (SELECT DISTINCT key FROM wanted) AS asked CROSS JOIN LATERAL (
        SELECT count(*) AS holders
        FROM (SELECT FROM intel_matchkey WHERE key = asked.key LIMIT %(cap)s + 1) AS first
    ) AS counted
    WHERE holders BETWEEN 2 AND %(cap)s
), shared AS (
    SELECT own.number AS own, entry.record AS other, entry.agency, sum(held.bits) AS bits
    FROM wanted JOIN own ON own.number = wanted.record JOIN held USING (key) CROSS JOIN LATERAL (
        SELECT record, agency FROM intel_matchkey
        WHERE key = held.key AND record < CASE WHEN %(earlier)s THEN own.number ELSE %(end)s END AND record <> own.number
            AND (agency = own.agency OR NOT (excluded OR own.excluded)) AND NOT (listed AND own.listed)
        LIMIT %(cap)s
    ) AS entry
    GROUP BY own.number, entry.record, entry.agency
), comparable AS (
    SELECT own, other, bits, bits >= 2 * round(65536 * ln(total.records) / ln(2.0::float8))::int AS telling,
        row_number() OVER (PARTITION BY own, agency ORDER BY bits DESC, other) > %(few)s AS further
    FROM shared CROSS JOIN total WHERE NOT EXISTS (SELECT FROM kin WHERE (kin.own, kin.other) = (shared.own, shared.other))
), ranked AS (
    SELECT own, other, telling, row_number() OVER (PARTITION BY own ORDER BY further, bits DESC, other) AS place,
        row_number() OVER (PARTITION BY own, telling ORDER BY further, bits DESC, other) AS among
    FROM comparable
)
SELECT own, other FROM ranked WHERE place <= least(%(sure)s, %(most)s) OR (telling AND among <= %(most)s)
ORDER BY own, place
"""
SURE = 16
FEW = 4  # of one agency
_BEYOND_ALL = 2**63 - 1  # record numbers
_LEAST_RECORDS = (
    1_000  # what is taken for the number of records while there are few, or PostgreSQL has no estimate
)


def candidates(keys: Mapping[int, Collection[int]], *, most: int, earlier: bool) -> list[tuple[int, int]]:
    """(record, other) by number: about `most` others that share the rarest of these keys with each stored record.

    In the order in which they are to be compared, of all agencies and only who may be. With `earlier` only others with a lower number than the record.
    """
    pairs = [(record, key) for record, held in keys.items() for key in held]
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "records": [record for record, _ in pairs],
                "keys": [key for _, key in pairs],
                "cap": settings.MATCHING_HOT_KEY_CAP,
                "most": most,
                "sure": SURE,
                "few": FEW,
                "least": _LEAST_RECORDS,
                "earlier": earlier,
                "end": _BEYOND_ALL,
            },
        )
        found: list[tuple[int, int]] = cursor.fetchall()
    return found


def weights() -> tuple[list[int], int]:
    """What a key says that so many records hold, by that number up to the cap, and from what sum on a pair is telling."""
    cap = settings.MATCHING_HOT_KEY_CAP
    with connection.cursor() as cursor:
        cursor.execute(_WEIGHTS, {"least": _LEAST_RECORDS, "cap": cap})
        said, telling = zip(*cursor.fetchall(), strict=True)
    return [0, *said], telling[0]


_WEIGHTS = """
SELECT round(65536 * ln(total.records / holders) / ln(2.0::float8))::int, 2 * round(65536 * ln(total.records) / ln(2.0::float8))::int
FROM (
    SELECT greatest(%(least)s, reltuples)::float8 AS records FROM pg_class WHERE oid = 'intel_matchrecord'::regclass
) AS total CROSS JOIN generate_series(1, %(cap)s) AS holders ORDER BY holders
"""
