SET LOCAL ROLE pj_owner;

-- Frozen reports: never changed, never computed anew. One made through a share belongs to its reader
-- and is gone for him when the share is.
CREATE TABLE pj.report_snapshots (
    patient_id        uuid NOT NULL REFERENCES pj.patients,
    id                uuid NOT NULL,
    share_id          uuid REFERENCES pj.shares,   -- null: the patient's own
    made_by           uuid NOT NULL,
    made_at           timestamptz NOT NULL,
    from_date         date NOT NULL,
    to_date           date NOT NULL,
    version           integer NOT NULL,            -- of the same reader, from and to
    rule_version      text NOT NULL,
    journal_revision  bigint NOT NULL,
    inputs_hash       bytea NOT NULL,
    report            text NOT NULL,               -- the very bytes
    PRIMARY KEY (patient_id, id),
    CONSTRAINT report_snapshots_window CHECK (from_date <= to_date),
    CONSTRAINT report_snapshots_hash CHECK (length(inputs_hash) = 32)
);
CREATE UNIQUE INDEX report_snapshots_by_version ON pj.report_snapshots
    (patient_id, share_id, from_date, to_date, version) NULLS NOT DISTINCT;
CREATE INDEX report_snapshots_by_share ON pj.report_snapshots (share_id);

ALTER TABLE pj.report_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.report_snapshots FORCE ROW LEVEL SECURITY;
-- sec.open_days looks the share up again: ended or expired, it opens nothing.
CREATE POLICY reader_reads ON pj.report_snapshots FOR SELECT USING (
    patient_id = (SELECT sec.subject()) AND share_id IS NOT DISTINCT FROM (SELECT sec.share())
    AND (SELECT sec.open_days('{pain,sleep,mobility,medication,treatment,assessments,goals}')) IS NOT NULL);
CREATE POLICY reader_freezes ON pj.report_snapshots FOR INSERT WITH CHECK (
    patient_id = (SELECT sec.subject()) AND share_id IS NOT DISTINCT FROM (SELECT sec.share())
    AND made_by = (SELECT sec.actor())
    AND (SELECT sec.open_days('{pain,sleep,mobility,medication,treatment,assessments,goals}')) IS NOT NULL);
GRANT SELECT, INSERT ON pj.report_snapshots TO pj_app;
RESET ROLE;
