-- Tables change more easily without the views and policies of the second lock. Locked they stay: they show nothing meanwhile.
DO $$
DECLARE
    held record;
BEGIN
    FOR held IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema() LOOP
        EXECUTE format('DROP POLICY %I ON %I', held.policyname, held.tablename);
    END LOOP;
    DROP VIEW IF EXISTS seen_subjects, seen_leads, seen_cases, shut_leads, shut_cases, shut_certificates, shut_canaries;
END $$;
