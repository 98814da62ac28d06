from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("agencies", "0005_agreement_pointers")]

    operations = [
        migrations.AddField(
            model_name="agreement",
            name="kept_on",
            field=models.DateField(
                editable=False, help_text="When shares were last held against it", null=True
            ),
        ),
    ]
