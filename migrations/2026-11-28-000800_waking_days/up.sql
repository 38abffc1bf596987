SET LOCAL ROLE pj_owner;

-- A sleep record belongs to the calendar date of waking, no longer to the journal's day. Records that lie
-- on another date move: each with a revision of its own, so that apps pull it, and with a line of the
-- history that names no account, since none did it. A tombstone is settled when it comes back.
ALTER TABLE pj.record_history NO FORCE ROW LEVEL SECURITY;
ALTER TABLE pj.sleep_records NO FORCE ROW LEVEL SECURITY;

WITH moved AS (
    SELECT s.*, p.rev + row_number() OVER (PARTITION BY s.patient_id ORDER BY s.id) AS rev
    FROM (SELECT patient_id, id, journal_date AS was,
                 (rise_at AT TIME ZONE 'UTC' + utc_offset_minutes * interval '1 minute')::date AS day
          FROM pj.sleep_records WHERE rise_at IS NOT NULL AND deleted_at IS NULL) s
    JOIN pj.patients p ON p.patient_id = s.patient_id
    WHERE s.day <> s.was),
counted AS (
    UPDATE pj.patients p SET rev = m.rev
    FROM (SELECT patient_id, max(rev) AS rev FROM moved GROUP BY patient_id) m
    WHERE p.patient_id = m.patient_id),
-- 2 is the number of the collection, and of an update.
noted AS (
    INSERT INTO pj.record_history
        (patient_id, collection, record_id, rev, hid, op, applied, received_at, changes)
    SELECT patient_id, 2, id, rev, gen_random_uuid(), 2, true, date_trunc('milliseconds', now()),
        jsonb_build_object('journal_date', jsonb_build_object('from', was, 'to', day))
    FROM moved)
UPDATE pj.sleep_records s SET journal_date = m.day, rev = m.rev, device_id = NULL,
    updated_at = date_trunc('milliseconds', now()),
    marks = coalesce(s.marks, '{}') || jsonb_build_object('journal_date',
        jsonb_build_array(coalesce((s.marks -> 'journal_date' ->> 0)::bigint, m.rev), m.rev))
FROM moved m WHERE s.patient_id = m.patient_id AND s.id = m.id;

ALTER TABLE pj.sleep_records FORCE ROW LEVEL SECURITY;
ALTER TABLE pj.record_history FORCE ROW LEVEL SECURITY;
RESET ROLE;
