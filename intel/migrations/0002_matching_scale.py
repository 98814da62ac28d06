"""Matching at a million records: numbered records that carry their keys, one index on the key table, counts that add up.

What the old tables held is derived data: every lead is matched anew when the workers next run.
"""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


# Locks until commit: of everything (key 0), or of these keys and with others of everything. The first lead of a
# transaction waits for them; a later one takes what is free and is told whether that was all (see keytable.lock).
LOCK_KEYS = """
CREATE FUNCTION intel_lock_keys(keys bigint[], alone boolean) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    later boolean := coalesce(current_setting('taskforce.matching', true), '') = 'on';
    had boolean := true;
    one bigint;
BEGIN
    PERFORM set_config('taskforce.matching', 'on', true);
    IF alone THEN
        IF later THEN RETURN pg_try_advisory_xact_lock(0); END IF;
        PERFORM pg_advisory_xact_lock(0);
        RETURN true;
    END IF;
    IF later THEN
        had := pg_try_advisory_xact_lock_shared(0);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(0);
    END IF;
    FOREACH one IN ARRAY keys LOOP
        IF later THEN
            had := pg_try_advisory_xact_lock(one) AND had;
        ELSE
            PERFORM pg_advisory_xact_lock(one);
        END IF;
    END LOOP;
    RETURN had;
END $$
"""


def match_every_lead_anew(apps, schema_editor):
    leads = apps.get_model("intel", "MatchRecord").objects.values_list("lead_id", flat=True).distinct()
    job = apps.get_model("agencies", "Job")
    job.objects.bulk_create(
        (job(kind="intel.tasks.match_lead", object_id=lead) for lead in leads),
        ignore_conflicts=True,
        batch_size=1_000,
    )


class Migration(migrations.Migration):
    dependencies = [("agencies", "0001_initial"), ("intel", "0001_initial")]

    operations = [
        migrations.DeleteModel(name="HotKey"),
        migrations.DeleteModel(name="MatchKey"),
        migrations.DeleteModel(name="TermFrequency"),
        migrations.CreateModel(
            name="MatchKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key", "record", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.BigIntegerField()),
                ("record", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="TermFrequency",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("term", models.BigIntegerField()),
                ("n", models.IntegerField()),
            ],
            options={"indexes": [models.Index(fields=["term"], include=["n"], name="termfrequency_sum")]},
        ),
        # Freshly written pages are read through the table until they are vacuumed: sooner than by default.
        migrations.RunSQL(
            "ALTER TABLE intel_matchkey SET (autovacuum_vacuum_insert_scale_factor = 0.02)",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE intel_matchrecord_number", "DROP SEQUENCE intel_matchrecord_number"
        ),
        migrations.AddField(
            model_name="matchrecord",
            name="number",
            field=models.BigIntegerField(
                db_default=models.Func(models.Value("intel_matchrecord_number"), function="nextval"),
                editable=False,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="matchrecord",
            name="keys",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, help_text="Hashed blocking keys", size=None
            ),
        ),
        migrations.AddField(
            model_name="matchrecord",
            name="terms",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                help_text="Hashed words and identifiers",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="matchrecord",
            name="generation",
            field=models.BigIntegerField(
                default=0, help_text="Which code and which secret made the keys: see `keytable.generation`"
            ),
        ),
        migrations.AlterField(
            model_name="matchrecord",
            name="features",
            field=models.TextField(
                help_text="JSON, as `normalise` writes it; text, for the database never looks in"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="matchrecord",
            trigger=pgtrigger.compiler.Trigger(
                name="index_new_keys",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    INSERT INTO intel_matchkey (key, record) SELECT unnest(keys), number FROM fresh;\n                    INSERT INTO intel_termfrequency (term, n)\n                        SELECT term, count(*) FROM fresh CROSS JOIN LATERAL unnest(terms) AS term GROUP BY term;\n                    RETURN NULL;\n                ",
                    hash="ddf845353701958b2f7b62f464b5ebf1b1e7cb10",
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
                    func="\n                    DELETE FROM intel_matchkey AS entry USING (\n                        SELECT unnest(keys) AS key, number FROM gone EXCEPT SELECT unnest(keys), number FROM fresh\n                    ) AS stale WHERE entry.key = stale.key AND entry.record = stale.number;\n                    INSERT INTO intel_matchkey (key, record)\n                        SELECT unnest(keys), number FROM fresh EXCEPT SELECT unnest(keys), number FROM gone;\n                    INSERT INTO intel_termfrequency (term, n)\n                        SELECT term, sum(n) FROM (\n                            SELECT unnest(terms) AS term, 1 AS n FROM fresh\n                            UNION ALL SELECT unnest(terms), -1 FROM gone\n                        ) AS change GROUP BY term HAVING sum(n) <> 0;\n                    RETURN NULL;\n                ",
                    hash="781fe5c5e1f9aac33df71d0318b7b139f91e7cb8",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_index_changed_keys_94496",
                    referencing="REFERENCING OLD TABLE AS gone  NEW TABLE AS fresh ",
                    table="intel_matchrecord",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="matchrecord",
            trigger=pgtrigger.compiler.Trigger(
                name="forget_keys",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    DELETE FROM intel_matchkey AS entry USING (SELECT unnest(keys) AS key, number FROM gone) AS stale\n                        WHERE entry.key = stale.key AND entry.record = stale.number;\n                    INSERT INTO intel_termfrequency (term, n)\n                        SELECT term, -count(*) FROM gone CROSS JOIN LATERAL unnest(terms) AS term GROUP BY term;\n                    RETURN NULL;\n                ",
                    hash="30a3547f0c34cca59e138a8e624e85888fda1f06",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_forget_keys_27e93",
                    referencing="REFERENCING OLD TABLE AS gone ",
                    table="intel_matchrecord",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(LOCK_KEYS, "DROP FUNCTION intel_lock_keys"),
        migrations.RunPython(match_every_lead_anew, migrations.RunPython.noop),
    ]
