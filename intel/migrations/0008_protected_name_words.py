import django.contrib.postgres.fields
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models import Q

# Version 0 read none of them: until `publish_values` was there they are looked at one by one, and none is missed.
UNREAD = "UPDATE intel_protectedvalue SET words_version = 0 WHERE kind = 'name'"


class Migration(migrations.Migration):
    dependencies = [("intel", "0007_judging")]

    operations = [
        migrations.AddField(
            "protectedvalue",
            "name_words",
            django.contrib.postgres.fields.ArrayField(
                models.TextField(),
                default=list,
                help_text="Of a name, its words as records are compared by them",
                size=None,
            ),
        ),
        migrations.AddField(
            "protectedvalue",
            "words_version",
            models.PositiveSmallIntegerField(
                help_text="Of a name, the version of the code that read its words", null=True
            ),
        ),
        migrations.RunSQL(UNREAD, migrations.RunSQL.noop),
        migrations.AddIndex(
            "protectedvalue", GinIndex(fields=["name_words"], name="protected_name_words", fastupdate=False)
        ),
        migrations.AddIndex(
            "protectedvalue", models.Index(fields=["words_version"], name="protected_names_by_version")
        ),
        migrations.AddConstraint(
            "protectedvalue",
            models.CheckConstraint(
                condition=~Q(kind="name") | Q(words_version__isnull=False), name="protected_names_are_read"
            ),
        ),
    ]
