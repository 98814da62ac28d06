-- The second lock: what PostgreSQL itself shows to whom, whatever the application asks or forgets to ask.
--
-- Who asks is said at the beginning of every transaction (agencies/acting.py). Nobody said: no row. The rule is the gate's
-- (agencies/visibility.py), written a second time, apart from it: reach, and what is kept from the person. Nobody changes
-- an agency's row by these policies: verbs do, as the system, after they checked.
--
-- Run after every migration by the owner of the tables, when before_migrating.sql has taken away what was there before.

CREATE OR REPLACE FUNCTION acting_agency() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('taskforce.agency', true), '')::uuid $$;
CREATE OR REPLACE FUNCTION acting_group() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('taskforce.group', true), '')::integer $$;
CREATE OR REPLACE FUNCTION acting_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('taskforce.person', true), '')::uuid $$;
CREATE OR REPLACE FUNCTION acting_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('taskforce.now', true), '')::timestamptz $$;
CREATE OR REPLACE FUNCTION acting_reads(kind text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(kind = ANY (string_to_array(current_setting('taskforce.reads', true), ',')), false) $$;

-- Every table is locked, but those that hold no agency's records: the directory, credentials and sessions (they are read
-- before anybody is known), and Django's own. A new table is locked and shows nothing until it has a policy below.
DO $$
DECLARE
    held record;
    open_tables text[] := ARRAY[
        'django_migrations', 'django_content_type', 'django_session', 'cache', 'auth_permission', 'auth_group',
        'auth_group_permissions', 'agencies_agency', 'agencies_taskforce', 'agencies_membership', 'agencies_user',
        'agencies_user_groups', 'agencies_user_user_permissions', 'agencies_clientterms', 'agencies_signinfailure',
        'agencies_signinsubject', 'socialaccount_socialaccount', 'socialaccount_socialapp', 'socialaccount_socialtoken',
        'account_emailaddress', 'account_emailconfirmation', 'mfa_authenticator', 'usersessions_usersession',
        'oauth2_provider_application', 'oauth2_provider_grant', 'oauth2_provider_accesstoken',
        'oauth2_provider_refreshtoken', 'oauth2_provider_idtoken', 'oauth2_provider_devicegrant'];
BEGIN
    FOR held IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> ALL (open_tables) LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', held.tablename);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', held.tablename);
        -- Migrations and triggers that are the owner's see all; nobody signs in as the owner but to migrate.
        EXECUTE format('CREATE POLICY owner ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', held.tablename);
    END LOOP;
END $$;

-- --- What is kept from the person --------------------------------------------------------------------------------

CREATE VIEW shut_cases WITH (security_invoker) AS
    SELECT s.content_object_id AS id FROM cases_caseadmission s
     WHERE NOT s.let_in AND (s.person_id = acting_person() OR s.person_id IS NULL AND NOT EXISTS (
           SELECT FROM cases_caseadmission m
            WHERE m.content_object_id = s.content_object_id AND m.person_id = acting_person() AND m.let_in));

CREATE VIEW shut_leads WITH (security_invoker) AS
    SELECT s.content_object_id AS id FROM intel_leadadmission s
     WHERE NOT s.let_in AND (s.person_id = acting_person() OR s.person_id IS NULL AND NOT EXISTS (
           SELECT FROM intel_leadadmission m
            WHERE m.content_object_id = s.content_object_id AND m.person_id = acting_person() AND m.let_in));

CREATE VIEW shut_certificates WITH (security_invoker) AS
    SELECT s.content_object_id AS id FROM agencies_purgecertificateadmission s
     WHERE NOT s.let_in AND (s.person_id = acting_person() OR s.person_id IS NULL AND NOT EXISTS (
           SELECT FROM agencies_purgecertificateadmission m
            WHERE m.content_object_id = s.content_object_id AND m.person_id = acting_person() AND m.let_in));

CREATE VIEW shut_canaries WITH (security_invoker) AS
    SELECT s.content_object_id AS id FROM agencies_canaryadmission s
     WHERE NOT s.let_in AND (s.person_id = acting_person() OR s.person_id IS NULL AND NOT EXISTS (
           SELECT FROM agencies_canaryadmission m
            WHERE m.content_object_id = s.content_object_id AND m.person_id = acting_person() AND m.let_in));

-- --- What is within reach: ids, and the level (1 summary, 2 view, 3 contribute, 4 owner) ----------------------------
-- The policies ask for one row at a time: EXISTS would be answered by gathering all that the agency has, for fifty rows.

CREATE VIEW seen_cases WITH (security_invoker) AS
    SELECT case_id AS id, level FROM cases_casereach
     WHERE agency_id = acting_agency() AND (until IS NULL OR until > acting_now())
       AND acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases);

CREATE VIEW seen_leads WITH (security_invoker) AS
    SELECT lead_id AS id, level FROM intel_leadreach
     WHERE agency_id = acting_agency() AND (until IS NULL OR until > acting_now())
       AND acting_reads('leads') AND lead_id NOT IN (SELECT id FROM shut_leads)
       AND (case_id IS NULL OR acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases));

CREATE VIEW seen_subjects WITH (security_invoker) AS
    SELECT subject_id AS id, level FROM intel_subjectreach
     WHERE agency_id = acting_agency() AND (until IS NULL OR until > acting_now())
       AND acting_reads('leads')
       AND (case_id IS NULL OR acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases));

-- Is a hit, or what hangs on it, kept from the person because a record of the own side is; and a subject, because its lead
-- is? These look past the lock, which hides what they go by, answer yes or no, and are asked only where something is kept
-- from the person at all.
CREATE OR REPLACE FUNCTION hit_is_shut(notice uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    SELECT EXISTS (
        SELECT FROM intel_hitnotice n JOIN intel_hit h ON h.id = n.hit_id
          JOIN intel_matchrecord m ON m.id IN (h.left_id, h.right_id) JOIN shut_leads s ON s.id = m.lead_id
         WHERE n.id = notice AND m.agency_id = acting_agency())
    $$;
CREATE OR REPLACE FUNCTION subject_is_shut(subject uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM intel_subject t JOIN shut_leads s ON s.id = t.lead_id WHERE t.id = subject) $$;
REVOKE EXECUTE ON FUNCTION hit_is_shut(uuid), subject_is_shut(uuid) FROM PUBLIC;
DO $$
DECLARE role text;
BEGIN
    -- Whoever may read the tables at all may ask.
    FOR role IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
                 WHERE table_name = 'agencies_agency' AND grantee NOT IN (current_user, 'PUBLIC') LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION hit_is_shut(uuid), subject_is_shut(uuid) TO %I', role);
        EXECUTE format('GRANT SELECT ON shut_cases, shut_leads, shut_certificates, shut_canaries, seen_cases, seen_leads, seen_subjects TO %I', role);
        -- Evidence and features quote both sides: the system alone reads them, for whom the gate opens the other record.
        IF role <> 'taskforce_system' THEN
            EXECUTE format('REVOKE SELECT ON intel_hit, intel_matchrecord FROM %I', role);
            EXECUTE format('GRANT SELECT (%s) ON intel_hit TO %I', (
                SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = 'intel_hit' AND column_name <> 'evidence'), role);
            EXECUTE format('GRANT SELECT (%s) ON intel_matchrecord TO %I', (
                SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = 'intel_matchrecord'
                   AND column_name NOT IN ('features', 'keys', 'terms')), role);
            -- Opening an identity is a verb, which writes down for what: no person's own SQL reads what is sealed.
            EXECUTE format('REVOKE SELECT ON victims_victimidentity, victims_identitypointer FROM %I', role);
            EXECUTE format('GRANT SELECT (id, victim_id, agency_id, version, written_by_id, created_at, updated_at)'
                           ' ON victims_victimidentity TO %I', role);
            EXECUTE format('GRANT SELECT (id, identity_id, agency_id, known_to_id, at) ON victims_identitypointer TO %I',
                           role);
        END IF;
    END LOOP;
END $$;

-- --- Sharing -----------------------------------------------------------------------------------------------------

CREATE POLICY seen ON cases_casereach FOR SELECT USING (agency_id = acting_agency());
CREATE POLICY seen ON intel_leadreach FOR SELECT USING (agency_id = acting_agency());
CREATE POLICY seen ON intel_subjectreach FOR SELECT USING (agency_id = acting_agency());

-- Those that are about the person; the owner's people read all that their agency laid down.
CREATE POLICY seen ON cases_caseadmission FOR SELECT USING (
    person_id = acting_person() OR person_id IS NULL OR EXISTS (
        SELECT FROM cases_casereach r
         WHERE r.case_id = content_object_id AND r.agency_id = acting_agency() AND r.level = 4));
CREATE POLICY seen ON intel_leadadmission FOR SELECT USING (
    person_id = acting_person() OR person_id IS NULL OR EXISTS (
        SELECT FROM intel_leadreach r
         WHERE r.lead_id = content_object_id AND r.agency_id = acting_agency() AND r.level = 4));

-- A grant is known to whom it was given, to who passed it on, and to the owner.
CREATE POLICY seen ON cases_casegrant FOR SELECT USING (
    group_id = acting_group() OR via_id = acting_agency() OR EXISTS (
        SELECT FROM cases_casereach r
         WHERE r.case_id = content_object_id AND r.agency_id = acting_agency() AND r.level = 4));
CREATE POLICY seen ON intel_leadgrant FOR SELECT USING (
    group_id = acting_group() OR via_id = acting_agency() OR EXISTS (
        SELECT FROM intel_leadreach r
         WHERE r.lead_id = content_object_id AND r.agency_id = acting_agency() AND r.level = 4));
CREATE POLICY seen ON intel_subjectgrant FOR SELECT USING (
    group_id = acting_group() OR via_id = acting_agency() OR EXISTS (
        SELECT FROM intel_subjectreach r
         WHERE r.subject_id = content_object_id AND r.agency_id = acting_agency() AND r.level = 4));
CREATE POLICY seen ON intel_disclosuregrant FOR SELECT USING (group_id = acting_group());
CREATE POLICY seen ON intel_protectedvaluegrant FOR SELECT USING (group_id = acting_group());
CREATE POLICY seen ON agencies_releaserequestgrant FOR SELECT USING (group_id = acting_group());

CREATE POLICY seen ON agencies_agreement FOR SELECT USING (acting_agency() IN (agency_id, partner_id));
CREATE POLICY seen ON agencies_releaserequest FOR SELECT USING (
    acting_reads('releases') AND (agency_id = acting_agency() OR EXISTS (
        SELECT FROM agencies_releaserequestgrant g
         WHERE g.content_object_id = agencies_releaserequest.id AND g.group_id = acting_group()
           AND (g.expires_at IS NULL OR g.expires_at > acting_now()))));

-- An offer to hand a record over is read by who makes it and by whom it is made to.
CREATE POLICY seen ON agencies_handovergrant FOR SELECT USING (group_id = acting_group());
CREATE POLICY seen ON agencies_handover FOR SELECT USING (
    acting_reads('handovers') AND (agency_id = acting_agency() OR EXISTS (
        SELECT FROM agencies_handovergrant g
         WHERE g.content_object_id = agencies_handover.id AND g.group_id = acting_group()
           AND (g.expires_at IS NULL OR g.expires_at > acting_now()))));

-- --- Cases -------------------------------------------------------------------------------------------------------

CREATE POLICY seen ON cases_case FOR SELECT USING ((SELECT true FROM seen_cases s WHERE s.id = cases_case.id LIMIT 1));
CREATE POLICY seen ON cases_assignment FOR SELECT USING (
    acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases)
    AND (agency_id = acting_agency() OR (SELECT true FROM seen_cases s WHERE s.id = case_id AND s.level >= 2 LIMIT 1)));
CREATE POLICY seen ON cases_assignment_people FOR SELECT USING (
    EXISTS (SELECT FROM cases_assignment a WHERE a.id = assignment_id));
CREATE POLICY seen ON cases_note FOR SELECT USING (
    acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases)
    AND (agency_id = acting_agency() OR NOT agency_private AND (
        SELECT true FROM seen_cases s WHERE s.id = case_id AND s.level >= 2 LIMIT 1)));
CREATE POLICY seen ON cases_task FOR SELECT USING (
    acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases)
    AND (agency_id = acting_agency() OR NOT agency_private AND (
        SELECT true FROM seen_cases s WHERE s.id = case_id AND s.level >= 2 LIMIT 1)));

-- Lanes: what an agency keeps to itself of its own stands in rows of its own.
CREATE POLICY seen ON cases_track FOR SELECT USING (
    acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases)
    AND (agency_id = acting_agency() OR (SELECT true FROM seen_cases s WHERE s.id = case_id AND s.level >= 2 LIMIT 1)));
CREATE POLICY seen ON cases_leadproposal FOR SELECT USING (
    acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases)
    AND (agency_id = acting_agency() OR (SELECT true FROM seen_cases s WHERE s.id = case_id AND s.level >= 2 LIMIT 1)));
CREATE POLICY seen ON cases_leadproposal_agreed_by FOR SELECT USING (
    EXISTS (SELECT FROM cases_leadproposal p WHERE p.id = leadproposal_id));
DO $$
DECLARE part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['cases_tracksheet', 'cases_offence', 'cases_cooperationrequest'] LOOP
        EXECUTE format($policy$
            CREATE POLICY seen ON %I FOR SELECT USING (
                acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases)
                AND (agency_id = acting_agency() OR NOT agency_private AND (
                    SELECT true FROM seen_cases s WHERE s.id = case_id AND s.level >= 2 LIMIT 1)))
        $policy$, part);
    END LOOP;
END $$;

-- --- Operations ---------------------------------------------------------------------------------------------------
-- Of the planning agency, and of those it gave it to as long as they have the case. A conflict itself nobody reads.

CREATE POLICY seen ON cases_operationgrant FOR SELECT USING (group_id = acting_group());
CREATE POLICY seen ON cases_operation FOR SELECT USING (
    acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases)
    AND (agency_id = acting_agency() OR EXISTS (
        SELECT FROM cases_operationgrant g
         WHERE g.content_object_id = cases_operation.id AND g.group_id = acting_group()
           AND (g.expires_at IS NULL OR g.expires_at > acting_now()))
        AND (SELECT true FROM seen_cases s WHERE s.id = case_id AND s.level >= 2 LIMIT 1)));
CREATE POLICY seen ON cases_team FOR SELECT USING (EXISTS (SELECT FROM cases_operation o WHERE o.id = operation_id));
CREATE POLICY seen ON cases_report FOR SELECT USING (EXISTS (SELECT FROM cases_operation o WHERE o.id = operation_id));
CREATE POLICY seen ON cases_sensitivesite FOR SELECT USING (acting_reads('sites') AND agency_id = acting_agency());
CREATE POLICY seen ON cases_conflictnotice FOR SELECT USING (
    acting_reads('protected') AND agency_id = acting_agency()
    AND (own_case_id IS NULL OR own_case_id NOT IN (SELECT id FROM shut_cases)));
CREATE POLICY seen ON cases_watchnotice FOR SELECT USING (user_id = acting_person());

-- --- Leads -------------------------------------------------------------------------------------------------------

CREATE POLICY seen ON intel_lead FOR SELECT USING ((SELECT true FROM seen_leads s WHERE s.id = intel_lead.id LIMIT 1));
CREATE POLICY seen ON intel_subject FOR SELECT USING (
    lead_id NOT IN (SELECT id FROM shut_leads)
    AND ((SELECT true FROM seen_subjects s WHERE s.id = intel_subject.id LIMIT 1)
         OR (SELECT true FROM seen_leads s WHERE s.id = intel_subject.lead_id AND s.level >= 2 LIMIT 1)));
CREATE POLICY seen ON intel_identifier FOR SELECT USING (
    acting_reads('leads') AND lead_id NOT IN (SELECT id FROM shut_leads)
    AND (agency_id = acting_agency()
         OR (SELECT true FROM seen_leads s WHERE s.id = lead_id AND s.level >= 2 LIMIT 1)
         OR (SELECT true FROM seen_subjects s WHERE s.id = subject_id AND s.level >= 2 LIMIT 1)));
CREATE POLICY seen ON intel_caselead FOR SELECT USING (
    acting_reads('cases')
    AND case_id NOT IN (SELECT id FROM shut_cases) AND lead_id NOT IN (SELECT id FROM shut_leads)
    AND (agency_id = acting_agency() OR NOT agency_private AND (
        SELECT true FROM seen_cases s WHERE s.id = case_id AND s.level >= 2 LIMIT 1)));
CREATE POLICY seen ON intel_casesubject FOR SELECT USING (
    acting_reads('cases') AND case_id NOT IN (SELECT id FROM shut_cases)
    AND (NOT EXISTS (SELECT FROM shut_leads) OR NOT subject_is_shut(subject_id))
    AND (agency_id = acting_agency() OR NOT agency_private AND (
        SELECT true FROM seen_cases s WHERE s.id = case_id AND s.level >= 2 LIMIT 1)));
CREATE POLICY seen ON intel_originmark FOR SELECT USING (
    acting_reads('leads') AND agency_id = acting_agency()
    AND low_id NOT IN (SELECT id FROM shut_leads) AND high_id NOT IN (SELECT id FROM shut_leads));
CREATE POLICY seen ON intel_narrativeprint FOR SELECT USING (
    (SELECT true FROM seen_leads s WHERE s.id = lead_id AND s.level >= 2 LIMIT 1));
CREATE POLICY own ON intel_leaddraft USING (user_id = acting_person());

-- --- Hits --------------------------------------------------------------------------------------------------------

-- Of a hit the own side's notice says what its agency may know. The hit itself, and which record is its other side, are
-- shown for the gate to decide on; what they say of each other, and what a record holds, no column shows (see below).
CREATE POLICY seen ON intel_matchrecord FOR SELECT USING (
    acting_reads('leads') AND agency_id = acting_agency()
    OR EXISTS (SELECT FROM intel_hit h WHERE intel_matchrecord.id IN (h.left_id, h.right_id)));
CREATE POLICY seen ON intel_hit FOR SELECT USING (
    EXISTS (SELECT FROM intel_hitnotice n WHERE n.hit_id = intel_hit.id));
CREATE POLICY seen ON intel_hitnotice FOR SELECT USING (
    acting_reads('leads') AND agency_id = acting_agency()
    AND (NOT EXISTS (SELECT FROM shut_leads) OR NOT hit_is_shut(id)));
CREATE POLICY seen ON intel_judgement FOR SELECT USING (
    acting_reads('leads') AND agency_id = acting_agency()
    AND (NOT EXISTS (SELECT FROM shut_leads) OR NOT hit_is_shut(notice_id)));
CREATE POLICY seen ON intel_disclosure FOR SELECT USING (
    acting_reads('leads') AND (NOT EXISTS (SELECT FROM shut_leads) OR NOT hit_is_shut(notice_id))
    AND (agency_id = acting_agency() OR EXISTS (
        SELECT FROM intel_disclosuregrant g
         WHERE g.content_object_id = intel_disclosure.id AND g.group_id = acting_group()
           AND (g.expires_at IS NULL OR g.expires_at > acting_now()))));

-- --- Linking -----------------------------------------------------------------------------------------------------

CREATE POLICY seen ON intel_linkrun FOR SELECT USING (acting_reads('linking runs') AND agency_id = acting_agency());
CREATE POLICY seen ON intel_linkchunk FOR SELECT USING (EXISTS (SELECT FROM intel_linkrun r WHERE r.id = run_id));
CREATE POLICY seen ON intel_linktally FOR SELECT USING (agency_id = acting_agency());
CREATE POLICY seen ON intel_linkchange FOR SELECT USING (
    EXISTS (SELECT FROM intel_hitnotice n WHERE n.id = notice_id));
CREATE POLICY seen ON intel_linkerror FOR SELECT USING (
    (SELECT true FROM seen_leads s WHERE s.id = lead_id AND s.level = 4 LIMIT 1));
CREATE POLICY seen ON intel_learnedweights FOR SELECT USING (
    acting_reads('linking runs') AND EXISTS (
        SELECT FROM agencies_membership m
         WHERE m.task_force_id = intel_learnedweights.task_force_id AND m.agency_id = acting_agency()));
CREATE POLICY seen ON intel_protectedvalue FOR SELECT USING (
    status = 'public' OR acting_reads('protected') AND (agency_id = acting_agency() OR EXISTS (
        SELECT FROM intel_protectedvaluegrant g
         WHERE g.content_object_id = intel_protectedvalue.id AND g.group_id = acting_group()
           AND (g.expires_at IS NULL OR g.expires_at > acting_now()))));

-- --- Victims, and what is one person's ------------------------------------------------------------------------------

CREATE POLICY seen ON victims_victim FOR SELECT USING (acting_reads('victims') AND agency_id = acting_agency());
-- The directory: entries of one's own agency, and of those in a running task force with it.
CREATE POLICY seen ON victims_service FOR SELECT USING (
    acting_reads('victims') AND (provider_id = acting_agency() OR EXISTS (
        SELECT FROM agencies_membership ours JOIN agencies_membership theirs USING (task_force_id)
          JOIN agencies_taskforce t ON t.id = ours.task_force_id JOIN agencies_agency a ON a.id = theirs.agency_id
         WHERE ours.agency_id = acting_agency() AND theirs.agency_id = provider_id AND a.left_on IS NULL
           AND t.starts_on <= acting_now() AND (t.ends_on IS NULL OR t.ends_on + 1 > acting_now()))));
-- What a provider is told of a referral is its offer; the referral and the consent are the sender's alone.
CREATE POLICY seen ON victims_consent FOR SELECT USING (acting_reads('referrals') AND agency_id = acting_agency());
CREATE POLICY seen ON victims_consent_recipients FOR SELECT USING (
    EXISTS (SELECT FROM victims_consent c WHERE c.id = consent_id));
CREATE POLICY seen ON victims_referral FOR SELECT USING (acting_reads('referrals') AND agency_id = acting_agency());
CREATE POLICY seen ON victims_offergrant FOR SELECT USING (group_id = acting_group());
CREATE POLICY seen ON victims_offer FOR SELECT USING (
    acting_reads('referrals') AND (agency_id = acting_agency() OR EXISTS (
        SELECT FROM victims_offergrant g
         WHERE g.content_object_id = victims_offer.id AND g.group_id = acting_group()
           AND (g.expires_at IS NULL OR g.expires_at > acting_now()))));
CREATE POLICY seen ON victims_followup FOR SELECT USING (
    acting_reads('referrals') AND (agency_id = acting_agency() OR EXISTS (
        SELECT FROM victims_offer o WHERE o.id = offer_id)));

-- An identity: its sealed row to whom it is open by name, and nothing else of it to anybody. Who else holds it, and which
-- record of another agency is alike, the system alone reads.
CREATE POLICY seen ON victims_identitygrant FOR SELECT USING (
    person_id = acting_person() AND (expires_at IS NULL OR expires_at > acting_now()));
CREATE POLICY seen ON victims_emergency FOR SELECT USING (
    asked_by_id = acting_person() OR acting_reads('emergencies') AND agency_id = acting_agency());
CREATE POLICY seen ON victims_victimidentity FOR SELECT USING (
    acting_agency() IS NOT NULL AND (
        EXISTS (SELECT FROM victims_identitygrant g WHERE g.identity_id = victims_victimidentity.id)
        OR EXISTS (SELECT FROM victims_emergency e
                    WHERE e.identity_id = victims_victimidentity.id AND e.asked_by_id = acting_person()
                      AND e.state = 'confirmed' AND e.expires_at > acting_now())));
CREATE POLICY seen ON victims_identitynotice FOR SELECT USING (person_id = acting_person());
CREATE POLICY seen ON victims_identitypointer FOR SELECT USING (
    acting_reads('identity pointers') AND agency_id = acting_agency());
CREATE POLICY seen ON agencies_change FOR SELECT USING (agency_id = acting_agency());
CREATE POLICY seen ON agencies_job FOR SELECT USING (
    (SELECT true FROM seen_leads s WHERE s.id = object_id LIMIT 1)
    OR EXISTS (SELECT FROM intel_protectedvalue v WHERE v.id = object_id));
CREATE POLICY own ON agencies_idempotentanswer USING (user_id = acting_person());

-- --- What is left of a purged record --------------------------------------------------------------------------------

CREATE POLICY seen ON agencies_purgecertificateadmission FOR SELECT USING (
    person_id = acting_person() OR person_id IS NULL);
CREATE POLICY seen ON agencies_purgecertificate FOR SELECT USING (
    acting_reads('audit') AND agency_id = acting_agency() AND id NOT IN (SELECT id FROM shut_certificates));
CREATE POLICY seen ON agencies_purgenotice FOR SELECT USING (
    acting_reads('cases') AND certificate_id NOT IN (SELECT id FROM shut_certificates)
    AND (agency_id = acting_agency() OR EXISTS (
        SELECT FROM agencies_purgecertificate c WHERE c.id = certificate_id)));

-- --- Watching -------------------------------------------------------------------------------------------------------

CREATE POLICY seen ON agencies_canaryadmission FOR SELECT USING (person_id = acting_person() OR person_id IS NULL);
CREATE POLICY seen ON agencies_canary FOR SELECT USING (
    acting_reads('audit') AND agency_id = acting_agency() AND id NOT IN (SELECT id FROM shut_canaries));
CREATE POLICY seen ON agencies_alarm FOR SELECT USING (
    acting_reads('audit') AND agency_id = acting_agency()
    AND (canary_id IS NULL OR canary_id NOT IN (SELECT id FROM shut_canaries)));
CREATE POLICY seen ON agencies_purposestated FOR SELECT USING (person_id = acting_person());
CREATE POLICY seen ON agencies_unitstay FOR SELECT USING (EXISTS (
    SELECT FROM agencies_user u WHERE u.id = person_id AND u.agency_id = acting_agency()));
CREATE POLICY seen ON agencies_unitwall FOR SELECT USING (
    agency_id = acting_agency()
    AND object_id NOT IN (SELECT id FROM shut_leads) AND object_id NOT IN (SELECT id FROM shut_cases)
    AND object_id NOT IN (SELECT id FROM shut_certificates));
CREATE POLICY seen ON agencies_unitwall_kept FOR SELECT USING (
    EXISTS (SELECT FROM agencies_unitwall w WHERE w.id = unitwall_id));

-- --- Rules that share: the agency's own, and of the records they spoke on those that are not kept from the person ------

CREATE POLICY seen ON agencies_sharerule FOR SELECT USING (acting_reads('rules') AND agency_id = acting_agency());
CREATE POLICY seen ON agencies_ruledrecord FOR SELECT USING (
    EXISTS (SELECT FROM agencies_sharerule r WHERE r.id = rule_id)
    AND object_id NOT IN (SELECT id FROM shut_leads) AND object_id NOT IN (SELECT id FROM shut_cases));
