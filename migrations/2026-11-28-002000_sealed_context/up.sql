SET LOCAL ROLE pj_owner;

-- The keys of the second wall, as HMAC uses them: 64 bytes inside, 64 outside. `gate` is the server's, derived
-- from its master secret and put here by the first server that starts: what it asks for is proved with it.
-- `seal` is the database's own: it marks a context that sec.enter has made. Nobody but pj_owner reads either.
CREATE TABLE sec.keys (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    gate_inside bytea CHECK (octet_length(gate_inside) = 64),
    gate_outside bytea CHECK (octet_length(gate_outside) = 64),
    seal_inside bytea NOT NULL CHECK (octet_length(seal_inside) = 64),
    seal_outside bytea NOT NULL CHECK (octet_length(seal_outside) = 64),
    CHECK ((gate_inside IS NULL) = (gate_outside IS NULL))
);
REVOKE ALL ON sec.keys FROM PUBLIC;

DO $$
DECLARE
    v_key bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        || decode(repeat('00', 32), 'hex');
    v_inside bytea := v_key;
    v_outside bytea := v_key;
BEGIN
    FOR i IN 0..63 LOOP
        v_inside := set_byte(v_inside, i, get_byte(v_key, i) # 54);
        v_outside := set_byte(v_outside, i, get_byte(v_key, i) # 92);
    END LOOP;
    INSERT INTO sec.keys (seal_inside, seal_outside) VALUES (v_inside, v_outside);
END $$;

-- The subject alone opens nothing: somebody must act, which is sealed.
ALTER POLICY subject_reads ON pj.patients
    USING (patient_id = (SELECT sec.subject()) AND (SELECT sec.actor()) IS NOT NULL);

-- It takes a proof from now on.
DROP FUNCTION IF EXISTS sec.enter(uuid, uuid, bigint, timestamptz, uuid, text, text[], date, date, uuid, boolean);
RESET ROLE;
