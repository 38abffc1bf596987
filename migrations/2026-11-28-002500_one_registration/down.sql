SET LOCAL ROLE pj_owner;
DROP POLICY task_replaces ON pj.registrations;
DROP POLICY task_finds ON pj.registrations;
DROP INDEX pj.registrations_by_token;
ALTER TABLE pj.registrations DROP CONSTRAINT registrations_email_unique;
RESET ROLE;
