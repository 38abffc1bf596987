SET LOCAL ROLE pj_owner;

-- What a share shows of its patient, and what its practitioner calls the journal. Shares that stand show
-- neither name nor year until their patient says so.
ALTER TABLE pj.shares
    ADD COLUMN show_name           boolean NOT NULL DEFAULT false,
    ADD COLUMN show_year_of_birth  boolean NOT NULL DEFAULT false,
    ADD COLUMN reference           text,
    ADD CONSTRAINT shares_reference_length CHECK (char_length(reference) BETWEEN 1 AND 64);
GRANT UPDATE (show_name, show_year_of_birth) ON pj.shares TO pj_app;

-- The reference is the practitioner's: only functions read it, and tell it to nobody else.
REVOKE SELECT ON pj.shares FROM pj_app;
GRANT SELECT (id, patient_id, practitioner_id, state, sections, from_date, to_date, expires_at, label,
              code_hash, code_expires_at, version, created_at, redeemed_at, confirmed_at, ended_at, ended_by,
              may_record, show_name, show_year_of_birth) ON pj.shares TO pj_app;

-- A share shows the profile as it is, so that another name or year is another version of it: functions.sql has
-- what the trigger does.
CREATE FUNCTION sec.note_profile() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER note_profile AFTER UPDATE OF display_name, year_of_birth ON pj.accounts
    FOR EACH ROW EXECUTE FUNCTION sec.note_profile();
RESET ROLE;
