SET LOCAL ROLE pj_owner;
DROP POLICY own_functions ON pj.record_history;
DROP INDEX pj.access_events_looks;
ALTER TABLE pj.access_events DROP COLUMN rev;
-- The functions of the version before make it again.
DROP FUNCTION IF EXISTS sec.overview(timestamptz, uuid), sec.count_news(text[], bigint);
RESET ROLE;
