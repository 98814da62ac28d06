"""Which agency has which lead and subject, one row for each way in, written by triggers; see agencies/reach.py.

The functions run as the owner of the tables, because whoever gives sees less than what follows from it. They read one
row after another by index: a plan kept from a statement of ten thousand rows must not serve one of a single row.
"""

import django.db.models.deletion
from django.db import migrations, models

AS_OWNER = """LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""
NOOP = migrations.RunSQL.noop

# The same for leads, which cases reach by `intel_caselead`, and for subjects, which they reach by `intel_casesubject`.
KINDS = {
    "lead": "('view_summary_lead', 1), ('view_lead', 2), ('contribute_lead', 3)",
    "subject": "('view_summary_subject', 1), ('view_subject', 2), ('contribute_subject', 3)",
}

KEYS = """
ALTER TABLE intel_KINDreach
    ADD CONSTRAINT KINDreach_ends_with_KIND FOREIGN KEY (KIND_id) REFERENCES intel_KIND ON DELETE CASCADE,
    ADD CONSTRAINT KINDreach_ends_with_grant FOREIGN KEY (grant_id) REFERENCES intel_KINDgrant ON DELETE CASCADE,
    ADD CONSTRAINT KINDreach_ends_with_tie FOREIGN KEY (case_KIND_id) REFERENCES intel_caseKIND ON DELETE CASCADE,
    ADD CONSTRAINT KINDreach_ends_with_case FOREIGN KEY (case_reach_id) REFERENCES cases_casereach ON DELETE CASCADE;
"""

OWNED_AND_GIVEN = """
CREATE FUNCTION intel_KINDreach_of_grant(grants bigint[]) RETURNS
    TABLE (agency_id uuid, KIND_id uuid, level smallint, until timestamptz, grant_id bigint)
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT a.id, g.content_object_id, s.level::smallint, g.expires_at, g.id
    FROM intel_KINDgrant g
    JOIN agencies_agency a ON a.group_id = g.group_id
    JOIN auth_permission p ON p.id = g.permission_id
    JOIN (VALUES CODENAMES) s (codename, level) ON s.codename = p.codename
    WHERE g.id = ANY (grants)
$$;

CREATE FUNCTION intel_KIND_logged() RETURNS trigger AS_OWNER AS $$ BEGIN
    INSERT INTO intel_KINDreach (agency_id, KIND_id, level) SELECT agency_id, id, 4 FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_owner AFTER INSERT ON intel_KIND REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION intel_KIND_logged();

CREATE FUNCTION intel_KIND_given() RETURNS trigger AS_OWNER AS $$ BEGIN
    INSERT INTO intel_KINDreach (agency_id, KIND_id, level, until, grant_id)
        SELECT * FROM intel_KINDreach_of_grant(ARRAY(SELECT id FROM fresh));
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_grants AFTER INSERT ON intel_KINDgrant REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION intel_KIND_given();

CREATE FUNCTION intel_KIND_given_otherwise() RETURNS trigger AS_OWNER AS $$ DECLARE way record; BEGIN
    SELECT * INTO way FROM intel_KINDreach_of_grant(ARRAY[NEW.id]);
    IF NOT FOUND THEN
        DELETE FROM intel_KINDreach WHERE grant_id = NEW.id;
        RETURN NULL;
    END IF;
    UPDATE intel_KINDreach SET agency_id = way.agency_id, KIND_id = way.KIND_id, level = way.level, until = way.until
        WHERE grant_id = NEW.id;
    IF NOT FOUND THEN
        INSERT INTO intel_KINDreach (agency_id, KIND_id, level, until, grant_id) SELECT way.*;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_changed_grant AFTER UPDATE ON intel_KINDgrant FOR EACH ROW
    WHEN ((OLD.content_object_id, OLD.group_id, OLD.permission_id, OLD.expires_at)
        IS DISTINCT FROM (NEW.content_object_id, NEW.group_id, NEW.permission_id, NEW.expires_at))
    EXECUTE FUNCTION intel_KIND_given_otherwise();

CREATE FUNCTION intel_KIND_agency_gone() RETURNS trigger AS_OWNER AS $$ BEGIN
    DELETE FROM intel_KINDreach WHERE agency_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_KINDs AFTER DELETE ON agencies_agency
    FOR EACH ROW EXECUTE FUNCTION intel_KIND_agency_gone();
"""

# A tie counts that its KIND's owner made and did not keep to itself. The owner has the KIND anyway.
# Locks: whoever gives a case holds it FOR UPDATE, whoever ties something to it FOR KEY SHARE, and the same between a
# tie and a new owner: of two that happen at the same time the second sees the first.
THROUGH_CASES = """
CREATE FUNCTION intel_KINDreach_of_tie(ties uuid[]) RETURNS TABLE (agency_id uuid, KIND_id uuid, level smallint,
    until timestamptz, case_id uuid, case_KIND_id uuid, case_reach_id bigint)
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT r.agency_id, t.KIND_id, least(r.level, 3)::smallint, r.until, t.case_id, t.id, r.id
    FROM intel_caseKIND t
    JOIN intel_KIND k ON k.id = t.KIND_id AND k.agency_id = t.agency_id
    JOIN cases_casereach r ON r.case_id = t.case_id AND r.level >= 2 AND r.agency_id <> k.agency_id
    WHERE t.id = ANY (ties) AND NOT t.agency_private
$$;

CREATE FUNCTION intel_KINDreach_of_case_reach(ways bigint[]) RETURNS TABLE (agency_id uuid, KIND_id uuid, level smallint,
    until timestamptz, case_id uuid, case_KIND_id uuid, case_reach_id bigint)
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT r.agency_id, t.KIND_id, least(r.level, 3)::smallint, r.until, t.case_id, t.id, r.id
    FROM cases_casereach r
    JOIN intel_caseKIND t ON t.case_id = r.case_id AND NOT t.agency_private
    JOIN intel_KIND k ON k.id = t.KIND_id AND k.agency_id = t.agency_id AND k.agency_id <> r.agency_id
    WHERE r.id = ANY (ways) AND r.level >= 2
$$;

CREATE FUNCTION intel_KINDs_tied() RETURNS trigger AS_OWNER AS $$ BEGIN
    PERFORM FROM cases_case WHERE id IN (SELECT case_id FROM fresh) ORDER BY id FOR KEY SHARE;
    PERFORM FROM intel_KIND WHERE id IN (SELECT KIND_id FROM fresh) ORDER BY id FOR KEY SHARE;
    INSERT INTO intel_KINDreach (agency_id, KIND_id, level, until, case_id, case_KIND_id, case_reach_id)
        SELECT * FROM intel_KINDreach_of_tie(ARRAY(SELECT id FROM fresh));
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_ties AFTER INSERT ON intel_caseKIND REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION intel_KINDs_tied();

CREATE FUNCTION intel_KIND_tied_otherwise() RETURNS trigger AS_OWNER AS $$ BEGIN
    PERFORM FROM cases_case WHERE id IN (OLD.case_id, NEW.case_id) ORDER BY id FOR KEY SHARE;
    PERFORM FROM intel_KIND WHERE id IN (OLD.KIND_id, NEW.KIND_id) ORDER BY id FOR KEY SHARE;
    DELETE FROM intel_KINDreach WHERE case_KIND_id = NEW.id;
    INSERT INTO intel_KINDreach (agency_id, KIND_id, level, until, case_id, case_KIND_id, case_reach_id)
        SELECT * FROM intel_KINDreach_of_tie(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_changed_tie AFTER UPDATE ON intel_caseKIND FOR EACH ROW
    WHEN ((OLD.case_id, OLD.KIND_id, OLD.agency_id, OLD.agency_private)
        IS DISTINCT FROM (NEW.case_id, NEW.KIND_id, NEW.agency_id, NEW.agency_private))
    EXECUTE FUNCTION intel_KIND_tied_otherwise();

CREATE FUNCTION intel_KIND_untied() RETURNS trigger AS_OWNER AS $$ BEGIN
    PERFORM FROM cases_case WHERE id = OLD.case_id FOR KEY SHARE;
    RETURN OLD;
END $$;
CREATE TRIGGER reach_of_untied BEFORE DELETE ON intel_caseKIND FOR EACH ROW EXECUTE FUNCTION intel_KIND_untied();

CREATE FUNCTION intel_KIND_handed_over() RETURNS trigger AS_OWNER AS $$ DECLARE ties uuid[]; BEGIN
    PERFORM FROM intel_KIND WHERE id = NEW.id FOR UPDATE;
    PERFORM FROM cases_case WHERE id IN (SELECT case_id FROM intel_caseKIND WHERE KIND_id = NEW.id)
        ORDER BY id FOR KEY SHARE;
    UPDATE intel_KINDreach SET agency_id = NEW.agency_id WHERE KIND_id = NEW.id AND level = 4;
    DELETE FROM intel_KINDreach WHERE KIND_id = NEW.id AND case_reach_id IS NOT NULL;
    ties := ARRAY(SELECT id FROM intel_caseKIND WHERE KIND_id = NEW.id);
    INSERT INTO intel_KINDreach (agency_id, KIND_id, level, until, case_id, case_KIND_id, case_reach_id)
        SELECT * FROM intel_KINDreach_of_tie(ties);
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_new_owner AFTER UPDATE ON intel_KIND FOR EACH ROW
    WHEN (OLD.agency_id IS DISTINCT FROM NEW.agency_id) EXECUTE FUNCTION intel_KIND_handed_over();

CREATE FUNCTION intel_KINDs_of_case_given() RETURNS trigger AS_OWNER AS $$ BEGIN
    INSERT INTO intel_KINDreach (agency_id, KIND_id, level, until, case_id, case_KIND_id, case_reach_id)
        SELECT * FROM intel_KINDreach_of_case_reach(ARRAY(SELECT id FROM fresh WHERE level >= 2));
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_KINDs AFTER INSERT ON cases_casereach REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION intel_KINDs_of_case_given();

CREATE FUNCTION intel_KINDs_of_case_given_otherwise() RETURNS trigger AS_OWNER AS $$ BEGIN
    IF (OLD.agency_id, OLD.case_id, OLD.level >= 2) = (NEW.agency_id, NEW.case_id, NEW.level >= 2) THEN
        UPDATE intel_KINDreach SET level = least(NEW.level, 3), until = NEW.until WHERE case_reach_id = NEW.id;
    ELSE
        DELETE FROM intel_KINDreach WHERE case_reach_id = NEW.id;
        INSERT INTO intel_KINDreach (agency_id, KIND_id, level, until, case_id, case_KIND_id, case_reach_id)
            SELECT * FROM intel_KINDreach_of_case_reach(ARRAY[NEW.id]);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_KINDs_changed AFTER UPDATE ON cases_casereach FOR EACH ROW
    WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION intel_KINDs_of_case_given_otherwise();
"""

UNDONE = """
DROP TRIGGER reach_of_KINDs_changed ON cases_casereach;
DROP TRIGGER reach_of_KINDs ON cases_casereach;
DROP TRIGGER reach_of_new_owner ON intel_KIND;
DROP TRIGGER reach_of_untied ON intel_caseKIND;
DROP TRIGGER reach_of_changed_tie ON intel_caseKIND;
DROP TRIGGER reach_of_ties ON intel_caseKIND;
DROP TRIGGER reach_of_KINDs ON agencies_agency;
DROP TRIGGER reach_of_changed_grant ON intel_KINDgrant;
DROP TRIGGER reach_of_grants ON intel_KINDgrant;
DROP TRIGGER reach_of_owner ON intel_KIND;
DROP FUNCTION intel_KINDs_of_case_given_otherwise, intel_KINDs_of_case_given, intel_KIND_handed_over, intel_KIND_untied,
    intel_KIND_tied_otherwise, intel_KINDs_tied, intel_KINDreach_of_case_reach, intel_KINDreach_of_tie,
    intel_KIND_agency_gone, intel_KIND_given_otherwise, intel_KIND_given, intel_KIND_logged, intel_KINDreach_of_grant;
"""

FILLED = """
INSERT INTO intel_KINDreach (agency_id, KIND_id, level) SELECT agency_id, id, 4 FROM intel_KIND;
INSERT INTO intel_KINDreach (agency_id, KIND_id, level, until, grant_id)
    SELECT * FROM intel_KINDreach_of_grant(ARRAY(SELECT id FROM intel_KINDgrant));
INSERT INTO intel_KINDreach (agency_id, KIND_id, level, until, case_id, case_KIND_id, case_reach_id)
    SELECT * FROM intel_KINDreach_of_tie(ARRAY(SELECT id FROM intel_caseKIND));
"""

ONLY_TRIGGERS_WRITE = """
DO $$
DECLARE given record;
BEGIN
    FOR given IN
        SELECT DISTINCT table_name, grantee FROM information_schema.role_table_grants
        WHERE table_schema = current_schema() AND grantee NOT IN (current_user, 'PUBLIC')
          AND table_name = 'intel_KINDreach'
    LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %I FROM %I', given.table_name, given.grantee);
    END LOOP;
END $$;
"""


def of_each(text: str) -> str:
    """The statements for leads, then for subjects."""
    return "".join(
        text.replace("AS_OWNER", AS_OWNER).replace("CODENAMES", codenames).replace("KIND", kind)
        for kind, codenames in KINDS.items()
    )


class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0006_agreements_kept'),
        ('cases', '0003_reach'),
        ('intel', '0010_sharing'),
    ]

    operations = [
        migrations.CreateModel(
            name='LeadReach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.SmallIntegerField()),
                ('until', models.DateTimeField(null=True)),
                ('agency', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='agencies.agency')),
                ('case', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='cases.case')),
                ('case_lead', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='intel.caselead')),
                ('case_reach', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='cases.casereach')),
                ('grant', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='intel.leadgrant')),
                ('lead', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='reach', to='intel.lead')),
            ],
            options={
                'indexes': [models.Index(fields=['agency', 'lead'], include=('level', 'until', 'case'), name='leadreach_of_agency'), models.Index(fields=['lead'], name='leadreach_of_lead'), models.Index(condition=models.Q(('grant__isnull', False)), fields=['grant'], name='leadreach_by_grant'), models.Index(condition=models.Q(('case_lead__isnull', False)), fields=['case_lead'], name='leadreach_by_case_lead'), models.Index(condition=models.Q(('case_reach__isnull', False)), fields=['case_reach'], name='leadreach_by_case_reach')],
            },
        ),
        migrations.CreateModel(
            name='SubjectReach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.SmallIntegerField()),
                ('until', models.DateTimeField(null=True)),
                ('agency', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='agencies.agency')),
                ('case', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='cases.case')),
                ('case_reach', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='cases.casereach')),
                ('case_subject', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='intel.casesubject')),
                ('grant', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='intel.subjectgrant')),
                ('subject', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='reach', to='intel.subject')),
            ],
            options={
                'indexes': [models.Index(fields=['agency', 'subject'], include=('level', 'until', 'case'), name='subjectreach_of_agency'), models.Index(fields=['subject'], name='subjectreach_of_subject'), models.Index(condition=models.Q(('grant__isnull', False)), fields=['grant'], name='subjectreach_by_grant'), models.Index(condition=models.Q(('case_subject__isnull', False)), fields=['case_subject'], name='subjectreach_by_case_subject'), models.Index(condition=models.Q(('case_reach__isnull', False)), fields=['case_reach'], name='subjectreach_by_case_reach')],
            },
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(fields=['-created_at', '-id'], name='leads_newest'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(fields=['status', '-created_at', '-id'], name='leads_newest_by_status'),
        ),
        migrations.RunSQL(of_each(KEYS), NOOP),
        migrations.RunSQL(of_each(OWNED_AND_GIVEN + THROUGH_CASES), of_each(UNDONE)),
        migrations.RunSQL(of_each(FILLED), NOOP),
        migrations.RunSQL(of_each(ONLY_TRIGGERS_WRITE), NOOP),
    ]
