SET LOCAL ROLE pj_owner;

-- A report looks at every attended treatment up to its last day, however far back, for the course it is about:
-- all that it reads of them stands in the index.
CREATE INDEX treatment_sessions_attended ON pj.treatment_sessions (patient_id, journal_date)
    INCLUDE (id, starts_at, pain_episode_id, treatment_plan_id)
    WHERE status = 'attended' AND kind = 'treatment' AND deleted_at IS NULL;

-- It shows the notes that are shared, a few among the records of a year. Only those cost a line here.
CREATE INDEX journal_entries_shared_notes ON pj.journal_entries (patient_id, journal_date)
    WHERE note_shared AND deleted_at IS NULL;
CREATE INDEX medication_intakes_shared_notes ON pj.medication_intakes (patient_id, journal_date)
    WHERE note_shared AND deleted_at IS NULL;
CREATE INDEX treatment_sessions_shared_notes ON pj.treatment_sessions (patient_id, journal_date)
    WHERE note_shared AND deleted_at IS NULL;
RESET ROLE;
