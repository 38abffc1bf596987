SET LOCAL ROLE pj_owner;

-- Two more sections, and the permission to record.
ALTER TABLE pj.shares
    ADD COLUMN may_record boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT shares_sections_known,
    ADD CONSTRAINT shares_sections_known CHECK (sections
        <@ '{pain,sleep,mobility,medication,treatment,assessments,goals,notes}' AND sections <> '{}');
GRANT UPDATE (may_record) ON pj.shares TO pj_app;

CREATE OR REPLACE FUNCTION sec.operate(p_patient uuid, p_action text, p_moment timestamptz, p_request uuid)
RETURNS TABLE (day_start_minute smallint, enrolled_on date, rev bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pj.access_events (patient_id, at, request_id, action, sections, outcome)
    VALUES (p_patient, p_moment, p_request, p_action,
            '{assessments,goals,medication,mobility,notes,pain,sleep,treatment}', 'granted');
    PERFORM set_config('app.actor_id', p_patient::text, true),
            set_config('app.subject_id', p_patient::text, true),
            set_config('app.moment', p_moment::text, true);
    RETURN QUERY SELECT x.day_start_minute, x.enrolled_on, x.rev
    FROM pj.patients x WHERE x.patient_id = p_patient FOR NO KEY UPDATE;
END $$;

-- The journal days on which the transaction's actor may record for the subject; null for none. Like
-- sec.open_days, it looks the share up again.
CREATE FUNCTION sec.recording_days(p_sections text[]) RETURNS daterange
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT daterange(s.from_date, s.to_date, '[]') FROM pj.shares s
            WHERE s.id = sec.share() AND s.practitioner_id = sec.actor()
              AND s.patient_id = sec.subject() AND s.state = 'active' AND s.may_record
              AND s.expires_at > sec.moment() AND s.sections && p_sections);
END $$;

-- Begins to record: answers the patient, or nothing where the share does not allow it, and then notes
-- in the access log that the try was refused.
CREATE FUNCTION sec.begin_recording(p_sections text[], p_request uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF sec.recording_days(p_sections) IS NOT NULL THEN
        RETURN sec.subject();
    END IF;
    UPDATE pj.access_events SET outcome = 'refused'
    WHERE patient_id = sec.subject() AND at = sec.moment() AND request_id = p_request;
    RETURN NULL;
END $$;

-- Beside the patient, others only count revisions.
CREATE FUNCTION sec.guard_patients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.day_start_minute <> OLD.day_start_minute AND NEW.patient_id IS DISTINCT FROM sec.actor() THEN
        RAISE EXCEPTION 'only the patient sets the start of the day' USING ERRCODE = 'PJ500';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_patients BEFORE UPDATE OF day_start_minute ON pj.patients
    FOR EACH ROW EXECUTE FUNCTION sec.guard_patients();

-- A practitioner takes revisions and leaves history in a journal he may record in.
CREATE POLICY practitioner_counts ON pj.patients FOR UPDATE USING (
    patient_id = (SELECT sec.subject())
    AND (SELECT sec.recording_days('{pain,treatment}')) IS NOT NULL);
CREATE POLICY practitioner_creates ON pj.record_history FOR INSERT WITH CHECK (
    patient_id = (SELECT sec.subject()) AND actor_id = (SELECT sec.actor())
    AND (SELECT sec.recording_days('{pain,treatment}')) IS NOT NULL);

-- Lets practitioners record in a collection. A record whose clinician_id is set is answered for by
-- that practitioner; one without belongs to the patient and may be taken on.
CREATE FUNCTION sec.let_practitioners_record(p_table name, p_sections text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE pj.%I ADD COLUMN clinician_id uuid', p_table);
    EXECUTE format('CREATE POLICY practitioner_creates ON pj.%I FOR INSERT WITH CHECK (
            patient_id = (SELECT sec.subject()) AND clinician_id = (SELECT sec.actor())
            AND journal_date <@ (SELECT sec.recording_days(%L)))', p_table, p_sections);
    EXECUTE format('CREATE POLICY practitioner_changes ON pj.%I FOR UPDATE USING (
            patient_id = (SELECT sec.subject())
            AND (clinician_id IS NULL OR clinician_id = (SELECT sec.actor()))
            AND journal_date <@ (SELECT sec.recording_days(%L)))
            WITH CHECK (patient_id = (SELECT sec.subject()) AND clinician_id = (SELECT sec.actor())
            AND journal_date <@ (SELECT sec.recording_days(%L)))', p_table, p_sections, p_sections);
END $$;

SELECT sec.let_practitioners_record('treatment_sessions', '{treatment}');

REVOKE ALL ON FUNCTION sec.recording_days, sec.begin_recording, sec.let_practitioners_record,
    sec.guard_patients FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.recording_days, sec.begin_recording, sec.guard_patients TO pj_app;
RESET ROLE;
