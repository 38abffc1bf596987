-- Whether a share lets its practitioner record is asked of sec.recording_days, and a refusal is noted as every other.
SET LOCAL ROLE pj_owner;
DROP FUNCTION IF EXISTS sec.begin_recording(text[], uuid);
RESET ROLE;
