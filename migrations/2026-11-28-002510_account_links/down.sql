SET LOCAL ROLE pj_owner;
DROP POLICY owner_queues ON pj.mails;
DROP POLICY task_queues ON pj.mails;
CREATE POLICY task_queues ON pj.mails FOR INSERT WITH CHECK ((SELECT sec.task()) IN ('register', 'refresh'));
DROP POLICY task_ends ON pj.devices;
DROP POLICY task_sees ON pj.devices;
DROP POLICY task_changes ON pj.accounts;
CREATE POLICY task_changes ON pj.accounts FOR UPDATE USING (
    id = (SELECT sec.task_account()) AND (SELECT sec.task()) = 'sign_in');
DROP TABLE pj.account_links;
DROP FUNCTION IF EXISTS sec.keep_password(text, text), sec.change_password(text, text);
RESET ROLE;
