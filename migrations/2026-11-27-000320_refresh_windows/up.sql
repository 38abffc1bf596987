SET LOCAL ROLE pj_owner;

-- When the refresh tokens before `counter` were first presented, oldest first; the last is that of
-- `counter` - 1. Only those of the last minute are kept, and always the newest one.
ALTER TABLE pj.devices ADD COLUMN presented_at timestamptz[] NOT NULL DEFAULT '{}';
UPDATE pj.devices SET presented_at = ARRAY[last_used_at] WHERE counter > 0;

-- The first statement of every request's transaction: checks device, account and share,
-- writes the access log, locks the counter row for a writer, sets the context.
-- It answers with an outcome and never raises for a refusal: the log row of a refused try commits.
CREATE OR REPLACE FUNCTION sec.enter(
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

ALTER TABLE pj.devices DROP COLUMN confirmed_counter;

-- What happened to a sign-in that its owner should know of. One line for each token and kind,
-- however often it happened.
CREATE TABLE pj.security_events (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES pj.accounts ON DELETE CASCADE,
    device_id   uuid NOT NULL REFERENCES pj.devices ON DELETE CASCADE,
    kind        text NOT NULL,
    counter     bigint NOT NULL,                  -- of the refresh token
    at          timestamptz NOT NULL,             -- the first time
    last_at     timestamptz NOT NULL,
    times       integer NOT NULL DEFAULT 1,
    told        boolean NOT NULL,                 -- whether a mail speaks of it
    CONSTRAINT security_events_kind_known CHECK (kind IN ('refresh_repeated', 'refresh_reused')),
    CONSTRAINT security_events_once UNIQUE (device_id, counter, kind)
);
CREATE INDEX security_events_by_account ON pj.security_events (account_id, at, id);
CREATE INDEX security_events_by_age ON pj.security_events (last_at);

ALTER TABLE pj.security_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.security_events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.security_events TO pj_owner USING (true);
CREATE POLICY owner_reads ON pj.security_events FOR SELECT USING (account_id = (SELECT sec.actor()));
GRANT SELECT ON pj.security_events TO pj_app;

-- Writes an event down; whoever refreshes has no context yet. Answers whether the owner gets a mail:
-- at the first time, and for repeats at most once a day and device.
CREATE FUNCTION sec.note_security_event(
    p_id uuid, p_device uuid, p_counter bigint, p_kind text, p_at timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    INSERT INTO pj.security_events AS e
        (id, account_id, device_id, kind, counter, at, last_at, told)
    SELECT p_id, d.account_id, p_device, p_kind, p_counter, p_at, p_at,
        p_kind <> 'refresh_repeated' OR NOT EXISTS (
            SELECT FROM pj.security_events x
            WHERE x.device_id = p_device AND x.told AND x.at > p_at - interval '24 hours')
    FROM pj.devices d WHERE d.id = p_device
    ON CONFLICT (device_id, counter, kind)
    DO UPDATE SET last_at = excluded.last_at, times = e.times + 1
    RETURNING e.told AND e.times = 1
$$;

-- Forgets events of all accounts that did not happen again since.
CREATE FUNCTION sec.forget_security_events(p_before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    WITH gone AS (DELETE FROM pj.security_events WHERE last_at < p_before RETURNING 1)
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION sec.note_security_event, sec.forget_security_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.note_security_event, sec.forget_security_events TO pj_app;
RESET ROLE;
