SET LOCAL ROLE pj_owner;
ALTER POLICY subject_reads ON pj.journal_entries USING (
    patient_id = (SELECT sec.subject())
    AND journal_date <@ (SELECT sec.open_days('{pain,mobility,medication,notes}')));
DROP FUNCTION sec.open_bits();
ALTER TABLE pj.journal_entries DROP COLUMN speaks;
RESET ROLE;
