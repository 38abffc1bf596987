SET LOCAL ROLE pj_owner;

-- The first and the last day of all that was read for a frozen report, within what its share opened then: goals
-- and plans reach back to the first day, visits half a year ahead. Who does not open that any more does not
-- show what was made of it. Of a report that is kept already nobody knows; the share's terms tell where they
-- were never changed, and else it may have been anything.
ALTER TABLE pj.report_snapshots
    ADD COLUMN read_from date NOT NULL DEFAULT '0001-01-01',
    ADD COLUMN read_to date NOT NULL DEFAULT '9999-12-31';
ALTER TABLE pj.report_snapshots NO FORCE ROW LEVEL SECURITY;
ALTER TABLE pj.shares NO FORCE ROW LEVEL SECURITY;
UPDATE pj.report_snapshots r
SET read_from = coalesce(s.from_date, r.read_from), read_to = coalesce(s.to_date, r.to_date + 183)
FROM pj.shares s WHERE s.id = r.share_id AND s.state = 'active' AND s.version = 3;
ALTER TABLE pj.shares FORCE ROW LEVEL SECURITY;
ALTER TABLE pj.report_snapshots FORCE ROW LEVEL SECURITY;

ALTER POLICY reader_reads ON pj.report_snapshots USING (
    patient_id = (SELECT sec.subject()) AND share_id IS NOT DISTINCT FROM (SELECT sec.share())
    AND sec.opens_all(sections, read_from, read_to));
ALTER POLICY reader_creates ON pj.report_snapshots WITH CHECK (
    patient_id = (SELECT sec.subject()) AND share_id IS NOT DISTINCT FROM (SELECT sec.share())
    AND made_by = (SELECT sec.actor()) AND read_from <= from_date AND to_date <= read_to
    AND sec.opens_all(sections, read_from, read_to));

-- Versions that are out of reach keep their numbers: a function counts them.
CREATE POLICY own_functions ON pj.report_snapshots FOR SELECT TO pj_owner USING (true);
RESET ROLE;
