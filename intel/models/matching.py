"""The matching engine's own tables: outside any agency's reach, read by workers only.

Nothing here is shown to anybody. Keys and terms are keyed hashes, so the tables carry no readable value but the
features of a record, which the scorer needs.
"""

from __future__ import annotations

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Value

from agencies.models import Agency
from intel.models.lead import Lead
from intel.models.subject import Subject


class MatchRecord(models.Model):
    """One side of a possible hit: a subject, or (subject null) the loose identifiers of a lead.

    The row is the truth; what the database derives from `keys` and `terms` (the two tables below) it keeps in step
    by itself, so that deleting a subject, a lead or an agency leaves nothing behind.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(
        unique=True, editable=False, db_default=Func(Value("intel_matchrecord_number"), function="nextval")
    )
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="match_records")
    subject = models.ForeignKey(Subject, null=True, on_delete=models.CASCADE, related_name="match_records")
    kind = models.CharField(max_length=20)
    features = models.TextField(
        help_text="JSON, as `normalise` writes it; text, for the database never looks in"
    )
    keys = ArrayField(models.BigIntegerField(), default=list, help_text="Hashed blocking keys")
    terms = ArrayField(models.BigIntegerField(), default=list, help_text="Hashed words and identifiers")
    generation = models.BigIntegerField(
        default=0, help_text="Which code and which secret made the keys: see `keytable.generation`"
    )
    listed = models.BooleanField(default=False, help_text="An entry of a published list")
    excluded = models.BooleanField(
        default=False, help_text="Its owner has it compared with no other agency's"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "subject"], nulls_distinct=False, name="one_record_per_side"
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="index_new_keys",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="fresh"),
                func="""
                    INSERT INTO intel_matchkey (key, record, agency, listed, excluded)
                        SELECT unnest(keys), number, intel_agency_code(agency_id), listed, excluded FROM fresh;
                    INSERT INTO intel_termfrequency (term, n)
                        SELECT term, count(*) FROM fresh CROSS JOIN LATERAL unnest(terms) AS term GROUP BY term;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="index_changed_keys",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="gone", new="fresh"),
                func="""
                    DELETE FROM intel_matchkey AS entry USING (
                        SELECT unnest(keys) AS key, number, agency_id, listed, excluded FROM gone
                        EXCEPT SELECT unnest(keys), number, agency_id, listed, excluded FROM fresh
                    ) AS stale WHERE entry.key = stale.key AND entry.record = stale.number;
                    INSERT INTO intel_matchkey (key, record, agency, listed, excluded)
                        SELECT key, number, intel_agency_code(agency_id), listed, excluded FROM (
                            SELECT unnest(keys) AS key, number, agency_id, listed, excluded FROM fresh
                            EXCEPT SELECT unnest(keys), number, agency_id, listed, excluded FROM gone
                        ) AS fresh_keys;
                    INSERT INTO intel_termfrequency (term, n)
                        SELECT term, sum(n) FROM (
                            SELECT unnest(terms) AS term, 1 AS n FROM fresh
                            UNION ALL SELECT unnest(terms), -1 FROM gone
                        ) AS change GROUP BY term HAVING sum(n) <> 0;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="forget_keys",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                referencing=pgtrigger.Referencing(old="gone"),
                func="""
                    DELETE FROM intel_matchkey AS entry USING (SELECT unnest(keys) AS key, number FROM gone) AS stale
                        WHERE entry.key = stale.key AND entry.record = stale.number;
                    INSERT INTO intel_termfrequency (term, n)
                        SELECT term, -count(*) FROM gone CROSS JOIN LATERAL unnest(terms) AS term GROUP BY term;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class MatchKey(models.Model):
    """A blocking key of a record, by the record's number: the keyed hash of "family:value".

    What decides whether two records may be compared stands beside it, so that seeking reads no other table. Without a
    foreign key, whose check of every row would cost more than the row; the record's triggers write it.
    """

    pk = models.CompositePrimaryKey("key", "record")
    key = models.BigIntegerField()
    record = models.BigIntegerField()
    agency = models.IntegerField(help_text="`intel_agency_code` of the record's agency")
    listed = models.BooleanField()
    excluded = models.BooleanField()

    def __str__(self) -> str:
        return str(self.key)


class TermFrequency(models.Model):
    """How many records hold a word or an identifier, as a sum over rows: what a rare agreement is worth.

    Rows are only ever added (a deletion is a row of -1), so that writers never wait for one another over a common
    word; `frequencies` adds them up, and puts a term of many rows together.
    """

    term = models.BigIntegerField()
    n = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["term"], include=["n"], name="termfrequency_sum")]

    def __str__(self) -> str:
        return f"{self.term}: {self.n}"
