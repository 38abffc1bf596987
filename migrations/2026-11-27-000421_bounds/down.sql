SET LOCAL ROLE pj_owner;
DROP FUNCTION IF EXISTS sec.enter(uuid, uuid, bigint, timestamptz, uuid, text, text[], date, date, uuid, boolean);
CREATE FUNCTION sec.enter(
    p_account uuid, p_device uuid, p_counter bigint, p_moment timestamptz,
    p_share uuid, p_action text, p_sections text[], p_from date, p_to date, p_request uuid,
    p_lock boolean)
RETURNS TABLE (outcome text, roles text[], authenticated_at timestamptz, sections text[],
               from_date date, to_date date, day_start_minute smallint, enrolled_on date, time_zone text,
               rev bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d record;
    s record;
    v_subject uuid := p_account;
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    SELECT x.counter, x.authenticated_at, a.roles, a.status INTO d
    FROM pj.devices x JOIN pj.accounts a ON a.id = x.account_id
    WHERE x.id = p_device AND x.account_id = p_account AND x.revoked_at IS NULL
      AND x.idle_expires_at > p_moment AND x.absolute_expires_at > p_moment;
    IF NOT FOUND OR p_counter > d.counter THEN
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
    SELECT x.day_start_minute, x.enrolled_on, a.time_zone, x.rev
    INTO day_start_minute, enrolled_on, time_zone, rev
    FROM pj.patients x JOIN pj.accounts a ON a.id = x.patient_id WHERE x.patient_id = v_subject;
    PERFORM set_config('app.actor_id', p_account::text, true),
            set_config('app.subject_id', v_subject::text, true),
            set_config('app.share_id', coalesce(p_share::text, ''), true),
            set_config('app.moment', p_moment::text, true);
    RETURN NEXT;
END $$;

REVOKE ALL ON FUNCTION sec.enter FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.enter TO pj_app;
DROP FUNCTION sec.leave_quarantine, sec.quarantine, sec.keep_answer;

ALTER TABLE pj.patients DROP COLUMN quarantined;
ALTER TABLE pj.sync_quarantine ALTER COLUMN payload TYPE jsonb USING to_jsonb(payload);
DROP POLICY own_functions ON pj.sync_quarantine;
CREATE POLICY patient_creates ON pj.sync_quarantine FOR INSERT WITH CHECK (patient_id = (SELECT sec.actor()));
GRANT INSERT ON pj.sync_quarantine TO pj_app;

DROP INDEX pj.sync_answers_by_place;
DELETE FROM pj.sync_answers;
ALTER TABLE pj.sync_answers
    DROP CONSTRAINT sync_answers_pkey,
    DROP COLUMN starts,
    ADD COLUMN device_id uuid NOT NULL,
    ADD PRIMARY KEY (patient_id, device_id, key);
CREATE POLICY patient_creates ON pj.sync_answers FOR INSERT WITH CHECK (patient_id = (SELECT sec.actor()));
GRANT INSERT ON pj.sync_answers TO pj_app;

DROP INDEX pj.devices_by_installation;
ALTER TABLE pj.devices DROP COLUMN first_counter;
RESET ROLE;
