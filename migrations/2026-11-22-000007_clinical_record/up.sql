SET LOCAL ROLE pj_owner;

ALTER TABLE pj.journal_entries ADD COLUMN red_flags text[] NOT NULL DEFAULT '{}';

ALTER TABLE pj.treatment_sessions
    ADD COLUMN treatment_plan_id        uuid,
    ADD COLUMN pain_episode_id          uuid,
    ADD COLUMN technique_other          text,
    ADD COLUMN adaptation_other         text,
    ADD COLUMN points                   jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN needle_count             smallint,
    ADD COLUMN retention_minutes        smallint,
    ADD COLUMN needle_diameter_mm       double precision,
    ADD COLUMN needle_length_mm         double precision,
    ADD COLUMN needle_type              text,
    ADD COLUMN stimulation              text[] NOT NULL DEFAULT '{}',
    ADD COLUMN electrical_frequency_hz  double precision,
    ADD COLUMN response_sought          text[] NOT NULL DEFAULT '{}',
    ADD COLUMN response_obtained        text[] NOT NULL DEFAULT '{}',
    ADD COLUMN adjuncts                 text[] NOT NULL DEFAULT '{}',
    ADD COLUMN adjunct_other            text,
    ADD COLUMN note_shared              boolean;

CREATE TABLE pj.medication_intakes (LIKE pj.records INCLUDING ALL,
    journal_date        date NOT NULL,
    taken_at            timestamptz NOT NULL,
    time_zone           text NOT NULL,
    utc_offset_minutes  smallint NOT NULL,
    recorded_at         timestamptz,
    kind                text NOT NULL,
    name                text NOT NULL,
    dose                double precision,
    dose_unit           text,
    dose_unit_other     text,
    helped              text,
    note                text,
    note_shared         boolean,
    CONSTRAINT medication_intakes_dose CHECK (dose >= 0)
);
SELECT sec.install_collection('medication_intakes', '{medication}');

CREATE TABLE pj.flares (LIKE pj.records INCLUDING ALL,
    journal_date        date NOT NULL,
    started_at          timestamptz NOT NULL,
    ended_at            timestamptz,
    time_zone           text NOT NULL,
    utc_offset_minutes  smallint NOT NULL,
    recorded_at         timestamptz,
    severity            smallint,
    sites               jsonb NOT NULL DEFAULT '[]',
    suspected_triggers  text[] NOT NULL DEFAULT '{}',
    trigger_note        text,
    what_helped         jsonb NOT NULL DEFAULT '[]',
    note                text,
    note_shared         boolean,
    CONSTRAINT flares_scales CHECK (severity BETWEEN 0 AND 10),
    CONSTRAINT flares_order CHECK (started_at <= ended_at)
);
SELECT sec.install_collection('flares', '{pain}');

CREATE TABLE pj.goals (LIKE pj.records INCLUDING ALL,
    journal_date  date NOT NULL,
    kind          text NOT NULL,
    text          text NOT NULL,
    importance    smallint,
    target_date   date,
    status        text NOT NULL,
    reached_on    date,
    note          text,
    note_shared   boolean,
    CONSTRAINT goals_scales CHECK (importance BETWEEN 0 AND 10)
);
SELECT sec.install_collection('goals', '{goals}');

CREATE TABLE pj.pain_episodes (LIKE pj.records INCLUDING ALL,
    journal_date      date NOT NULL,
    label             text NOT NULL,
    onset_date        date,
    onset_precision   text,
    mechanism         text,
    mechanism_other   text,
    conditions        text[] NOT NULL DEFAULT '{}',
    condition_other   text,
    primary_region    text,
    laterality        text,
    prior_treatments  jsonb NOT NULL DEFAULT '[]',
    status            text NOT NULL,
    resolved_on       date,
    note              text,
    note_shared       boolean,
    CONSTRAINT pain_episodes_order CHECK (onset_date <= resolved_on)
);
SELECT sec.install_collection('pain_episodes', '{pain}');
SELECT sec.let_practitioners_record('pain_episodes', '{pain}');

CREATE TABLE pj.treatment_plans (LIKE pj.records INCLUDING ALL,
    journal_date           date NOT NULL,
    goal                   text NOT NULL,
    status                 text NOT NULL,
    pain_episode_id        uuid,
    start_date             date,
    planned_sessions       smallint,
    frequency_per_week     double precision,
    planned_weeks          smallint,
    review_after_sessions  smallint,
    review_on              date,
    paused_from            date,
    paused_until           date,
    ended_on               date,
    stop_reason            text,
    stop_reason_other      text,
    referred_by            text,
    note                   text,
    note_shared            boolean,
    CONSTRAINT treatment_plans_counts
        CHECK (planned_sessions > 0 AND frequency_per_week > 0 AND planned_weeks > 0)
);
SELECT sec.install_collection('treatment_plans', '{treatment}');
SELECT sec.let_practitioners_record('treatment_plans', '{treatment}');

CREATE TABLE pj.adverse_events (LIKE pj.records INCLUDING ALL,
    journal_date          date NOT NULL,
    started_at            timestamptz NOT NULL,
    ended_at              timestamptz,
    time_zone             text NOT NULL,
    utc_offset_minutes    smallint NOT NULL,
    recorded_at           timestamptz,
    treatment_session_id  uuid,
    kinds                 text[] NOT NULL,
    kind_other            text,
    severity              text NOT NULL,
    serious               boolean NOT NULL,
    actions               text[] NOT NULL DEFAULT '{}',
    action_other          text,
    outcome               text,
    note                  text,
    note_shared           boolean,
    CONSTRAINT adverse_events_kinds CHECK (kinds <> '{}'),
    CONSTRAINT adverse_events_order CHECK (started_at <= ended_at)
);
SELECT sec.install_collection('adverse_events', '{treatment}');
SELECT sec.let_practitioners_record('adverse_events', '{treatment}');

CREATE TABLE pj.assessments (LIKE pj.records INCLUDING ALL,
    journal_date          date NOT NULL,
    effective_at          timestamptz NOT NULL,
    time_zone             text NOT NULL,
    utc_offset_minutes    smallint NOT NULL,
    recorded_at           timestamptz,
    instrument            text NOT NULL,
    instrument_version    smallint NOT NULL,
    occasion              text,
    treatment_session_id  uuid,
    treatment_plan_id     uuid,
    answers               jsonb NOT NULL DEFAULT '[]',
    reported_total        double precision,
    score                 double precision,
    status                text NOT NULL,
    flags                 text[] NOT NULL DEFAULT '{}',
    note                  text,
    note_shared           boolean
);
SELECT sec.install_collection('assessments', '{assessments}');
RESET ROLE;
