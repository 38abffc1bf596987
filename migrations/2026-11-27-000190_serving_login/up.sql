-- The server logs in as a role that is a member of pj_app and of nothing else. Whatever opens or changes
-- something with the owner's rights fails closed in a session that could rise above pj_app: one of a
-- superuser or of a member of pj_owner, whatever role it has set. In such a function the current user
-- is the owner; the setting and the login tell who called. When it connects, the server looks at
-- its login more closely than this.
SET LOCAL ROLE pj_owner;

CREATE FUNCTION sec.refuse_session() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the session of % has more rights than pj_app', session_user USING ERRCODE = 'PJ501';
END $$;

CREATE FUNCTION sec.confine() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
END $$;
REVOKE ALL ON FUNCTION sec.refuse_session, sec.confine FROM PUBLIC;

-- The first line of every function with the owner's rights that pj_app may call and that changes
-- something. In plpgsql the question stands in place, where it costs a microsecond: sec.enter is called
-- by every request.
DO $do$
DECLARE
    inline text := $line$    IF current_setting('role') NOT IN ('none', 'pj_app') OR pg_has_role(session_user, 'pj_owner', 'MEMBER') THEN
        PERFORM sec.refuse_session();
    END IF;
$line$;
    entry record;
    closed text;
BEGIN
    FOR entry IN
        SELECT p.oid, pg_get_functiondef(p.oid) AS definition FROM pg_proc p
        WHERE p.pronamespace = 'sec'::regnamespace AND p.prosecdef AND p.provolatile = 'v'
          AND has_function_privilege('pj_app', p.oid, 'EXECUTE')
    LOOP
        IF entry.definition LIKE E'%\n LANGUAGE sql\n%' THEN
            closed := replace(entry.definition, E'\nAS $function$\n',
                              E'\nAS $function$\n    SELECT sec.confine();\n');
        ELSE
            closed := regexp_replace(entry.definition, '\nBEGIN\n', E'\nBEGIN\n' || inline);
        END IF;
        IF closed = entry.definition THEN
            RAISE EXCEPTION '% was not closed', entry.oid::regprocedure;
        END IF;
        EXECUTE closed;
    END LOOP;
END $do$;

-- What a start looks at to tell whether a write would be taken.
CREATE TABLE pj.write_probe (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    at timestamptz NOT NULL
);
INSERT INTO pj.write_probe (at) VALUES (now());
GRANT SELECT, UPDATE (at) ON pj.write_probe TO pj_app;
RESET ROLE;

-- The list of migrations belongs to the owner like everything else, so that a dump names no login;
-- the server reads it to see whether it may start.
DO $$
BEGIN
    IF to_regclass('public.__diesel_schema_migrations') IS NOT NULL THEN
        GRANT CREATE ON SCHEMA public TO pj_owner;
        ALTER TABLE public.__diesel_schema_migrations OWNER TO pj_owner;
        REVOKE CREATE ON SCHEMA public FROM pj_owner;
        GRANT SELECT ON public.__diesel_schema_migrations TO pj_app;
    END IF;
END $$;
