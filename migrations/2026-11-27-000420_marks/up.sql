SET LOCAL ROLE pj_owner;

-- What a row keeps of its history, so that a merge need not read it: revisions by field,
-- {"": [began, died or came back], "note": [first change, last change]}. Null: never changed. The values
-- stay in the history.
ALTER TABLE pj.records ADD COLUMN marks jsonb;

DO $do$
DECLARE
    collection record;
BEGIN
    ALTER TABLE pj.record_history NO FORCE ROW LEVEL SECURITY;
    FOR collection IN
        SELECT * FROM (VALUES
            ('journal_entries', 1), ('sleep_records', 2), ('treatment_sessions', 3),
            ('medication_intakes', 4), ('flares', 5), ('goals', 6), ('pain_episodes', 7),
            ('treatment_plans', 8), ('adverse_events', 9), ('assessments', 10),
            ('practitioner_notes', 11), ('reminders', 12), ('questions', 13)) c (name, number)
    LOOP
        EXECUTE format('ALTER TABLE pj.%I ADD COLUMN marks jsonb', collection.name);
        EXECUTE format('ALTER TABLE pj.%I NO FORCE ROW LEVEL SECURITY', collection.name);
        EXECUTE format('ALTER TABLE pj.%I DISABLE TRIGGER guard_update', collection.name);
        EXECUTE format($fill$
            WITH lines AS (
                SELECT patient_id, record_id, rev, op, changes FROM pj.record_history
                WHERE collection = %L AND applied),
            begun AS (
                SELECT patient_id, record_id, max(rev) AS rev, bool_or(op = 5) AS anew
                FROM lines WHERE op IN (1, 5) GROUP BY 1, 2),
            spans AS (
                SELECT l.patient_id, l.record_id, field, min(l.rev) AS first, max(l.rev) AS last
                FROM lines l JOIN begun b USING (patient_id, record_id),
                     LATERAL jsonb_object_keys(l.changes) field
                WHERE l.op IN (2, 4) AND l.rev > b.rev GROUP BY 1, 2, 3
                UNION ALL
                SELECT l.patient_id, l.record_id, '', b.rev, max(l.rev)
                FROM lines l JOIN begun b USING (patient_id, record_id)
                WHERE l.op IN (1, 3, 4, 5) AND l.rev >= b.rev
                GROUP BY 1, 2, 4 HAVING max(l.rev) > b.rev OR bool_or(b.anew)),
            marks AS (
                SELECT patient_id, record_id, jsonb_object_agg(field, jsonb_build_array(first, last)) AS marks
                FROM spans GROUP BY 1, 2)
            UPDATE pj.%I r SET marks = m.marks FROM marks m
            WHERE r.patient_id = m.patient_id AND r.id = m.record_id $fill$,
            collection.number, collection.name);
        EXECUTE format('ALTER TABLE pj.%I ENABLE TRIGGER guard_update', collection.name);
        EXECUTE format('ALTER TABLE pj.%I FORCE ROW LEVEL SECURITY', collection.name);
    END LOOP;
    ALTER TABLE pj.record_history FORCE ROW LEVEL SECURITY;
END $do$;

-- The plan of a guard is made once a connection, for as many rows as the first statement had. What is
-- grouped is worked off in the time of a sort whatever the plan expects; a join of rows was not.
CREATE OR REPLACE FUNCTION sec.guard_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT patient_id, max(rev) AS rev FROM fresh GROUP BY patient_id) n
               WHERE (n.rev <= (SELECT p.rev FROM pj.patients p WHERE p.patient_id = n.patient_id)) IS NOT TRUE) THEN
        RAISE EXCEPTION '%: a revision was not reserved', TG_TABLE_NAME USING ERRCODE = 'PJ500';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION sec.guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT patient_id, max(rev) AS rev FROM fresh GROUP BY patient_id) n
               WHERE (n.rev <= (SELECT p.rev FROM pj.patients p WHERE p.patient_id = n.patient_id)) IS NOT TRUE)
        OR EXISTS (SELECT FROM (SELECT patient_id, id, rev AS later, NULL::bigint AS earlier FROM fresh
                                UNION ALL SELECT patient_id, id, NULL, rev FROM stale) pairs
                   GROUP BY patient_id, id HAVING (max(later) > max(earlier)) IS NOT TRUE) THEN
        RAISE EXCEPTION '%: a revision was not reserved', TG_TABLE_NAME USING ERRCODE = 'PJ500';
    END IF;
    RETURN NULL;
END $$;
RESET ROLE;
