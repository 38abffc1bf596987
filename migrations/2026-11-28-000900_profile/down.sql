SET LOCAL ROLE pj_owner;
CREATE OR REPLACE FUNCTION sec.guard_patients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.day_start_minute <> OLD.day_start_minute AND NEW.patient_id IS DISTINCT FROM sec.actor() THEN
        RAISE EXCEPTION 'only the patient sets the start of the day' USING ERRCODE = 'PJ500';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER guard_patients ON pj.patients;
CREATE TRIGGER guard_patients BEFORE UPDATE OF day_start_minute ON pj.patients
    FOR EACH ROW EXECUTE FUNCTION sec.guard_patients();
ALTER TABLE pj.patients
    DROP COLUMN journal_starts_on,
    DROP COLUMN pauses,
    DROP COLUMN former_day_starts,
    DROP COLUMN day_starts_until;
ALTER TABLE pj.accounts DROP COLUMN year_of_birth, DROP COLUMN profile_version;
RESET ROLE;
