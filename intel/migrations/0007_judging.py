import uuid

import django.db.models.deletion
from django.db import migrations, models

RANKED = """
    UPDATE intel_hitnotice notice
    SET rank = CASE notice.band WHEN 'strong' THEN 2000 WHEN 'probable' THEN 1000 ELSE 0 END + CASE
        WHEN notice.other_agency_id = notice.agency_id THEN hit.bits
        ELSE -15 + coalesce((
            SELECT sum((row ->> 'bits')::float) FROM jsonb_array_elements(notice.evidence) row
            WHERE row ->> 'field' <> 'rest'
        ), 0)
    END
    FROM intel_hit hit WHERE hit.id = notice.hit_id
"""
ONE_BATCH_EACH = "UPDATE intel_judgement SET batch = gen_random_uuid()"
VERDICTS = [("same", "Same"), ("not_same", "Not the same"), ("unsure", "Unsure")]


class Migration(migrations.Migration):
    dependencies = [("intel", "0006_learned_weights")]

    operations = [
        migrations.AddField(
            "hitnotice",
            "rank",
            models.FloatField(
                default=0.0, help_text="Its place in lists, by what this agency may know: see `sealing.rank`"
            ),
        ),
        migrations.RunSQL(RANKED, migrations.RunSQL.noop),
        migrations.AddIndex(
            "hitnotice",
            models.Index(
                fields=["agency", "state", "-rank", "-created_at", "-id"], name="notices_ranked_by_state"
            ),
        ),
        migrations.AddIndex(
            "hitnotice", models.Index(fields=["agency", "-rank", "-created_at", "-id"], name="notices_ranked")
        ),
        migrations.AlterField(
            "judgement", "verdict", models.CharField(blank=True, choices=VERDICTS, max_length=10)
        ),
        migrations.AlterField("judgement", "reason", models.CharField(blank=True, max_length=2000)),
        migrations.AddField("judgement", "batch", models.UUIDField(null=True)),
        migrations.RunSQL(ONE_BATCH_EACH, migrations.RunSQL.noop),
        migrations.AlterField(
            "judgement",
            "batch",
            models.UUIDField(
                db_index=True,
                default=uuid.uuid4,
                help_text="Shared by what was judged in one go, to be taken back as one",
            ),
        ),
        migrations.AddField(
            "judgement",
            "undoes",
            models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="undone_by",
                to="intel.judgement",
            ),
        ),
    ]
