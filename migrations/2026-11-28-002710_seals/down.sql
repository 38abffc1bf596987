SET LOCAL ROLE pj_owner;
DROP TABLE pj.audit_leaves, pj.audit_seals;
DROP POLICY sealer_reads ON pj.audit_lines;
REVOKE ALL ON pj.audit_lines FROM pj_sealer;
REVOKE USAGE ON SCHEMA pj FROM pj_sealer;
RESET ROLE;
