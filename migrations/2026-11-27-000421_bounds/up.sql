SET LOCAL ROLE pj_owner;

-- An installation of an app is one device of its account, however often it signs in. The tokens of an
-- earlier sign-in, which have a counter before `first_counter`, are dead.
ALTER TABLE pj.devices ADD COLUMN first_counter bigint NOT NULL DEFAULT 0;
UPDATE pj.devices SET installation_id = NULL WHERE installation_id = '';
UPDATE pj.devices d SET installation_id = NULL
WHERE EXISTS (SELECT FROM pj.devices x WHERE x.account_id = d.account_id
              AND x.installation_id = d.installation_id AND (x.last_used_at, x.id) > (d.last_used_at, d.id));
CREATE UNIQUE INDEX devices_by_installation ON pj.devices (account_id, installation_id)
    WHERE installation_id IS NOT NULL;

-- Stored answers belong to the account: a lost answer is answered again after a new sign-in.
DELETE FROM pj.sync_answers a USING pj.sync_answers b
WHERE a.patient_id = b.patient_id AND a.key = b.key AND (a.at, a.device_id) < (b.at, b.device_id);
ALTER TABLE pj.sync_answers
    DROP CONSTRAINT sync_answers_pkey,
    DROP COLUMN device_id,
    ADD PRIMARY KEY (patient_id, key),
    ADD COLUMN starts bigint NOT NULL DEFAULT 0;    -- bytes of the account's answers before this one
UPDATE pj.sync_answers a SET starts = s.starts
FROM (SELECT patient_id, key, coalesce(sum(greatest(octet_length(answer), 16777)) OVER (
          PARTITION BY patient_id ORDER BY at, key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS starts
      FROM pj.sync_answers) s
WHERE a.patient_id = s.patient_id AND a.key = s.key;
CREATE INDEX sync_answers_by_place ON pj.sync_answers (patient_id, starts);
DROP POLICY patient_creates ON pj.sync_answers;
REVOKE INSERT ON pj.sync_answers FROM pj_app;

-- Keeps the answer to a key, and forgets the oldest ones: an account has 1,000 answers and 16 MiB of
-- them at most. Each counts for a thousandth of that at least, so that one sum holds both bounds.
CREATE FUNCTION sec.keep_answer(p_key text, p_body_hash bytea, p_answer text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_starts bigint;
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    SELECT a.starts + greatest(octet_length(a.answer), 16777) INTO v_starts FROM pj.sync_answers a
    WHERE a.patient_id = sec.actor() ORDER BY a.starts DESC LIMIT 1;
    v_starts := coalesce(v_starts, 0);
    INSERT INTO pj.sync_answers (patient_id, key, body_hash, answer, at, starts)
    VALUES (sec.actor(), p_key, p_body_hash, p_answer, p_at, v_starts);
    DELETE FROM pj.sync_answers a WHERE a.patient_id = sec.actor() AND a.key <> p_key
        AND a.starts < v_starts + greatest(octet_length(p_answer), 16777) - 16777216;
END $$;

-- What is refused stays as it came, which may be no JSON at all.
ALTER TABLE pj.sync_quarantine ALTER COLUMN payload TYPE text USING payload::text;
CREATE POLICY own_functions ON pj.sync_quarantine TO pj_owner USING (true);
DROP POLICY patient_creates ON pj.sync_quarantine;
REVOKE INSERT ON pj.sync_quarantine FROM pj_app;
ALTER TABLE pj.patients ADD COLUMN quarantined integer NOT NULL DEFAULT 0;
UPDATE pj.patients p SET quarantined = q.records
FROM (SELECT patient_id, count(*) AS records FROM pj.sync_quarantine GROUP BY patient_id) q
WHERE p.patient_id = q.patient_id;

-- Keeps refused records of the actor's own journal. The same refusal is kept once.
CREATE FUNCTION sec.quarantine(
    p_device uuid, p_at timestamptz, p_ids uuid[], p_collections text[], p_record_ids text[],
    p_codes text[], p_fields text[], p_payloads text[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_more integer;
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    INSERT INTO pj.sync_quarantine
        (patient_id, id, collection, record_id, code, field, payload, device_id, at)
    SELECT sec.actor(), u.id, u.collection, u.record_id, u.code, u.field, u.payload, p_device, p_at
    FROM unnest(p_ids, p_collections, p_record_ids, p_codes, p_fields, p_payloads)
        AS u(id, collection, record_id, code, field, payload)
    ON CONFLICT (patient_id, id) DO NOTHING;
    GET DIAGNOSTICS v_more = ROW_COUNT;
    UPDATE pj.patients SET quarantined = quarantined + v_more
    WHERE patient_id = sec.actor() AND v_more > 0;
END $$;

-- Lets refused records go; answers how many.
CREATE FUNCTION sec.leave_quarantine(p_ids uuid[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_gone bigint;
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    DELETE FROM pj.sync_quarantine WHERE patient_id = sec.actor() AND id = ANY (p_ids);
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    UPDATE pj.patients SET quarantined = greatest(quarantined - v_gone, 0)
    WHERE patient_id = sec.actor() AND v_gone > 0;
    RETURN v_gone;
END $$;

-- The first statement of every request's transaction: checks device, account and share,
-- writes the access log, locks the counter row for a writer, sets the context.
-- It answers with an outcome and never raises for a refusal: the log row of a refused try commits.
DROP FUNCTION sec.enter(uuid, uuid, bigint, timestamptz, uuid, text, text[], date, date, uuid, boolean);
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

REVOKE ALL ON FUNCTION sec.enter, sec.keep_answer, sec.quarantine, sec.leave_quarantine FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.enter, sec.keep_answer, sec.quarantine, sec.leave_quarantine TO pj_app;
RESET ROLE;
