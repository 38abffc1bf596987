//! Rows and days for the tests of this module. Day 0 is 1 March 2026.

use super::pain::daily::PainDays;
use super::statement::shift;
use crate::collections::IntakeKind;
use crate::report::rows::clinical::{
    AdverseEventRow, AssessmentRow, EntryRow, EpisodeRow, FlareRow, GoalRow, IntakeRow, NoteRow,
    PlanRow,
};
use crate::report::rows::{
    ALL_SECTIONS, PainRow, RatingKind, ReportInput, Sections, SessionRow, SessionStatus, SleepRow,
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use uuid::Uuid;

/// The journal day `day` days after 1 March 2026.
pub(crate) fn date(day: i64) -> NaiveDate {
    shift(NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(), day)
}

/// The instant `minute` minutes after midnight UTC of a day.
pub(crate) fn at(day: i64, minute: i64) -> DateTime<Utc> {
    date(day).and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes(minute)
}

/// An unanswered entry, typed and received at the moment it is about, with an id of its own for
/// each kind and moment.
pub(crate) fn rating(kind: RatingKind, day: i64, minute: i64) -> PainRow {
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
pub(crate) fn daily(day: i64, average: Option<i16>) -> PainRow {
    PainRow { average, ..rating(RatingKind::Daily, day, 1200) }
}

/// Daily entries on consecutive days; `None` is a day without an entry.
pub(crate) fn dailies(first: i64, averages: &[Option<i16>]) -> Vec<PainRow> {
    let days = (first..).zip(averages);
    days.filter(|(_, average)| average.is_some()).map(|(day, a)| daily(day, *a)).collect()
}

/// As [`dailies`], already scored.
pub(crate) fn days_from(first: i64, averages: &[Option<i16>]) -> PainDays {
    PainDays::from_rows(&dailies(first, averages), 240)
}

/// As [`days_from`] from day 0.
pub(crate) fn pain_days(averages: &[Option<i16>]) -> PainDays {
    days_from(0, averages)
}

/// An attended session of 45 minutes that starts at `minute` of `day`.
pub(crate) fn session(day: i64, minute: i64) -> SessionRow {
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
pub(crate) fn night(day: i64, total_sleep_minutes: Option<i32>) -> SleepRow {
    SleepRow { journal_date: date(day), total_sleep_minutes, ..SleepRow::default() }
}

/// An entry that says nothing beside pain.
pub(crate) fn entry(kind: RatingKind, day: i64, minute: i64) -> EntryRow {
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
pub(crate) fn flare(first: i64, last: Option<i64>) -> FlareRow {
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
pub(crate) fn intake(day: i64, kind: IntakeKind) -> IntakeRow {
    IntakeRow { journal_date: date(day), kind, name: "Ibuprofen".to_owned(), helped: None }
}

/// A scored questionnaire.
pub(crate) fn assessment(day: i64, instrument: &str, score: f64) -> AssessmentRow {
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
pub(crate) fn goal(day: i64) -> GoalRow {
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
pub(crate) fn event(day: i64) -> AdverseEventRow {
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
pub(crate) fn plan(day: i64) -> PlanRow {
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
pub(crate) fn episode(day: i64) -> EpisodeRow {
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
pub(crate) fn note(day: i64, collection: &str) -> NoteRow {
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
pub(crate) fn input(from: i64, to: i64) -> ReportInput {
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

/// 40 days of all kinds of rows, with the worked windows of F2 and F3 in them.
pub(crate) fn full() -> ReportInput {
    let mut input = input(0, 39);
    let before = [7, 6, 8, 7, -1, 6, 7];
    let after = [4, 5, 3, -1, 4, 4, 3];
    let days = (13..).zip(before).chain((33..).zip(after));
    for (day, score) in days.filter(|(_, score)| *score >= 0) {
        input.ratings.push(PainRow { worst: Some(score + 2), ..daily(day, Some(score)) });
    }
    for (day, pre, post) in [(20, 7, 5), (22, 6, 4), (24, 7, 6)] {
        input.sessions.push(session(day, 600));
        let moment = |kind, minute, now| PainRow { now: Some(now), ..rating(kind, day, minute) };
        input.ratings.push(moment(RatingKind::PreSession, 590, pre));
        input.ratings.push(moment(RatingKind::PostSession, 660, post));
        input.ratings.push(moment(RatingKind::Momentary, 900, 5));
        input.ratings.push(moment(RatingKind::Momentary, 1000, 4));
    }
    input.sessions.push(SessionRow { status: SessionStatus::Missed, ..session(36, 600) });
    for day in 0..40 {
        input.sleep.push(SleepRow { quality: Some(6), ..night(day, Some(400)) });
    }
    input
}

/// A small generator, so that shuffles are the same on every run.
pub(crate) fn shuffle<T>(values: &mut [T], seed: &mut u64) {
    for index in (1..values.len()).rev() {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(*seed >> 33).unwrap() % (index + 1);
        values.swap(index, other);
    }
}

/// Asserts that a number is within half a unit of the last decimal the reference prints.
#[track_caller]
pub(crate) fn close(actual: f64, printed: f64, decimals: i32) {
    let tolerance = 0.5 * 10f64.powi(-decimals) + 1e-9;
    assert!((actual - printed).abs() <= tolerance, "{actual} is not {printed}");
}
