SET LOCAL ROLE pj_owner;
DROP FUNCTION IF EXISTS sec.note_refusal(uuid);

-- The earlier version would show these lines as those of a practitioner with the share.
ALTER TABLE pj.access_events NO FORCE ROW LEVEL SECURITY;
DELETE FROM pj.access_events WHERE stranger;
ALTER TABLE pj.access_events FORCE ROW LEVEL SECURITY;
DROP INDEX pj.access_events_of_strangers;
ALTER TABLE pj.access_events DROP COLUMN stranger;
RESET ROLE;
