-- What the operator does at the command line is for logins of this role, which the one that serves is no member of.
-- Roles belong to the whole cluster, so another database of the same cluster may have made it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pj_operator') THEN
        CREATE ROLE pj_operator NOLOGIN NOBYPASSRLS;
    END IF;
END $$;
SET LOCAL ROLE pj_owner;
GRANT USAGE ON SCHEMA sec TO pj_operator;
RESET ROLE;
