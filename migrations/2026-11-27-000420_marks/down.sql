SET LOCAL ROLE pj_owner;
CREATE OR REPLACE FUNCTION sec.guard_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh f LEFT JOIN pj.patients p ON p.patient_id = f.patient_id
               WHERE p.rev IS NULL OR f.rev > p.rev) THEN
        RAISE EXCEPTION '%: a revision was not reserved', TG_TABLE_NAME USING ERRCODE = 'PJ500';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION sec.guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh f
               LEFT JOIN pj.patients p ON p.patient_id = f.patient_id
               LEFT JOIN stale o ON o.patient_id = f.patient_id AND o.id = f.id
               WHERE p.rev IS NULL OR f.rev > p.rev OR o.rev IS NULL OR f.rev <= o.rev) THEN
        RAISE EXCEPTION '%: a revision was not reserved', TG_TABLE_NAME USING ERRCODE = 'PJ500';
    END IF;
    RETURN NULL;
END $$;
DO $do$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['records', 'journal_entries', 'sleep_records', 'treatment_sessions',
        'medication_intakes', 'flares', 'goals', 'pain_episodes', 'treatment_plans', 'adverse_events',
        'assessments', 'practitioner_notes', 'reminders', 'questions']
    LOOP
        EXECUTE format('ALTER TABLE pj.%I DROP COLUMN marks', name);
    END LOOP;
END $do$;
RESET ROLE;
