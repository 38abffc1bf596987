SET LOCAL ROLE pj_owner;

-- The sections in which an entry says something, as the bits of src/sections.rs. A share shows an entry only
-- where it opens one of them: that there is an entry which says nothing more would tell of a closed section.
-- Of notes only those speak that the patient shares.
ALTER TABLE pj.journal_entries ADD COLUMN speaks smallint NOT NULL GENERATED ALWAYS AS (
    CASE WHEN num_nonnulls(pain_now, pain_average, pain_worst, pain_least, pain_free_day, interference, mood,
                           energy, stress, stiffness, morning_stiffness_minutes) > 0
              OR sites <> '[]' OR relief <> '[]' OR triggers <> '{}' OR red_flags <> '{}'
         THEN 1 ELSE 0 END
    + CASE WHEN num_nonnulls(walking_minutes, steps, sitting_tolerance_minutes, standing_tolerance_minutes,
                             work_impact, work_minutes_lost) > 0 THEN 4 ELSE 0 END
    + CASE WHEN medication_taken IS NOT NULL THEN 8 ELSE 0 END
    + CASE WHEN treatment_session_id IS NOT NULL OR kind IN ('pre_session', 'post_session', 'post_24h')
           THEN 16 ELSE 0 END
    + CASE WHEN note_shared IS TRUE AND num_nonnulls(note, trigger_note) > 0 THEN 128 ELSE 0 END) STORED;

-- The bits of the sections that the transaction's actor may see; all of them, and one more, for the patient,
-- who sees entries that say nothing, too.
CREATE FUNCTION sec.open_bits() RETURNS smallint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN 0;
END $$;
ALTER POLICY subject_reads ON pj.journal_entries USING (
    patient_id = (SELECT sec.subject())
    AND journal_date <@ (SELECT sec.open_days('{pain,mobility,medication,notes}'))
    AND (speaks | 256) & (SELECT sec.open_bits()) <> 0);
RESET ROLE;
