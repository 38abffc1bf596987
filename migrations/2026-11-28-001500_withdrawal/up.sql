SET LOCAL ROLE pj_owner;

-- The patient takes back a frozen report that a practitioner holds: what it says and the hash of what it was
-- made of go, that there was one stays. The patient's own are never withdrawn.
ALTER TABLE pj.report_snapshots
    ADD COLUMN withdrawn_at timestamptz,
    ALTER COLUMN inputs_hash DROP NOT NULL,
    ALTER COLUMN report DROP NOT NULL,
    ADD CONSTRAINT report_snapshots_withdrawn CHECK (
        num_nonnulls(inputs_hash, report) = CASE WHEN withdrawn_at IS NULL THEN 2 ELSE 0 END),
    ADD CONSTRAINT report_snapshots_own_stays CHECK (withdrawn_at IS NULL OR share_id IS NOT NULL);

-- The patient reads what others hold of the own journal, whatever their shares open now. Only the owner's
-- function withdraws, and it can change a report to nothing but a withdrawn one.
CREATE POLICY patient_reads ON pj.report_snapshots FOR SELECT USING (
    patient_id = (SELECT sec.actor()) AND patient_id = (SELECT sec.subject()) AND share_id IS NOT NULL);
CREATE POLICY patient_withdraws ON pj.report_snapshots FOR UPDATE TO pj_owner
    USING (patient_id = (SELECT sec.actor()) AND share_id IS NOT NULL)
    WITH CHECK (patient_id = (SELECT sec.actor()) AND withdrawn_at IS NOT NULL);
RESET ROLE;
