"""Beside each key stands what decides whether two records may be compared, so that seeking reads one index."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# Agencies apart; that two of ten thousand share a code is not to be expected, and would let them share their places.
AGENCY_CODE = """
CREATE FUNCTION intel_agency_code(agency uuid) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('x' || left(agency::text, 8))::bit(32)::integer
"""
FILLED = """
UPDATE intel_matchrecord AS record SET listed = lead.kind = 'reference', excluded = lead.pointer_policy = 'excluded'
FROM intel_lead AS lead WHERE lead.id = record.lead_id AND (lead.kind = 'reference' OR lead.pointer_policy = 'excluded');
INSERT INTO intel_matchkey (key, record, agency, listed, excluded)
SELECT unnest(keys), number, intel_agency_code(agency_id), listed, excluded FROM intel_matchrecord;
"""
COVERING = "ALTER TABLE intel_matchkey ADD PRIMARY KEY (key, record) INCLUDE (agency, listed, excluded)"


class Migration(migrations.Migration):
    dependencies = [("intel", "0008_protected_name_words")]

    operations = [
        migrations.RunSQL(AGENCY_CODE, "DROP FUNCTION intel_agency_code"),
        migrations.RunSQL(
            "TRUNCATE intel_matchkey; ALTER TABLE intel_matchkey DROP CONSTRAINT intel_matchkey_pkey",
            migrations.RunSQL.noop,
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="matchrecord",
            name="index_new_keys",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="matchrecord",
            name="index_changed_keys",
        ),
        migrations.AddField(
            model_name="matchkey",
            name="agency",
            field=models.IntegerField(default=0, help_text="`intel_agency_code` of the record's agency"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="matchkey",
            name="excluded",
            field=models.BooleanField(default=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="matchkey",
            name="listed",
            field=models.BooleanField(default=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="matchrecord",
            name="excluded",
            field=models.BooleanField(
                default=False, help_text="Its owner has it compared with no other agency's"
            ),
        ),
        migrations.AddField(
            model_name="matchrecord",
            name="listed",
            field=models.BooleanField(default=False, help_text="An entry of a published list"),
        ),
        migrations.RunSQL([FILLED, COVERING], migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="matchrecord",
            trigger=pgtrigger.compiler.Trigger(
                name="index_new_keys",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    INSERT INTO intel_matchkey (key, record, agency, listed, excluded)\n                        SELECT unnest(keys), number, intel_agency_code(agency_id), listed, excluded FROM fresh;\n                    INSERT INTO intel_termfrequency (term, n)\n                        SELECT term, count(*) FROM fresh CROSS JOIN LATERAL unnest(terms) AS term GROUP BY term;\n                    RETURN NULL;\n                ",
                    hash="c66d91834ec22a075c0bf2f7dce687b5d224b701",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_index_new_keys_67138",
                    referencing="REFERENCING NEW TABLE AS fresh ",
                    table="intel_matchrecord",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="matchrecord",
            trigger=pgtrigger.compiler.Trigger(
                name="index_changed_keys",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    DELETE FROM intel_matchkey AS entry USING (\n                        SELECT unnest(keys) AS key, number, agency_id, listed, excluded FROM gone\n                        EXCEPT SELECT unnest(keys), number, agency_id, listed, excluded FROM fresh\n                    ) AS stale WHERE entry.key = stale.key AND entry.record = stale.number;\n                    INSERT INTO intel_matchkey (key, record, agency, listed, excluded)\n                        SELECT key, number, intel_agency_code(agency_id), listed, excluded FROM (\n                            SELECT unnest(keys) AS key, number, agency_id, listed, excluded FROM fresh\n                            EXCEPT SELECT unnest(keys), number, agency_id, listed, excluded FROM gone\n                        ) AS fresh_keys;\n                    INSERT INTO intel_termfrequency (term, n)\n                        SELECT term, sum(n) FROM (\n                            SELECT unnest(terms) AS term, 1 AS n FROM fresh\n                            UNION ALL SELECT unnest(terms), -1 FROM gone\n                        ) AS change GROUP BY term HAVING sum(n) <> 0;\n                    RETURN NULL;\n                ",
                    hash="c10d24514b7b7b50108c75f95db3beb15f11b959",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_index_changed_keys_94496",
                    referencing="REFERENCING OLD TABLE AS gone  NEW TABLE AS fresh ",
                    table="intel_matchrecord",
                    when="AFTER",
                ),
            ),
        ),
    ]
