-- What sec.enter answers has one member more: the newest day of an entry. functions.sql makes it again.
SET LOCAL ROLE pj_owner;
DROP FUNCTION IF EXISTS sec.enter(uuid, uuid, bigint, timestamptz, uuid, text, text[], date, date, uuid, boolean);
RESET ROLE;
