SET LOCAL ROLE pj_owner;
DROP TRIGGER guard_patients ON pj.patients;
CREATE TRIGGER guard_patients BEFORE UPDATE OF day_start_minute ON pj.patients
    FOR EACH ROW EXECUTE FUNCTION sec.guard_patients();
ALTER TABLE pj.patients
    DROP COLUMN journal_starts_on,
    DROP COLUMN pauses,
    DROP COLUMN former_day_starts,
    DROP COLUMN day_starts_until;
ALTER TABLE pj.accounts DROP COLUMN year_of_birth, DROP COLUMN profile_version;
-- The functions of the version before make them again.
DROP FUNCTION IF EXISTS sec.enter(uuid, uuid, bigint, timestamptz, uuid, text, text[], date, date, uuid, boolean);
DROP FUNCTION IF EXISTS sec.operate(uuid, text, timestamptz, uuid);
DROP FUNCTION IF EXISTS sec.overview(timestamptz, uuid);
DROP FUNCTION IF EXISTS sec.journal_start();
RESET ROLE;
