SET LOCAL ROLE pj_owner;

-- An address has one registration that waits for its proof. Of several the newest stays.
DELETE FROM pj.registrations r USING pj.registrations newer
WHERE newer.email = r.email AND (newer.created_at, newer.id) > (r.created_at, r.id);
ALTER TABLE pj.registrations ADD CONSTRAINT registrations_email_unique UNIQUE (email);
-- A link is opened without the id of its registration.
CREATE INDEX registrations_by_token ON pj.registrations (token_hash);

-- A newer one is put in the place of the older.
CREATE POLICY task_finds ON pj.registrations FOR SELECT USING (
    email = (SELECT sec.task_email()) AND (SELECT sec.task()) = 'register');
CREATE POLICY task_replaces ON pj.registrations FOR UPDATE USING (
    email = (SELECT sec.task_email()) AND (SELECT sec.task()) = 'register');
RESET ROLE;
