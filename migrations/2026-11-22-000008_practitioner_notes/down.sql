SET LOCAL ROLE pj_owner;
ALTER POLICY patient_reads ON pj.record_history USING (patient_id = (SELECT sec.actor()));
DROP TABLE pj.practitioner_notes;
RESET ROLE;
