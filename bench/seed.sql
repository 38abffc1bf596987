-- Seeds a migrated database: psql -v patients=200 -v days=1095 -f seed.sql, as the administrator.
-- Ids are a kind (1 patient, 2 practitioner, 3 and 4 their devices, 5 entry, 6 share, 7 treatment
-- session, 8 night) and a decimal number. Rows are inserted day by day across all patients, as a
-- live service gets them. Triggers are off. The counter of patient p stands at p million, so that a
-- timestamp tells whose it is; the last 20 changes are 10 entries, 7 nights and 3 sessions.
--
-- Behind the patients come journals of other lengths, entries only: 4 of 10 000, 16 of ten years,
-- 16 of 50 entries, and 4 of 800 days with three entries each. Every entry has the history line of its
-- creation. clinical.sql adds what a report tells beside pain, sleep and sessions.
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.seeded(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(kind::text, 8, '0') || '-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;

CREATE TEMP TABLE journals AS
    SELECT p, CASE WHEN p <= :patients THEN :days WHEN p <= :patients + 4 THEN 10000
        WHEN p <= :patients + 20 THEN 3650 WHEN p <= :patients + 36 THEN 50 ELSE 2400 END AS entries,
        CASE WHEN p <= :patients + 36 THEN 1 ELSE 3 END AS a_day
    FROM generate_series(1, :patients + 40) p;

INSERT INTO pj.accounts (id, email, password_hash, roles, display_name, locale, time_zone, terms_version, created_at)
SELECT pg_temp.seeded(1, p), 'bench.p' || p || '@example.org', 'none', '{patient}'::text[], 'P' || p, 'en', 'Europe/Berlin', '1', now()
FROM journals
UNION ALL
SELECT pg_temp.seeded(2, p), 'bench.l' || p || '@example.org', 'none', '{practitioner}'::text[], 'L' || p, 'en', 'Europe/Berlin', '1', now()
FROM generate_series(1, (:patients + 39) / 20 + 1) p;

INSERT INTO pj.devices (id, account_id, client_id, refresh_key, authenticated_at, created_at, last_used_at, idle_expires_at, absolute_expires_at)
SELECT pg_temp.seeded(k + 2, p), pg_temp.seeded(k, p), 'pain-journal', '\x00', now(), now(), now(), now() + interval '30 days', now() + interval '180 days'
FROM (SELECT 1 AS k, p FROM journals
      UNION ALL SELECT 2, p FROM generate_series(1, (:patients + 39) / 20 + 1) p) d;

INSERT INTO pj.patients (patient_id, rev, enrolled_on)
SELECT pg_temp.seeded(1, p), p * 1000000, '2023-01-01' FROM journals;

INSERT INTO pj.shares (id, patient_id, practitioner_id, state, sections, expires_at, label, code_expires_at, created_at, redeemed_at, confirmed_at)
SELECT pg_temp.seeded(6, p), pg_temp.seeded(1, p), pg_temp.seeded(2, (p - 1) / 20 + 1), 'active', '{pain,sleep,mobility,medication,treatment,assessments,goals,notes}',
       now() + interval '300 days', 'bench', now(), now(), now(), now()
FROM journals;

INSERT INTO pj.journal_entries (patient_id, id, rev, created_rev, author_id, device_id, created_at, updated_at, received_at,
    journal_date, kind, effective_at, time_zone, utc_offset_minutes, recorded_at, pain_now, pain_average, pain_worst, pain_least,
    interference, sites, triggers, mood, energy, stress, stiffness, morning_stiffness_minutes, walking_minutes, steps, note,
    relief, medication_taken, note_shared)
SELECT pg_temp.seeded(1, p), pg_temp.seeded(5, p * 10000 + d), r, r, pg_temp.seeded(1, p), pg_temp.seeded(3, p), t, t, t,
    t::date, CASE WHEN of_day = 0 THEN 'daily' ELSE 'momentary' END, t, 'Europe/Berlin', 60, t, v % 11, v % 8 + 1, v % 8 + 3, v % 8, v % 11,
    jsonb_build_array(jsonb_build_object('region', 'low_back', 'laterality', 'left', 'intensity', v % 11, 'qualities', '["dull_ache"]'::jsonb,
        'spread', null, 'radiates_to', '[]'::jsonb)),
    '{lifting,stress}', v % 11, (v + 3) % 11, (v + 5) % 11, (v + 7) % 11, v % 60, v % 90, v * 37 % 12000,
    'a note of about a hundred characters, as people write them in the evening before they go to bed',
    CASE WHEN d % 3 = 0 THEN '[{"what": "heat", "helped": "some"}]'::jsonb ELSE '[]' END, d % 3 = 0, d % 14 = 0
FROM journals, generate_series(0, entries - 1) d,
     LATERAL (SELECT (entries - 1 - d) % a_day AS of_day, (d * 7 + p * 13 + d * d) % 97 AS v,
         CASE WHEN d < entries - 10 THEN d + 2 ELSE p * 1000000 - 9 - (entries - d) END AS r) x,
     LATERAL (SELECT '2026-10-30 20:00:00+00'::timestamptz - (entries - 1 - d) / a_day * interval '1 day' - of_day * interval '4 hours' AS t) y
ORDER BY y.t, p;

INSERT INTO pj.record_history (patient_id, collection, record_id, rev, hid, op, actor_id, device_id, edited_at, received_at, changes)
SELECT patient_id, 1, id, rev, gen_random_uuid(), 1, author_id, device_id, created_at, received_at, '{}' FROM pj.journal_entries;

INSERT INTO pj.sleep_records (patient_id, id, rev, created_rev, author_id, device_id, created_at, updated_at, received_at,
    journal_date, bed_at, rise_at, time_zone, utc_offset_minutes, recorded_at, sleep_onset_latency_minutes, quality)
SELECT pg_temp.seeded(1, p), pg_temp.seeded(8, p * 10000 + d), r, r, pg_temp.seeded(1, p), pg_temp.seeded(3, p), t, t, t,
    t::date, t - interval '8 hours', t, 'Europe/Berlin', 60, t, 20, d % 11
FROM generate_series(0, :days - 1) d, generate_series(1, :patients) p,
     LATERAL (SELECT '2026-10-30 06:00:00+00'::timestamptz - (:days - 1 - d) * interval '1 day' AS t,
         CASE WHEN d < :days - 7 THEN 2 * :days + d ELSE p * 1000000 - 2 - (:days - d) END AS r) x
ORDER BY d, p;

INSERT INTO pj.treatment_sessions (patient_id, id, rev, created_rev, author_id, device_id, created_at, updated_at, received_at,
    journal_date, status, kind, starts_at, ends_at, time_zone, utc_offset_minutes, techniques)
SELECT pg_temp.seeded(1, p), pg_temp.seeded(7, p * 10000 + d), r, r, pg_temp.seeded(1, p), pg_temp.seeded(3, p), t, t, t,
    t::date, 'attended', 'treatment', t, t + interval '45 minutes', 'Europe/Berlin', 60, '{manual_needling}'
FROM generate_series(0, :days - 1, 7) d, generate_series(1, :patients) p,
     LATERAL (SELECT '2026-10-30 09:00:00+00'::timestamptz - (:days - 1 - d) * interval '1 day' AS t,
         CASE WHEN d / 7 < (:days - 1) / 7 - 2 THEN 4 * :days + d ELSE p * 1000000 + d / 7 - (:days - 1) / 7 END AS r) x
ORDER BY d, p;
\ir clinical.sql
SET session_replication_role = origin;
VACUUM ANALYZE;
CHECKPOINT;

-- What the server proves in its process, for pgbench, which has no key.
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO pj_app;
CREATE FUNCTION bench.proof(
    p_account uuid, p_device uuid, p_counter bigint, p_moment timestamptz, p_share uuid, p_action text,
    p_sections text[], p_from date, p_to date, p_request uuid, p_lock boolean)
RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN sec.prove('enter'::bytea
        || uuid_send(p_account) || uuid_send(p_device) || int8send(p_counter) || timestamptz_send(p_moment)
        || uuid_send(coalesce(p_share, '00000000-0000-0000-0000-000000000000')) || uuid_send(p_request)
        || date_send(coalesce(p_from, '-infinity')) || date_send(coalesce(p_to, 'infinity')) || boolsend(p_lock)
        || convert_to(concat(p_action, ' ', array_to_string(p_sections, ',')), 'UTF8'));
END $$;
