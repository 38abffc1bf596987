SET LOCAL ROLE pj_owner;
DROP POLICY operator_changes ON pj.sync_state;
DROP POLICY everybody_reads ON pj.sync_state;
DROP POLICY own_functions ON pj.sync_state;
DROP POLICY job_does ON pj.signing_keys;
DROP POLICY job_does ON pj.mails;
DROP POLICY task_queues ON pj.mails;
DROP POLICY job_does ON pj.registrations;
DROP POLICY task_does ON pj.registrations;
DROP POLICY task_creates ON pj.registrations;
DROP POLICY own_functions ON pj.registrations;
DROP POLICY operator_does ON pj.devices;
DROP POLICY task_creates ON pj.devices;
DROP POLICY task_changes ON pj.devices;
DROP POLICY task_reads ON pj.devices;
DROP POLICY owner_changes ON pj.devices;
DROP POLICY owner_reads ON pj.devices;
DROP POLICY own_functions ON pj.devices;
DROP POLICY operator_does ON pj.accounts;
DROP POLICY task_creates ON pj.accounts;
DROP POLICY task_changes ON pj.accounts;
DROP POLICY task_reads ON pj.accounts;
DROP POLICY giver_reads ON pj.accounts;
DROP POLICY owner_changes ON pj.accounts;
DROP POLICY owner_reads ON pj.accounts;
DROP POLICY own_functions ON pj.accounts;
DO $$
DECLARE
    t name;
BEGIN
    FOREACH t IN ARRAY ARRAY['accounts', 'devices', 'registrations', 'mails', 'signing_keys', 'sync_state'] LOOP
        EXECUTE format('ALTER TABLE pj.%I NO FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE pj.%I DISABLE ROW LEVEL SECURITY', t);
    END LOOP;
END $$;
REVOKE SELECT (id, email, roles, status, display_name, organisation, locale, time_zone, terms_version, created_at,
               licence_number, licence_jurisdiction, licence_verified_at, profile_version, year_of_birth)
    ON pj.accounts FROM pj_app;
REVOKE INSERT (id, email, password_hash, roles, display_name, organisation, locale, time_zone, terms_version, created_at)
    ON pj.accounts FROM pj_app;
REVOKE UPDATE (password_hash, status, display_name, organisation, locale, time_zone, licence_number,
               licence_jurisdiction, licence_verified_at, profile_version, year_of_birth)
    ON pj.accounts FROM pj_app;
GRANT SELECT, INSERT, UPDATE ON pj.accounts TO pj_app;
DROP FUNCTION IF EXISTS sec.begin_task(text, text, bytea), sec.stored_password(), sec.task_account(),
    sec.task_email(), sec.task();
DROP FUNCTION IF EXISTS sec.operate(uuid, text, timestamptz, uuid, bytea);
-- Functions go on to call it until those of the version before are made anew.
CREATE OR REPLACE FUNCTION sec.demand_task(p_tasks text[]) RETURNS void LANGUAGE sql AS $$ SELECT $$;
RESET ROLE;
