SET LOCAL ROLE pj_owner;
DROP POLICY own_functions ON pj.report_snapshots;
DROP FUNCTION IF EXISTS sec.frozen_versions;
ALTER POLICY reader_reads ON pj.report_snapshots USING (
    patient_id = (SELECT sec.subject()) AND share_id IS NOT DISTINCT FROM (SELECT sec.share())
    AND sec.opens_all(sections, from_date, to_date));
ALTER POLICY reader_creates ON pj.report_snapshots WITH CHECK (
    patient_id = (SELECT sec.subject()) AND share_id IS NOT DISTINCT FROM (SELECT sec.share())
    AND made_by = (SELECT sec.actor()) AND sec.opens_all(sections, from_date, to_date));
ALTER TABLE pj.report_snapshots DROP COLUMN read_from, DROP COLUMN read_to;
RESET ROLE;
