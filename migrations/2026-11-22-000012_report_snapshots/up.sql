SET LOCAL ROLE pj_owner;

-- May the reader see all of these sections on all of these days? For what was made of them together.
CREATE FUNCTION sec.opens_all(p_sections text[], p_from date, p_to date) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF sec.subject() = sec.actor() THEN
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT FROM pj.shares s
                   WHERE s.id = sec.share() AND s.practitioner_id = sec.actor()
                     AND s.patient_id = sec.subject() AND s.state = 'active'
                     AND s.expires_at > sec.moment() AND s.sections @> p_sections
                     AND daterange(s.from_date, s.to_date, '[]') @> daterange(p_from, p_to, '[]'));
END $$;

-- Frozen reports. Each belongs to its reader: the patient, or the practitioner of one share, and is
-- never changed.
CREATE TABLE pj.report_snapshots (
    patient_id        uuid NOT NULL REFERENCES pj.patients,
    id                uuid NOT NULL,
    share_id          uuid REFERENCES pj.shares,          -- null: the patient's own
    made_by           uuid NOT NULL REFERENCES pj.accounts,
    made_at           timestamptz NOT NULL,
    from_date         date NOT NULL,
    to_date           date NOT NULL,
    version           integer NOT NULL,                   -- of the same reader and days, from 1
    sections          text[] NOT NULL,
    rule_version      text NOT NULL,
    journal_revision  bigint NOT NULL,
    inputs_hash       bytea NOT NULL,
    report            text NOT NULL,                      -- not json: the same bytes for ever
    PRIMARY KEY (patient_id, id),
    CONSTRAINT report_snapshots_version_unique
        UNIQUE NULLS NOT DISTINCT (patient_id, share_id, from_date, to_date, version),
    CONSTRAINT report_snapshots_days CHECK (from_date <= to_date),
    CONSTRAINT report_snapshots_hash_size CHECK (octet_length(inputs_hash) = 32)
);
CREATE INDEX report_snapshots_by_share ON pj.report_snapshots (share_id);
CREATE INDEX report_snapshots_by_maker ON pj.report_snapshots (made_by);

ALTER TABLE pj.report_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.report_snapshots FORCE ROW LEVEL SECURITY;
CREATE POLICY reader_reads ON pj.report_snapshots FOR SELECT USING (
    patient_id = (SELECT sec.subject()) AND share_id IS NOT DISTINCT FROM (SELECT sec.share())
    AND sec.opens_all(sections, from_date, to_date));
CREATE POLICY reader_creates ON pj.report_snapshots FOR INSERT WITH CHECK (
    patient_id = (SELECT sec.subject()) AND share_id IS NOT DISTINCT FROM (SELECT sec.share())
    AND made_by = (SELECT sec.actor()) AND sec.opens_all(sections, from_date, to_date));
GRANT SELECT, INSERT ON pj.report_snapshots TO pj_app;

-- Long reports in the making. A row holds no health data, and only its maker sees it.
CREATE TABLE pj.report_jobs (
    id           uuid PRIMARY KEY,
    made_by      uuid NOT NULL REFERENCES pj.accounts,
    share_id     uuid REFERENCES pj.shares,
    from_date    date NOT NULL,
    to_date      date NOT NULL,
    state        text NOT NULL DEFAULT 'queued',
    days_read    integer NOT NULL DEFAULT 0,
    snapshot_id  uuid,
    problem      text,
    asked_at     timestamptz NOT NULL,
    beat_at      timestamptz NOT NULL,                    -- when its process last showed life
    CONSTRAINT report_jobs_state_known CHECK (state IN ('queued', 'running', 'ready', 'failed')),
    CONSTRAINT report_jobs_result CHECK ((state = 'ready') = (snapshot_id IS NOT NULL)
                                         AND (state = 'failed') = (problem IS NOT NULL))
);
CREATE INDEX report_jobs_by_maker ON pj.report_jobs (made_by, asked_at);
CREATE INDEX report_jobs_by_share ON pj.report_jobs (share_id);
CREATE INDEX report_jobs_by_age ON pj.report_jobs (asked_at);

ALTER TABLE pj.report_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.report_jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.report_jobs TO pj_owner USING (true);
CREATE POLICY maker_reads ON pj.report_jobs FOR SELECT USING (made_by = (SELECT sec.actor()));
CREATE POLICY maker_creates ON pj.report_jobs FOR INSERT WITH CHECK (made_by = (SELECT sec.actor()));
CREATE POLICY maker_changes ON pj.report_jobs FOR UPDATE USING (made_by = (SELECT sec.actor()));
GRANT SELECT, INSERT ON pj.report_jobs TO pj_app;
GRANT UPDATE (state, days_read, snapshot_id, problem, beat_at) ON pj.report_jobs TO pj_app;

-- Forgets old jobs of all accounts; what they made stays. The caller has no context of its own.
CREATE FUNCTION sec.forget_report_jobs(p_before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (DELETE FROM pj.report_jobs WHERE asked_at < p_before RETURNING 1)
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION sec.opens_all, sec.forget_report_jobs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.opens_all, sec.forget_report_jobs TO pj_app;
RESET ROLE;
