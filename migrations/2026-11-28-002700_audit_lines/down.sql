SET LOCAL ROLE pj_owner;
DROP TRIGGER audit_change ON sec.keys;
DROP TRIGGER audit_change ON pj.sync_state;
DROP TRIGGER audit_change ON pj.signing_keys;
DROP TRIGGER audit_begin ON pj.signing_keys;
DROP TRIGGER audit_change ON pj.shares;
DROP TRIGGER audit_begin ON pj.shares;
DROP TRIGGER audit_note ON pj.security_events;
DROP TRIGGER audit_change ON pj.devices;
DROP TRIGGER audit_begin ON pj.devices;
DROP TRIGGER audit_change ON pj.accounts;
DROP TRIGGER audit_begin ON pj.accounts;
DROP TRIGGER guard_pseudonym ON pj.accounts;

CREATE TABLE pj.access_events (
    patient_id   uuid NOT NULL REFERENCES pj.patients,
    at           timestamptz NOT NULL,
    request_id   uuid NOT NULL,
    actor_id     uuid REFERENCES pj.accounts,   -- null: the clinic's operator
    share_id     uuid REFERENCES pj.shares,
    action       text NOT NULL,
    sections     text[] NOT NULL,
    from_date    date,
    to_date      date,
    outcome      text NOT NULL,
    stranger     boolean NOT NULL DEFAULT false,
    rev          bigint,
    PRIMARY KEY (patient_id, at, request_id)
);
-- Lines of who is erased have no place in it, nor what it never held.
INSERT INTO pj.access_events
SELECT p.id, l.at, l.request_id, a.id, l.share_id, l.action, l.sections, l.from_date, l.to_date, l.outcome,
    l.stranger, l.rev
FROM pj.audit_lines l JOIN pj.accounts p ON p.pseudonym = l.subject LEFT JOIN pj.accounts a ON a.pseudonym = l.actor
WHERE l.kind = 'journal' AND (l.actor IS NULL OR a.id IS NOT NULL);
CREATE INDEX access_events_by_share ON pj.access_events (share_id);
CREATE INDEX access_events_by_actor ON pj.access_events (actor_id);
CREATE UNIQUE INDEX access_events_of_strangers
    ON pj.access_events (share_id, actor_id, date_trunc('hour', at AT TIME ZONE 'UTC')) WHERE stranger;
CREATE INDEX access_events_looks ON pj.access_events (share_id, at)
    WHERE outcome = 'granted' AND action NOT IN ('overview', 'responders');
ALTER TABLE pj.access_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.access_events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.access_events TO pj_owner USING (true);
CREATE POLICY patient_reads ON pj.access_events FOR SELECT USING (patient_id = (SELECT sec.actor()));
GRANT SELECT ON pj.access_events TO pj_app;

DROP TABLE pj.audit_lines;
DROP FUNCTION sec.guard_audit(), sec.guard_pseudonym(), sec.audit_account(), sec.audit_device(),
    sec.audit_security_event(), sec.audit_share(), sec.audit_server();
DROP FUNCTION IF EXISTS sec.note_line(text, uuid, text, text, timestamptz);
ALTER TABLE pj.accounts DROP COLUMN pseudonym;
RESET ROLE;
