"""Which agency has which case, one row for each way in, written by triggers; see agencies/reach.py.

The functions run as the owner of the tables, because whoever gives sees less than what follows from it. They read one
row after another by index: a plan kept from a statement of ten thousand rows must not serve one of a single row.
"""

import django.db.models.deletion
from django.db import migrations, models

AS_OWNER = """LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"""

KEYS = """
ALTER TABLE cases_casereach
    ADD CONSTRAINT casereach_ends_with_case FOREIGN KEY (case_id) REFERENCES cases_case ON DELETE CASCADE,
    ADD CONSTRAINT casereach_ends_with_grant FOREIGN KEY (grant_id) REFERENCES cases_casegrant ON DELETE CASCADE;
"""

# Whoever gives a case holds it FOR UPDATE, whoever attaches something to it FOR KEY SHARE: of two that happen at the
# same time the second sees the first.
GIVEN = f"""
CREATE FUNCTION cases_reach_of_grant(grants bigint[]) RETURNS
    TABLE (agency_id uuid, case_id uuid, level smallint, until timestamptz, grant_id bigint)
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT a.id, g.content_object_id, s.level::smallint, g.expires_at, g.id
    FROM cases_casegrant g
    JOIN agencies_agency a ON a.group_id = g.group_id
    JOIN auth_permission p ON p.id = g.permission_id
    JOIN (VALUES ('view_summary_case', 1), ('view_case', 2), ('contribute_case', 3)) s (codename, level)
        ON s.codename = p.codename
    WHERE g.id = ANY (grants)
$$;

CREATE FUNCTION cases_case_logged() RETURNS trigger {AS_OWNER} AS $$ BEGIN
    INSERT INTO cases_casereach (agency_id, case_id, level) SELECT agency_id, id, 4 FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_owner AFTER INSERT ON cases_case REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION cases_case_logged();

CREATE FUNCTION cases_case_handed_over() RETURNS trigger {AS_OWNER} AS $$ BEGIN
    PERFORM FROM cases_case WHERE id = NEW.id FOR UPDATE;
    UPDATE cases_casereach SET agency_id = NEW.agency_id WHERE case_id = NEW.id AND grant_id IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_new_owner AFTER UPDATE ON cases_case FOR EACH ROW
    WHEN (OLD.agency_id IS DISTINCT FROM NEW.agency_id) EXECUTE FUNCTION cases_case_handed_over();

CREATE FUNCTION cases_case_given() RETURNS trigger {AS_OWNER} AS $$ BEGIN
    PERFORM FROM cases_case WHERE id IN (SELECT content_object_id FROM fresh) ORDER BY id FOR UPDATE;
    INSERT INTO cases_casereach (agency_id, case_id, level, until, grant_id)
        SELECT * FROM cases_reach_of_grant(ARRAY(SELECT id FROM fresh));
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_grants AFTER INSERT ON cases_casegrant REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION cases_case_given();

CREATE FUNCTION cases_case_given_otherwise() RETURNS trigger {AS_OWNER} AS $$ DECLARE way record; BEGIN
    PERFORM FROM cases_case WHERE id IN (OLD.content_object_id, NEW.content_object_id) ORDER BY id FOR UPDATE;
    SELECT * INTO way FROM cases_reach_of_grant(ARRAY[NEW.id]);
    IF NOT FOUND THEN
        DELETE FROM cases_casereach WHERE grant_id = NEW.id;
        RETURN NULL;
    END IF;
    UPDATE cases_casereach SET agency_id = way.agency_id, case_id = way.case_id, level = way.level, until = way.until
        WHERE grant_id = NEW.id;
    IF NOT FOUND THEN
        INSERT INTO cases_casereach (agency_id, case_id, level, until, grant_id) SELECT way.*;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_changed_grant AFTER UPDATE ON cases_casegrant FOR EACH ROW
    WHEN ((OLD.content_object_id, OLD.group_id, OLD.permission_id, OLD.expires_at)
        IS DISTINCT FROM (NEW.content_object_id, NEW.group_id, NEW.permission_id, NEW.expires_at))
    EXECUTE FUNCTION cases_case_given_otherwise();

CREATE FUNCTION cases_case_taken() RETURNS trigger {AS_OWNER} AS $$ BEGIN
    PERFORM FROM cases_case WHERE id = OLD.content_object_id FOR UPDATE;
    RETURN OLD;
END $$;
CREATE TRIGGER reach_of_taken_grant BEFORE DELETE ON cases_casegrant
    FOR EACH ROW EXECUTE FUNCTION cases_case_taken();

CREATE FUNCTION cases_agency_gone() RETURNS trigger {AS_OWNER} AS $$ BEGIN
    DELETE FROM cases_casereach WHERE agency_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER reach_of_cases AFTER DELETE ON agencies_agency FOR EACH ROW EXECUTE FUNCTION cases_agency_gone();
"""
UNGIVEN = """
DROP TRIGGER reach_of_cases ON agencies_agency;
DROP TRIGGER reach_of_taken_grant ON cases_casegrant;
DROP TRIGGER reach_of_changed_grant ON cases_casegrant;
DROP TRIGGER reach_of_grants ON cases_casegrant;
DROP TRIGGER reach_of_new_owner ON cases_case;
DROP TRIGGER reach_of_owner ON cases_case;
DROP FUNCTION cases_agency_gone, cases_case_taken, cases_case_given_otherwise, cases_case_given,
    cases_case_handed_over, cases_case_logged, cases_reach_of_grant;
"""

FILLED = """
INSERT INTO cases_casereach (agency_id, case_id, level) SELECT agency_id, id, 4 FROM cases_case;
INSERT INTO cases_casereach (agency_id, case_id, level, until, grant_id)
    SELECT * FROM cases_reach_of_grant(ARRAY(SELECT id FROM cases_casegrant));
"""

ONLY_TRIGGERS_WRITE = """
DO $$
DECLARE given record;
BEGIN
    FOR given IN
        SELECT DISTINCT table_name, grantee FROM information_schema.role_table_grants
        WHERE table_schema = current_schema() AND grantee NOT IN (current_user, 'PUBLIC')
          AND table_name = 'cases_casereach'
    LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %I FROM %I', given.table_name, given.grantee);
    END LOOP;
END $$
"""
NOOP = migrations.RunSQL.noop


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0006_agreements_kept"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("cases", "0002_sharing"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseReach",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.SmallIntegerField()),
                ("until", models.DateTimeField(null=True)),
                ("agency", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="agencies.agency")),
                ("case", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="reach", to="cases.case")),
                ("grant", models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="cases.casegrant")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["agency", "case"], include=("level", "until"), name="casereach_of_agency"),
                    models.Index(fields=["case"], name="casereach_of_case"),
                    models.Index(condition=models.Q(("grant__isnull", False)), fields=["grant"], name="casereach_by_grant"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["-created_at", "-id"], name="cases_newest"),
        ),
        migrations.RunSQL(KEYS, NOOP),
        migrations.RunSQL(GIVEN, UNGIVEN),
        migrations.RunSQL(FILLED, NOOP),
        migrations.RunSQL(ONLY_TRIGGERS_WRITE, NOOP),
    ]
