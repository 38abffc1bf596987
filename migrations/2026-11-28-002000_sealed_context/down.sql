SET LOCAL ROLE pj_owner;
DROP FUNCTION IF EXISTS
    sec.enter(uuid, uuid, bigint, timestamptz, uuid, text, text[], date, date, uuid, boolean, bytea),
    sec.put_gate(bytea, bytea, bytea), sec.put_context(uuid, uuid, uuid, timestamptz), sec.seal(), sec.refuse_proof();
ALTER POLICY subject_reads ON pj.patients USING (patient_id = (SELECT sec.subject()));
DROP TABLE sec.keys;
RESET ROLE;
