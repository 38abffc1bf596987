DROP FUNCTION sec.forget_answers;
DROP TABLE pj.sync_quarantine, pj.sync_answers, pj.sync_state;
