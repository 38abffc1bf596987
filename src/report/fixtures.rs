//! Rows and days for the tests of this module. Day 0 is 1 March 2026.

use super::clinical_rows::{
    AdverseEventRow, AssessmentRow, EntryRow, EpisodeRow, FlareRow, GoalRow, IntakeRow, NoteRow,
    PlanRow,
};
use super::daily::PainDays;
use super::rows::{
    ALL_SECTIONS, PainRow, RatingKind, ReportInput, Sections, SessionRow, SessionStatus, SleepRow,
};
use super::statement::shift;
use crate::collections::IntakeKind;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use uuid::Uuid;

/// The journal day `day` days after 1 March 2026.
pub(super) fn date(day: i64) -> NaiveDate {
    shift(NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(), day)
}

/// The instant `minute` minutes after midnight UTC of a day.
pub(super) fn at(day: i64, minute: i64) -> DateTime<Utc> {
    date(day).and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes(minute)
}

/// An unanswered entry, typed and received at the moment it is about, with an id of its own for
/// each kind and moment.
pub(super) fn rating(kind: RatingKind, day: i64, minute: i64) -> PainRow {
    let moment = at(day, minute);
    PainRow {
        id: Uuid::from_u64_pair(kind as u64 + 1, moment.timestamp().unsigned_abs()),
        kind,
        effective_at: moment,
        journal_date: date(day),
        recorded_at: Some(moment),
        received_at: moment,
        utc_offset_minutes: 0,
        now: None,
        average: None,
        worst: None,
        least: None,
        pain_free_day: None,
    }
}

/// A daily entry at 20:00 with an average.
pub(super) fn daily(day: i64, average: Option<i16>) -> PainRow {
    PainRow { average, ..rating(RatingKind::Daily, day, 1200) }
}

/// Daily entries on consecutive days; `None` is a day without an entry.
pub(super) fn dailies(first: i64, averages: &[Option<i16>]) -> Vec<PainRow> {
    let days = (first..).zip(averages);
    days.filter(|(_, average)| average.is_some()).map(|(day, a)| daily(day, *a)).collect()
}

/// As [`dailies`], already scored.
pub(super) fn days_from(first: i64, averages: &[Option<i16>]) -> PainDays {
    PainDays::from_rows(&dailies(first, averages), 240)
}

/// As [`days_from`] from day 0.
pub(super) fn pain_days(averages: &[Option<i16>]) -> PainDays {
    days_from(0, averages)
}

/// An attended session of 45 minutes that starts at `minute` of `day`.
pub(super) fn session(day: i64, minute: i64) -> SessionRow {
    SessionRow {
        id: Uuid::from_u64_pair(99, at(day, minute).timestamp().unsigned_abs()),
        journal_date: date(day),
        starts_at: at(day, minute),
        ends_at: Some(at(day, minute + 45)),
        status: SessionStatus::Attended,
        techniques: vec!["manual_needling".to_owned()],
    }
}

/// An id for a kind of record and a number.
fn id(kind: u64, number: i64) -> Uuid {
    Uuid::from_u64_pair(kind, number.unsigned_abs())
}

/// A night that ended on a day.
pub(super) fn night(day: i64, total_sleep_minutes: Option<i32>) -> SleepRow {
    SleepRow { journal_date: date(day), total_sleep_minutes, ..SleepRow::default() }
}

/// An entry that says nothing beside pain.
pub(super) fn entry(kind: RatingKind, day: i64, minute: i64) -> EntryRow {
    EntryRow {
        kind,
        journal_date: date(day),
        order: rating(kind, day, minute).time_order(),
        interference: None,
        mood: None,
        energy: None,
        stress: None,
        stiffness: None,
        morning_stiffness_minutes: None,
        relief: vec![],
        sites: vec![],
        red_flags: vec![],
        walking_minutes: None,
        steps: None,
        sitting_tolerance_minutes: None,
        standing_tolerance_minutes: None,
        work_impact: None,
        work_minutes_lost: None,
        medication_taken: None,
    }
}

/// A flare from a day to another, or without a known end.
pub(super) fn flare(first: i64, last: Option<i64>) -> FlareRow {
    FlareRow {
        id: id(101, first + 1000),
        started_on: date(first),
        ended_on: last.map(date),
        severity: Some(7),
        suspected_triggers: vec!["stress"],
        what_helped: vec![],
    }
}

/// An intake of one medicine.
pub(super) fn intake(day: i64, kind: IntakeKind) -> IntakeRow {
    IntakeRow { journal_date: date(day), kind, name: "Ibuprofen".to_owned(), helped: None }
}

/// A scored questionnaire.
pub(super) fn assessment(day: i64, instrument: &str, score: f64) -> AssessmentRow {
    let order = (at(day, 1200), at(day, 1201), at(day, 1201), id(102, day + 1000));
    AssessmentRow {
        journal_date: date(day),
        order,
        instrument: instrument.to_owned(),
        version: 1,
        occasion: None,
        score: Some(score),
        status: "complete",
        flags: vec![],
        activities: vec![],
    }
}

/// An open goal.
pub(super) fn goal(day: i64) -> GoalRow {
    GoalRow {
        id: id(103, day + 1000),
        set_on: date(day),
        kind: "activity",
        text: "Carry the shopping".to_owned(),
        importance: Some(8),
        target_date: None,
        status: "open",
        reached_on: None,
    }
}

/// A bruise.
pub(super) fn event(day: i64) -> AdverseEventRow {
    AdverseEventRow {
        id: id(104, day + 1000),
        started_on: date(day),
        ended_on: None,
        treatment_session_id: None,
        kinds: vec!["bruising"],
        kind_other: None,
        severity: "mild",
        serious: false,
        actions: vec![],
        outcome: None,
    }
}

/// A plan agreed on a day.
pub(super) fn plan(day: i64) -> PlanRow {
    PlanRow {
        id: id(105, day + 1000),
        agreed_on: date(day),
        goal: "Sit through a working day".to_owned(),
        status: "active",
        start_date: Some(date(day)),
        ended_on: None,
        planned_sessions: Some(10),
    }
}

/// A complaint noted on a day.
pub(super) fn episode(day: i64) -> EpisodeRow {
    EpisodeRow {
        id: id(106, day + 1000),
        noted_on: date(day),
        label: "My back".to_owned(),
        onset_date: None,
        onset_precision: None,
        status: "active",
    }
}

/// A shared note in a record of a collection.
pub(super) fn note(day: i64, collection: &str) -> NoteRow {
    NoteRow {
        id: id(107, day + 1000),
        collection: collection.to_owned(),
        journal_date: date(day),
        text: Some("A note".to_owned()),
        trigger_text: None,
    }
}

/// An input over days `from` to `to`, all sections visible, no rows, enrolled on `from`, and
/// today being `to`.
pub(super) fn input(from: i64, to: i64) -> ReportInput {
    ReportInput {
        from: date(from),
        to: date(to),
        today: date(to),
        day_start_minute: 240,
        enrolled_on: date(from),
        generated_at: at(to, 720),
        revision: 7,
        sections: Sections { visible: ALL_SECTIONS.to_vec(), omitted: vec![] },
        share_label: None,
        ratings: vec![],
        sessions: vec![],
        sleep: vec![],
        entries: vec![],
        flares: vec![],
        intakes: vec![],
        assessments: vec![],
        goals: vec![],
        adverse_events: vec![],
        plans: vec![],
        episodes: vec![],
        notes: vec![],
        questions: vec![],
    }
}

/// Asserts that a number is within half a unit of the last decimal the reference prints.
#[track_caller]
pub(super) fn close(actual: f64, printed: f64, decimals: i32) {
    let tolerance = 0.5 * 10f64.powi(-decimals) + 1e-9;
    assert!((actual - printed).abs() <= tolerance, "{actual} is not {printed}");
}
