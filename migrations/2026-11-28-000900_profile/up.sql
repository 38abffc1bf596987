SET LOCAL ROLE pj_owner;

-- What people say of themselves can be changed, under a version of its own.
ALTER TABLE pj.accounts
    ADD COLUMN profile_version  bigint NOT NULL DEFAULT 1,
    ADD COLUMN year_of_birth    smallint,
    ADD CONSTRAINT accounts_birth_range CHECK (year_of_birth BETWEEN 1900 AND 2199);

-- Where the patient lets the journal begin, the days on which nothing is expected, and at which hours
-- the journal's days began earlier, each with the moment until which it was so.
ALTER TABLE pj.patients
    ADD COLUMN journal_starts_on  date,
    ADD COLUMN pauses             jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN former_day_starts  smallint[] NOT NULL DEFAULT '{}',
    ADD COLUMN day_starts_until   timestamptz[] NOT NULL DEFAULT '{}';
GRANT UPDATE (journal_starts_on, pauses) ON pj.patients TO pj_app;

DROP TRIGGER guard_patients ON pj.patients;
CREATE TRIGGER guard_patients
    BEFORE UPDATE OF day_start_minute, journal_starts_on, pauses, former_day_starts, day_starts_until
    ON pj.patients FOR EACH ROW EXECUTE FUNCTION sec.guard_patients();

-- They answer with more; functions.sql makes them.
DROP FUNCTION sec.enter(uuid, uuid, bigint, timestamptz, uuid, text, text[], date, date, uuid, boolean);
DROP FUNCTION sec.operate(uuid, text, timestamptz, uuid);
DROP FUNCTION sec.overview(timestamptz, uuid);
RESET ROLE;
