-- Two roles: pj_owner owns every table and function, pj_app is what the server's pool runs as.
-- Roles belong to the whole cluster, so another database of the same cluster may have made them.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pj_owner') THEN
        CREATE ROLE pj_owner NOLOGIN NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pj_app') THEN
        CREATE ROLE pj_app NOLOGIN NOBYPASSRLS;
    END IF;
    IF NOT pg_has_role(current_user, 'pj_owner', 'USAGE') THEN
        EXECUTE format('GRANT pj_owner TO %I', current_user);
    END IF;
    IF NOT pg_has_role(current_user, 'pj_app', 'USAGE') THEN
        EXECUTE format('GRANT pj_app TO %I', current_user);
    END IF;
END $$;

CREATE SCHEMA pj AUTHORIZATION pj_owner;
CREATE SCHEMA sec AUTHORIZATION pj_owner;
GRANT USAGE ON SCHEMA pj, sec TO pj_app;

SET LOCAL ROLE pj_owner;

-- The context of a transaction: who acts, on whose journal, through which share, at what time.
-- sec.enter sets it with set_config(.., is_local => true), so it ends with the transaction.
CREATE FUNCTION sec.actor() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.actor_id', true), '')::uuid $$;
CREATE FUNCTION sec.subject() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.subject_id', true), '')::uuid $$;
CREATE FUNCTION sec.share() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.share_id', true), '')::uuid $$;
CREATE FUNCTION sec.moment() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(nullif(current_setting('app.moment', true), '')::timestamptz, now()) $$;
RESET ROLE;
