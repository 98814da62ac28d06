"""How common values are in what the agencies actually hold, on top of the shipped tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db import connection
from django.db.models import F

from intel.matching import keytable
from intel.matching.evidence import CommonNames
from intel.matching.normalise import Features
from intel.matching.records import Kind
from intel.models import MatchRecord, TermFrequency

# Below this many records the shipped tables know better what is common than our own few leads do.
_FEWEST_TELLING_RECORDS = 5_000

Term = tuple[str, int]


class LiveFrequencies:
    """Satisfies `evidence.Frequencies` for the values of one lead's records: loaded in three statements."""

    def __init__(self, features: Iterable[Features]) -> None:
        held = list(features)
        self._common = CommonNames()
        self._words = _words_held(held)
        self._identifiers = _identifiers_held(held)
        self._records = max(_FEWEST_TELLING_RECORDS, _record_count())

    def name_word(self, word: str) -> float:
        return max(self._common.name_word(word), self._words.get(("name", word), 0) / self._records)

    def organisation_word(self, word: str) -> float:
        return max(
            self._common.organisation_word(word), self._words.get(("organisation", word), 0) / self._records
        )

    def holders(self, kind: str, value: str) -> int:
        return self._identifiers.get((kind, value), 0)


def adjust(before: Iterable[Features], after: Iterable[Features]) -> None:
    """Count the words of changed records anew. Rows are touched in one order, so that writers never wait in a circle.

    A record that vanished with its subject stays counted: a word a little too common costs a fraction of a bit.
    """
    change: Counter[Term] = Counter()
    change.update(_hashed(field, word) for features in after for field, word in _words(features))
    change.subtract(_hashed(field, word) for features in before for field, word in _words(features))
    more = sorted((term, n) for term, n in change.items() if n > 0)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO intel_termfrequency (field, value_hash, n)
            SELECT * FROM unnest(%s::text[], %s::bigint[], %s::int[])
            ON CONFLICT (field, value_hash) DO UPDATE SET n = intel_termfrequency.n + excluded.n
            """,
            [[field for (field, _), _ in more], [key for (_, key), _ in more], [n for _, n in more]],
        )
    for (field, key), n in sorted(change.items()):
        if n < 0:
            TermFrequency.objects.filter(field=field, value_hash=key, n__gte=-n).update(n=F("n") + n)


def _words(features: Features) -> set[tuple[str, str]]:
    field = "name" if features.kind == Kind.PERSON else "organisation"
    return {(field, word) for name in features.names for word in name.tokens if len(word) > 1}


def _hashed(field: str, word: str) -> Term:
    return field, keytable.hashed(f"{field}:{word}")


def _words_held(features: list[Features]) -> dict[tuple[str, str], int]:
    words = {_hashed(*term)[1]: term for each in features for term in _words(each)}
    rows = TermFrequency.objects.filter(value_hash__in=words).values_list("value_hash", "n") if words else []
    return {words[key]: n for key, n in rows}


def _identifiers_held(features: list[Features]) -> dict[tuple[str, str], int]:
    keys = {
        keytable.hashed(f"id:{kind} {value}"): (kind, value)
        for each in features
        for kind, value in each.identifiers
    }
    return {keys[key]: n for key, n in keytable.holders(keys).items()} if keys else {}


def _record_count() -> int:
    """PostgreSQL's estimate, which costs nothing; -1 before the table was first analysed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [MatchRecord._meta.db_table]
        )
        return int(cursor.fetchone()[0])
