SET LOCAL ROLE pj_owner;

CREATE TABLE pj.practitioner_notes (LIKE pj.records INCLUDING ALL,
    journal_date          date NOT NULL,
    treatment_session_id  uuid,
    text                  text NOT NULL,
    visibility            text NOT NULL,
    CONSTRAINT practitioner_notes_visibility_known
        CHECK (visibility IN ('author', 'patient', 'everyone'))
);
SELECT sec.install_collection('practitioner_notes', '{treatment}');
SELECT sec.let_practitioners_record('practitioner_notes', '{treatment}');

-- Seen by its author, by the patient once shown, by colleagues once shown to everyone.
ALTER POLICY subject_reads ON pj.practitioner_notes USING (
    patient_id = (SELECT sec.subject())
    AND journal_date <@ (SELECT sec.open_days('{treatment}'))
    AND (clinician_id = (SELECT sec.actor()) OR visibility = 'everyone'
         OR visibility = 'patient' AND (SELECT sec.subject()) = (SELECT sec.actor())));
-- The patient writes none, also not one that only he would see.
DROP POLICY patient_creates ON pj.practitioner_notes;
DROP POLICY patient_changes ON pj.practitioner_notes;

-- What a note said before it was shown is its author's alone: 11 is the collection's number.
ALTER POLICY patient_reads ON pj.record_history
    USING (patient_id = (SELECT sec.actor()) AND collection <> 11);
RESET ROLE;
