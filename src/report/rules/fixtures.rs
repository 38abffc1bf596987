//! Rows and days for the tests of this module. Day 0 is 1 March 2026.

use super::pain::daily::PainDays;
use super::statement::shift;
use crate::collections::IntakeKind;
use crate::collections::{
    AdverseEventKind, EpisodeStatus, EventSeverity, GoalKind, GoalStatus, PlanStatus, Trigger,
};
use crate::collections::{EntryKind, TreatmentSessionKind, TreatmentSessionStatus};
use crate::instruments::AssessmentStatus;
use crate::report::rows::Made;
use crate::report::rows::{
    AdverseEventRow, AssessmentRow, EntryRow, EpisodeRow, FlareRow, GoalRow, IntakeRow, NoteRow,
    PlanRow, ReportInput, SleepRow, TreatmentRow, TreatmentSessionRow,
};
use crate::sections::Sections;
use crate::time::{DayStarts, PhoneZone, TimeZone};
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
pub(crate) fn rating(kind: EntryKind, day: i64, minute: i64) -> EntryRow {
    let moment = at(day, minute);
    EntryRow {
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

/// A daily entry at 20:00 with an average.
pub(crate) fn daily(day: i64, average: Option<i16>) -> EntryRow {
    EntryRow { average, ..rating(EntryKind::Daily, day, 1200) }
}

/// Daily entries on consecutive days; `None` is a day without an entry.
pub(crate) fn dailies(first: i64, averages: &[Option<i16>]) -> Vec<EntryRow> {
    let days = (first..).zip(averages);
    days.filter(|(_, average)| average.is_some()).map(|(day, a)| daily(day, *a)).collect()
}

/// As [`dailies`], each typed four days after its day.
pub(crate) fn late(first: i64, averages: &[Option<i16>]) -> Vec<EntryRow> {
    let days = (first..).zip(averages).map(|(day, average)| EntryRow {
        recorded_at: Some(at(day + 4, 1200)),
        received_at: at(day + 4, 1200),
        ..daily(day, *average)
    });
    days.collect()
}

/// As [`dailies`], already scored.
pub(crate) fn days_from(first: i64, averages: &[Option<i16>]) -> PainDays {
    PainDays::from_rows(&dailies(first, averages), &DayStarts::default())
}

/// As [`days_from`] from day 0.
pub(crate) fn pain_days(averages: &[Option<i16>]) -> PainDays {
    days_from(0, averages)
}

/// An attended treatment session of 45 minutes that starts at `minute` of `day`.
pub(crate) fn treatment_session(day: i64, minute: i64) -> TreatmentSessionRow {
    TreatmentSessionRow {
        id: Uuid::from_u64_pair(99, at(day, minute).timestamp().unsigned_abs()),
        journal_date: date(day),
        starts_at: at(day, minute),
        ends_at: Some(at(day, minute + 45)),
        status: TreatmentSessionStatus::Attended,
        kind: TreatmentSessionKind::Treatment,
        techniques: vec!["manual_needling".to_owned()],
        points: vec![],
        needle_count: None,
        retention_minutes: None,
        stimulation: vec![],
        electrical_frequency_hz: None,
        response_obtained: vec![],
    }
}

/// An attended treatment on a day.
pub(crate) fn treatment(day: i64) -> TreatmentRow {
    treated(&treatment_session(day, 600))
}

/// What is known of an attended treatment however far it lies back.
pub(crate) fn treated(visit: &TreatmentSessionRow) -> TreatmentRow {
    TreatmentRow {
        id: visit.id,
        journal_date: visit.journal_date,
        starts_at: visit.starts_at,
        pain_episode_id: None,
        treatment_plan_id: None,
    }
}

/// The attended treatments among the treatment sessions of an input become those of its course.
pub(crate) fn with_course(mut input: ReportInput) -> ReportInput {
    let treatments = input.sessions.iter().filter(|row| row.is_attended_treatment());
    input.treatments = treatments.map(treated).collect();
    input
}

/// An id for a kind of record and a number.
fn id(kind: u64, number: i64) -> Uuid {
    Uuid::from_u64_pair(kind, number.unsigned_abs())
}

/// A night that ended on a day, as the patient estimated it.
pub(crate) fn night(day: i64, total_sleep_minutes: Option<i32>) -> SleepRow {
    SleepRow {
        journal_date: date(day),
        bed_at: None,
        rise_at: None,
        awake_minutes: 0,
        is_every_part_known: false,
        reported_sleep_minutes: total_sleep_minutes.map(|minutes| minutes.try_into().unwrap()),
        woken_by_pain: None,
        quality: None,
    }
}

/// The zone whose clock tells the days here.
fn utc() -> PhoneZone {
    TimeZone::from(chrono_tz::Tz::UTC).into()
}

/// A flare from a day to another, or without a known end.
pub(crate) fn flare(first: i64, last: Option<i64>) -> FlareRow {
    FlareRow {
        id: id(101, first + 1000),
        started_on: date(first),
        ended_at: last.map(|last| at(last, 720)),
        time_zone: utc(),
        severity: Some(7),
        suspected_triggers: vec![Trigger::Stress],
        what_helped: vec![],
    }
}

/// An intake of one medicine.
pub(crate) fn intake(day: i64, kind: IntakeKind) -> IntakeRow {
    IntakeRow { journal_date: date(day), kind, name: "Ibuprofen".to_owned(), helped: None }
}

/// A scored questionnaire.
pub(crate) fn assessment(day: i64, instrument: &str, score: f64) -> AssessmentRow {
    AssessmentRow {
        id: id(102, day + 1000),
        journal_date: date(day),
        effective_at: at(day, 1200),
        recorded_at: Some(at(day, 1201)),
        received_at: at(day, 1201),
        instrument: instrument.to_owned(),
        version: 1,
        occasion: None,
        score: Some(score),
        status: AssessmentStatus::Complete,
        flags: vec![],
        activities: vec![],
    }
}

/// An open goal.
pub(crate) fn goal(day: i64) -> GoalRow {
    GoalRow {
        id: id(103, day + 1000),
        set_on: date(day),
        kind: GoalKind::Activity,
        text: "Carry the shopping".to_owned(),
        importance: Some(8),
        target_date: None,
        status: GoalStatus::Open,
        reached_on: None,
    }
}

/// A bruise.
pub(crate) fn event(day: i64) -> AdverseEventRow {
    AdverseEventRow {
        id: id(104, day + 1000),
        started_on: date(day),
        ended_at: None,
        time_zone: utc(),
        treatment_session_id: None,
        kinds: vec![AdverseEventKind::Bruising],
        kind_other: None,
        severity: EventSeverity::Mild,
        serious: false,
        actions: vec![],
        outcome: None,
        clinical_severity: None,
        clinical_relatedness: None,
        clinical_actions: vec![],
        clinical_note: None,
    }
}

/// A plan agreed on a day.
pub(crate) fn plan(day: i64) -> PlanRow {
    PlanRow {
        id: id(105, day + 1000),
        agreed_on: date(day),
        goal: "Sit through a working day".to_owned(),
        status: PlanStatus::Active,
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
        status: EpisodeStatus::Active,
        conditions: vec![],
        condition_other: None,
        clinical_conditions: vec![],
        clinical_note: None,
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
        day_starts: DayStarts::always(240),
        journal_starts_on: date(from),
        pauses: Vec::new(),
        open_from: None,
        made: Made { generated_at: at(to, 720), revision: 7 },
        sections: Sections::ALL,
        share_label: None,
        subject: None,
        treatments: vec![],
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
    let days = (11..).zip(before).chain((33..).zip(after));
    for (day, score) in days.filter(|(_, score)| *score >= 0) {
        input.entries.push(EntryRow { worst: Some(score + 2), ..daily(day, Some(score)) });
    }
    for (day, pre, post) in [(18, 7, 5), (22, 6, 4), (24, 7, 6)] {
        input.sessions.push(treatment_session(day, 600));
        let moment = |kind, minute, now| EntryRow { now: Some(now), ..rating(kind, day, minute) };
        input.entries.push(moment(EntryKind::PreTreatment, 590, pre));
        input.entries.push(moment(EntryKind::PostTreatment, 660, post));
        input.entries.push(moment(EntryKind::Momentary, 900, 5));
        input.entries.push(moment(EntryKind::Momentary, 1000, 4));
    }
    input.sessions.push(TreatmentSessionRow {
        status: TreatmentSessionStatus::Missed,
        ..treatment_session(36, 600)
    });
    for day in 0..40 {
        input.sleep.push(SleepRow { quality: Some(6), ..night(day, Some(400)) });
    }
    with_course(input)
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
