import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from intel.matching.narratives import bands, shingles

FK = django.db.models.deletion
_AT_ONCE = 1_000


def read_narratives(apps, schema_editor):
    """The prints of the leads that are there already; new ones get theirs when they are saved."""
    Lead, NarrativePrint = apps.get_model("intel", "Lead"), apps.get_model("intel", "NarrativePrint")
    prints = []
    for pk, narrative in Lead.objects.values_list("pk", "narrative").iterator(chunk_size=_AT_ONCE):
        prints.append(NarrativePrint(lead_id=pk, bands=bands(shingles(narrative))))
        if len(prints) == _AT_ONCE:
            NarrativePrint.objects.bulk_create(prints)
            prints.clear()
    NarrativePrint.objects.bulk_create(prints)


class Migration(migrations.Migration):
    dependencies = [
        ("intel", "0004_protected_values"),
        ("agencies", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NarrativePrint",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        on_delete=FK.CASCADE,
                        primary_key=True,
                        related_name="narrative_print",
                        serialize=False,
                        to="intel.lead",
                    ),
                ),
                (
                    "bands",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["bands"], name="narrative_bands")
                ],
            },
        ),
        migrations.CreateModel(
            name="OriginMark",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("same", "One origin"),
                            ("independent", "Independent origins"),
                            ("cleared", "Nothing said"),
                        ],
                        max_length=15,
                    ),
                ),
                ("agency", models.ForeignKey(on_delete=FK.PROTECT, related_name="+", to="agencies.agency")),
                ("high", models.ForeignKey(on_delete=FK.CASCADE, related_name="+", to="intel.lead")),
                ("low", models.ForeignKey(on_delete=FK.CASCADE, related_name="+", to="intel.lead")),
                (
                    "marked_by",
                    models.ForeignKey(
                        null=True, on_delete=FK.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": ("view_summary", "view", "contribute"),
                "constraints": [
                    models.UniqueConstraint(fields=("agency", "low", "high"), name="one_origin_mark_per_pair"),
                    models.CheckConstraint(
                        condition=models.Q(("low__lt", models.F("high"))), name="origin_pair_is_ordered"
                    ),
                ],
            },
        ),
        migrations.RunPython(read_narratives, migrations.RunPython.noop, elidable=True),
    ]
