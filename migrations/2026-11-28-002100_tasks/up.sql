SET LOCAL ROLE pj_owner;

-- What is done while nobody is signed in has a context as well: a task, and about whom. The functions that the
-- policies ask are made here, and by functions.sql as they are now.
CREATE OR REPLACE FUNCTION sec.task() RETURNS text LANGUAGE sql STABLE AS $$ SELECT NULL::text $$;
CREATE OR REPLACE FUNCTION sec.task_email() RETURNS text LANGUAGE sql STABLE AS $$ SELECT NULL::text $$;
CREATE OR REPLACE FUNCTION sec.task_account() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT NULL::uuid $$;

-- A hash of a password is read by no column: sec.stored_password answers the one that is asked for.
REVOKE SELECT, INSERT, UPDATE ON pj.accounts FROM pj_app;
GRANT SELECT (id, email, roles, status, display_name, organisation, locale, time_zone, terms_version, created_at,
              licence_number, licence_jurisdiction, licence_verified_at, profile_version, year_of_birth)
    ON pj.accounts TO pj_app;
GRANT INSERT (id, email, password_hash, roles, display_name, organisation, locale, time_zone, terms_version, created_at)
    ON pj.accounts TO pj_app;
GRANT UPDATE (password_hash, status, display_name, organisation, locale, time_zone, licence_number,
              licence_jurisdiction, licence_verified_at, profile_version, year_of_birth)
    ON pj.accounts TO pj_app;

ALTER TABLE pj.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.accounts TO pj_owner USING (true);
CREATE POLICY owner_reads ON pj.accounts FOR SELECT USING (id = (SELECT sec.actor()));
CREATE POLICY owner_changes ON pj.accounts FOR UPDATE USING (id = (SELECT sec.actor()));
-- A patient sees who reads the journal, or has read it.
CREATE POLICY giver_reads ON pj.accounts FOR SELECT USING (
    id IN (SELECT s.practitioner_id FROM pj.shares s WHERE s.patient_id = (SELECT sec.actor())));
-- By the address, too: the account that a task makes is not there when its row is judged.
CREATE POLICY task_reads ON pj.accounts FOR SELECT USING (
    email = (SELECT sec.task_email()) OR id = (SELECT sec.task_account()));
CREATE POLICY task_changes ON pj.accounts FOR UPDATE USING (
    id = (SELECT sec.task_account()) AND (SELECT sec.task()) = 'sign_in');
CREATE POLICY task_creates ON pj.accounts FOR INSERT WITH CHECK (
    email = (SELECT sec.task_email()) AND (SELECT sec.task()) = 'verify');
CREATE POLICY operator_does ON pj.accounts USING ((SELECT sec.task()) = 'operate');

ALTER TABLE pj.devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.devices FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.devices TO pj_owner USING (true);
CREATE POLICY owner_reads ON pj.devices FOR SELECT USING (account_id = (SELECT sec.actor()));
CREATE POLICY owner_changes ON pj.devices FOR UPDATE USING (account_id = (SELECT sec.actor()));
CREATE POLICY task_reads ON pj.devices FOR SELECT USING (
    account_id = (SELECT sec.task_account()) AND (SELECT sec.task()) IN ('sign_in', 'verify', 'refresh'));
CREATE POLICY task_changes ON pj.devices FOR UPDATE USING (
    account_id = (SELECT sec.task_account()) AND (SELECT sec.task()) IN ('sign_in', 'verify', 'refresh'));
CREATE POLICY task_creates ON pj.devices FOR INSERT WITH CHECK (
    account_id = (SELECT sec.task_account()) AND (SELECT sec.task()) IN ('sign_in', 'verify'));
CREATE POLICY operator_does ON pj.devices USING ((SELECT sec.task()) = 'operate');

ALTER TABLE pj.registrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.registrations FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.registrations TO pj_owner USING (true);
CREATE POLICY task_creates ON pj.registrations FOR INSERT WITH CHECK (
    email = (SELECT sec.task_email()) AND (SELECT sec.task()) = 'register');
CREATE POLICY task_does ON pj.registrations USING (
    email = (SELECT sec.task_email()) AND (SELECT sec.task()) = 'verify');
CREATE POLICY job_does ON pj.registrations USING ((SELECT sec.task()) IN ('forget', 'operate'));

ALTER TABLE pj.mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.mails FORCE ROW LEVEL SECURITY;
CREATE POLICY task_queues ON pj.mails FOR INSERT WITH CHECK ((SELECT sec.task()) IN ('register', 'refresh'));
CREATE POLICY job_does ON pj.mails USING ((SELECT sec.task()) = 'send_mails');

ALTER TABLE pj.signing_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.signing_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY job_does ON pj.signing_keys USING ((SELECT sec.task()) IN ('keep_keys', 'operate'));

ALTER TABLE pj.sync_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.sync_state FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.sync_state TO pj_owner USING (true);
CREATE POLICY everybody_reads ON pj.sync_state FOR SELECT USING (true);
CREATE POLICY operator_changes ON pj.sync_state FOR UPDATE USING ((SELECT sec.task()) = 'operate');

-- It takes a proof from now on.
DROP FUNCTION IF EXISTS sec.operate(uuid, text, timestamptz, uuid);
RESET ROLE;
