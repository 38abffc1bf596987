//! What a progress report is computed from: typed rows, already read, already permitted.
//!
//! The caller reads the rows and decides what may be seen; nothing here touches a database, a
//! clock or a time zone. Rows may come in any order, and the report does not depend on it.

pub mod clinical;
pub mod visible;

use self::clinical::{
    AdverseEventRow, AssessmentRow, EntryRow, EpisodeRow, FlareRow, GoalRow, IntakeRow, NoteRow,
    PlanRow, QuestionRow,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

/// Name of the section that holds every pain value (ratings, means, change, trend).
pub const SECTION_PAIN: &str = "pain";
/// Name of the section that holds sleep values.
pub const SECTION_SLEEP: &str = "sleep";
/// Name of the section that holds walking, steps, tolerances and work.
pub const SECTION_MOBILITY: &str = "mobility";
/// Name of the section that holds medication.
pub const SECTION_MEDICATION: &str = "medication";
/// Name of the section that holds treatment sessions, plans and adverse events.
pub const SECTION_TREATMENT: &str = "treatment";
/// Name of the section that holds questionnaires.
pub const SECTION_ASSESSMENTS: &str = "assessments";
/// Name of the section that holds goals.
pub const SECTION_GOALS: &str = "goals";
/// Name of the section that holds the notes the patient chose to share.
pub const SECTION_NOTES: &str = "notes";
/// The sections a report can hold, as a share names them.
pub const ALL_SECTIONS: [&str; 8] = [
    SECTION_PAIN,
    SECTION_SLEEP,
    SECTION_MOBILITY,
    SECTION_MEDICATION,
    SECTION_TREATMENT,
    SECTION_ASSESSMENTS,
    SECTION_GOALS,
    SECTION_NOTES,
];

/// What a pain entry speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum RatingKind {
    /// The whole journal day: average, worst and least pain.
    Daily,
    /// One moment: pain now.
    Momentary,
    /// Pain now, shortly before a treatment session.
    PreSession,
    /// Pain now, shortly after a treatment session.
    PostSession,
    /// Pain now, about 24 hours after a treatment session.
    Post24h,
}

/// One pain entry that is not deleted. Scores are 0 to 10 on the numeric rating scale; `None`
/// means not answered, and is never zero.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PainRow {
    /// The entry's id, unique among the rows.
    pub id: Uuid,
    /// What the entry speaks about.
    pub kind: RatingKind,
    /// The instant the entry is about.
    pub effective_at: DateTime<Utc>,
    /// The journal day, as stored when the entry was written; never recomputed here.
    pub journal_date: NaiveDate,
    /// The device's clock when the entry was typed, if it was sent.
    pub recorded_at: Option<DateTime<Utc>>,
    /// The server's clock when the entry first arrived.
    pub received_at: DateTime<Utc>,
    /// Minutes east of UTC in force at `effective_at`; -840 to 840.
    pub utc_offset_minutes: i16,
    /// Pain now, 0 to 10.
    pub now: Option<i16>,
    /// Average pain of the day, 0 to 10.
    pub average: Option<i16>,
    /// Worst pain of the day, 0 to 10.
    pub worst: Option<i16>,
    /// Least pain of the day, 0 to 10.
    pub least: Option<i16>,
    /// Whether the patient called the day free of pain. It is kept apart from a score of 0.
    pub pain_free_day: Option<bool>,
}

impl PainRow {
    /// Whether the entry says anything about pain; only such an entry counts for adherence.
    pub fn is_answered(&self) -> bool {
        self.now.is_some()
            || self.average.is_some()
            || self.worst.is_some()
            || self.least.is_some()
            || self.pain_free_day.is_some()
    }

    /// When the entry was typed: the device's clock, or the server's where the device sent none.
    pub fn typed_at(&self) -> DateTime<Utc> {
        self.recorded_at.unwrap_or(self.received_at)
    }

    /// The order of entries in time: by what they are about, then by when they were typed and
    /// received, then by id, so that "last" never depends on the order of the input.
    pub(crate) fn time_order(&self) -> TimeOrder {
        (self.effective_at, self.typed_at(), self.received_at, self.id)
    }
}

/// The place of an entry among others: what it is about, typed, received, id.
pub type TimeOrder = (DateTime<Utc>, DateTime<Utc>, DateTime<Utc>, Uuid);

/// What became of a treatment session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum SessionStatus {
    /// Agreed, not yet due.
    Planned,
    /// It took place.
    Attended,
    /// The patient did not come.
    Missed,
    /// The patient cancelled.
    CancelledPatient,
    /// The clinic cancelled.
    CancelledClinic,
}

/// One treatment session of the course the report is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionRow {
    /// The session's id, unique among the rows.
    pub id: Uuid,
    /// The journal day of the session, as stored.
    pub journal_date: NaiveDate,
    /// When the session starts or started.
    pub starts_at: DateTime<Utc>,
    /// When it ended, if recorded.
    pub ends_at: Option<DateTime<Utc>>,
    /// What became of it.
    pub status: SessionStatus,
    /// Machine names of the techniques used, in the recorded order.
    pub techniques: Vec<String>,
}

/// One sleep record. A night belongs to the journal day of waking. The fields stand in the order
/// by which one record of a day is chosen (F10).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SleepRow {
    /// The journal day of waking.
    pub journal_date: NaiveDate,
    /// Total sleep time (TST) in minutes, 0 to 1440.
    pub total_sleep_minutes: Option<i32>,
    /// Time in bed (TIB) in minutes, from instants, 0 to 1440; `None` unless all three waking
    /// parts of the night are known too, since without them an efficiency would be too high.
    pub measured_in_bed_minutes: Option<i32>,
    /// Whether pain woke the patient.
    pub woken_by_pain: Option<bool>,
    /// Sleep quality 0 to 10, higher is better.
    pub quality: Option<i16>,
}

/// Which sections the reader may see. A section counts as visible only if it is in `visible`
/// and not in `omitted`; one that is in neither is withheld, and the report says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sections {
    /// Names of the sections that are shown.
    pub visible: Vec<&'static str>,
    /// Names of the sections that are withheld.
    pub omitted: Vec<&'static str>,
}

impl Sections {
    /// Whether the values of a section may appear in the report.
    pub fn shows(&self, name: &str) -> bool {
        self.visible.contains(&name) && !self.omitted.contains(&name)
    }
}

/// All that a report is computed from.
///
/// Rows may reach beyond the window, and must for three purposes: the 14 journal days before the
/// first attended session (F2), the three days on either side of each session (F4), and the 28
/// days before each day that is judged a spike or none (F6). Work and
/// size grow with the square of the rated days and with the days of the window: the caller
/// bounds its length.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportInput {
    /// First journal day of the window.
    pub from: NaiveDate,
    /// Last journal day of the window; it may lie after `today`.
    pub to: NaiveDate,
    /// The patient's current journal day.
    pub today: NaiveDate,
    /// Minutes after local midnight at which the patient's journal day starts; 0 to 1439.
    pub day_start_minute: i16,
    /// First journal day on which an entry was expected.
    pub enrolled_on: NaiveDate,
    /// The instant printed on the report.
    pub generated_at: DateTime<Utc>,
    /// Revision of the journal the rows were read at.
    pub revision: i64,
    /// What the reader may see.
    pub sections: Sections,
    /// How the patient calls the share the journal is read through; `None` for the own journal.
    pub share_label: Option<String>,
    /// Pain entries.
    pub ratings: Vec<PainRow>,
    /// Treatment sessions of the course.
    pub sessions: Vec<SessionRow>,
    /// Sleep records.
    pub sleep: Vec<SleepRow>,
    /// What journal entries say beside pain.
    pub entries: Vec<EntryRow>,
    /// Flares, as the patient reported them.
    pub flares: Vec<FlareRow>,
    /// Medication intakes.
    pub intakes: Vec<IntakeRow>,
    /// Answered questionnaires.
    pub assessments: Vec<AssessmentRow>,
    /// Goals.
    pub goals: Vec<GoalRow>,
    /// Adverse events.
    pub adverse_events: Vec<AdverseEventRow>,
    /// Treatment plans.
    pub plans: Vec<PlanRow>,
    /// Complaints.
    pub episodes: Vec<EpisodeRow>,
    /// Notes the patient marked as shared.
    pub notes: Vec<NoteRow>,
    /// Questions for a visit.
    pub questions: Vec<QuestionRow>,
}
