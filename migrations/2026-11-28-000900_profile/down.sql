SET LOCAL ROLE pj_owner;
CREATE OR REPLACE FUNCTION sec.guard_patients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.day_start_minute <> OLD.day_start_minute AND NEW.patient_id IS DISTINCT FROM sec.actor() THEN
        RAISE EXCEPTION 'only the patient sets the start of the day' USING ERRCODE = 'PJ500';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER guard_patients ON pj.patients;
CREATE TRIGGER guard_patients BEFORE UPDATE OF day_start_minute ON pj.patients
    FOR EACH ROW EXECUTE FUNCTION sec.guard_patients();
ALTER TABLE pj.patients
    DROP COLUMN journal_starts_on,
    DROP COLUMN pauses,
    DROP COLUMN former_day_starts,
    DROP COLUMN day_starts_until;
ALTER TABLE pj.accounts DROP COLUMN year_of_birth, DROP COLUMN profile_version;
DROP FUNCTION sec.enter(uuid, uuid, bigint, timestamptz, uuid, text, text[], date, date, uuid, boolean);
DROP FUNCTION sec.operate(uuid, text, timestamptz, uuid);
DROP FUNCTION sec.overview(timestamptz, uuid);
DROP FUNCTION IF EXISTS sec.journal_start();
CREATE FUNCTION sec.enter(
    p_account uuid, p_device uuid, p_counter bigint, p_moment timestamptz,
    p_share uuid, p_action text, p_sections text[], p_from date, p_to date, p_request uuid,
    p_lock boolean)
RETURNS TABLE (outcome text, roles text[], authenticated_at timestamptz, sections text[],
               from_date date, to_date date, day_start_minute smallint, enrolled_on date, time_zone text,
               rev bigint, quarantined integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d record;
    s record;
    v_subject uuid := p_account;
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    SELECT x.counter, x.first_counter, x.authenticated_at, a.roles, a.status INTO d
    FROM pj.devices x JOIN pj.accounts a ON a.id = x.account_id
    WHERE x.id = p_device AND x.account_id = p_account AND x.revoked_at IS NULL
      AND x.idle_expires_at > p_moment AND x.absolute_expires_at > p_moment;
    IF NOT FOUND OR p_counter > d.counter OR p_counter < d.first_counter THEN
        outcome := 'session_revoked'; RETURN NEXT; RETURN;
    END IF;
    IF d.status <> 'active' THEN
        outcome := 'account_suspended'; RETURN NEXT; RETURN;
    END IF;
    roles := d.roles;
    authenticated_at := d.authenticated_at;

    IF p_share IS NOT NULL THEN
        SELECT x.patient_id, x.state, x.sections, x.from_date, x.to_date, x.expires_at, x.confirmed_at
        INTO s FROM pj.shares x WHERE x.id = p_share AND x.practitioner_id = p_account;
        IF NOT FOUND OR NOT 'practitioner' = ANY (d.roles) THEN
            outcome := 'not_found'; RETURN NEXT; RETURN;
        END IF;
        IF s.state <> 'active' OR s.expires_at <= p_moment OR NOT s.sections && p_sections THEN
            outcome := 'not_found';
        ELSE
            outcome := 'granted';
        END IF;
        INSERT INTO pj.access_events
            (patient_id, at, request_id, actor_id, share_id, action, sections, from_date, to_date, outcome)
        SELECT s.patient_id, p_moment, p_request, p_account, p_share, p_action,
            coalesce(array_agg(w ORDER BY w) FILTER (WHERE w = ANY (s.sections)), '{}'),
            greatest(p_from, s.from_date), least(p_to, s.to_date),
            CASE outcome WHEN 'granted' THEN 'granted' ELSE 'refused' END
        FROM unnest(p_sections) w;
        IF outcome <> 'granted' THEN
            RETURN NEXT; RETURN;
        END IF;
        v_subject := s.patient_id;
        sections := s.sections;
        from_date := s.from_date;
        to_date := s.to_date;
    END IF;
    outcome := 'granted';

    IF p_lock THEN
        -- Not FOR UPDATE: that would hold up the readers, whose log rows refer to this one.
        PERFORM FROM pj.patients x WHERE x.patient_id = v_subject FOR NO KEY UPDATE;
    END IF;
    SELECT x.day_start_minute, x.enrolled_on, a.time_zone, x.rev, x.quarantined
    INTO day_start_minute, enrolled_on, time_zone, rev, quarantined
    FROM pj.patients x JOIN pj.accounts a ON a.id = x.patient_id WHERE x.patient_id = v_subject;
    PERFORM set_config('app.actor_id', p_account::text, true),
            set_config('app.subject_id', v_subject::text, true),
            set_config('app.share_id', coalesce(p_share::text, ''), true),
            set_config('app.moment', p_moment::text, true);
    RETURN NEXT;
END $$;

CREATE FUNCTION sec.operate(p_patient uuid, p_action text, p_moment timestamptz, p_request uuid)
RETURNS TABLE (day_start_minute smallint, enrolled_on date, rev bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    INSERT INTO pj.access_events (patient_id, at, request_id, action, sections, outcome)
    VALUES (p_patient, p_moment, p_request, p_action,
            '{assessments,goals,medication,mobility,notes,pain,sleep,treatment}', 'granted');
    PERFORM set_config('app.actor_id', p_patient::text, true),
            set_config('app.subject_id', p_patient::text, true),
            set_config('app.moment', p_moment::text, true);
    RETURN QUERY SELECT x.day_start_minute, x.enrolled_on, x.rev
    FROM pj.patients x WHERE x.patient_id = p_patient FOR NO KEY UPDATE;
END $$;
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
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
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

REVOKE ALL ON FUNCTION sec.enter, sec.operate, sec.overview FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.enter, sec.operate, sec.overview TO pj_app;
RESET ROLE;
