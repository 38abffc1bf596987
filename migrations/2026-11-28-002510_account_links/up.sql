SET LOCAL ROLE pj_owner;

-- What was sent by mail about an account that there is: a link to choose a new password, the code for a new address,
-- a link to go back to an earlier one. The secrets are kept as hashes.
CREATE TABLE pj.account_links (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES pj.accounts ON DELETE CASCADE,
    purpose     text NOT NULL,
    email       text NOT NULL,                    -- of a change the new address, of its undoing the old one
    secret_hash bytea NOT NULL,
    tries       smallint NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT account_links_purpose_known CHECK (purpose IN ('reset_password', 'change_email', 'restore_email'))
);
-- One live a person and purpose: a newer one is put in the place of the older. Of addresses to go back to there is
-- one each, or a second change would take away the way back from the first.
CREATE UNIQUE INDEX account_links_once ON pj.account_links (account_id, purpose) WHERE purpose <> 'restore_email';
CREATE UNIQUE INDEX account_links_once_an_address ON pj.account_links (account_id, email)
    WHERE purpose = 'restore_email';
CREATE INDEX account_links_by_secret ON pj.account_links (secret_hash);
CREATE INDEX account_links_by_end ON pj.account_links (expires_at);

ALTER TABLE pj.account_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.account_links FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.account_links TO pj_owner USING (true);
CREATE POLICY owner_does ON pj.account_links USING (account_id = (SELECT sec.actor()) AND purpose = 'change_email');
CREATE POLICY task_puts ON pj.account_links USING (
    account_id = (SELECT sec.task_account()) AND purpose = 'reset_password'
    AND (SELECT sec.task()) IN ('forgot', 'operate', 'restore'));
CREATE POLICY task_takes ON pj.account_links USING (
    account_id = (SELECT sec.task_account()) AND (SELECT sec.task()) IN ('reset', 'restore'));
CREATE POLICY job_forgets ON pj.account_links USING ((SELECT sec.task()) = 'forget');
GRANT SELECT, INSERT, UPDATE, DELETE ON pj.account_links TO pj_app;

-- A password is replaced by a function that compares what it replaces, or with a link.
DROP POLICY task_changes ON pj.accounts;
CREATE POLICY task_changes ON pj.accounts FOR UPDATE USING (
    id = (SELECT sec.task_account()) AND (SELECT sec.task()) IN ('reset', 'restore'));
CREATE POLICY task_sees ON pj.devices FOR SELECT USING (
    account_id = (SELECT sec.task_account()) AND (SELECT sec.task()) IN ('reset', 'restore'));
CREATE POLICY task_ends ON pj.devices FOR UPDATE USING (
    account_id = (SELECT sec.task_account()) AND (SELECT sec.task()) IN ('reset', 'restore'));
DROP POLICY task_queues ON pj.mails;
CREATE POLICY task_queues ON pj.mails FOR INSERT WITH CHECK (
    (SELECT sec.task()) IN ('register', 'refresh', 'forgot', 'reset', 'restore', 'operate', 'sign_in'));
-- Who acts writes to the own address, and to the one that is to be the own.
CREATE POLICY owner_queues ON pj.mails FOR INSERT WITH CHECK (recipient IN (
    SELECT a.email FROM pj.accounts a WHERE a.id = (SELECT sec.actor())
    UNION ALL
    SELECT l.email FROM pj.account_links l WHERE l.account_id = (SELECT sec.actor())));
RESET ROLE;
