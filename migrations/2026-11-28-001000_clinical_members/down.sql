SET LOCAL ROLE pj_owner;
ALTER TABLE pj.adverse_events DROP COLUMN clinical_severity, DROP COLUMN clinical_relatedness,
    DROP COLUMN clinical_actions, DROP COLUMN clinical_note;
ALTER TABLE pj.pain_episodes DROP COLUMN clinical_conditions, DROP COLUMN clinical_note;
RESET ROLE;
