-- Who seals the audit: a role of a process of its own, which reads lines and adds seals, and does nothing else.
-- Roles belong to the whole cluster, so another database of the same cluster may have made it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pj_sealer') THEN
        CREATE ROLE pj_sealer NOLOGIN NOBYPASSRLS;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role pj_sealer is missing; run as a superuser: CREATE ROLE pj_sealer NOLOGIN';
END $$;

SET LOCAL ROLE pj_owner;

-- A seal is a signed statement about lines: see docs/decisions/0063. Its head is the text that was signed; the other
-- columns stand in it, and are here for looking up.
CREATE TABLE pj.audit_seals (
    number         bigint PRIMARY KEY,
    head           text NOT NULL,
    signature      bytea NOT NULL,
    sealed_at      timestamptz NOT NULL,
    highest        bigint NOT NULL,     -- the highest line that is sealed with it
    snapshot_xmin  bigint NOT NULL,     -- every transaction below was over
    transaction    bigint NOT NULL      -- the one that it was made in
);

-- The lines of a seal, each with its hash, in their order.
CREATE TABLE pj.audit_leaves (
    line      bigint PRIMARY KEY,
    seal      bigint NOT NULL REFERENCES pj.audit_seals,
    position  integer NOT NULL,
    hash      bytea NOT NULL,
    CONSTRAINT audit_leaves_once UNIQUE (seal, position)
);

ALTER TABLE pj.audit_seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.audit_seals FORCE ROW LEVEL SECURITY;
ALTER TABLE pj.audit_leaves ENABLE ROW LEVEL SECURITY;
ALTER TABLE pj.audit_leaves FORCE ROW LEVEL SECURITY;
CREATE POLICY own_functions ON pj.audit_seals TO pj_owner USING (true);
CREATE POLICY own_functions ON pj.audit_leaves TO pj_owner USING (true);
CREATE POLICY sealer_reads ON pj.audit_lines FOR SELECT TO pj_sealer USING (true);
CREATE POLICY sealer_reads ON pj.audit_seals FOR SELECT TO pj_sealer USING (true);
CREATE POLICY sealer_reads ON pj.audit_leaves FOR SELECT TO pj_sealer USING (true);
CREATE POLICY sealer_adds ON pj.audit_seals FOR INSERT TO pj_sealer WITH CHECK (true);
CREATE POLICY sealer_adds ON pj.audit_leaves FOR INSERT TO pj_sealer WITH CHECK (true);
-- Who has signed in may see how a line is sealed. Seals and hashes say nothing of anybody.
CREATE POLICY caller_reads ON pj.audit_seals FOR SELECT TO pj_app USING ((SELECT sec.actor()) IS NOT NULL);
CREATE POLICY caller_reads ON pj.audit_leaves FOR SELECT TO pj_app USING ((SELECT sec.actor()) IS NOT NULL);
GRANT SELECT ON pj.audit_seals, pj.audit_leaves TO pj_app;
GRANT USAGE ON SCHEMA pj TO pj_sealer;
GRANT SELECT ON pj.audit_lines TO pj_sealer;
GRANT SELECT, INSERT ON pj.audit_seals, pj.audit_leaves TO pj_sealer;

CREATE TRIGGER guard_change BEFORE UPDATE OR DELETE OR TRUNCATE ON pj.audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION sec.guard_audit();
CREATE TRIGGER guard_change BEFORE UPDATE OR DELETE OR TRUNCATE ON pj.audit_leaves
    FOR EACH STATEMENT EXECUTE FUNCTION sec.guard_audit();
ALTER TABLE pj.audit_seals ENABLE ALWAYS TRIGGER guard_change;
ALTER TABLE pj.audit_leaves ENABLE ALWAYS TRIGGER guard_change;
RESET ROLE;
