DO $$
BEGIN
    IF to_regclass('public.__diesel_schema_migrations') IS NOT NULL THEN
        REVOKE SELECT ON public.__diesel_schema_migrations FROM pj_app;
        ALTER TABLE public.__diesel_schema_migrations OWNER TO CURRENT_USER;
    END IF;
END $$;
SET LOCAL ROLE pj_owner;
DROP TABLE pj.write_probe;
DO $do$
DECLARE
    entry record;
BEGIN
    FOR entry IN
        SELECT pg_get_functiondef(p.oid) AS definition FROM pg_proc p
        WHERE p.pronamespace = 'sec'::regnamespace AND p.prosecdef AND p.provolatile = 'v'
          AND has_function_privilege('pj_app', p.oid, 'EXECUTE')
    LOOP
        EXECUTE regexp_replace(replace(entry.definition, E'    SELECT sec.confine();\n', ''),
            '\nBEGIN\n    IF current_setting[^;]*PERFORM sec.refuse_session\(\);\n    END IF;\n', E'\nBEGIN\n');
    END LOOP;
END $do$;
DROP FUNCTION sec.confine, sec.refuse_session;
RESET ROLE;
