SET LOCAL ROLE pj_owner;
DROP FUNCTION IF EXISTS sec.withdraw_report(uuid, uuid);
DROP POLICY patient_withdraws ON pj.report_snapshots;
DROP POLICY patient_reads ON pj.report_snapshots;

-- The earlier version knows no report without content.
ALTER TABLE pj.report_snapshots NO FORCE ROW LEVEL SECURITY;
DELETE FROM pj.report_snapshots WHERE withdrawn_at IS NOT NULL;
ALTER TABLE pj.report_snapshots FORCE ROW LEVEL SECURITY;
ALTER TABLE pj.report_snapshots
    DROP CONSTRAINT report_snapshots_withdrawn,
    DROP CONSTRAINT report_snapshots_own_stays,
    DROP COLUMN withdrawn_at,
    ALTER COLUMN inputs_hash SET NOT NULL,
    ALTER COLUMN report SET NOT NULL;
RESET ROLE;
