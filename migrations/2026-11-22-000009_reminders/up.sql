SET LOCAL ROLE pj_owner;
CREATE TABLE pj.reminders (LIKE pj.records INCLUDING ALL,
    journal_date  date NOT NULL,
    kind          text NOT NULL,
    label         text,
    enabled       boolean NOT NULL,
    local_time    smallint NOT NULL,
    days          text[] NOT NULL DEFAULT '{}',
    time_zone     text,
    quiet_from    smallint,
    quiet_until   smallint,
    paused_from   date,
    paused_until  date,
    CONSTRAINT reminders_times CHECK (local_time BETWEEN 0 AND 1439
        AND quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439)
);
SELECT sec.install_collection('reminders', '{}');
RESET ROLE;
