import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intel", "0005_origins"),
        ("agencies", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LearnedWeights",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("learning", "Learning"),
                            ("ready", "Ready"),
                            ("too_few", "Too few judgements"),
                        ],
                        default="learning",
                        max_length=10,
                    ),
                ),
                ("content", models.JSONField(default=dict)),
                ("effect", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("switched_on_at", models.DateTimeField(null=True)),
                ("switched_off_at", models.DateTimeField(null=True)),
                (
                    "learned_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "switched_on_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "task_force",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="agencies.taskforce",
                    ),
                ),
            ],
            options={
                "verbose_name": "learned weights",
                "ordering": ["-created_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("switched_off_at", None), ("switched_on_at__isnull", False)),
                        fields=("task_force",),
                        name="one_set_of_weights_in_force",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "learning")),
                        fields=("task_force",),
                        name="one_lesson_at_a_time",
                    ),
                ],
            },
        ),
    ]
