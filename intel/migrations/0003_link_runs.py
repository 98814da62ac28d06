import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# The lists that are held already begin each entry's note with its number.
NUMBER_ENTRIES = """
UPDATE intel_subject AS entry SET list_entry = left(split_part(entry.note, ', programme ', 1), 100)
FROM intel_lead AS lead
WHERE lead.id = entry.lead_id AND lead.kind = 'reference' AND entry.note LIKE '%, programme %'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0001_initial"),
        ("intel", "0002_matching_scale"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="subject",
            name="delisted_on",
            field=models.DateField(blank=True, help_text="No longer on the published list since", null=True),
        ),
        migrations.AddField(
            model_name="subject",
            name="list_entry",
            field=models.CharField(
                blank=True,
                help_text="Its number in the published list, by which a newer snapshot finds it",
                max_length=100,
            ),
        ),
        migrations.RunSQL(NUMBER_ENTRIES, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="LinkRun",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("relink", "Re-link"), ("screening", "List screening")], max_length=10
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("finished", "Finished"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "changed_since",
                    models.DateTimeField(help_text="Only the list's entries that changed since", null=True),
                ),
                ("model_version", models.CharField(max_length=30)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("finished_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=100)),
                ("moving_since", models.DateTimeField(null=True)),
                (
                    "moved_before",
                    models.FloatField(default=0, help_text="Seconds of work before the last pause"),
                ),
                (
                    "bell",
                    models.PositiveIntegerField(
                        default=0, help_text="Older bells than this one are not answered"
                    ),
                ),
                ("rung_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "agency",
                    models.ForeignKey(
                        help_text="None: the installation's",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "listed",
                    models.ForeignKey(
                        help_text="The one list that is screened",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="intel.lead",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "linking run",
            },
        ),
        migrations.CreateModel(
            name="LinkError",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("problem", models.CharField(max_length=100)),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="intel.lead"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="errors", to="intel.linkrun"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LinkChunk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "work",
                    models.CharField(
                        choices=[
                            ("reindex", "Index"),
                            ("relink", "Link"),
                            ("screen", "Screen"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "phase",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Begins when all chunks of lower ones are done"
                    ),
                ),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("running", "Running"), ("done", "Done")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("holder", models.UUIDField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(default=0, help_text="Begun without getting on"),
                ),
                ("compared", models.BigIntegerField(default=0)),
                ("new", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("withdrawn", models.PositiveIntegerField(default=0)),
                ("errors", models.PositiveIntegerField(default=0)),
                ("busy", models.FloatField(default=0, help_text="Seconds of work, of all workers together")),
                (
                    "listed",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="intel.lead",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="intel.linkrun"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LinkChange",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[("new", "New"), ("changed", "Changed"), ("withdrawn", "No longer holds")],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="intel.hitnotice"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="intel.linkrun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LinkTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("total", models.PositiveIntegerField()),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="agencies.agency"
                    ),
                ),
                (
                    "chunk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tallies",
                        to="intel.linkchunk",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="linkrun",
            index=models.Index(
                fields=["agency", "-created_at", "-id"], name="intel_linkr_agency__979566_idx"
            ),
        ),
        migrations.AddIndex(
            model_name="linkrun",
            index=models.Index(fields=["state"], name="intel_linkr_state_718f8d_idx"),
        ),
        migrations.AddConstraint(
            model_name="linkrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("changed_since", None), ("state__in", ["waiting", "running", "paused"])),
                fields=("kind", "agency", "listed"),
                name="one_unfinished_run_of_a_kind",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="linkerror",
            constraint=models.UniqueConstraint(fields=("run", "lead"), name="one_error_per_run_and_lead"),
        ),
        migrations.AddIndex(
            model_name="linkchunk",
            index=models.Index(fields=["run", "state", "phase", "id"], name="intel_linkc_run_id_c3bb53_idx"),
        ),
        migrations.AddIndex(
            model_name="linkchange",
            index=models.Index(fields=["run", "-created_at", "-id"], name="intel_linkc_run_id_d52800_idx"),
        ),
        migrations.AddConstraint(
            model_name="linkchange",
            constraint=models.UniqueConstraint(
                fields=("run", "notice"), name="one_change_per_run_and_notice"
            ),
        ),
        migrations.AddConstraint(
            model_name="linktally",
            constraint=models.UniqueConstraint(
                fields=("chunk", "agency"), name="one_tally_per_chunk_and_agency"
            ),
        ),
    ]
