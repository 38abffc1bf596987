SET LOCAL ROLE pj_owner;

-- Bumped by the operator after a restore or a failover that lost commits: every older cursor gets
-- 410 and its client syncs from the start.
CREATE TABLE pj.sync_state (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch  integer NOT NULL DEFAULT 1
);
INSERT INTO pj.sync_state DEFAULT VALUES;
GRANT SELECT, UPDATE ON pj.sync_state TO pj_app;

-- The answers to pushes, by the key of the device, so that a repeat changes nothing.
CREATE TABLE pj.sync_answers (
    patient_id  uuid NOT NULL REFERENCES pj.patients,
    device_id   uuid NOT NULL,
    key         text NOT NULL,
    body_hash   bytea NOT NULL,
    answer      text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (patient_id, device_id, key)
);
CREATE INDEX sync_answers_by_age ON pj.sync_answers (at);

-- Records that were not accepted, as they came.
CREATE TABLE pj.sync_quarantine (
    patient_id  uuid NOT NULL REFERENCES pj.patients,
    id          uuid NOT NULL,
    collection  text NOT NULL,
    record_id   text NOT NULL,
    code        text NOT NULL,
    field       text,
    payload     jsonb NOT NULL,
    device_id   uuid,
    at          timestamptz NOT NULL,
    PRIMARY KEY (patient_id, id)
);

ALTER TABLE pj.sync_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.sync_answers FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.sync_answers TO pj_owner USING (true);
CREATE POLICY patient_reads ON pj.sync_answers FOR SELECT USING (patient_id = (SELECT sec.actor()));
CREATE POLICY patient_creates ON pj.sync_answers FOR INSERT WITH CHECK (patient_id = (SELECT sec.actor()));
GRANT SELECT, INSERT ON pj.sync_answers TO pj_app;

ALTER TABLE pj.sync_quarantine ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.sync_quarantine FORCE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON pj.sync_quarantine FOR SELECT USING (patient_id = (SELECT sec.actor()));
CREATE POLICY patient_creates ON pj.sync_quarantine FOR INSERT WITH CHECK (patient_id = (SELECT sec.actor()));
GRANT SELECT, INSERT ON pj.sync_quarantine TO pj_app;

-- Forgets stored answers of all journals; the job that calls it has no context of its own.
CREATE FUNCTION sec.forget_answers(p_before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (DELETE FROM pj.sync_answers WHERE at < p_before RETURNING 1)
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION sec.forget_answers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.forget_answers TO pj_app;
RESET ROLE;
