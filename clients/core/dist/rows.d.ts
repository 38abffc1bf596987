/** A journal entry: one moment or one day of self-report. On the sync wire every value is flat. */
export interface JournalEntryRow {
    id: string;
    /** The journal day it belongs to. A daily entry may name its day; otherwise it is settled from the moment: the day starts at 04:00 on the phone's clock unless the patient set another hour. */
    journal_date: string;
    /** What the entry is about. What an entry is about. One of: `daily`, `momentary`, `pre_session`, `post_session`, `post_24h`. Read an unknown value as "other". */
    kind: string;
    /** Milliseconds since 1970. */
    effective_at: number;
    /** The time zone the phone was in. An IANA time zone name. */
    time_zone: string;
    /** Minutes east of UTC the phone's clock was set to; settled from the zone when left out. Where it disagrees with the zone both are kept and the phone's clock decides the day. */
    utc_offset_minutes: number;
    /** Milliseconds since 1970. */
    recorded_at: number | null;
    /** Pain at this moment, 0 to 10. */
    pain_now: number | null;
    /** Average pain of the day, 0 to 10. */
    pain_average: number | null;
    /** Worst pain of the day, 0 to 10. */
    pain_worst: number | null;
    /** Least pain of the day, 0 to 10. */
    pain_least: number | null;
    /** The patient says that the day was free of pain. */
    pain_free_day: boolean | null;
    /** How much pain got in the way, 0 not at all to 10 completely. */
    interference: number | null;
    /** A list, as JSON text. */
    sites: string;
    /** A list, as JSON text. */
    triggers: string;
    /** A trigger in the patient's own words. */
    trigger_note: string | null;
    /** A list, as JSON text. */
    relief: string;
    /** Mood, 0 worst to 10 best. */
    mood: number | null;
    /** Energy, 0 none to 10 full. */
    energy: number | null;
    /** Stress, 0 none to 10 most. */
    stress: number | null;
    /** Stiffness, 0 none to 10 most. */
    stiffness: number | null;
    /** How long the morning stiffness lasted, in minutes. */
    morning_stiffness_minutes: number | null;
    /** Walking, in minutes. */
    walking_minutes: number | null;
    /** Steps of the day. */
    steps: number | null;
    /** How long sitting was bearable, in minutes. */
    sitting_tolerance_minutes: number | null;
    /** How long standing was bearable, in minutes. */
    standing_tolerance_minutes: number | null;
    /** What the pain did to the working day. What the pain did to the working day. One of: `none`, `reduced`, `missed`. Read an unknown value as "other". */
    work_impact: string | null;
    /** Working time lost, in minutes. */
    work_minutes_lost: number | null;
    /** Was any medication taken? Null means unknown. */
    medication_taken: boolean | null;
    /** A note in the patient's own words. */
    note: string | null;
    /** May readers of a share that opens notes see the note and the trigger note? */
    note_shared: boolean | null;
    /** The treatment session it belongs to. */
    treatment_session_id: string | null;
    /** By the clock of the device, milliseconds since 1970. */
    created_at: number;
    /** By the clock of the device, milliseconds since 1970. */
    updated_at: number;
}
/** A sleep record: one night, belonging to the journal day of waking. On the sync wire every value is flat. */
export interface SleepRecordRow {
    id: string;
    /** The journal day of waking; settled from `rise_at`, required where that is unknown. */
    journal_date: string;
    /** Milliseconds since 1970. */
    bed_at: number | null;
    /** Milliseconds since 1970. */
    rise_at: number | null;
    /** The time zone the phone was in on rising. An IANA time zone name. */
    time_zone: string;
    /** Minutes east of UTC on rising; settled from the zone when left out. */
    utc_offset_minutes: number;
    /** Milliseconds since 1970. */
    recorded_at: number | null;
    /** From lights out to sleep, in minutes. */
    sleep_onset_latency_minutes: number | null;
    /** Awake between falling asleep and the last waking, in minutes. */
    wake_after_sleep_onset_minutes: number | null;
    /** From the last waking to rising, in minutes. */
    terminal_wake_minutes: number | null;
    /** How often the patient woke. */
    awakenings: number | null;
    /** How good the sleep was, 0 worst to 10 best. */
    quality: number | null;
    /** Did pain wake the patient? */
    woken_by_pain: boolean | null;
    /** Sleep as estimated by the patient, in minutes, where the times are unknown. */
    reported_sleep_minutes: number | null;
    /** By the clock of the device, milliseconds since 1970. */
    created_at: number;
    /** By the clock of the device, milliseconds since 1970. */
    updated_at: number;
}
/** A treatment session: a visit planned, attended, missed or cancelled. On the sync wire every value is flat. */
export interface TreatmentSessionRow {
    id: string;
    /** The journal day it starts on; settled from `starts_at`. */
    journal_date: string;
    /** What became of it. What became of a visit. One of: `planned`, `attended`, `missed`, `cancelled_patient`, `cancelled_clinic`. Read an unknown value as "other". */
    status: string;
    /** What it is for. What a visit is for. One of: `consultation`, `treatment`, `review`. Read an unknown value as "other". */
    kind: string;
    /** Milliseconds since 1970. */
    starts_at: number;
    /** Milliseconds since 1970. */
    ends_at: number | null;
    /** The time zone of the visit. An IANA time zone name. */
    time_zone: string;
    /** Minutes east of UTC at its start; settled from the zone when left out. */
    utc_offset_minutes: number;
    /** Milliseconds since 1970. */
    recorded_at: number | null;
    /** A list, as JSON text. */
    techniques: string;
    /** A list, as JSON text. */
    adaptations: string;
    /** A list, as JSON text. */
    sensations: string;
    /** A note in the patient's own words. */
    note: string | null;
    /** By the clock of the device, milliseconds since 1970. */
    created_at: number;
    /** By the clock of the device, milliseconds since 1970. */
    updated_at: number;
}
/** The rows of each collection. */
export interface Rows {
    journal_entries: JournalEntryRow;
    sleep_records: SleepRecordRow;
    treatment_sessions: TreatmentSessionRow;
}
/** The fields of each collection, as they travel. */
export declare const FIELDS: {
    readonly journal_entries: readonly ["id", "journal_date", "kind", "effective_at", "time_zone", "utc_offset_minutes", "recorded_at", "pain_now", "pain_average", "pain_worst", "pain_least", "pain_free_day", "interference", "sites", "triggers", "trigger_note", "relief", "mood", "energy", "stress", "stiffness", "morning_stiffness_minutes", "walking_minutes", "steps", "sitting_tolerance_minutes", "standing_tolerance_minutes", "work_impact", "work_minutes_lost", "medication_taken", "note", "note_shared", "treatment_session_id", "created_at", "updated_at"];
    readonly sleep_records: readonly ["id", "journal_date", "bed_at", "rise_at", "time_zone", "utc_offset_minutes", "recorded_at", "sleep_onset_latency_minutes", "wake_after_sleep_onset_minutes", "terminal_wake_minutes", "awakenings", "quality", "woken_by_pain", "reported_sleep_minutes", "created_at", "updated_at"];
    readonly treatment_sessions: readonly ["id", "journal_date", "status", "kind", "starts_at", "ends_at", "time_zone", "utc_offset_minutes", "recorded_at", "techniques", "adaptations", "sensations", "note", "created_at", "updated_at"];
};
