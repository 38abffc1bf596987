//! The other records a report is computed from: flares, medication, questionnaires, goals, adverse
//! events, plans, complaints and shared notes, as narrow as it needs them. Every statement walks the
//! index of its collection by patient and day.

use super::entries::{Days, tried};
use crate::access::Read;
use crate::collections::{
    ActionTaken, AdverseEventKind, AssessmentAnswer, DatePrecision, EpisodeStatus, EventOutcome,
    EventSeverity, GoalKind, GoalStatus, Helped, IntakeKind, Occasion, PlanStatus, Relief, Trigger,
};
use crate::db::{Row, Statement, row};
use crate::instruments::{AssessmentFlag, AssessmentStatus};
use crate::report::rows::clinical::{
    AdverseEventRow, AssessmentRow, EpisodeRow, FlareRow, GoalRow, IntakeRow, NoteRow, PlanRow,
    QuestionRow,
};
use crate::time::{Instant, OffsetMinutes, PhoneZone, journal_date};
use crate::wire::{Items, Json, Text};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// The records of these days.
fn of_days<R: Row>(sql: &'static str, days: Days) -> Statement<Read, R> {
    Statement::new(sql).bind(days.0).bind(days.1)
}

/// The journal day of an instant, by the clock of the zone a record was made in.
fn day_of(at: Option<DateTime<Utc>>, zone: PhoneZone, day_start_minute: i16) -> Option<NaiveDate> {
    let at = Instant::new(at?);
    let offset: OffsetMinutes = zone.offset_at(at);
    Some(journal_date(at, offset, day_start_minute))
}

row! {
    /// What a report reads of a question.
    pub struct QuestionRecord {
        id: Uuid,
        journal_date: NaiveDate,
        text: String,
        treatment_session_id: Option<Uuid>,
        answered_on: Option<NaiveDate>,
    }
}

/// The questions written on these days.
pub(crate) fn questions(days: Days) -> Statement<Read, QuestionRecord> {
    of_days(
        "SELECT id, journal_date, text, treatment_session_id, answered_on FROM pj.questions \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
        days,
    )
}

impl From<QuestionRecord> for QuestionRow {
    fn from(record: QuestionRecord) -> Self {
        Self {
            id: record.id,
            written_on: record.journal_date,
            text: record.text,
            treatment_session_id: record.treatment_session_id,
            answered_on: record.answered_on,
        }
    }
}

row! {
    /// What a report reads of a flare.
    pub struct FlareRecord {
        id: Uuid,
        journal_date: NaiveDate,
        ended_at: Option<DateTime<Utc>>,
        time_zone: PhoneZone,
        severity: Option<i16>,
        suspected_triggers: Items<Trigger, 18>,
        what_helped: Json<Items<Relief, 14>>,
    }
}

/// The flares that began on these days.
pub(crate) fn flares(days: Days) -> Statement<Read, FlareRecord> {
    of_days(
        "SELECT id, journal_date, ended_at, time_zone, severity, suspected_triggers, what_helped \
         FROM pj.flares \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
        days,
    )
}

impl FlareRecord {
    pub(crate) fn row(self, day_start_minute: i16) -> FlareRow {
        FlareRow {
            id: self.id,
            started_on: self.journal_date,
            ended_on: day_of(self.ended_at, self.time_zone, day_start_minute),
            severity: self.severity,
            suspected_triggers: self
                .suspected_triggers
                .as_slice()
                .iter()
                .map(|t| t.code())
                .collect(),
            what_helped: tried(&self.what_helped),
        }
    }
}

row! {
    /// What a report reads of a medication intake.
    pub struct IntakeRecord {
        journal_date: NaiveDate,
        kind: IntakeKind,
        name: String,
        helped: Option<Helped>,
    }
}

/// The intakes of these days.
pub(crate) fn intakes(days: Days) -> Statement<Read, IntakeRecord> {
    of_days(
        "SELECT journal_date, kind, name, helped FROM pj.medication_intakes \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
        days,
    )
}

impl From<IntakeRecord> for IntakeRow {
    fn from(row: IntakeRecord) -> Self {
        Self { journal_date: row.journal_date, kind: row.kind, name: row.name, helped: row.helped }
    }
}

row! {
    /// What a report reads of an assessment.
    pub struct AssessmentRecord {
        id: Uuid,
        journal_date: NaiveDate,
        effective_at: DateTime<Utc>,
        recorded_at: Option<DateTime<Utc>>,
        received_at: DateTime<Utc>,
        instrument: String,
        instrument_version: i32,
        occasion: Option<Occasion>,
        score: Option<f64>,
        status: AssessmentStatus,
        flags: Items<AssessmentFlag, 8>,
        answers: Json<Items<AssessmentAnswer, 40>>,
    }
}

/// The assessments of these days.
pub(crate) fn assessments(days: Days) -> Statement<Read, AssessmentRecord> {
    of_days(
        "SELECT id, journal_date, effective_at, recorded_at, received_at, instrument, \
         instrument_version::integer, occasion, score, status, flags, answers \
         FROM pj.assessments \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
        days,
    )
}

impl From<AssessmentRecord> for AssessmentRow {
    fn from(row: AssessmentRecord) -> Self {
        let rated = |answer: &AssessmentAnswer| {
            let activity = answer.activity.as_ref().map(Text::as_str)?;
            Some((activity.to_owned(), answer.value?.get()))
        };
        Self {
            journal_date: row.journal_date,
            order: (
                row.effective_at,
                row.recorded_at.unwrap_or(row.received_at),
                row.received_at,
                row.id,
            ),
            instrument: row.instrument,
            version: row.instrument_version,
            occasion: row.occasion.map(Occasion::code),
            score: row.score,
            status: row.status.code(),
            flags: row.flags.as_slice().iter().map(|flag| flag.code()).collect(),
            activities: row.answers.0.as_slice().iter().filter_map(rated).collect(),
        }
    }
}

row! {
    /// What a report reads of a goal.
    pub struct GoalRecord {
        id: Uuid,
        journal_date: NaiveDate,
        kind: GoalKind,
        text: String,
        importance: Option<i16>,
        target_date: Option<NaiveDate>,
        status: GoalStatus,
        reached_on: Option<NaiveDate>,
    }
}

/// The goals set on these days.
pub(crate) fn goals(days: Days) -> Statement<Read, GoalRecord> {
    of_days(
        "SELECT id, journal_date, kind, text, importance, target_date, status, reached_on \
         FROM pj.goals \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
        days,
    )
}

impl From<GoalRecord> for GoalRow {
    fn from(row: GoalRecord) -> Self {
        Self {
            id: row.id,
            set_on: row.journal_date,
            kind: row.kind.code(),
            text: row.text,
            importance: row.importance,
            target_date: row.target_date,
            status: row.status.code(),
            reached_on: row.reached_on,
        }
    }
}

row! {
    /// What a report reads of an adverse event.
    pub struct EventRecord {
        id: Uuid,
        journal_date: NaiveDate,
        ended_at: Option<DateTime<Utc>>,
        time_zone: PhoneZone,
        treatment_session_id: Option<Uuid>,
        kinds: Items<AdverseEventKind, 14>,
        kind_other: Option<String>,
        severity: EventSeverity,
        serious: bool,
        actions: Items<ActionTaken, 6>,
        outcome: Option<EventOutcome>,
    }
}

/// The adverse events that began on these days.
pub(crate) fn adverse_events(days: Days) -> Statement<Read, EventRecord> {
    of_days(
        "SELECT id, journal_date, ended_at, time_zone, treatment_session_id, kinds, kind_other, \
         severity, serious, actions, outcome FROM pj.adverse_events \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
        days,
    )
}

impl EventRecord {
    pub(crate) fn row(self, day_start_minute: i16) -> AdverseEventRow {
        AdverseEventRow {
            id: self.id,
            started_on: self.journal_date,
            ended_on: day_of(self.ended_at, self.time_zone, day_start_minute),
            treatment_session_id: self.treatment_session_id,
            kinds: self.kinds.as_slice().iter().map(|kind| kind.code()).collect(),
            kind_other: self.kind_other,
            severity: self.severity.code(),
            serious: self.serious,
            actions: self.actions.as_slice().iter().map(|action| action.code()).collect(),
            outcome: self.outcome.map(EventOutcome::code),
        }
    }
}

row! {
    /// What a report reads of a treatment plan.
    pub struct PlanRecord {
        id: Uuid,
        journal_date: NaiveDate,
        goal: String,
        status: PlanStatus,
        start_date: Option<NaiveDate>,
        ended_on: Option<NaiveDate>,
        planned_sessions: Option<i32>,
    }
}

/// The plans agreed on these days.
pub(crate) fn plans(days: Days) -> Statement<Read, PlanRecord> {
    of_days(
        "SELECT id, journal_date, goal, status, start_date, ended_on, planned_sessions::integer \
         FROM pj.treatment_plans \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
        days,
    )
}

impl From<PlanRecord> for PlanRow {
    fn from(row: PlanRecord) -> Self {
        Self {
            id: row.id,
            agreed_on: row.journal_date,
            goal: row.goal,
            status: row.status.code(),
            start_date: row.start_date,
            ended_on: row.ended_on,
            planned_sessions: row.planned_sessions,
        }
    }
}

row! {
    /// What a report reads of a complaint.
    pub struct EpisodeRecord {
        id: Uuid,
        journal_date: NaiveDate,
        label: String,
        onset_date: Option<NaiveDate>,
        onset_precision: Option<DatePrecision>,
        status: EpisodeStatus,
    }
}

/// The complaints noted on these days.
pub(crate) fn episodes(days: Days) -> Statement<Read, EpisodeRecord> {
    of_days(
        "SELECT id, journal_date, label, onset_date, onset_precision, status FROM pj.pain_episodes \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
        days,
    )
}

impl From<EpisodeRecord> for EpisodeRow {
    fn from(row: EpisodeRecord) -> Self {
        Self {
            id: row.id,
            noted_on: row.journal_date,
            label: row.label,
            onset_date: row.onset_date,
            onset_precision: row.onset_precision.map(DatePrecision::code),
            status: row.status.code(),
        }
    }
}

row! {
    /// A note the patient marked as shared.
    pub struct NoteRecord {
        collection: String,
        id: Uuid,
        journal_date: NaiveDate,
        note: Option<String>,
        trigger_note: Option<String>,
    }
}

/// One arm of [`NOTES`].
macro_rules! notes_of {
    ($table:literal, $trigger:literal, $any:literal) => {
        concat!(
            "SELECT '",
            $table,
            "', id, journal_date, note, ",
            $trigger,
            " FROM pj.",
            $table,
            " WHERE patient_id = sec.subject() AND deleted_at IS NULL \
             AND journal_date BETWEEN $1 AND $2 AND note_shared AND ",
            $any
        )
    };
    ($table:literal) => {
        notes_of!($table, "NULL::text", "note IS NOT NULL")
    };
    ($table:literal with trigger) => {
        notes_of!($table, "trigger_note", "num_nonnulls(note, trigger_note) > 0")
    };
}

/// The notes of every collection that the patient marked as shared.
const NOTES: &str = concat!(
    notes_of!("journal_entries" with trigger),
    " UNION ALL ",
    notes_of!("flares" with trigger),
    " UNION ALL ",
    notes_of!("treatment_sessions"),
    " UNION ALL ",
    notes_of!("treatment_plans"),
    " UNION ALL ",
    notes_of!("adverse_events"),
    " UNION ALL ",
    notes_of!("medication_intakes"),
    " UNION ALL ",
    notes_of!("assessments"),
    " UNION ALL ",
    notes_of!("goals"),
    " UNION ALL ",
    notes_of!("pain_episodes"),
);

/// The shared notes of these days.
pub(crate) fn notes(days: Days) -> Statement<Read, NoteRecord> {
    of_days(NOTES, days)
}

impl From<NoteRecord> for NoteRow {
    fn from(row: NoteRecord) -> Self {
        Self {
            id: row.id,
            collection: row.collection,
            journal_date: row.journal_date,
            text: row.note,
            trigger_text: row.trigger_note,
        }
    }
}
