-- Every function of the database, whole. It is applied after the migrations, in the same transaction, and
-- can be applied again at any time: change a function here, and nowhere else.
--
-- A migration makes what a function needs: a column, a table, a policy. It drops a function whose arguments
-- or answer change, since CREATE OR REPLACE keeps them; it copies none. The last two functions are
-- called by migrations, some of which run before this file: one that must do something else gets a new name.
SET LOCAL ROLE pj_owner;

-- The context of a transaction: who acts, on whose journal, through which share, at what time. Settings carry it,
-- which end with the transaction and which anybody may set, so it is sealed: sec.actor answers nobody unless this
-- transaction of this back end was given just this context. Every policy asks sec.actor, or a function that does;
-- the other three alone open nothing.
CREATE OR REPLACE FUNCTION sec.subject() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(split_part(current_setting('app.context', true), '|', 2), '')::uuid $$;
CREATE OR REPLACE FUNCTION sec.share() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(split_part(current_setting('app.context', true), '|', 3), '')::uuid $$;
CREATE OR REPLACE FUNCTION sec.moment() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(nullif(split_part(current_setting('app.context', true), '|', 4), '')::timestamptz, now()) $$;

-- The seal that the settings in force must have: HMAC-SHA-256. A back end has one transaction at a time, and
-- now() is when that began. What a person has written comes last, so that nothing can be taken for another.
--
-- This and sec.actor are asked by every statement of every request. A path of their own would take longer than all
-- that they do, so every name in them says its schema instead, and means the same on any path.
CREATE OR REPLACE FUNCTION sec.seal() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT pg_catalog.encode(pg_catalog.sha256(k.seal_outside OPERATOR(pg_catalog.||) pg_catalog.sha256(
            k.seal_inside OPERATOR(pg_catalog.||) pg_catalog.int4send(pg_catalog.pg_backend_pid())
            OPERATOR(pg_catalog.||) pg_catalog.timestamptz_send(pg_catalog.now())
            OPERATOR(pg_catalog.||) pg_catalog.convert_to(pg_catalog.concat(
                pg_catalog.current_setting('app.context', true), '|',
                pg_catalog.current_setting('app.task', true), '|',
                pg_catalog.current_setting('app.about', true)), 'UTF8'))), 'base64')
        FROM sec.keys k);
END $$;

-- Not parallel safe: a worker has a process number of its own.
CREATE OR REPLACE FUNCTION sec.actor() RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE
    v_actor pg_catalog.text;
BEGIN
    IF pg_catalog.current_setting('app.seal', true) OPERATOR(pg_catalog.=) sec.seal() THEN
        v_actor := pg_catalog.split_part(pg_catalog.current_setting('app.context', true), '|', 1);
        IF v_actor OPERATOR(pg_catalog.<>) '' THEN
            RETURN v_actor;
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- Makes the context of this transaction, and seals it. For functions of the owner alone.
CREATE OR REPLACE FUNCTION sec.put_context(p_actor uuid, p_subject uuid, p_share uuid, p_moment timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.context', concat(p_actor, '|', p_subject, '|', p_share, '|', p_moment), true),
            set_config('app.task', '', true),
            set_config('app.about', '', true);
    PERFORM set_config('app.seal', sec.seal(), true);
END $$;

-- What a transaction is for in which nobody has signed in; null in every other.
CREATE OR REPLACE FUNCTION sec.task() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('app.seal', true) = sec.seal() THEN
        RETURN nullif(current_setting('app.task', true), '');
    END IF;
    RETURN NULL;
END $$;

-- The address that a task is about.
CREATE OR REPLACE FUNCTION sec.task_email() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_task text := sec.task();
BEGIN
    IF v_task IN ('register', 'sign_in', 'forgot', 'operate') THEN
        RETURN current_setting('app.about');
    ELSIF v_task = 'verify' THEN
        IF length(current_setting('app.about')) = 64 THEN
            -- By the hash of a link's token, where nobody knows the id.
            RETURN (SELECT r.email FROM pj.registrations r
                    WHERE r.token_hash = decode(current_setting('app.about'), 'hex'));
        END IF;
        RETURN (SELECT r.email FROM pj.registrations r WHERE r.id = current_setting('app.about')::uuid);
    END IF;
    RETURN NULL;
END $$;

-- The account that a task is about.
CREATE OR REPLACE FUNCTION sec.task_account() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_task text := sec.task();
BEGIN
    IF v_task = 'refresh' THEN
        RETURN (SELECT d.account_id FROM pj.devices d WHERE d.id = current_setting('app.about')::uuid);
    ELSIF v_task IN ('reset', 'restore') THEN
        -- By the hash of the link's secret.
        RETURN (SELECT l.account_id FROM pj.account_links l
                WHERE l.secret_hash = decode(current_setting('app.about'), 'hex')
                  AND l.purpose = CASE v_task WHEN 'reset' THEN 'reset_password' ELSE 'restore_email' END);
    ELSIF v_task IN ('register', 'sign_in', 'forgot', 'operate', 'verify') THEN
        RETURN (SELECT a.id FROM pj.accounts a WHERE a.email = sec.task_email());
    END IF;
    RETURN NULL;
END $$;

-- The stored password of who acts, or is about to sign in.
CREATE OR REPLACE FUNCTION sec.stored_password() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT a.password_hash FROM pj.accounts a WHERE a.id = CASE
        WHEN sec.task() IN ('sign_in', 'operate') THEN sec.task_account() ELSE sec.actor() END);
END $$;

-- Is the password of who is about to sign in still this one? It is from then on to the end of the transaction, and
-- hashed anew where there is a newer hash of it.
CREATE OR REPLACE FUNCTION sec.keep_password(p_was text, p_new text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.confine();
    PERFORM sec.demand_task('{sign_in}');
    IF p_new IS NULL THEN
        PERFORM FROM pj.accounts WHERE id = sec.task_account() AND password_hash = p_was FOR NO KEY UPDATE;
    ELSE
        UPDATE pj.accounts SET password_hash = p_new WHERE id = sec.task_account() AND password_hash = p_was;
    END IF;
    RETURN FOUND;
END $$;

-- Another password for who acts, unless it was changed since it was compared.
CREATE OR REPLACE FUNCTION sec.change_password(p_was text, p_new text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.confine();
    UPDATE pj.accounts SET password_hash = p_new WHERE id = sec.actor() AND password_hash = p_was;
    RETURN FOUND;
END $$;

-- == Sessions that may not call ==

-- The server logs in as a member of pj_app and of nothing else. Whatever opens or changes something with the
-- owner's rights fails closed in a session that could rise above pj_app: one of a superuser or of a
-- member of pj_owner, whatever role it has set. In such a function the current user is the owner; the
-- setting and the login tell who called. In plpgsql the question stands in place, where it costs a
-- microsecond: sec.enter is called by every request.
CREATE OR REPLACE FUNCTION sec.refuse_session() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the session of % has more rights than pj_app', session_user USING ERRCODE = 'PJ501';
END $$;

CREATE OR REPLACE FUNCTION sec.confine() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
END $$;

-- == What the server proves ==

-- What is asked in somebody's name is proved by a key that the process of the server has and its login at the
-- database has not: who takes over a connection asks for nothing that the server did not ask for.
CREATE OR REPLACE FUNCTION sec.refuse_proof() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'this was not asked by a server with the master secret of this database' USING ERRCODE = 'PJ502';
END $$;

-- What a server with that key says to these bytes: HMAC-SHA-256; null where there is no key yet. For functions of
-- the owner alone.
CREATE OR REPLACE FUNCTION sec.prove(p_said bytea) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT sha256(k.gate_outside || sha256(k.gate_inside || p_said)) FROM sec.keys k);
END $$;

-- What the operator does is for a login of the operator's: the one that serves is no member of pj_operator.
CREATE OR REPLACE FUNCTION sec.demand_operator() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'pj_operator', 'MEMBER') THEN
        RAISE EXCEPTION 'the login % is not one of the operator', session_user USING ERRCODE = 'PJ503';
    END IF;
END $$;

-- Puts the key of the server here, where there is none; answers whether it is the one that is here now. One that
-- is here is replaced on proof of itself.
CREATE OR REPLACE FUNCTION sec.put_gate(p_inside bytea, p_outside bytea, p_proof bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    UPDATE sec.keys k SET gate_inside = p_inside, gate_outside = p_outside
    WHERE k.gate_inside IS NULL
       OR p_proof = sec.prove(p_inside || p_outside);
    RETURN (SELECT k.gate_inside = p_inside AND k.gate_outside = p_outside FROM sec.keys k);
END $$;

-- Begins a task: what for, and about whom, with the proof of both.
CREATE OR REPLACE FUNCTION sec.begin_task(p_task text, p_about text, p_proof bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    IF (p_proof = sec.prove('task'::bytea || convert_to(concat(p_task, ' ', p_about), 'UTF8'))) IS NOT TRUE THEN
        PERFORM sec.refuse_proof();
    END IF;
    IF p_task = 'operate' THEN
        PERFORM sec.demand_operator();
    END IF;
    PERFORM set_config('app.context', '', true),
            set_config('app.task', p_task, true), set_config('app.about', p_about, true);
    PERFORM set_config('app.seal', sec.seal(), true);
END $$;

-- Nothing is done for a task but by who has begun it.
CREATE OR REPLACE FUNCTION sec.demand_task(p_tasks text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (sec.task() = ANY (p_tasks)) IS NOT TRUE THEN
        RAISE EXCEPTION 'this is for another task' USING ERRCODE = 'PJ502';
    END IF;
END $$;

-- == What a share opens ==

-- The journal days of the subject that the transaction's actor may see of these sections; null for
-- none. The share is looked up again here, so forged settings alone open nothing. In plpgsql, which
-- keeps its plans: an SQL function would be planned anew for every statement of every request.
CREATE OR REPLACE FUNCTION sec.open_days(p_sections text[]) RETURNS daterange
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_actor uuid := sec.actor();
BEGIN
    IF sec.subject() = v_actor THEN
        RETURN daterange(NULL, NULL);
    END IF;
    RETURN (SELECT daterange(s.from_date, s.to_date, '[]') FROM pj.shares s
            WHERE s.id = sec.share() AND s.practitioner_id = v_actor
              AND s.patient_id = sec.subject() AND s.state = 'active'
              AND s.expires_at > sec.moment() AND s.sections && p_sections);
END $$;

-- The sections that the transaction's actor may see, as the bits of src/sections.rs; for the patient all of
-- them and one more, which every entry has.
CREATE OR REPLACE FUNCTION sec.open_bits() RETURNS smallint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_actor uuid := sec.actor();
BEGIN
    IF sec.subject() = v_actor THEN
        RETURN 511;
    END IF;
    RETURN (SELECT CASE WHEN 'pain' = ANY (s.sections) THEN 1 ELSE 0 END
                 + CASE WHEN 'sleep' = ANY (s.sections) THEN 2 ELSE 0 END
                 + CASE WHEN 'mobility' = ANY (s.sections) THEN 4 ELSE 0 END
                 + CASE WHEN 'medication' = ANY (s.sections) THEN 8 ELSE 0 END
                 + CASE WHEN 'treatment' = ANY (s.sections) THEN 16 ELSE 0 END
                 + CASE WHEN 'assessments' = ANY (s.sections) THEN 32 ELSE 0 END
                 + CASE WHEN 'goals' = ANY (s.sections) THEN 64 ELSE 0 END
                 + CASE WHEN 'notes' = ANY (s.sections) THEN 128 ELSE 0 END
            FROM pj.shares s
            WHERE s.id = sec.share() AND s.practitioner_id = v_actor
              AND s.patient_id = sec.subject() AND s.state = 'active' AND s.expires_at > sec.moment());
END $$;

-- The journal days on which the transaction's actor may record for the subject; null for none. Like
-- sec.open_days, it looks the share up again.
CREATE OR REPLACE FUNCTION sec.recording_days(p_sections text[]) RETURNS daterange
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_actor uuid := sec.actor();
BEGIN
    RETURN (SELECT daterange(s.from_date, s.to_date, '[]') FROM pj.shares s
            WHERE s.id = sec.share() AND s.practitioner_id = v_actor
              AND s.patient_id = sec.subject() AND s.state = 'active' AND s.may_record
              AND s.expires_at > sec.moment() AND s.sections && p_sections);
END $$;

-- May the reader see all of these sections on all of these days? For what was made of them together.
CREATE OR REPLACE FUNCTION sec.opens_all(p_sections text[], p_from date, p_to date) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_actor uuid := sec.actor();
BEGIN
    IF sec.subject() = v_actor THEN
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT FROM pj.shares s
                   WHERE s.id = sec.share() AND s.practitioner_id = v_actor
                     AND s.patient_id = sec.subject() AND s.state = 'active'
                     AND s.expires_at > sec.moment() AND s.sections @> p_sections
                     AND daterange(s.from_date, s.to_date, '[]') @> daterange(p_from, p_to, '[]'));
END $$;

-- How many versions of a report of these days the actor has frozen, those that the share no longer shows
-- included: their numbers are taken.
CREATE OR REPLACE FUNCTION sec.frozen_versions(p_from date, p_to date) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_actor uuid := sec.actor();
BEGIN
    RETURN (SELECT coalesce(max(r.version), 0) FROM pj.report_snapshots r
            WHERE r.patient_id = sec.subject() AND r.share_id IS NOT DISTINCT FROM sec.share()
              AND r.made_by = v_actor AND r.from_date = p_from AND r.to_date = p_to);
END $$;

-- == Requests ==

-- The first statement of every request's transaction: checks the proof, device, account and share,
-- writes the access log, locks the counter row for a writer, sets the context.
-- It answers with an outcome and never raises for a refusal: the log row of a refused try commits.
CREATE OR REPLACE FUNCTION sec.enter(
    p_account uuid, p_device uuid, p_counter bigint, p_moment timestamptz,
    p_share uuid, p_action text, p_sections text[], p_from date, p_to date, p_request uuid,
    p_lock boolean, p_proof bytea)
RETURNS TABLE (outcome text, roles text[], authenticated_at timestamptz, sections text[],
               from_date date, to_date date, day_start_minute smallint,
               former_day_starts smallint[], day_starts_until timestamptz[], enrolled_on date, time_zone text,
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
    -- Over all of it. What is null has a value here that nothing else has.
    IF (p_proof = sec.prove('enter'::bytea
            || uuid_send(p_account) || uuid_send(p_device) || int8send(p_counter) || timestamptz_send(p_moment)
            || uuid_send(coalesce(p_share, '00000000-0000-0000-0000-000000000000')) || uuid_send(p_request)
            || date_send(coalesce(p_from, '-infinity')) || date_send(coalesce(p_to, 'infinity')) || boolsend(p_lock)
            || convert_to(concat(p_action, ' ', array_to_string(p_sections, ',')), 'UTF8'))) IS NOT TRUE THEN
        PERFORM sec.refuse_proof();
    END IF;
    SELECT x.counter, x.first_counter, x.authenticated_at, a.roles, a.status, a.locale, a.pseudonym INTO d
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
        SELECT x.patient_id, x.practitioner_id, x.state, x.sections, x.from_date, x.to_date, x.expires_at,
            a.pseudonym
        INTO s FROM pj.shares x JOIN pj.accounts a ON a.id = x.patient_id WHERE x.id = p_share;
        IF NOT FOUND OR s.practitioner_id IS DISTINCT FROM p_account
            AND (s.patient_id = p_account OR NOT 'practitioner' = ANY (d.roles)) THEN
            outcome := 'not_found'; RETURN NEXT; RETURN;
        END IF;
        IF s.practitioner_id IS DISTINCT FROM p_account THEN
            -- Another practitioner tries it. The answer is that of a share that is none, and the patient sees
            -- the try: of one who goes on, the first of each hour, which an index holds.
            INSERT INTO pj.audit_lines (kind, at, request_id, subject, actor, share_id, action, outcome, stranger)
            VALUES ('journal', p_moment, p_request, s.pseudonym, d.pseudonym, p_share, p_action, 'refused', true)
            ON CONFLICT DO NOTHING;
            outcome := 'not_found'; RETURN NEXT; RETURN;
        END IF;
        IF s.state <> 'active' OR s.expires_at <= p_moment OR NOT s.sections && p_sections
            OR NOT 'practitioner' = ANY (d.roles) THEN
            outcome := 'not_found';
        ELSE
            outcome := 'granted';
        END IF;
        INSERT INTO pj.audit_lines (kind, at, request_id, subject, actor, share_id, action, sections, from_date,
                                    to_date, outcome, rev)
        SELECT 'journal', p_moment, p_request, s.pseudonym, d.pseudonym, p_share, p_action,
            coalesce(array_agg(w ORDER BY w) FILTER (WHERE w = ANY (s.sections)), '{}'),
            greatest(p_from, s.from_date), least(p_to, s.to_date),
            CASE outcome WHEN 'granted' THEN 'granted' ELSE 'refused' END,
            (SELECT x.rev FROM pj.patients x WHERE x.patient_id = s.patient_id)
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
        -- Not FOR UPDATE: that would hold up whoever writes a row that refers to this one.
        PERFORM FROM pj.patients x WHERE x.patient_id = v_subject FOR NO KEY UPDATE;
    END IF;
    SELECT x.day_start_minute, x.former_day_starts, x.day_starts_until, x.enrolled_on, a.time_zone, x.rev,
        x.quarantined
    INTO day_start_minute, former_day_starts, day_starts_until, enrolled_on, time_zone, rev, quarantined
    FROM pj.patients x JOIN pj.accounts a ON a.id = x.patient_id WHERE x.patient_id = v_subject;
    PERFORM sec.put_context(p_account, v_subject, p_share, p_moment);
    PERFORM set_config('app.locale', d.locale, true);
    RETURN NEXT;
END $$;

-- What was entered through a share is refused after all: the line in the access log says so. Only in the
-- transaction that entered: until that ends, the line is not written.
CREATE OR REPLACE FUNCTION sec.note_refusal(p_request uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    UPDATE pj.audit_lines l SET outcome = 'refused'
    WHERE l.subject = (SELECT a.pseudonym FROM pj.accounts a WHERE a.id = sec.subject())
      AND l.at = sec.moment() AND l.request_id = p_request AND l.share_id = sec.share() AND l.outcome = 'granted'
      AND l.actor = (SELECT a.pseudonym FROM pj.accounts a WHERE a.id = sec.actor());
END $$;

-- The clinic's operator acting on a journal (import, demo): logged for the patient like any reader.
CREATE OR REPLACE FUNCTION sec.operate(
    p_patient uuid, p_action text, p_moment timestamptz, p_request uuid, p_proof bytea)
RETURNS TABLE (day_start_minute smallint, former_day_starts smallint[], day_starts_until timestamptz[],
               enrolled_on date, rev bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    IF (p_proof = sec.prove('operate'::bytea || uuid_send(p_patient) || timestamptz_send(p_moment)
            || uuid_send(p_request) || convert_to(p_action, 'UTF8'))) IS NOT TRUE THEN
        PERFORM sec.refuse_proof();
    END IF;
    PERFORM sec.demand_operator();
    INSERT INTO pj.audit_lines (kind, at, request_id, subject, task, action, sections)
    SELECT 'journal', p_moment, p_request, a.pseudonym, 'operate', p_action,
           '{assessments,goals,medication,mobility,notes,pain,sleep,treatment}'
    FROM pj.accounts a WHERE a.id = p_patient;
    PERFORM sec.put_context(p_patient, p_patient, NULL, p_moment);
    RETURN QUERY SELECT x.day_start_minute, x.former_day_starts, x.day_starts_until, x.enrolled_on, x.rev
    FROM pj.patients x WHERE x.patient_id = p_patient FOR NO KEY UPDATE;
END $$;

CREATE OR REPLACE FUNCTION sec.open_journal(p_account uuid, p_enrolled_on date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    SELECT sec.demand_task('{verify,operate}');
    INSERT INTO pj.patients (patient_id, enrolled_on) VALUES (p_account, p_enrolled_on)
    ON CONFLICT DO NOTHING
$$;

-- Where the subject's journal begins: where the patient lets it begin, else at the enrolment, or at the first
-- of three days with an entry within a week where that is earlier: one day typed for the past begins nothing.
-- As whoever calls: of days that are closed to him none speaks.
CREATE OR REPLACE FUNCTION sec.journal_start() RETURNS date
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce(p.journal_starts_on, least(p.enrolled_on, (
        SELECT d.day FROM (
            SELECT e.journal_date AS day, lead(e.journal_date, 2) OVER (ORDER BY e.journal_date) AS third
            FROM (SELECT DISTINCT x.journal_date FROM pj.journal_entries x
                  WHERE x.patient_id = p.patient_id AND x.deleted_at IS NULL
                    AND x.journal_date < p.enrolled_on + 6) e) d
        WHERE d.third < d.day + 7 ORDER BY d.day LIMIT 1)))
        FROM pj.patients p WHERE p.patient_id = sec.subject());
END $$;

-- == Sharing ==

-- Redeeming: the practitioner holds only a code. Answers null for every failure alike.
CREATE OR REPLACE FUNCTION sec.redeem_share(p_code_hash bytea, p_moment timestamptz) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    UPDATE pj.shares s
    SET state = 'redeemed', practitioner_id = sec.actor(), redeemed_at = p_moment,
        code_hash = NULL, version = s.version + 1
    WHERE s.code_hash = p_code_hash AND s.state = 'invited' AND s.code_expires_at > p_moment
      AND s.expires_at > p_moment AND s.patient_id <> sec.actor()
      AND EXISTS (SELECT FROM pj.accounts a
                  WHERE a.id = sec.actor() AND 'practitioner' = ANY (a.roles))
    RETURNING s.id
$$;

-- A practitioner can change nothing of a share but its reference, and end it.
CREATE OR REPLACE FUNCTION sec.leave_share(p_share uuid, p_moment timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    WITH ended AS (
        UPDATE pj.shares s
        SET state = 'ended', ended_at = p_moment, ended_by = 'practitioner', version = s.version + 1
        WHERE s.id = p_share AND s.practitioner_id = sec.actor() AND s.state <> 'ended'
        RETURNING 1)
    SELECT EXISTS (SELECT FROM ended)
$$;

-- What a share shows of its patient: to the patient, and to its practitioner while it is open.
CREATE OR REPLACE FUNCTION sec.shown_name(p_share uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT a.display_name FROM pj.shares s JOIN pj.accounts a ON a.id = s.patient_id
            WHERE s.id = p_share AND s.show_name
              AND (s.patient_id = sec.actor() OR s.practitioner_id = sec.actor() AND s.state = 'active'
                   AND s.expires_at > sec.moment()));
END $$;

CREATE OR REPLACE FUNCTION sec.shown_year_of_birth(p_share uuid) RETURNS smallint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT a.year_of_birth FROM pj.shares s JOIN pj.accounts a ON a.id = s.patient_id
            WHERE s.id = p_share AND s.show_year_of_birth
              AND (s.patient_id = sec.actor() OR s.practitioner_id = sec.actor() AND s.state = 'active'
                   AND s.expires_at > sec.moment()));
END $$;

-- What the practitioner calls the journal of a share; the patient learns only that there is something.
CREATE OR REPLACE FUNCTION sec.own_reference(p_share uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT s.reference FROM pj.shares s WHERE s.id = p_share AND s.practitioner_id = sec.actor());
END $$;

CREATE OR REPLACE FUNCTION sec.has_reference(p_share uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM pj.shares s WHERE s.id = p_share AND s.reference IS NOT NULL
                   AND sec.actor() IN (s.patient_id, s.practitioner_id));
END $$;

-- Keeps a reference; answers whether the share is the actor's and open. The same again changes nothing.
CREATE OR REPLACE FUNCTION sec.keep_reference(p_share uuid, p_reference text, p_moment timestamptz)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    UPDATE pj.shares s SET reference = p_reference, version = s.version + 1
    WHERE s.id = p_share AND s.practitioner_id = sec.actor() AND s.state = 'active'
      AND s.expires_at > p_moment AND s.reference IS DISTINCT FROM p_reference;
    SELECT EXISTS (SELECT FROM pj.shares s WHERE s.id = p_share AND s.practitioner_id = sec.actor()
                   AND s.state = 'active' AND s.expires_at > p_moment)
$$;

-- A share shows the profile as it is, so that another name or year is another version of it.
CREATE OR REPLACE FUNCTION sec.note_profile() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE pj.shares s SET version = s.version + 1
    WHERE s.patient_id = NEW.id AND s.state <> 'ended'
      AND (s.show_name AND NEW.display_name IS DISTINCT FROM OLD.display_name
           OR s.show_year_of_birth AND NEW.year_of_birth IS DISTINCT FROM OLD.year_of_birth);
    RETURN NULL;
END $$;

-- With another master secret no code of an invitation is found any longer. Those that are open are shown
-- as expired at once, so that the patient makes a new one. Shares that were redeemed hang on no code.
CREATE OR REPLACE FUNCTION sec.void_invitations(p_moment timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    SELECT sec.demand_task('{operate}');
    WITH void AS (
        UPDATE pj.shares s SET code_hash = NULL, code_expires_at = p_moment, version = s.version + 1
        WHERE s.state = 'invited' AND s.code_expires_at > p_moment
        RETURNING 1)
    SELECT count(*) FROM void
$$;

-- How many records of the subject's journal were made or changed after this revision by others than who acts,
-- as far as these sections open them. A change is one of members that are open; of a journal entry it counts only
-- where all that an entry tells is open. Only the history knows which members a change was of, and what a
-- revision was made for; the moment of a change is the phone's.
CREATE OR REPLACE FUNCTION sec.count_news(p_sections text[], p_rev bigint) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_actor uuid := sec.actor();
    v_notes text[] := CASE WHEN 'notes' = ANY (p_sections) THEN '{}' ELSE '{note,trigger_note,note_shared}' END;
    v_entry text[] := CASE WHEN 'treatment' = ANY (p_sections) THEN '{}' ELSE '{kind,treatment_session_id}' END;
BEGIN
    RETURN (
        SELECT count(*) FROM (
            SELECT 1 AS collection, x.id, x.created_rev, x.author_id,
                p_sections @> '{pain,mobility,medication}' AS tells_changes, x.note_shared
            FROM pj.journal_entries x WHERE p_sections && '{pain,mobility,medication,notes}'
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 2, x.id, x.created_rev, x.author_id, true, false
            FROM pj.sleep_records x WHERE 'sleep' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 3, x.id, x.created_rev, x.author_id, true, x.note_shared
            FROM pj.treatment_sessions x WHERE 'treatment' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 4, x.id, x.created_rev, x.author_id, true, x.note_shared
            FROM pj.medication_intakes x WHERE 'medication' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 5, x.id, x.created_rev, x.author_id, true, x.note_shared
            FROM pj.flares x WHERE 'pain' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 6, x.id, x.created_rev, x.author_id, true, x.note_shared
            FROM pj.goals x WHERE 'goals' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 7, x.id, x.created_rev, x.author_id, true, x.note_shared
            FROM pj.pain_episodes x WHERE 'pain' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 8, x.id, x.created_rev, x.author_id, true, x.note_shared
            FROM pj.treatment_plans x WHERE 'treatment' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 9, x.id, x.created_rev, x.author_id, true, x.note_shared
            FROM pj.adverse_events x WHERE 'treatment' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 10, x.id, x.created_rev, x.author_id, true, x.note_shared
            FROM pj.assessments x WHERE 'assessments' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 11, x.id, x.created_rev, x.author_id, true, false
            FROM pj.practitioner_notes x WHERE 'treatment' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL
            UNION ALL SELECT 13, x.id, x.created_rev, x.author_id, true, x.note_shared
            FROM pj.questions x WHERE 'goals' = ANY (p_sections)
                AND x.patient_id = sec.subject() AND x.rev > p_rev AND x.deleted_at IS NULL) n
        WHERE n.created_rev > p_rev AND n.author_id <> v_actor
           OR n.tells_changes AND (
                SELECT true FROM pj.record_history h
                WHERE h.patient_id = sec.subject() AND h.collection = n.collection AND h.record_id = n.id
                  AND h.rev > p_rev AND h.applied AND h.actor_id IS DISTINCT FROM v_actor
                  AND (h.op IN (4, 5) OR h.op = 2 AND h.changes - v_notes
                       - CASE WHEN n.note_shared THEN '{}' ELSE '{note,trigger_note}'::text[] END
                       - CASE n.collection WHEN 1 THEN v_entry ELSE '{}' END <> '{}')
                LIMIT 1));
END $$;

-- The journals open to the transaction's actor, each read under the same policies as by any other
-- request: only what its share opens. Every one of them gets its line in the access log. The plans are made
-- once a connection: of two hundred journals, each would be planned for longer than it is read.
CREATE OR REPLACE FUNCTION sec.overview(p_moment timestamptz, p_request uuid)
RETURNS TABLE (share_id uuid, time_zone text, day_start_minute smallint, journal_starts_on date,
               pauses jsonb, open_from date, open_to date, looked_at timestamptz, new_records integer,
               notice_on date, last_entry_on date, entry_days text[], next_visit_on date, plan_id uuid,
               status text, start_date date, planned_sessions smallint, frequency_per_week float8,
               planned_weeks smallint, review_after_sessions smallint, review_on date,
               paused_from date, paused_until date, ended_on date,
               visit_days text[], visit_statuses text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    v_share record;
    v_actor uuid := sec.actor();
    v_pseudonym uuid := (SELECT a.pseudonym FROM pj.accounts a WHERE a.id = v_actor);
    v_day date := (p_moment AT TIME ZONE 'UTC')::date;
    v_count integer := 0;
    v_rev bigint;
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    FOR v_share IN
        SELECT s.id, s.patient_id, s.sections, s.from_date, s.to_date, p.day_start_minute AS start,
               p.pauses AS pauses, a.time_zone AS zone, a.pseudonym
        FROM pj.shares s JOIN pj.patients p ON p.patient_id = s.patient_id
        JOIN pj.accounts a ON a.id = s.patient_id
        WHERE s.practitioner_id = v_actor AND s.state = 'active' AND s.expires_at > p_moment
        ORDER BY s.created_at DESC, s.id DESC LIMIT 200
    LOOP
        -- One line a share: a patient may have given two.
        INSERT INTO pj.audit_lines (kind, at, request_id, subject, actor, share_id, action, sections, from_date,
                                    to_date)
        VALUES ('journal', p_moment + v_count * interval '1 microsecond', p_request, v_share.pseudonym, v_pseudonym,
                v_share.id, 'overview', v_share.sections, v_share.from_date, v_share.to_date);
        v_count := v_count + 1;
        PERFORM sec.put_context(v_actor, v_share.patient_id, v_share.id, sec.moment());
        share_id := v_share.id;
        time_zone := v_share.zone;
        day_start_minute := v_share.start;
        journal_starts_on := sec.journal_start();
        pauses := v_share.pauses;
        open_from := v_share.from_date;
        open_to := v_share.to_date;
        -- A look at the list is no look into the journal, nor is what the patient withdraws.
        SELECT v.at, v.rev INTO looked_at, v_rev FROM pj.audit_lines v
        WHERE v.share_id = v_share.id AND v.actor = v_pseudonym AND v.kind = 'journal'
          AND v.outcome = 'granted' AND v.action NOT IN ('overview', 'responders') ORDER BY v.at DESC LIMIT 1;
        new_records := sec.count_news(v_share.sections, coalesce(v_rev, 0));
        SELECT max(e.journal_date),
               array_agg(DISTINCT e.journal_date::text) FILTER (WHERE e.journal_date > v_day - 16),
               max(e.journal_date) FILTER (WHERE e.red_flags <> '{}' AND e.journal_date > v_day - 30
                                           AND 'pain' = ANY (v_share.sections))
        INTO last_entry_on, entry_days, notice_on FROM pj.journal_entries e
        WHERE e.patient_id = v_share.patient_id AND e.deleted_at IS NULL;
        notice_on := greatest(notice_on, (SELECT max(v.journal_date) FROM pj.adverse_events v
            WHERE v.patient_id = v_share.patient_id AND v.deleted_at IS NULL AND v.serious
              AND v.journal_date > v_day - 30));
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
    PERFORM sec.put_context(v_actor, v_actor, NULL, sec.moment());
END $$;

-- == Frozen reports ==

-- The patient withdraws a frozen report that a practitioner holds. Answers whether there is such a report;
-- one that is withdrawn stays as it is, and has one line in the access log.
CREATE OR REPLACE FUNCTION sec.withdraw_report(p_report uuid, p_request uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
    -- Who comes second waits here, and then sees what the first has done.
    SELECT x.share_id, x.sections, x.from_date, x.to_date, x.withdrawn_at INTO r
    FROM pj.report_snapshots x
    WHERE x.patient_id = sec.actor() AND x.id = p_report AND x.share_id IS NOT NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF r.withdrawn_at IS NULL THEN
        UPDATE pj.report_snapshots x SET withdrawn_at = sec.moment(), inputs_hash = NULL, report = NULL
        WHERE x.patient_id = sec.actor() AND x.id = p_report;
        INSERT INTO pj.audit_lines (kind, at, request_id, subject, actor, share_id, action, sections, from_date,
                                    to_date)
        SELECT 'journal', sec.moment(), p_request, a.pseudonym, a.pseudonym, r.share_id, 'report_withdraw',
               r.sections, r.from_date, r.to_date
        FROM pj.accounts a WHERE a.id = sec.actor();
    END IF;
    RETURN true;
END $$;

-- == Guards ==

-- The plan of a guard is made once a connection, for as many rows as the first statement had. What is
-- grouped is worked off in the time of a sort whatever the plan expects; a join of rows was not.
CREATE OR REPLACE FUNCTION sec.guard_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT patient_id, max(rev) AS rev FROM fresh GROUP BY patient_id) n
               WHERE (n.rev <= (SELECT p.rev FROM pj.patients p WHERE p.patient_id = n.patient_id)) IS NOT TRUE) THEN
        RAISE EXCEPTION '%: a revision was not reserved', TG_TABLE_NAME USING ERRCODE = 'PJ500';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sec.guard_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT patient_id, max(rev) AS rev FROM fresh GROUP BY patient_id) n
               WHERE (n.rev <= (SELECT p.rev FROM pj.patients p WHERE p.patient_id = n.patient_id)) IS NOT TRUE)
        OR EXISTS (SELECT FROM (SELECT patient_id, id, rev AS later, NULL::bigint AS earlier FROM fresh
                                UNION ALL SELECT patient_id, id, NULL, rev FROM stale) pairs
                   GROUP BY patient_id, id HAVING (max(later) > max(earlier)) IS NOT TRUE) THEN
        RAISE EXCEPTION '%: a revision was not reserved', TG_TABLE_NAME USING ERRCODE = 'PJ500';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sec.guard_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: set deleted_at instead', TG_TABLE_NAME USING ERRCODE = 'PJ500';
END $$;

-- Beside the patient, others only count revisions. The hour that a day began at is remembered with the
-- moment of the change: days that were settled by it stay, and are judged by it. The last eight will do.
CREATE OR REPLACE FUNCTION sec.guard_patients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.day_start_minute, NEW.journal_starts_on, NEW.pauses)
        IS DISTINCT FROM (OLD.day_start_minute, OLD.journal_starts_on, OLD.pauses)
        AND NEW.patient_id IS DISTINCT FROM sec.actor() THEN
        RAISE EXCEPTION 'only the patient says when days, the journal and pauses begin' USING ERRCODE = 'PJ500';
    END IF;
    NEW.former_day_starts := OLD.former_day_starts;
    NEW.day_starts_until := OLD.day_starts_until;
    IF NEW.day_start_minute <> OLD.day_start_minute THEN
        NEW.former_day_starts :=
            (OLD.former_day_starts || OLD.day_start_minute)[greatest(1, cardinality(OLD.former_day_starts) - 6):];
        NEW.day_starts_until :=
            (OLD.day_starts_until || sec.moment())[greatest(1, cardinality(OLD.day_starts_until) - 6):];
    END IF;
    RETURN NEW;
END $$;

-- == The audit ==

-- A line stays as it is. While its transaction goes on it is not written yet, so that what was entered may be
-- refused after all.
CREATE OR REPLACE FUNCTION sec.guard_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_LEVEL = 'ROW' THEN
        IF OLD.written_in = pg_current_xact_id()::text::bigint AND NEW.outcome = 'refused'
            AND to_jsonb(NEW) - 'outcome' = to_jsonb(OLD) - 'outcome' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a % of the audit is neither changed nor deleted',
        CASE TG_TABLE_NAME WHEN 'audit_lines' THEN 'line' ELSE 'seal' END USING ERRCODE = 'PJ500';
END $$;

-- Whom a pseudonym stands for may be forgotten, and nothing else.
CREATE OR REPLACE FUNCTION sec.guard_pseudonym() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.pseudonym IS DISTINCT FROM OLD.pseudonym AND NEW.pseudonym IS NOT NULL THEN
        RAISE EXCEPTION 'a pseudonym stands for one account' USING ERRCODE = 'PJ500';
    END IF;
    RETURN NEW;
END $$;

-- Writes a line about an account, a share or the server, for a function of the owner. What is done by hand in the
-- database has the task `database`.
CREATE OR REPLACE FUNCTION sec.note_line(
    p_kind text, p_subject uuid, p_action text, p_detail text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_actor uuid := sec.actor();
BEGIN
    INSERT INTO pj.audit_lines (kind, at, subject, actor, task, action, detail)
    VALUES (p_kind, p_at, p_subject, (SELECT a.pseudonym FROM pj.accounts a WHERE a.id = v_actor),
            CASE WHEN v_actor IS NULL THEN coalesce(sec.task(), 'database') END, p_action, p_detail);
END $$;

CREATE OR REPLACE FUNCTION sec.audit_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM sec.note_line('account', NEW.pseudonym, 'account_open', NULL, NEW.created_at);
        RETURN NULL;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.pseudonym IS NOT NULL THEN
            PERFORM sec.note_line('account', OLD.pseudonym, 'account_erase', NULL, sec.moment());
        END IF;
        RETURN NULL;
    ELSIF OLD.pseudonym IS NULL THEN
        RETURN NULL;
    END IF;
    IF NEW.status <> OLD.status THEN
        PERFORM sec.note_line('account', OLD.pseudonym, 'account_status', NEW.status, sec.moment());
    END IF;
    IF NEW.password_hash <> OLD.password_hash THEN
        PERFORM sec.note_line('account', OLD.pseudonym, 'password_store', NULL, sec.moment());
    END IF;
    IF NEW.email <> OLD.email THEN
        PERFORM sec.note_line('account', OLD.pseudonym, 'address_change', NULL, sec.moment());
    END IF;
    IF NEW.roles <> OLD.roles THEN
        PERFORM sec.note_line('account', OLD.pseudonym, 'roles_change', array_to_string(NEW.roles, ' '), sec.moment());
    END IF;
    IF NEW.licence_verified_at IS DISTINCT FROM OLD.licence_verified_at THEN
        PERFORM sec.note_line('account', OLD.pseudonym, 'licence',
            CASE WHEN NEW.licence_verified_at IS NULL THEN 'unverified' ELSE 'verified' END, sec.moment());
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sec.audit_device() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_subject uuid := (SELECT a.pseudonym FROM pj.accounts a WHERE a.id = NEW.account_id);
BEGIN
    IF v_subject IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.authenticated_at IS DISTINCT FROM OLD.authenticated_at THEN
        PERFORM sec.note_line('account', v_subject, 'sign_in', NULL, NEW.authenticated_at);
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL THEN
        PERFORM sec.note_line('account', v_subject, 'sign_out', NEW.revoked_reason, NEW.revoked_at);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sec.audit_security_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_subject uuid := (SELECT a.pseudonym FROM pj.accounts a WHERE a.id = NEW.account_id);
BEGIN
    IF v_subject IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.times > OLD.times) THEN
        PERFORM sec.note_line('account', v_subject, 'security_event', NEW.kind, NEW.last_at);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sec.audit_share() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_actor uuid := sec.actor();
BEGIN
    INSERT INTO pj.audit_lines (kind, at, subject, actor, task, share_id, action, detail, sections, from_date, to_date)
    SELECT 'share', sec.moment(), a.pseudonym, (SELECT o.pseudonym FROM pj.accounts o WHERE o.id = v_actor),
           CASE WHEN v_actor IS NULL THEN coalesce(sec.task(), 'database') END, NEW.id,
           CASE WHEN TG_OP = 'INSERT' OR NEW.state <> OLD.state THEN 'share_' || NEW.state ELSE 'share_change' END,
           NEW.ended_by, NEW.sections, NEW.from_date, NEW.to_date
    FROM pj.accounts a WHERE a.id = NEW.patient_id AND a.pseudonym IS NOT NULL;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sec.audit_server() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'sync_state' THEN
        PERFORM sec.note_line('server', NULL, 'new_epoch', NULL, sec.moment());
    ELSIF TG_TABLE_NAME = 'keys' THEN
        PERFORM sec.note_line('server', NULL, 'master_secret',
            CASE WHEN NEW.gate_inside IS NULL THEN 'forgotten' ELSE 'put' END, sec.moment());
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM sec.note_line('server', NULL, 'signing_key', 'gone ' || OLD.kid, sec.moment());
    ELSE
        PERFORM sec.note_line('server', NULL, 'signing_key', NEW.state || ' ' || NEW.kid, sec.moment());
    END IF;
    RETURN NULL;
END $$;

-- == Sync ==

-- Keeps the answer to a key, and forgets the oldest ones: an account has 1,000 answers and 16 MiB of
-- them at most. Each counts for a thousandth of that at least, so that one sum holds both bounds.
CREATE OR REPLACE FUNCTION sec.keep_answer(p_key text, p_body_hash bytea, p_answer text, p_at timestamptz)
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

-- Forgets stored answers of all journals; the job that calls it has no context of its own.
CREATE OR REPLACE FUNCTION sec.forget_answers(p_before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    SELECT sec.demand_task('{forget}');
    WITH gone AS (DELETE FROM pj.sync_answers WHERE at < p_before RETURNING 1)
    SELECT count(*) FROM gone
$$;

-- Keeps refused records of the actor's own journal. The same refusal is kept once.
CREATE OR REPLACE FUNCTION sec.quarantine(
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
CREATE OR REPLACE FUNCTION sec.leave_quarantine(p_ids uuid[])
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

-- == Events and jobs ==

-- Writes an event down; whoever refreshes has no context yet. Answers whether the owner gets a mail:
-- at the first time, and for repeats at most once a day and device.
CREATE OR REPLACE FUNCTION sec.note_security_event(
    p_id uuid, p_device uuid, p_counter bigint, p_kind text, p_at timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    SELECT sec.demand_task('{refresh}');
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
CREATE OR REPLACE FUNCTION sec.forget_security_events(p_before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    SELECT sec.demand_task('{forget}');
    WITH gone AS (DELETE FROM pj.security_events WHERE last_at < p_before RETURNING 1)
    SELECT count(*) FROM gone
$$;

-- Forgets old jobs of all accounts; what they made stays. The caller has no context of its own.
CREATE OR REPLACE FUNCTION sec.forget_report_jobs(p_before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    SELECT sec.demand_task('{forget}');
    WITH gone AS (DELETE FROM pj.report_jobs WHERE asked_at < p_before RETURNING 1)
    SELECT count(*) FROM gone
$$;

-- == Collections ==

-- Walls, guards and the only two further indexes a record table gets.
CREATE OR REPLACE FUNCTION sec.install_collection(p_table name, p_sections text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE UNIQUE INDEX %I ON pj.%I (patient_id, rev)', p_table || '_by_rev', p_table);
    EXECUTE format('CREATE INDEX %I ON pj.%I (patient_id, journal_date, id)', p_table || '_by_day', p_table);
    EXECUTE format('ALTER TABLE pj.%I SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02,
                    autovacuum_vacuum_insert_scale_factor = 0.02)', p_table);
    EXECUTE format('ALTER TABLE pj.%I ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE pj.%I FORCE ROW LEVEL SECURITY', p_table);
    EXECUTE format('CREATE POLICY subject_reads ON pj.%I FOR SELECT USING (
            patient_id = (SELECT sec.subject())
            AND journal_date <@ (SELECT sec.open_days(%L)))', p_table, p_sections);
    EXECUTE format('CREATE POLICY patient_creates ON pj.%I FOR INSERT
            WITH CHECK (patient_id = (SELECT sec.actor()))', p_table);
    EXECUTE format('CREATE POLICY patient_changes ON pj.%I FOR UPDATE
            USING (patient_id = (SELECT sec.actor()))', p_table);
    EXECUTE format('CREATE TRIGGER guard_insert AFTER INSERT ON pj.%I
            REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION sec.guard_insert()', p_table);
    EXECUTE format('CREATE TRIGGER guard_update AFTER UPDATE ON pj.%I
            REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
            FOR EACH STATEMENT EXECUTE FUNCTION sec.guard_update()', p_table);
    EXECUTE format('CREATE TRIGGER guard_delete BEFORE DELETE OR TRUNCATE ON pj.%I
            FOR EACH STATEMENT EXECUTE FUNCTION sec.guard_delete()', p_table);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON pj.%I TO pj_app', p_table);
END $$;

-- Lets practitioners record in a collection. A record whose clinician_id is set is answered for by
-- that practitioner; one without belongs to the patient and may be taken on.
CREATE OR REPLACE FUNCTION sec.let_practitioners_record(p_table name, p_sections text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE pj.%I ADD COLUMN clinician_id uuid', p_table);
    EXECUTE format('CREATE POLICY practitioner_creates ON pj.%I FOR INSERT WITH CHECK (
            patient_id = (SELECT sec.subject()) AND clinician_id = (SELECT sec.actor())
            AND journal_date <@ (SELECT sec.recording_days(%L)))', p_table, p_sections);
    EXECUTE format('CREATE POLICY practitioner_changes ON pj.%I FOR UPDATE USING (
            patient_id = (SELECT sec.subject())
            AND (clinician_id IS NULL OR clinician_id = (SELECT sec.actor()))
            AND journal_date <@ (SELECT sec.recording_days(%L)))
            WITH CHECK (patient_id = (SELECT sec.subject()) AND clinician_id = (SELECT sec.actor())
            AND journal_date <@ (SELECT sec.recording_days(%L)))', p_table, p_sections, p_sections);
END $$;

-- A function is for nobody until it is named here. What is not: what only other functions and migrations call.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec FROM PUBLIC, pj_app, pj_operator;
GRANT EXECUTE ON FUNCTION
    sec.actor, sec.subject, sec.share, sec.moment,
    sec.open_days, sec.open_bits, sec.recording_days, sec.opens_all, sec.frozen_versions,
    sec.task, sec.task_email, sec.task_account, sec.stored_password, sec.keep_password, sec.change_password,
    sec.put_gate, sec.begin_task, sec.enter, sec.note_refusal, sec.open_journal,
    sec.journal_start, sec.redeem_share, sec.leave_share, sec.void_invitations, sec.overview,
    sec.shown_name, sec.shown_year_of_birth, sec.own_reference, sec.has_reference, sec.keep_reference,
    sec.guard_insert, sec.guard_update, sec.guard_delete, sec.guard_patients,
    sec.keep_answer, sec.forget_answers, sec.quarantine, sec.leave_quarantine,
    sec.note_security_event, sec.forget_security_events, sec.forget_report_jobs, sec.withdraw_report
TO pj_app;
GRANT EXECUTE ON FUNCTION sec.operate TO pj_operator;
RESET ROLE;
