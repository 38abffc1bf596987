//! The rows of a report beside pain, sleep and sessions: what entries say besides, flares,
//! medication, questionnaires, goals, adverse events, plans, complaints and shared notes.
//!
//! Codes are those of the vocabularies; `None` means not answered and is never zero or "no".

use crate::body_map::{BodyRegion, Laterality};
use crate::collections::{Helped, IntakeKind, ReliefMeans, WorkImpact};
use crate::report::rows::{RatingKind, TimeOrder};
use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

/// Something tried against the pain, and how much it helped.
pub type Tried = (ReliefMeans, Option<Helped>);

/// A place that an entry named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SiteRow {
    /// Journal day of the entry.
    pub journal_date: NaiveDate,
    /// Where.
    pub region: BodyRegion,
    /// Which side, where it was told.
    pub laterality: Option<Laterality>,
    /// How strong there, 0 to 10; `None` means not answered, and is never zero.
    pub intensity: Option<i16>,
}

/// What one journal entry says beside pain. Scales are 0 to 10.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryRow {
    /// What the entry speaks about.
    pub kind: RatingKind,
    /// The journal day, as stored.
    pub journal_date: NaiveDate,
    /// Its place in time.
    pub order: TimeOrder,
    /// How much pain got in the way; section `pain`, as all up to `red_flags`.
    pub interference: Option<i16>,
    /// Mood, higher is better.
    pub mood: Option<i16>,
    /// Energy, higher is better.
    pub energy: Option<i16>,
    /// Stress, higher is more.
    pub stress: Option<i16>,
    /// Stiffness, higher is more.
    pub stiffness: Option<i16>,
    /// Length of the morning stiffness in minutes, 0 to 720.
    pub morning_stiffness_minutes: Option<i16>,
    /// Where it hurt.
    pub sites: Vec<SiteRow>,
    /// What was tried against the pain.
    pub relief: Vec<Tried>,
    /// Warning signs that were answered with yes, as codes in the documented order.
    pub red_flags: Vec<&'static str>,
    /// Walking in minutes, 0 to 1440; section `mobility`, as all up to `work_minutes_lost`.
    pub walking_minutes: Option<i16>,
    /// Steps of the day, 0 to 200 000.
    pub steps: Option<i32>,
    /// Minutes of bearable sitting, 0 to 1440.
    pub sitting_tolerance_minutes: Option<i16>,
    /// Minutes of bearable standing, 0 to 1440.
    pub standing_tolerance_minutes: Option<i16>,
    /// What the pain did to the working day.
    pub work_impact: Option<WorkImpact>,
    /// Working time lost in minutes, 0 to 1440.
    pub work_minutes_lost: Option<i16>,
    /// Whether any medication was taken; section `medication`.
    pub medication_taken: Option<bool>,
}

/// One flare as the patient reported it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlareRow {
    /// The record.
    pub id: Uuid,
    /// The journal day it began on.
    pub started_on: NaiveDate,
    /// The journal day it ended on; `None` while it lasts or where that is unknown.
    pub ended_on: Option<NaiveDate>,
    /// How bad it was at its worst, 0 to 10.
    pub severity: Option<i16>,
    /// What may have set it off, as codes.
    pub suspected_triggers: Vec<&'static str>,
    /// What was tried.
    pub what_helped: Vec<Tried>,
}

/// One medication intake.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntakeRow {
    /// The journal day it belongs to.
    pub journal_date: NaiveDate,
    /// Preventive or relief.
    pub kind: IntakeKind,
    /// What was taken, as on the package.
    pub name: String,
    /// How much it helped.
    pub helped: Option<Helped>,
}

/// A rated activity of the PSFS: its name in the patient's words, and 0 (unable) to 10.
pub type RatedActivity = (String, f64);

/// One answered questionnaire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AssessmentRow {
    /// The journal day it belongs to.
    pub journal_date: NaiveDate,
    /// Its place in time.
    pub order: TimeOrder,
    /// The instrument's code in the registry.
    pub instrument: String,
    /// The version of its definition.
    pub version: i32,
    /// When in the course it was answered, as a code.
    pub occasion: Option<&'static str>,
    /// The score in the instrument's own range; `None` where the answers allow none.
    pub score: Option<f64>,
    /// How the score came about, as a code.
    pub status: &'static str,
    /// What to mind about the score, as codes.
    pub flags: Vec<&'static str>,
    /// The rated activities, for instruments whose items the patient names.
    pub activities: Vec<RatedActivity>,
}

/// One goal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoalRow {
    /// The record.
    pub id: Uuid,
    /// The day it was set.
    pub set_on: NaiveDate,
    /// What it is about, as a code.
    pub kind: &'static str,
    /// The patient's words.
    pub text: String,
    /// How much it matters, 0 to 10.
    pub importance: Option<i16>,
    /// By when.
    pub target_date: Option<NaiveDate>,
    /// How it stands, as a code.
    pub status: &'static str,
    /// The day it was reached.
    pub reached_on: Option<NaiveDate>,
}

/// One question for a visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionRow {
    /// The record.
    pub id: Uuid,
    /// The day it was written down.
    pub written_on: NaiveDate,
    /// The patient's words.
    pub text: String,
    /// The visit it is for; `None` for the next one.
    pub treatment_session_id: Option<Uuid>,
    /// The day it was answered.
    pub answered_on: Option<NaiveDate>,
}

/// One adverse event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdverseEventRow {
    /// The record.
    pub id: Uuid,
    /// The journal day it began on.
    pub started_on: NaiveDate,
    /// The journal day it was over.
    pub ended_on: Option<NaiveDate>,
    /// The session before it.
    pub treatment_session_id: Option<Uuid>,
    /// What happened, as codes.
    pub kinds: Vec<&'static str>,
    /// What `other` means.
    pub kind_other: Option<String>,
    /// How bad it was, as a code.
    pub severity: &'static str,
    /// Whether it was serious.
    pub serious: bool,
    /// What was done, as codes.
    pub actions: Vec<&'static str>,
    /// How it ended, as a code.
    pub outcome: Option<&'static str>,
}

/// One treatment plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanRow {
    /// The record.
    pub id: Uuid,
    /// The day it was agreed.
    pub agreed_on: NaiveDate,
    /// What shall be reached.
    pub goal: String,
    /// How it stands, as a code.
    pub status: &'static str,
    /// The first day of the treatment.
    pub start_date: Option<NaiveDate>,
    /// The day it was completed or stopped.
    pub ended_on: Option<NaiveDate>,
    /// Sessions planned in all, 1 to 200.
    pub planned_sessions: Option<i32>,
}

/// One complaint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EpisodeRow {
    /// The record.
    pub id: Uuid,
    /// The day it was written down.
    pub noted_on: NaiveDate,
    /// What the patient calls it.
    pub label: String,
    /// When it began; where only month or year is known, the first day of it.
    pub onset_date: Option<NaiveDate>,
    /// How exactly that is known, as a code.
    pub onset_precision: Option<&'static str>,
    /// How it stands, as a code.
    pub status: &'static str,
}

/// One note the patient marked as shared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoteRow {
    /// The record it stands in.
    pub id: Uuid,
    /// The collection of that record, as its table is called.
    pub collection: String,
    /// The journal day of that record.
    pub journal_date: NaiveDate,
    /// The note.
    pub text: Option<String>,
    /// What `other` means among the triggers of that record.
    pub trigger_text: Option<String>,
}
