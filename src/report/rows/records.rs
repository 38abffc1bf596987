//! The other records of a journal: flares, nights, medication, treatment, questionnaires, goals,
//! questions, complaints and shared notes.

use super::entries::{TimeOrder, Tried, tried};
use crate::collections::{
    ActionTaken, AdverseEventKind, AssessmentAnswer, Condition, DatePrecision, EpisodeStatus,
    EventOutcome, EventRelatedness, EventSeverity, GoalKind, GoalStatus, Helped, IntakeKind,
    Laterality, NeedlePoint, NeedleResponse, Occasion, PlanStatus, Relief, Stimulation,
    TreatmentSessionKind, TreatmentSessionStatus, Trigger, projection,
};
use crate::instruments::{AssessmentFlag, AssessmentStatus};
use crate::time::{DayStarts, Instant, PhoneZone, journal_date};
use crate::wire::{Items, Json, Text};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

projection! {
    /// One treatment session of the days around the window.
    pub struct TreatmentSessionRow of "treatment_sessions" {
        /// The treatment session's id, unique among the rows.
        id: Uuid,
        /// The journal day of the treatment session, as stored.
        journal_date: NaiveDate,
        /// When the treatment session starts or started.
        starts_at: DateTime<Utc>,
        /// When it ended, if recorded.
        ends_at: Option<DateTime<Utc>>,
        /// What became of it.
        status: TreatmentSessionStatus,
        /// What it was for.
        kind: TreatmentSessionKind,
        /// Machine names of the techniques used, in the recorded order.
        techniques: Vec<String>,
        /// The points, each with the patient's own side.
        points: Vec<NeedledAt> = "points" as Json<Items<NeedlePoint, 60>> => needled_at,
        /// Needles inserted in all.
        needle_count: Option<i32> = "needle_count::integer",
        /// How long the needles stayed, in minutes.
        retention_minutes: Option<i32> = "retention_minutes::integer",
        /// How the needles were stimulated.
        stimulation: Vec<Stimulation> = "stimulation" as Items<Stimulation, 5> => Vec::from,
        /// The frequency of electrical stimulation, in hertz.
        electrical_frequency_hz: Option<f64>,
        /// The response that was obtained.
        response_obtained: Vec<NeedleResponse>
            = "response_obtained" as Items<NeedleResponse, 4> => Vec::from,
    }
}

impl TreatmentSessionRow {
    /// Was it attended, and to treat? Only such a treatment session begins a course, and has an effect (F4).
    pub fn is_attended_treatment(&self) -> bool {
        self.status == TreatmentSessionStatus::Attended
            && self.kind == TreatmentSessionKind::Treatment
    }
}

/// A point that was needled: its name, and the side where it was told.
pub type NeedledAt = (String, Option<Laterality>);

fn needled_at(Json(points): Json<Items<NeedlePoint, 60>>) -> Vec<NeedledAt> {
    let named = |point: NeedlePoint| (point.name.into_string(), point.laterality);
    Vec::from(points).into_iter().map(named).collect()
}

projection! {
    /// One attended treatment, however far back. Consultations and reviews are none.
    pub struct TreatmentRow of "treatment_sessions" {
        /// The treatment session.
        id: Uuid,
        /// The journal day of the treatment session, as stored.
        journal_date: NaiveDate,
        /// When it started.
        starts_at: DateTime<Utc>,
        /// The complaint it was for.
        pain_episode_id: Option<Uuid>,
        /// The plan it belongs to.
        treatment_plan_id: Option<Uuid>,
    }
}

projection! {
    /// One sleep record: a night or a part of one.
    pub struct SleepRow of "sleep_records" {
        /// The calendar date of waking.
        journal_date: NaiveDate,
        /// When the patient went to bed.
        bed_at: Option<DateTime<Utc>>,
        /// When the patient rose.
        rise_at: Option<DateTime<Utc>>,
        /// The waking parts of the night that are known, in minutes.
        awake_minutes: i32 = "(coalesce(sleep_onset_latency_minutes, 0) \
            + coalesce(wake_after_sleep_onset_minutes, 0) + coalesce(terminal_wake_minutes, 0))::integer",
        /// Whether all three waking parts are known: without one an efficiency would be too high.
        is_every_part_known: bool = "num_nulls(sleep_onset_latency_minutes, \
            wake_after_sleep_onset_minutes, terminal_wake_minutes) = 0",
        /// The patient's own estimate of the sleep, in minutes.
        reported_sleep_minutes: Option<i16>,
        /// Whether pain woke the patient.
        woken_by_pain: Option<bool>,
        /// Sleep quality 0 to 10, higher is better.
        quality: Option<i16>,
    }
}

projection! {
    /// One flare as the patient reported it.
    pub struct FlareRow of "flares" {
        /// The record.
        id: Uuid,
        /// The journal day it began on.
        started_on: NaiveDate = "journal_date",
        /// When it ended; `None` while it lasts or where that is unknown.
        ended_at: Option<DateTime<Utc>>,
        /// The zone whose clock says which day that was.
        time_zone: PhoneZone,
        /// How bad it was at its worst, 0 to 10.
        severity: Option<i16>,
        /// What may have set it off.
        suspected_triggers: Vec<Trigger> = "suspected_triggers" as Items<Trigger, 18> => Vec::from,
        /// What was tried.
        what_helped: Vec<Tried> = "what_helped" as Json<Items<Relief, 14>> => tried,
    }
}

impl FlareRow {
    /// The journal day it ended on.
    pub fn ended_on(&self, starts: &DayStarts) -> Option<NaiveDate> {
        day_of(self.ended_at, self.time_zone, starts)
    }
}

projection! {
    /// One medication intake.
    pub struct IntakeRow of "medication_intakes" {
        /// The journal day it belongs to.
        journal_date: NaiveDate,
        /// Preventive or relief.
        kind: IntakeKind,
        /// What was taken, as on the package.
        name: String,
        /// How much it helped.
        helped: Option<Helped>,
    }
}

/// A rated activity of the PSFS: its name in the patient's words, and 0 (unable) to 10.
pub type RatedActivity = (String, f64);

projection! {
    /// One answered questionnaire.
    pub struct AssessmentRow of "assessments" {
        /// The record.
        id: Uuid,
        /// The journal day it belongs to.
        journal_date: NaiveDate,
        /// When it was answered.
        effective_at: DateTime<Utc>,
        /// The device's clock when it was typed, if it was sent.
        recorded_at: Option<DateTime<Utc>>,
        /// The server's clock when it first arrived.
        received_at: DateTime<Utc>,
        /// The instrument's code in the registry.
        instrument: String,
        /// The version of its definition.
        version: i32 = "instrument_version::integer",
        /// When in the course it was answered.
        occasion: Option<Occasion>,
        /// The score in the instrument's own range; `None` where the answers allow none.
        score: Option<f64>,
        /// How the score came about.
        status: AssessmentStatus,
        /// What to mind about the score.
        flags: Vec<AssessmentFlag> = "flags" as Items<AssessmentFlag, 8> => Vec::from,
        /// The rated activities, for instruments whose items the patient names.
        activities: Vec<RatedActivity> = "answers" as Json<Items<AssessmentAnswer, 40>> => activities,
    }
}

impl AssessmentRow {
    /// Its place in time.
    pub(crate) fn time_order(&self) -> TimeOrder {
        let typed_at = self.recorded_at.unwrap_or(self.received_at);
        (self.effective_at, typed_at, self.received_at, self.id)
    }
}

fn activities(Json(answers): Json<Items<AssessmentAnswer, 40>>) -> Vec<RatedActivity> {
    let rated = |answer: AssessmentAnswer| {
        Some((answer.activity.map(Text::into_string)?, answer.value?.get()))
    };
    Vec::from(answers).into_iter().filter_map(rated).collect()
}

projection! {
    /// One goal.
    pub struct GoalRow of "goals" {
        /// The record.
        id: Uuid,
        /// The day it was set.
        set_on: NaiveDate = "journal_date",
        /// What it is about.
        kind: GoalKind,
        /// The patient's words.
        text: String,
        /// How much it matters, 0 to 10.
        importance: Option<i16>,
        /// By when.
        target_date: Option<NaiveDate>,
        /// How it stands.
        status: GoalStatus,
        /// The day it was reached.
        reached_on: Option<NaiveDate>,
    }
}

projection! {
    /// One question for a visit.
    pub struct QuestionRow of "questions" {
        /// The record.
        id: Uuid,
        /// The day it was written down.
        written_on: NaiveDate = "journal_date",
        /// The patient's words.
        text: String,
        /// The visit it is for; `None` for the next one.
        treatment_session_id: Option<Uuid>,
        /// The day it was answered.
        answered_on: Option<NaiveDate>,
    }
}

projection! {
    /// One adverse event.
    pub struct AdverseEventRow of "adverse_events" {
        /// The record.
        id: Uuid,
        /// The journal day it began on.
        started_on: NaiveDate = "journal_date",
        /// When it was over.
        ended_at: Option<DateTime<Utc>>,
        /// The zone whose clock says which day that was.
        time_zone: PhoneZone,
        /// The treatment session before it.
        treatment_session_id: Option<Uuid>,
        /// What happened.
        kinds: Vec<AdverseEventKind> = "kinds" as Items<AdverseEventKind, 14> => Vec::from,
        /// What `other` means.
        kind_other: Option<String>,
        /// How bad it was.
        severity: EventSeverity,
        /// Whether it was serious.
        serious: bool,
        /// What was done.
        actions: Vec<ActionTaken> = "actions" as Items<ActionTaken, 6> => Vec::from,
        /// How it ended.
        outcome: Option<EventOutcome>,
        /// How bad a practitioner holds it to be.
        clinical_severity: Option<EventSeverity>,
        /// How likely a practitioner holds it that the treatment caused it.
        clinical_relatedness: Option<EventRelatedness>,
        /// What a practitioner did.
        clinical_actions: Vec<ActionTaken> = "clinical_actions" as Items<ActionTaken, 6> => Vec::from,
        /// The practitioner's note.
        clinical_note: Option<String>,
    }
}

impl AdverseEventRow {
    /// The journal day it was over.
    pub fn ended_on(&self, starts: &DayStarts) -> Option<NaiveDate> {
        day_of(self.ended_at, self.time_zone, starts)
    }
}

projection! {
    /// One treatment plan.
    pub struct PlanRow of "treatment_plans" {
        /// The record.
        id: Uuid,
        /// The day it was agreed.
        agreed_on: NaiveDate = "journal_date",
        /// What shall be reached.
        goal: String,
        /// How it stands.
        status: PlanStatus,
        /// The first day of the treatment.
        start_date: Option<NaiveDate>,
        /// The day it was completed or stopped.
        ended_on: Option<NaiveDate>,
        /// Treatment sessions planned in all, 1 to 200.
        planned_sessions: Option<i32> = "planned_sessions::integer",
    }
}

projection! {
    /// One complaint.
    pub struct EpisodeRow of "pain_episodes" {
        /// The record.
        id: Uuid,
        /// The day it was written down.
        noted_on: NaiveDate = "journal_date",
        /// What the patient calls it.
        label: String,
        /// When it began; where only month or year is known, the first day of it.
        onset_date: Option<NaiveDate>,
        /// How exactly that is known.
        onset_precision: Option<DatePrecision>,
        /// How it stands.
        status: EpisodeStatus,
        /// What it is held to be by whoever noted it.
        conditions: Vec<Condition> = "conditions" as Items<Condition, 19> => Vec::from,
        /// What `other` among these means.
        condition_other: Option<String>,
        /// What a practitioner holds it to be.
        clinical_conditions: Vec<Condition> = "clinical_conditions" as Items<Condition, 19> => Vec::from,
        /// The practitioner's note.
        clinical_note: Option<String>,
    }
}

projection! {
    /// One note the patient marked as shared.
    pub struct NoteRow {
        /// The collection of the record it stands in, as its table is called.
        collection: String,
        /// That record.
        id: Uuid,
        /// The journal day of that record.
        journal_date: NaiveDate,
        /// The note.
        text: Option<String>,
        /// What `other` means among the triggers of that record.
        trigger_text: Option<String>,
    }
}

/// The journal day of an instant, by the clock of the zone a record was made in.
fn day_of(at: Option<DateTime<Utc>>, zone: PhoneZone, starts: &DayStarts) -> Option<NaiveDate> {
    let at = Instant::new(at?);
    Some(journal_date(at, zone.offset_at(at), starts.at(at.get())))
}
