SET LOCAL ROLE pj_owner;

CREATE TABLE pj.accounts (
    id             uuid PRIMARY KEY,
    email          text NOT NULL,                 -- canonical: ASCII, lower case
    password_hash  text NOT NULL,
    roles          text[] NOT NULL,
    display_name   text,
    organisation   text,
    locale         text NOT NULL,
    time_zone      text NOT NULL,
    terms_version  text NOT NULL,
    status         text NOT NULL DEFAULT 'active',
    created_at     timestamptz NOT NULL,
    CONSTRAINT accounts_email_unique UNIQUE (email),
    CONSTRAINT accounts_roles_known CHECK (roles <@ '{patient,practitioner}' AND roles <> '{}'),
    CONSTRAINT accounts_status_known CHECK (status IN ('active', 'suspended'))
);

-- A registration becomes an account when its address is verified, so nobody can squat an address.
CREATE TABLE pj.registrations (
    id             uuid PRIMARY KEY,
    email          text NOT NULL,
    password_hash  text NOT NULL,
    roles          text[] NOT NULL,
    display_name   text,
    organisation   text,
    locale         text NOT NULL,
    time_zone      text NOT NULL,
    terms_version  text NOT NULL,
    code_hash      bytea NOT NULL,
    token_hash     bytea NOT NULL,
    tries          smallint NOT NULL DEFAULT 0,
    code_expires_at  timestamptz NOT NULL,
    token_expires_at timestamptz NOT NULL,
    created_at     timestamptz NOT NULL
);
CREATE INDEX registrations_by_age ON pj.registrations (created_at);

-- One signed-in installation of an app: its refresh chain, its name, its revocation.
CREATE TABLE pj.devices (
    id                  uuid PRIMARY KEY,
    account_id          uuid NOT NULL REFERENCES pj.accounts ON DELETE CASCADE,
    client_id           text NOT NULL,
    installation_id     text,
    name                text,
    platform            text,
    app_version         text,
    refresh_key         bytea NOT NULL,           -- sealed with the master secret
    counter             bigint NOT NULL DEFAULT 0,
    confirmed_counter   bigint NOT NULL DEFAULT -1,
    authenticated_at    timestamptz NOT NULL,
    created_at          timestamptz NOT NULL,
    last_used_at        timestamptz NOT NULL,
    idle_expires_at     timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    revoked_at          timestamptz,
    revoked_reason      text
);
CREATE INDEX devices_by_account ON pj.devices (account_id, last_used_at);

CREATE TABLE pj.signing_keys (
    kid         text PRIMARY KEY,
    state       text NOT NULL,
    sealed_key  bytea NOT NULL,
    created_at  timestamptz NOT NULL,
    retired_at  timestamptz,
    CONSTRAINT signing_keys_state_known CHECK (state IN ('next', 'current', 'previous'))
);
CREATE UNIQUE INDEX signing_keys_one_current ON pj.signing_keys (state) WHERE state = 'current';

-- Mail leaves through this queue: a row in the transaction of its cause, sent by a job.
CREATE TABLE pj.mails (
    id          uuid PRIMARY KEY,
    recipient   text NOT NULL,
    subject     text NOT NULL,
    body        text NOT NULL,
    created_at  timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    attempts    smallint NOT NULL DEFAULT 0
);
CREATE INDEX mails_by_due ON pj.mails (due_at);

GRANT SELECT, INSERT, UPDATE ON pj.accounts TO pj_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON pj.registrations, pj.signing_keys, pj.mails TO pj_app;
GRANT SELECT, INSERT, UPDATE ON pj.devices TO pj_app;
RESET ROLE;
