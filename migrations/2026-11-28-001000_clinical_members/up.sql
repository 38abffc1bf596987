SET LOCAL ROLE pj_owner;

-- What a practitioner says beside the patient's words.
ALTER TABLE pj.adverse_events
    ADD COLUMN clinical_severity     text,
    ADD COLUMN clinical_relatedness  text,
    ADD COLUMN clinical_actions      text[] NOT NULL DEFAULT '{}',
    ADD COLUMN clinical_note         text;
ALTER TABLE pj.pain_episodes
    ADD COLUMN clinical_conditions   text[] NOT NULL DEFAULT '{}',
    ADD COLUMN clinical_note         text;

-- Until now a practitioner who wrote in the patient's record wrote over it. The patient's last values come
-- back from the history, and what the practitioner had put in their place moves beside them, as far as there
-- is a member for it; all of it stays in the history, in a line that names no account. Each record gets a
-- revision, so that apps pull it.
ALTER TABLE pj.record_history NO FORCE ROW LEVEL SECURITY;
DO $do$
DECLARE
    collection record;
BEGIN
    FOR collection IN
        SELECT * FROM (VALUES
            ('adverse_events', 9,
             ARRAY['journal_date', 'started_at', 'ended_at', 'time_zone', 'utc_offset_minutes', 'recorded_at',
                   'treatment_session_id', 'kinds', 'kind_other', 'severity', 'serious', 'actions',
                   'action_other', 'outcome'],
             '{"severity": "clinical_severity", "actions": "clinical_actions", "action_other": "clinical_note"}'::jsonb),
            ('pain_episodes', 7, ARRAY['journal_date', 'conditions', 'condition_other'],
             '{"conditions": "clinical_conditions", "condition_other": "clinical_note"}'))
            c (name, number, own, beside)
    LOOP
        EXECUTE format('ALTER TABLE pj.%I NO FORCE ROW LEVEL SECURITY', collection.name);
        EXECUTE format($mend$
            WITH lost AS (
                -- Once a practitioner had written, nobody else changed these fields: what his first change
                -- replaced is the patient's, and what his last one wrote is his.
                SELECT r.patient_id, r.id, field, (array_agg(change -> 'from' ORDER BY h.rev))[1] AS own,
                    (array_agg(change -> 'to' ORDER BY h.rev DESC))[1] AS theirs
                FROM pj.%1$I r
                JOIN pj.record_history h ON h.patient_id = r.patient_id AND h.collection = $1
                    AND h.record_id = r.id AND h.applied AND h.op IN (2, 4) AND h.actor_id = r.clinician_id
                CROSS JOIN jsonb_each(h.changes) c (field, change)
                WHERE r.clinician_id <> r.author_id AND r.deleted_at IS NULL AND field = ANY ($2)
                    AND h.rev > coalesce((SELECT max(b.rev) FROM pj.record_history b
                        WHERE b.patient_id = r.patient_id AND b.collection = $1 AND b.record_id = r.id
                        AND b.applied AND b.op IN (1, 5)), 0)
                GROUP BY r.patient_id, r.id, field),
            steps AS (
                SELECT patient_id, id, field, theirs AS was, own AS becomes FROM lost WHERE own <> theirs
                UNION ALL
                SELECT patient_id, id, $3 ->> field,
                    CASE jsonb_typeof(theirs) WHEN 'array' THEN '[]'::jsonb ELSE 'null' END, theirs
                FROM lost WHERE own <> theirs AND theirs NOT IN ('null', '[]') AND $3 ? field),
            records AS (
                SELECT patient_id, id, jsonb_object_agg(field, becomes) AS becomes,
                    jsonb_object_agg(field, jsonb_build_object('from', was, 'to', becomes)) AS changes
                FROM steps GROUP BY patient_id, id),
            moved AS (
                SELECT s.*, p.rev + row_number() OVER (PARTITION BY s.patient_id ORDER BY s.id) AS rev
                FROM records s JOIN pj.patients p ON p.patient_id = s.patient_id),
            counted AS (
                UPDATE pj.patients p SET rev = m.rev
                FROM (SELECT patient_id, max(rev) AS rev FROM moved GROUP BY patient_id) m
                WHERE p.patient_id = m.patient_id),
            -- 2 is an update.
            noted AS (
                INSERT INTO pj.record_history
                    (patient_id, collection, record_id, rev, hid, op, applied, received_at, changes)
                SELECT patient_id, $1, id, rev, gen_random_uuid(), 2, true,
                    date_trunc('milliseconds', now()), changes
                FROM moved)
            UPDATE pj.%1$I r SET rev = m.rev, device_id = NULL, updated_at = date_trunc('milliseconds', now()),
                marks = coalesce(r.marks, '{}') || (
                    SELECT jsonb_object_agg(key,
                        jsonb_build_array(coalesce((r.marks -> key ->> 0)::bigint, m.rev), m.rev))
                    FROM jsonb_object_keys(m.changes) key),
                (%2$s) = (SELECT %2$s FROM jsonb_populate_record(r, m.becomes))
            FROM moved m WHERE r.patient_id = m.patient_id AND r.id = m.id $mend$,
            collection.name,
            (SELECT string_agg(format('%I', field), ', ')
             FROM (SELECT unnest(collection.own) UNION SELECT value FROM jsonb_each_text(collection.beside)) f (field)))
        USING collection.number::smallint, collection.own, collection.beside;
        EXECUTE format('ALTER TABLE pj.%I FORCE ROW LEVEL SECURITY', collection.name);
    END LOOP;
END $do$;
ALTER TABLE pj.record_history FORCE ROW LEVEL SECURITY;
RESET ROLE;
