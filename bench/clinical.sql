-- What a report of the seeded patients tells beside pain, sleep and sessions; a part of seed.sql. A year
-- has 8 flares, 122 intakes, 13 PEG questionnaires and 4 PSFS, 26 questions, 4 bruises, 2 plans and 2
-- goals; a journal has one complaint. Revisions lie behind those of sessions and before the newest changes.
CREATE TEMP TABLE clinical AS
    SELECT k.kind, p, d, pg_temp.seeded(1, p) AS patient_id, pg_temp.seeded(k.kind, p * 10000 + d) AS id, r AS rev, r AS created_rev,
        pg_temp.seeded(1, p) AS author_id, pg_temp.seeded(3, p) AS device_id, t AS created_at, t AS updated_at, t AS received_at,
        t::date AS journal_date, (d * 7 + p * 13 + d * d) % 97 AS v
    FROM (VALUES (9, 45), (10, 3), (11, 28), (12, 91), (13, 180), (14, 91), (15, 180), (16, 10000), (17, 14)) k (kind, every),
         generate_series(1, :patients) p, generate_series(0, :days - 1) d,
         LATERAL (SELECT '2026-10-30 18:00:00+00'::timestamptz - (:days - 1 - d) * interval '1 day' AS t, k.kind * :days + d AS r) x
    WHERE d % k.every = p % least(k.every, 28)
    ORDER BY d, p;
\set record 'patient_id, id, rev, created_rev, author_id, device_id, created_at, updated_at, received_at, journal_date'

INSERT INTO pj.flares (:record, started_at, ended_at, time_zone, utc_offset_minutes, recorded_at, severity, suspected_triggers, what_helped)
SELECT :record, created_at, created_at + interval '60 hours', 'Europe/Berlin', 60, created_at, 6 + v % 4, '{stress,lifting}',
    '[{"what": "rest", "helped": "some"}, {"what": "heat", "helped": "a_lot"}]'
FROM clinical WHERE kind = 9;

INSERT INTO pj.medication_intakes (:record, taken_at, time_zone, utc_offset_minutes, recorded_at, kind, name, dose, dose_unit, helped)
SELECT :record, created_at, 'Europe/Berlin', 60, created_at, 'relief', CASE WHEN v % 4 = 0 THEN 'Paracetamol' ELSE 'Ibuprofen' END, 400, 'mg',
    (ARRAY['none', 'some', 'a_lot'])[1 + v % 3]
FROM clinical WHERE kind = 10;

INSERT INTO pj.assessments (:record, effective_at, time_zone, utc_offset_minutes, recorded_at, instrument, instrument_version, occasion, answers,
    score, status)
SELECT :record, created_at, 'Europe/Berlin', 60, created_at, 'peg', 1, 'review',
    jsonb_build_array(jsonb_build_object('item', 'pain', 'value', v % 8), jsonb_build_object('item', 'enjoyment', 'value', v % 8),
        jsonb_build_object('item', 'general_activity', 'value', v % 8)), v % 8, 'complete'
FROM clinical WHERE kind = 11
UNION ALL
SELECT :record, created_at, 'Europe/Berlin', 60, created_at, 'psfs', 1, 'review',
    jsonb_build_array(jsonb_build_object('item', 'activity', 'value', v % 8, 'activity', 'Carry the shopping'),
        jsonb_build_object('item', 'activity', 'value', v % 8, 'activity', 'Sit through a film')), v % 8, 'complete'
FROM clinical WHERE kind = 12;

INSERT INTO pj.goals (:record, kind, text, importance, target_date, status)
SELECT :record, 'activity', 'Carry the shopping up two floors', 8, journal_date + 120, 'open' FROM clinical WHERE kind = 13;

INSERT INTO pj.adverse_events (:record, started_at, ended_at, time_zone, utc_offset_minutes, recorded_at, kinds, severity, serious, actions, outcome)
SELECT :record, created_at, created_at + interval '3 days', 'Europe/Berlin', 60, created_at, '{bruising}', 'mild', false, '{none}', 'resolved'
FROM clinical WHERE kind = 14;

INSERT INTO pj.treatment_plans (:record, goal, status, start_date, planned_sessions, frequency_per_week, planned_weeks)
SELECT :record, 'Sit through a working day', 'completed', journal_date, 26, 1, 26 FROM clinical WHERE kind = 15;

INSERT INTO pj.pain_episodes (:record, label, onset_date, onset_precision, primary_region, status)
SELECT :record, 'My back', journal_date - 200, 'month', 'low_back', 'active' FROM clinical WHERE kind = 16;

INSERT INTO pj.questions (:record, text, answered_on)
SELECT :record, 'May I go back to running, and how far at first?', CASE WHEN d < :days - 14 THEN journal_date + 7 END
FROM clinical WHERE kind = 17;
