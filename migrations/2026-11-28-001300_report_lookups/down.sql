SET LOCAL ROLE pj_owner;
DROP INDEX pj.treatment_sessions_shared_notes, pj.medication_intakes_shared_notes, pj.journal_entries_shared_notes,
    pj.treatment_sessions_attended;
RESET ROLE;
