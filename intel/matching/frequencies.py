"""How many records hold a value: what is too common to link, and nothing that a score would show."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection

from intel.matching.evidence import CommonNames
from intel.matching.keytable import hashed
from intel.matching.normalise import Features
from intel.matching.records import Kind

MOST_ROWS = 64  # of one term before they are put together

Value = tuple[str, str]  # field ("name", "organisation", "id") and word, or kind and identifier


class LiveFrequencies(CommonNames):
    """How common names are comes from the shipped tables alone, and no score moves with what agencies hold: whoever may
    read the score of two records of their own could otherwise count, by adding records one by one, those of others.

    What agencies hold is counted for one end, in one statement: which identifiers are too common to link.
    """

    def __init__(self, features: Iterable[Features]) -> None:
        terms = {
            _hashed(value): value for value in {value for each in features for value in _identifiers(each)}
        }
        self._held = {terms[term]: n for term, n in counted(terms).items()}

    def __or__(self, other: LiveFrequencies) -> LiveFrequencies:
        both = LiveFrequencies([])
        both._held = self._held | other._held
        return both

    def records_holding(self, kind: str, value: str) -> int:
        return self._held.get(("id", f"{kind} {value}"), 0)


def terms_of(features: Features) -> list[int]:
    """The hashed words and identifiers of a record, each once, in order."""
    return sorted({_hashed(value) for value in _values(features)})


def identifier_term(kind: str, value: str) -> int:
    return _hashed(("id", f"{kind} {value}"))


def _values(features: Features) -> set[Value]:
    field = "name" if features.kind == Kind.PERSON else "organisation"
    words = {(field, word) for name in features.names for word in name.tokens if len(word) > 1}
    return words | _identifiers(features)


def _identifiers(features: Features) -> set[Value]:
    return {("id", f"{kind} {value}") for kind, value in features.identifiers}


def _hashed(value: Value) -> int:
    return hashed(":".join(value))


def counted(terms: Collection[int]) -> dict[int, int]:
    """How many records hold each term; those that none holds are left out."""
    if not terms:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT term, sum(n), count(*) FROM intel_termfrequency WHERE term = ANY(%s) GROUP BY term",
            [list(terms)],
        )
        rows = cursor.fetchall()
    if crowded := [term for term, _, entries in rows if entries > MOST_ROWS]:
        _put_together(crowded)
    return {term: int(n) for term, n, _ in rows if n > 0}


def _put_together(terms: list[int]) -> None:
    """Replace the rows of each term by their sum. Rows that another transaction is at are left to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (
                DELETE FROM intel_termfrequency WHERE id IN (
                    SELECT id FROM intel_termfrequency WHERE term = ANY(%s) FOR UPDATE SKIP LOCKED
                ) RETURNING term, n
            )
            INSERT INTO intel_termfrequency (term, n) SELECT term, sum(n) FROM gone GROUP BY term
            HAVING sum(n) <> 0
            """,
            [terms],
        )
