DROP TABLE pj.treatment_sessions, pj.sleep_records, pj.journal_entries, pj.record_history, pj.records;
DROP FUNCTION sec.install_collection, sec.guard_insert, sec.guard_update, sec.guard_delete;
