//! Rows and days for the tests of this module. Day 0 is 1 March 2026.

use super::daily::PainDays;
use super::rows::{
    PainRow, RatingKind, ReportInput, SECTION_PAIN, SECTION_SLEEP, SECTION_TREATMENT, Sections,
    SessionRow, SessionStatus,
};
use super::statement::shift;
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
        sections: Sections {
            visible: vec![SECTION_PAIN, SECTION_SLEEP, SECTION_TREATMENT],
            omitted: vec![],
        },
        ratings: vec![],
        sessions: vec![],
        sleep: vec![],
    }
}

/// Asserts that a number is within half a unit of the last decimal the reference prints.
#[track_caller]
pub(super) fn close(actual: f64, printed: f64, decimals: i32) {
    let tolerance = 0.5 * 10f64.powi(-decimals) + 1e-9;
    assert!((actual - printed).abs() <= tolerance, "{actual} is not {printed}");
}
