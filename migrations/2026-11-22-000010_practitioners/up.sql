SET LOCAL ROLE pj_owner;

-- What a practitioner says of the licence, and when the operator has checked it.
ALTER TABLE pj.accounts
    ADD COLUMN licence_number        text,
    ADD COLUMN licence_jurisdiction  text,
    ADD COLUMN licence_verified_at   timestamptz;

-- The journals open to the transaction's actor, each read under the same policies as by any other
-- request: only what its share opens. Every one of them gets its line in the access log.
CREATE FUNCTION sec.overview(p_moment timestamptz, p_request uuid)
RETURNS TABLE (share_id uuid, time_zone text, day_start_minute smallint, enrolled_on date,
               last_entry_on date, entry_days text[], next_visit_on date, plan_id uuid,
               status text, start_date date, planned_sessions smallint, frequency_per_week float8,
               planned_weeks smallint, review_after_sessions smallint, review_on date,
               paused_from date, paused_until date, ended_on date,
               visit_days text[], visit_statuses text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_share record;
    v_actor uuid := sec.actor();
    v_day date := (p_moment AT TIME ZONE 'UTC')::date;
    v_count integer := 0;
BEGIN
    FOR v_share IN
        SELECT s.id, s.patient_id, s.sections, s.from_date, s.to_date, p.day_start_minute AS start,
               p.enrolled_on AS enrolled, a.time_zone AS zone
        FROM pj.shares s JOIN pj.patients p ON p.patient_id = s.patient_id
        JOIN pj.accounts a ON a.id = s.patient_id
        WHERE s.practitioner_id = v_actor AND s.state = 'active' AND s.expires_at > p_moment
        ORDER BY s.created_at DESC, s.id DESC LIMIT 200
    LOOP
        -- One line a share: a patient may have given two.
        INSERT INTO pj.access_events (patient_id, at, request_id, actor_id, share_id, action, sections,
                                      from_date, to_date, outcome)
        VALUES (v_share.patient_id, p_moment + v_count * interval '1 microsecond', p_request, v_actor,
                v_share.id, 'overview', v_share.sections, v_share.from_date, v_share.to_date, 'granted');
        v_count := v_count + 1;
        PERFORM set_config('app.subject_id', v_share.patient_id::text, true),
                set_config('app.share_id', v_share.id::text, true);
        share_id := v_share.id;
        time_zone := v_share.zone;
        day_start_minute := v_share.start;
        enrolled_on := v_share.enrolled;
        SELECT max(e.journal_date),
               array_agg(DISTINCT e.journal_date::text) FILTER (WHERE e.journal_date > v_day - 16)
        INTO last_entry_on, entry_days FROM pj.journal_entries e
        WHERE e.patient_id = v_share.patient_id AND e.deleted_at IS NULL;
        SELECT min(t.journal_date) INTO next_visit_on FROM pj.treatment_sessions t
        WHERE t.patient_id = v_share.patient_id AND t.deleted_at IS NULL AND t.status = 'planned'
          AND t.journal_date >= v_day;
        SELECT l.id, l.status, l.start_date, l.planned_sessions, l.frequency_per_week, l.planned_weeks,
               l.review_after_sessions, l.review_on, l.paused_from, l.paused_until, l.ended_on
        INTO plan_id, status, start_date, planned_sessions, frequency_per_week, planned_weeks,
             review_after_sessions, review_on, paused_from, paused_until, ended_on
        FROM pj.treatment_plans l
        WHERE l.patient_id = v_share.patient_id AND l.deleted_at IS NULL
          AND l.status IN ('active', 'paused')
        ORDER BY l.journal_date DESC, l.id DESC LIMIT 1;
        SELECT array_agg(t.journal_date::text ORDER BY t.id), array_agg(t.status ORDER BY t.id)
        INTO visit_days, visit_statuses FROM pj.treatment_sessions t
        WHERE t.patient_id = v_share.patient_id AND t.deleted_at IS NULL
          AND t.treatment_plan_id = plan_id;
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('app.subject_id', v_actor::text, true), set_config('app.share_id', '', true);
END $$;
REVOKE ALL ON FUNCTION sec.overview FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.overview TO pj_app;
RESET ROLE;
