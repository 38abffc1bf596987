//! What a progress report is computed from: typed rows, one a concept, already read, already permitted.
//!
//! A row is declared once: its fields, the columns they are read from, and the statement of a span of
//! days. Who reads them decides what may be seen; nothing here touches a connection, a clock or a
//! global. Rows may come in any order, and the report does not depend on it.

mod entries;
mod records;
mod visible;

use crate::journal_subject::JournalSubject;
use crate::sections::Sections;
use crate::time::{DayStarts, PauseDays};
use chrono::{DateTime, NaiveDate, Utc};
pub use entries::{EntryRow, SiteRow, TimeOrder, Tried};
pub use records::{
    AdverseEventRow, AssessmentRow, EpisodeRow, FlareRow, GoalRow, IntakeRow, NoteRow, PlanRow,
    QuestionRow, RatedActivity, SleepRow, TreatmentRow, TreatmentSessionRow,
};
use serde::Serialize;
pub(crate) use visible::is_section_of_note_open;

/// All that the statements of a report are computed from, and that the hash of a frozen one covers.
///
/// Rows may reach beyond the window, and must for four purposes: the attended treatments that make the
/// course, the 14 journal days before its first one (F2), the three days on either side of each treatment
/// session (F4), and the 28 days before each day that is judged a spike or none (F6). Work and size grow with
/// the square of the rated days and with the days of the window: the caller bounds its length.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportInput {
    /// First journal day of the window.
    pub from: NaiveDate,
    /// Last journal day of the window; it may lie after `today`.
    pub to: NaiveDate,
    /// The patient's current journal day.
    pub today: NaiveDate,
    /// When the patient's journal days begin, and began.
    pub day_starts: DayStarts,
    /// First journal day on which an entry was expected, as far as the reader may know.
    pub journal_starts_on: NaiveDate,
    /// Pauses that the patient declares, as far as the reader may know.
    pub pauses: Vec<PauseDays>,
    /// First journal day the reader may see; `None` where no day is closed by its date.
    pub open_from: Option<NaiveDate>,
    /// When and of which state of the journal it is made: no part of what it is computed from.
    #[serde(skip)]
    pub made: Made,
    /// The sections the reader may see. The others are withheld, and the report says so.
    pub sections: Sections,
    /// How the patient calls the share the journal is read through; `None` for the own journal.
    pub share_label: Option<String>,
    /// Whose journal it is, as the reader of a share may know them; `None` for the own journal.
    pub subject: Option<JournalSubject>,
    /// Attended treatments up to the end of the window, however far back.
    pub treatments: Vec<TreatmentRow>,
    /// Treatment sessions of the window and around it.
    pub sessions: Vec<TreatmentSessionRow>,
    /// Sleep records.
    pub sleep: Vec<SleepRow>,
    /// Journal entries.
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

/// When and of which state of the journal a report is made: the one thing that the hash of a frozen report
/// leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// The instant printed on the report.
    pub generated_at: DateTime<Utc>,
    /// Revision of the journal the rows were read at. Its owner's alone: it counts changes of what is
    /// closed, too, so nothing that is read through a share is made of it.
    pub revision: i64,
}
