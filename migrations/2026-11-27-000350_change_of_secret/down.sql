SET LOCAL ROLE pj_owner;
DROP FUNCTION sec.void_invitations;
RESET ROLE;
