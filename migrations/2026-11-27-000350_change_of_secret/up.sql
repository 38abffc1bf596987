SET LOCAL ROLE pj_owner;

-- With another master secret no code of an invitation is found any longer. Those that are open are shown
-- as expired at once, so that the patient makes a new one. Shares that were redeemed hang on no code.
CREATE FUNCTION sec.void_invitations(p_moment timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.confine();
    WITH void AS (
        UPDATE pj.shares s SET code_hash = NULL, code_expires_at = p_moment, version = s.version + 1
        WHERE s.state = 'invited' AND s.code_expires_at > p_moment
        RETURNING 1)
    SELECT count(*) FROM void
$$;
REVOKE ALL ON FUNCTION sec.void_invitations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.void_invitations TO pj_app;
RESET ROLE;
