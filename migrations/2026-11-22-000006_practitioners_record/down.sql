SET LOCAL ROLE pj_owner;
DROP POLICY practitioner_creates ON pj.treatment_sessions;
DROP POLICY practitioner_changes ON pj.treatment_sessions;
ALTER TABLE pj.treatment_sessions DROP COLUMN clinician_id;
DROP POLICY practitioner_counts ON pj.patients;
DROP POLICY practitioner_creates ON pj.record_history;
DROP TRIGGER guard_patients ON pj.patients;
DROP FUNCTION sec.let_practitioners_record, sec.recording_days, sec.guard_patients;
DROP FUNCTION IF EXISTS sec.begin_recording;
-- Shares that only opened the two newer sections cannot be kept; they end.
UPDATE pj.shares SET state = 'ended', ended_at = now(), ended_by = 'patient', sections = '{pain}'
WHERE sections <@ '{assessments,goals}';
UPDATE pj.shares SET sections = array_remove(array_remove(sections, 'assessments'), 'goals');
ALTER TABLE pj.shares
    DROP COLUMN may_record,
    DROP CONSTRAINT shares_sections_known,
    ADD CONSTRAINT shares_sections_known
        CHECK (sections <@ '{pain,sleep,mobility,medication,treatment,notes}' AND sections <> '{}');
CREATE OR REPLACE FUNCTION sec.operate(p_patient uuid, p_action text, p_moment timestamptz, p_request uuid)
RETURNS TABLE (day_start_minute smallint, enrolled_on date, rev bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pj.access_events (patient_id, at, request_id, action, sections, outcome)
    VALUES (p_patient, p_moment, p_request, p_action,
            '{medication,mobility,notes,pain,sleep,treatment}', 'granted');
    PERFORM set_config('app.actor_id', p_patient::text, true),
            set_config('app.subject_id', p_patient::text, true),
            set_config('app.moment', p_moment::text, true);
    RETURN QUERY SELECT x.day_start_minute, x.enrolled_on, x.rev
    FROM pj.patients x WHERE x.patient_id = p_patient FOR NO KEY UPDATE;
END $$;
RESET ROLE;
