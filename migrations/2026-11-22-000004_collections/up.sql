SET LOCAL ROLE pj_owner;

-- What every synced record has, before the collection's own fields. A collection's table is
--     CREATE TABLE pj.<name> (LIKE pj.records INCLUDING ALL, <its fields, journal_date among them>);
--     SELECT sec.install_collection('<name>', '{<the sections its fields belong to>}');
CREATE TABLE pj.records (
    patient_id    uuid NOT NULL,
    id            uuid NOT NULL,
    rev           bigint NOT NULL,              -- orders every change of the journal
    created_rev   bigint NOT NULL,
    deleted_at    timestamptz,                  -- a tombstone keeps the last values
    author_id     uuid NOT NULL,                -- the account that created the record
    device_id     uuid,                         -- the device of the last change
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,         -- when the server first held the record
    PRIMARY KEY (patient_id, id)
);

-- Every applied, overwritten or deleted value stays here.
CREATE TABLE pj.record_history (
    patient_id   uuid NOT NULL,
    collection   smallint NOT NULL,
    record_id    uuid NOT NULL,
    rev          bigint NOT NULL,
    hid          uuid NOT NULL,
    op           smallint NOT NULL,
    applied      boolean NOT NULL DEFAULT true,
    actor_id     uuid,
    device_id    uuid,
    edited_at    timestamptz,
    received_at  timestamptz NOT NULL,
    changes      jsonb NOT NULL,                -- {"note": {"from": .., "to": ..}}
    PRIMARY KEY (patient_id, collection, record_id, rev, hid)
);

-- No writer can forget the counter: a row's revision must have been reserved, and must rise.
CREATE FUNCTION sec.guard_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh f LEFT JOIN pj.patients p ON p.patient_id = f.patient_id
               WHERE p.rev IS NULL OR f.rev > p.rev) THEN
        RAISE EXCEPTION '%: a revision was not reserved', TG_TABLE_NAME USING ERRCODE = 'PJ500';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION sec.guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh f
               LEFT JOIN pj.patients p ON p.patient_id = f.patient_id
               LEFT JOIN stale o ON o.patient_id = f.patient_id AND o.id = f.id
               WHERE p.rev IS NULL OR f.rev > p.rev OR o.rev IS NULL OR f.rev <= o.rev) THEN
        RAISE EXCEPTION '%: a revision was not reserved', TG_TABLE_NAME USING ERRCODE = 'PJ500';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION sec.guard_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: set deleted_at instead', TG_TABLE_NAME USING ERRCODE = 'PJ500';
END $$;

-- Walls, guards and the only two further indexes a record table gets.
CREATE FUNCTION sec.install_collection(p_table name, p_sections text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE UNIQUE INDEX %I ON pj.%I (patient_id, rev)', p_table || '_by_rev', p_table);
    EXECUTE format('CREATE INDEX %I ON pj.%I (patient_id, journal_date, id)', p_table || '_by_day', p_table);
    EXECUTE format('ALTER TABLE pj.%I SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02,
                    autovacuum_vacuum_insert_scale_factor = 0.02)', p_table);
    EXECUTE format('ALTER TABLE pj.%I ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE pj.%I FORCE ROW LEVEL SECURITY', p_table);
    EXECUTE format('CREATE POLICY subject_reads ON pj.%I FOR SELECT USING (
            patient_id = (SELECT sec.subject())
            AND journal_date <@ (SELECT sec.open_days(%L)))', p_table, p_sections);
    EXECUTE format('CREATE POLICY patient_creates ON pj.%I FOR INSERT
            WITH CHECK (patient_id = (SELECT sec.actor()))', p_table);
    EXECUTE format('CREATE POLICY patient_changes ON pj.%I FOR UPDATE
            USING (patient_id = (SELECT sec.actor()))', p_table);
    EXECUTE format('CREATE TRIGGER guard_insert AFTER INSERT ON pj.%I
            REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION sec.guard_insert()', p_table);
    EXECUTE format('CREATE TRIGGER guard_update AFTER UPDATE ON pj.%I
            REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION sec.guard_update()', p_table);
    EXECUTE format('CREATE TRIGGER guard_delete BEFORE DELETE OR TRUNCATE ON pj.%I
            FOR EACH STATEMENT EXECUTE FUNCTION sec.guard_delete()', p_table);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON pj.%I TO pj_app', p_table);
END $$;

ALTER TABLE pj.records ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.records FORCE ROW LEVEL SECURITY;
CREATE POLICY template_only ON pj.records USING (false);

ALTER TABLE pj.record_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.record_history FORCE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON pj.record_history FOR SELECT USING (patient_id = (SELECT sec.actor()));
CREATE POLICY patient_creates ON pj.record_history FOR INSERT
    WITH CHECK (patient_id = (SELECT sec.actor()));
GRANT SELECT, INSERT ON pj.record_history TO pj_app;

CREATE TABLE pj.journal_entries (LIKE pj.records INCLUDING ALL,
    journal_date                date NOT NULL,
    kind                        text NOT NULL,
    effective_at                timestamptz NOT NULL,
    time_zone                   text NOT NULL,
    utc_offset_minutes          smallint NOT NULL,
    recorded_at                 timestamptz,
    pain_now                    smallint,
    pain_average                smallint,
    pain_worst                  smallint,
    pain_least                  smallint,
    pain_free_day               boolean,
    interference                smallint,
    sites                       jsonb NOT NULL DEFAULT '[]',
    triggers                    text[] NOT NULL DEFAULT '{}',
    trigger_note                text,
    relief                      jsonb NOT NULL DEFAULT '[]',
    mood                        smallint,
    energy                      smallint,
    stress                      smallint,
    stiffness                   smallint,
    morning_stiffness_minutes   smallint,
    walking_minutes             smallint,
    steps                       integer,
    sitting_tolerance_minutes   smallint,
    standing_tolerance_minutes  smallint,
    work_impact                 text,
    work_minutes_lost           smallint,
    medication_taken            boolean,
    note                        text,
    note_shared                 boolean,
    treatment_session_id        uuid,
    CONSTRAINT journal_entries_scales CHECK (
        pain_now BETWEEN 0 AND 10 AND pain_average BETWEEN 0 AND 10
        AND pain_worst BETWEEN 0 AND 10 AND pain_least BETWEEN 0 AND 10
        AND interference BETWEEN 0 AND 10 AND mood BETWEEN 0 AND 10 AND energy BETWEEN 0 AND 10
        AND stress BETWEEN 0 AND 10 AND stiffness BETWEEN 0 AND 10),
    CONSTRAINT journal_entries_pain_order CHECK (pain_least <= pain_worst)
);
SELECT sec.install_collection('journal_entries', '{pain,mobility,medication,notes}');

CREATE TABLE pj.sleep_records (LIKE pj.records INCLUDING ALL,
    journal_date                      date NOT NULL,
    bed_at                            timestamptz,
    rise_at                           timestamptz,
    time_zone                         text NOT NULL,
    utc_offset_minutes                smallint NOT NULL,
    recorded_at                       timestamptz,
    sleep_onset_latency_minutes       smallint,
    wake_after_sleep_onset_minutes    smallint,
    terminal_wake_minutes             smallint,
    awakenings                        smallint,
    quality                           smallint,
    woken_by_pain                     boolean,
    reported_sleep_minutes            smallint,
    CONSTRAINT sleep_records_order CHECK (bed_at < rise_at),
    CONSTRAINT sleep_records_scales CHECK (quality BETWEEN 0 AND 10)
);
SELECT sec.install_collection('sleep_records', '{sleep}');

CREATE TABLE pj.treatment_sessions (LIKE pj.records INCLUDING ALL,
    journal_date        date NOT NULL,
    status              text NOT NULL,
    kind                text NOT NULL,
    starts_at           timestamptz NOT NULL,
    ends_at             timestamptz,
    time_zone           text NOT NULL,
    utc_offset_minutes  smallint NOT NULL,
    recorded_at         timestamptz,
    techniques          text[] NOT NULL DEFAULT '{}',
    adaptations         text[] NOT NULL DEFAULT '{}',
    sensations          text[] NOT NULL DEFAULT '{}',
    note                text,
    CONSTRAINT treatment_sessions_order CHECK (starts_at <= ends_at)
);
SELECT sec.install_collection('treatment_sessions', '{treatment}');

GRANT EXECUTE ON FUNCTION sec.guard_insert, sec.guard_update, sec.guard_delete TO pj_app;
REVOKE ALL ON FUNCTION sec.install_collection FROM PUBLIC;
RESET ROLE;
