SET LOCAL ROLE pj_owner;

-- The journal's counter row. Every change takes its revision from here, under this row's lock.
CREATE TABLE pj.patients (
    patient_id        uuid PRIMARY KEY REFERENCES pj.accounts,
    rev               bigint NOT NULL DEFAULT 1,
    floor_rev         bigint NOT NULL DEFAULT 0,
    day_start_minute  smallint NOT NULL DEFAULT 240,
    enrolled_on       date NOT NULL,
    CONSTRAINT patients_day_start_range CHECK (day_start_minute BETWEEN 0 AND 719)
);

-- A patient's grant to a practitioner: sections, date window, expiry, state.
CREATE TABLE pj.shares (
    id               uuid PRIMARY KEY,
    patient_id       uuid NOT NULL REFERENCES pj.patients,
    practitioner_id  uuid REFERENCES pj.accounts,
    state            text NOT NULL,
    sections         text[] NOT NULL,
    from_date        date,
    to_date          date,
    expires_at       timestamptz NOT NULL,
    label            text NOT NULL,
    code_hash        bytea,
    code_expires_at  timestamptz NOT NULL,
    version          bigint NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL,
    redeemed_at      timestamptz,
    confirmed_at     timestamptz,
    ended_at         timestamptz,
    ended_by         text,
    CONSTRAINT shares_state_known CHECK (state IN ('invited', 'redeemed', 'active', 'ended')),
    CONSTRAINT shares_sections_known
        CHECK (sections <@ '{pain,sleep,mobility,medication,treatment,notes}' AND sections <> '{}'),
    CONSTRAINT shares_window_order CHECK (from_date IS NULL OR to_date IS NULL OR from_date <= to_date),
    CONSTRAINT shares_practitioner_known CHECK (state IN ('invited', 'ended') OR practitioner_id IS NOT NULL)
);
CREATE UNIQUE INDEX shares_code_unique ON pj.shares (code_hash) WHERE code_hash IS NOT NULL;
CREATE INDEX shares_by_patient ON pj.shares (patient_id, created_at);
CREATE INDEX shares_by_practitioner ON pj.shares (practitioner_id, created_at);

-- Who looked at which part of a journal, refused tries included. Append-only.
CREATE TABLE pj.access_events (
    patient_id   uuid NOT NULL REFERENCES pj.patients,
    at           timestamptz NOT NULL,
    request_id   uuid NOT NULL,
    actor_id     uuid REFERENCES pj.accounts,   -- null: the clinic's operator
    share_id     uuid REFERENCES pj.shares,
    action       text NOT NULL,
    sections     text[] NOT NULL,
    from_date    date,
    to_date      date,
    outcome      text NOT NULL,
    PRIMARY KEY (patient_id, at, request_id)
);
CREATE INDEX access_events_by_share ON pj.access_events (share_id);
CREATE INDEX access_events_by_actor ON pj.access_events (actor_id);

-- The policies read shares as their owner, who has no context of its own.
ALTER TABLE pj.patients ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.patients FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.patients TO pj_owner USING (true);
CREATE POLICY subject_reads ON pj.patients FOR SELECT USING (patient_id = (SELECT sec.subject()));
CREATE POLICY patient_counts ON pj.patients FOR UPDATE USING (patient_id = (SELECT sec.actor()));

ALTER TABLE pj.shares ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.shares FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.shares TO pj_owner USING (true);
CREATE POLICY patient_reads ON pj.shares FOR SELECT USING (patient_id = (SELECT sec.actor()));
CREATE POLICY practitioner_reads ON pj.shares FOR SELECT USING (practitioner_id = (SELECT sec.actor()));
CREATE POLICY patient_creates ON pj.shares FOR INSERT WITH CHECK (patient_id = (SELECT sec.actor()));
CREATE POLICY patient_changes ON pj.shares FOR UPDATE USING (patient_id = (SELECT sec.actor()));

ALTER TABLE pj.access_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.access_events FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.access_events TO pj_owner USING (true);
CREATE POLICY patient_reads ON pj.access_events FOR SELECT USING (patient_id = (SELECT sec.actor()));

GRANT SELECT ON pj.patients TO pj_app;
GRANT UPDATE (rev, day_start_minute) ON pj.patients TO pj_app;
GRANT SELECT, INSERT ON pj.shares TO pj_app;
GRANT UPDATE (state, sections, from_date, to_date, expires_at, label, code_hash, version,
              confirmed_at, ended_at, ended_by) ON pj.shares TO pj_app;
GRANT SELECT ON pj.access_events TO pj_app;

CREATE FUNCTION sec.open_journal(p_account uuid, p_enrolled_on date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO pj.patients (patient_id, enrolled_on) VALUES (p_account, p_enrolled_on)
    ON CONFLICT DO NOTHING
$$;

-- The journal days of the subject that the transaction's actor may see of these sections; null for
-- none. The share is looked up again here, so forged settings alone open nothing. In plpgsql, which
-- keeps its plans: an SQL function would be planned anew for every statement of every request.
CREATE FUNCTION sec.open_days(p_sections text[]) RETURNS daterange
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF sec.subject() = sec.actor() THEN
        RETURN daterange(NULL, NULL);
    END IF;
    RETURN (SELECT daterange(s.from_date, s.to_date, '[]') FROM pj.shares s
            WHERE s.id = sec.share() AND s.practitioner_id = sec.actor()
              AND s.patient_id = sec.subject() AND s.state = 'active'
              AND s.expires_at > sec.moment() AND s.sections && p_sections);
END $$;

-- The first statement of every request's transaction: checks device, account and share, confirms
-- the refresh counter, writes the access log, locks the counter row for a writer, sets the context.
-- It answers with an outcome and never raises for a refusal: the log row of a refused try commits.
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
    SELECT x.counter, x.confirmed_counter, x.authenticated_at, a.roles, a.status INTO d
    FROM pj.devices x JOIN pj.accounts a ON a.id = x.account_id
    WHERE x.id = p_device AND x.account_id = p_account AND x.revoked_at IS NULL
      AND x.idle_expires_at > p_moment AND x.absolute_expires_at > p_moment;
    IF NOT FOUND OR p_counter > d.counter THEN
        outcome := 'session_revoked'; RETURN NEXT; RETURN;
    END IF;
    IF d.status <> 'active' THEN
        outcome := 'account_suspended'; RETURN NEXT; RETURN;
    END IF;
    IF d.confirmed_counter < p_counter THEN
        -- The first requests with a new token may come at once, and a report's transaction cannot
        -- wait for a row: whoever was there first has confirmed for all.
        BEGIN
            UPDATE pj.devices x SET confirmed_counter = p_counter
            WHERE x.id = p_device AND x.confirmed_counter < p_counter;
        EXCEPTION WHEN serialization_failure THEN
            NULL;
        END;
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

-- The clinic's operator acting on a journal (import, demo): logged for the patient like any reader.
CREATE FUNCTION sec.operate(p_patient uuid, p_action text, p_moment timestamptz, p_request uuid)
RETURNS TABLE (day_start_minute smallint, enrolled_on date, rev bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pj.access_events (patient_id, at, request_id, action, sections, outcome)
    VALUES (p_patient, p_moment, p_request, p_action,
            '{medication,mobility,notes,pain,sleep,treatment}', 'granted');
    PERFORM set_config('app.actor_id', p_patient::text, true),
            set_config('app.subject_id', p_patient::text, true),
            set_config('app.moment', p_moment::text, true);
    RETURN QUERY SELECT x.day_start_minute, x.enrolled_on, x.rev
    FROM pj.patients x WHERE x.patient_id = p_patient FOR NO KEY UPDATE;
END $$;

-- Redeeming: the practitioner holds only a code. Answers null for every failure alike.
CREATE FUNCTION sec.redeem_share(p_code_hash bytea, p_moment timestamptz) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE pj.shares s
    SET state = 'redeemed', practitioner_id = sec.actor(), redeemed_at = p_moment,
        code_hash = NULL, version = s.version + 1
    WHERE s.code_hash = p_code_hash AND s.state = 'invited' AND s.code_expires_at > p_moment
      AND s.expires_at > p_moment AND s.patient_id <> sec.actor()
      AND EXISTS (SELECT FROM pj.accounts a
                  WHERE a.id = sec.actor() AND 'practitioner' = ANY (a.roles))
    RETURNING s.id
$$;
-- A practitioner can change nothing of a share but end it.
CREATE FUNCTION sec.leave_share(p_share uuid, p_moment timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH ended AS (
        UPDATE pj.shares s
        SET state = 'ended', ended_at = p_moment, ended_by = 'practitioner', version = s.version + 1
        WHERE s.id = p_share AND s.practitioner_id = sec.actor() AND s.state <> 'ended'
        RETURNING 1)
    SELECT EXISTS (SELECT FROM ended)
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sec TO pj_app;
RESET ROLE;
