SET LOCAL ROLE pj_owner;

-- The revision that the journal had when somebody looked: what came later is new to them. The moments of records
-- will not do, since the phone says them.
ALTER TABLE pj.access_events ADD COLUMN rev bigint;

-- The last look through a share, however many lists of patients came after it.
CREATE INDEX access_events_looks ON pj.access_events (share_id, at)
    WHERE outcome = 'granted' AND action NOT IN ('overview', 'responders');

-- Of a look that was before, the history knows the revision.
ALTER TABLE pj.record_history NO FORCE ROW LEVEL SECURITY;
UPDATE pj.access_events e
SET rev = coalesce((SELECT max(h.rev) FROM pj.record_history h
                    WHERE h.patient_id = e.patient_id AND h.received_at <= e.at), 0)
FROM (SELECT share_id, actor_id, max(at) AS at FROM pj.access_events
      WHERE outcome = 'granted' AND action NOT IN ('overview', 'responders') GROUP BY share_id, actor_id) last
WHERE e.share_id = last.share_id AND e.actor_id = last.actor_id AND e.at = last.at
  AND e.outcome = 'granted' AND e.action NOT IN ('overview', 'responders');
ALTER TABLE pj.record_history FORCE ROW LEVEL SECURITY;

-- The owner's functions see what was changed in the journal that a request has entered, and nobody else's.
CREATE POLICY own_functions ON pj.record_history FOR SELECT TO pj_owner
    USING (patient_id = (SELECT sec.subject()) AND (SELECT sec.actor()) IS NOT NULL);

-- It answers other columns from now on.
DROP FUNCTION IF EXISTS sec.overview(timestamptz, uuid);
RESET ROLE;
