SET LOCAL ROLE pj_owner;

-- Tries of a practitioner who has no part in the share. Nobody can fill a patient's access log with them: of
-- each one's at each share, one line an hour is kept.
ALTER TABLE pj.access_events ADD COLUMN stranger boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX access_events_of_strangers
    ON pj.access_events (share_id, actor_id, date_trunc('hour', at AT TIME ZONE 'UTC')) WHERE stranger;
RESET ROLE;
