-- The role stays: another database of the same cluster may use it.
SET LOCAL ROLE pj_owner;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec FROM pj_operator;
REVOKE USAGE ON SCHEMA sec FROM pj_operator;
RESET ROLE;
