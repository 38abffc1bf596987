SET LOCAL ROLE pj_owner;
DROP TABLE pj.assessments, pj.adverse_events, pj.treatment_plans, pj.pain_episodes, pj.goals, pj.flares,
    pj.medication_intakes;
ALTER TABLE pj.treatment_sessions
    DROP COLUMN treatment_plan_id,
    DROP COLUMN pain_episode_id,
    DROP COLUMN technique_other,
    DROP COLUMN adaptation_other,
    DROP COLUMN points,
    DROP COLUMN needle_count,
    DROP COLUMN retention_minutes,
    DROP COLUMN needle_diameter_mm,
    DROP COLUMN needle_length_mm,
    DROP COLUMN needle_type,
    DROP COLUMN stimulation,
    DROP COLUMN electrical_frequency_hz,
    DROP COLUMN response_sought,
    DROP COLUMN response_obtained,
    DROP COLUMN adjuncts,
    DROP COLUMN adjunct_other,
    DROP COLUMN note_shared;
ALTER TABLE pj.journal_entries DROP COLUMN red_flags;
RESET ROLE;
