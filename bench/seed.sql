-- Seeds a migrated database: psql -v patients=200 -v days=1095 -f seed.sql, as the administrator.
-- Ids are a kind (1 patient, 2 practitioner, 3 and 4 their devices, 5 entry, 6 share, 7 treatment
-- session, 8 night) and a decimal number. Rows are inserted day by day across all patients, as a
-- live service gets them. Triggers are off: the counters are set at the end.
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.seeded(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(kind::text, 8, '0') || '-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;

INSERT INTO pj.accounts (id, email, password_hash, roles, display_name, locale, time_zone, terms_version, created_at)
SELECT pg_temp.seeded(1, p), 'bench.p' || p || '@example.org', 'none', '{patient}'::text[], 'P' || p, 'en', 'Europe/Berlin', '1', now()
FROM generate_series(1, :patients) p
UNION ALL
SELECT pg_temp.seeded(2, p), 'bench.l' || p || '@example.org', 'none', '{practitioner}'::text[], 'L' || p, 'en', 'Europe/Berlin', '1', now()
FROM generate_series(1, (:patients - 1) / 20 + 1) p;

INSERT INTO pj.devices (id, account_id, client_id, refresh_key, confirmed_counter, authenticated_at, created_at, last_used_at, idle_expires_at, absolute_expires_at)
SELECT pg_temp.seeded(k + 2, p), pg_temp.seeded(k, p), 'pain-journal', '\x00', 0, now(), now(), now(), now() + interval '30 days', now() + interval '180 days'
FROM (SELECT 1 AS k, p FROM generate_series(1, :patients) p
      UNION ALL SELECT 2, p FROM generate_series(1, (:patients - 1) / 20 + 1) p) d;

INSERT INTO pj.patients (patient_id, rev, enrolled_on)
SELECT pg_temp.seeded(1, p), 10 * :days, '2023-01-01' FROM generate_series(1, :patients) p;

INSERT INTO pj.shares (id, patient_id, practitioner_id, state, sections, expires_at, label, code_expires_at, created_at, redeemed_at, confirmed_at)
SELECT pg_temp.seeded(6, p), pg_temp.seeded(1, p), pg_temp.seeded(2, (p - 1) / 20 + 1), 'active', '{pain,sleep,mobility,treatment}',
       now() + interval '300 days', 'bench', now(), now(), now(), now()
FROM generate_series(1, :patients) p;

INSERT INTO pj.journal_entries (patient_id, id, rev, created_rev, author_id, device_id, created_at, updated_at, received_at,
    journal_date, kind, effective_at, time_zone, utc_offset_minutes, recorded_at, pain_now, pain_average, pain_worst, pain_least,
    interference, sites, triggers, mood, energy, stress, stiffness, morning_stiffness_minutes, walking_minutes, steps, note)
SELECT pg_temp.seeded(1, p), pg_temp.seeded(5, p * 10000 + d), d + 2, d + 2, pg_temp.seeded(1, p), pg_temp.seeded(3, p), t, t, t,
    t::date, 'daily', t, 'Europe/Berlin', 60, t, v % 11, v % 8 + 1, v % 8 + 3, v % 8, v % 11,
    jsonb_build_array(jsonb_build_object('region', 'low_back', 'laterality', 'left', 'intensity', v % 11, 'qualities', '["dull_ache"]'::jsonb,
        'spread', null, 'radiates_to', '[]'::jsonb)),
    '{lifting,stress}', v % 11, (v + 3) % 11, (v + 5) % 11, (v + 7) % 11, v % 60, v % 90, v * 37 % 12000,
    'a note of about a hundred characters, as people write them in the evening before they go to bed'
FROM generate_series(0, :days - 1) d, generate_series(1, :patients) p,
     LATERAL (SELECT '2026-10-30 20:00:00+00'::timestamptz - (:days - 1 - d) * interval '1 day' AS t, (d * 7 + p * 13 + d * d) % 97 AS v) x
ORDER BY d, p;

INSERT INTO pj.sleep_records (patient_id, id, rev, created_rev, author_id, device_id, created_at, updated_at, received_at,
    journal_date, bed_at, rise_at, time_zone, utc_offset_minutes, recorded_at, sleep_onset_latency_minutes, quality)
SELECT pg_temp.seeded(1, p), pg_temp.seeded(8, p * 10000 + d), 2 * :days + d, 2 * :days + d, pg_temp.seeded(1, p), pg_temp.seeded(3, p), t, t, t,
    t::date, t - interval '8 hours', t, 'Europe/Berlin', 60, t, 20, d % 11
FROM generate_series(0, :days - 1) d, generate_series(1, :patients) p,
     LATERAL (SELECT '2026-10-30 06:00:00+00'::timestamptz - (:days - 1 - d) * interval '1 day' AS t) x
ORDER BY d, p;

INSERT INTO pj.treatment_sessions (patient_id, id, rev, created_rev, author_id, device_id, created_at, updated_at, received_at,
    journal_date, status, kind, starts_at, ends_at, time_zone, utc_offset_minutes, techniques)
SELECT pg_temp.seeded(1, p), pg_temp.seeded(7, p * 10000 + d), 4 * :days + d, 4 * :days + d, pg_temp.seeded(1, p), pg_temp.seeded(3, p), t, t, t,
    t::date, 'attended', 'treatment', t, t + interval '45 minutes', 'Europe/Berlin', 60, '{manual_needling}'
FROM generate_series(0, :days - 1, 7) d, generate_series(1, :patients) p,
     LATERAL (SELECT '2026-10-30 09:00:00+00'::timestamptz - (:days - 1 - d) * interval '1 day' AS t) x
ORDER BY d, p;
SET session_replication_role = origin;
VACUUM ANALYZE;
CHECKPOINT;
