import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

FK = django.db.models.deletion


def keep_as_published(apps, schema_editor):
    """What was protected before had no owner and silenced every agency's pairs: it goes on as published."""
    Former = apps.get_model("intel", "FormerProtectedValue")
    ProtectedValue = apps.get_model("intel", "ProtectedValue")
    ProtectedValue.objects.bulk_create(
        ProtectedValue(
            kind=row.kind, value=row.value, display=row.value, reason=row.reason, status="public", category="other"
        )
        for row in Former.objects.all()
    )


class Migration(migrations.Migration):
    dependencies = [
        ("intel", "0003_link_runs"),
        ("agencies", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel("ProtectedValue", "FormerProtectedValue"),
        migrations.CreateModel(
            name="ProtectedValue",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("kind", models.CharField(max_length=20)),
                ("value", models.CharField(help_text="Normalised", max_length=500)),
                ("display", models.CharField(max_length=500)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("hotline", "Public hotline"),
                            ("shelter", "NGO or shelter"),
                            ("desk", "Hotel or public desk"),
                            ("counsel", "Law firm or interpreter"),
                            ("authority", "Authority"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                (
                    "told",
                    models.CharField(
                        choices=[
                            ("nothing", "Nothing: it links nobody, and no page says why"),
                            ("protected", "That it is protected"),
                            ("category", "That it is protected, and its category"),
                        ],
                        default="nothing",
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("own", "In our own links"),
                            ("asked", "In our own links; a partner is asked"),
                            ("task_force", "In the whole task force"),
                            ("removed", "Removed"),
                            ("public", "Published"),
                        ],
                        default="own",
                        max_length=10,
                    ),
                ),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "silenced",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        default=list,
                        help_text="Notices of its owner that it took away when it was applied",
                        size=None,
                    ),
                ),
                (
                    "agency",
                    models.ForeignKey(null=True, on_delete=FK.PROTECT, related_name="+", to="agencies.agency"),
                ),
                (
                    "second_agency",
                    models.ForeignKey(null=True, on_delete=FK.PROTECT, related_name="+", to="agencies.agency"),
                ),
                (
                    "task_force",
                    models.ForeignKey(null=True, on_delete=FK.SET_NULL, related_name="+", to="agencies.taskforce"),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True, on_delete=FK.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True, on_delete=FK.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": ("view_summary", "view", "contribute"),
                "indexes": [models.Index(fields=["kind", "value"], name="intel_prote_kind_07cf7d_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency", "kind", "value"), name="one_protection_per_agency", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            Q(("agency", None), ("status", "public")),
                            Q(("agency__isnull", False), Q(("status", "public"), _negated=True)),
                            _connector="OR",
                        ),
                        name="public_values_have_no_owner",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProtectedValueGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("granted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("content_object", models.ForeignKey(on_delete=FK.CASCADE, to="intel.protectedvalue")),
                (
                    "granted_by",
                    models.ForeignKey(
                        null=True, on_delete=FK.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("group", models.ForeignKey(on_delete=FK.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=FK.CASCADE, to="auth.permission")),
            ],
            options={
                "abstract": False,
                "unique_together": {("group", "permission", "content_object")},
                "indexes": [
                    models.Index(fields=["content_object", "group"], name="intel_prote_content_020d1a_idx")
                ],
            },
        ),
        migrations.RunPython(keep_as_published, migrations.RunPython.noop),
        migrations.DeleteModel("FormerProtectedValue"),
    ]
