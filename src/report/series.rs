//! The daily series: every day of the window, whether anything was entered or not.

use super::daily::{PainDays, ScoreSource};
use super::numbers::{count, round2};
use super::rows::{SessionRow, SessionStatus, SleepRow};
use super::statement::ReportWindow;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One journal day of the window. A day without a rating has a null score, never zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DailyPoint {
    /// The journal day.
    pub journal_date: NaiveDate,
    /// Whether an entry was expected: from enrolment up to today.
    pub expected: bool,
    /// The daily score, 0 to 10, two decimals; null where the day has none or pain is omitted.
    /// Source: `D_d`, clinical reference 4.2.
    #[schema(required, minimum = 0, maximum = 10)]
    pub pain: Option<f64>,
    /// Worst pain of the day, 0 to 10, from the daily entry that `pain` is from.
    #[schema(required, minimum = 0, maximum = 10)]
    pub pain_worst: Option<i32>,
    /// Least pain of the day, 0 to 10, from the daily entry that `pain` is from.
    #[schema(required, minimum = 0, maximum = 10)]
    pub pain_least: Option<i32>,
    /// Where `pain` came from: `daily` (average of the last daily entry), `momentary_mean` (mean
    /// of two or more momentary ratings) or `single_rating`; null where `pain` is null.
    #[schema(required, value_type = Option<String>, max_length = 32, examples("daily"))]
    pub source: Option<ScoreSource>,
    /// Answered pain entries of the day, of every kind; 0 where pain is omitted.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub ratings: i32,
    /// Whether `pain` rests on an entry typed later than 24 hours after the journal day ended.
    pub backfilled: bool,
    /// The patient's own answer to whether the day was free of pain; null where not answered. It
    /// never stands in for a score.
    #[schema(required)]
    pub pain_free_day: Option<bool>,
    /// Attended treatment sessions on the day; null where treatment is omitted.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub sessions_attended: Option<i32>,
    /// Minutes slept in the night that ended on this day: the longest record, never a sum, since
    /// two devices may have recorded one night. Null where unknown or sleep is omitted.
    #[schema(required, minimum = 0, maximum = 1440)]
    pub sleep_minutes: Option<i32>,
    /// Sleep quality of that record, 0 to 10, higher is better; null where not answered or sleep
    /// is omitted.
    #[schema(required, minimum = 0, maximum = 10)]
    pub sleep_quality: Option<i32>,
}

/// Builds the series. `sessions` is `None` where treatment is omitted; omitted pain and sleep
/// are given as no rows.
pub(super) fn series(
    window: Option<ReportWindow>,
    expected: Option<ReportWindow>,
    pain: &PainDays,
    sessions: Option<&[&SessionRow]>,
    sleep: &[SleepRow],
) -> Vec<DailyPoint> {
    let nights = longest_nights(sleep);
    let attended = sessions.map(attended_by_day);
    let point = |date| {
        let day = pain.day(date);
        let night = nights.get(&date);
        DailyPoint {
            journal_date: date,
            expected: expected.is_some_and(|expected| expected.contains(date)),
            pain: day.and_then(|day| day.score).map(round2),
            pain_worst: day.and_then(|day| day.worst).map(i32::from),
            pain_least: day.and_then(|day| day.least).map(i32::from),
            source: day.and_then(|day| day.source),
            ratings: day.map_or(0, |day| count(day.entries)),
            backfilled: day.is_some_and(|day| day.is_backfilled),
            pain_free_day: day.and_then(|day| day.pain_free),
            sessions_attended: attended.as_ref().map(|days| days.get(&date).copied().unwrap_or(0)),
            sleep_minutes: night.and_then(|(minutes, _)| *minutes),
            sleep_quality: night.and_then(|(_, quality)| *quality).map(i32::from),
        }
    };
    window.into_iter().flat_map(ReportWindow::iter).map(point).collect()
}

/// Minutes slept and quality of the longest record of each day; a record without minutes comes
/// last, and of equally long ones the better.
fn longest_nights(sleep: &[SleepRow]) -> BTreeMap<NaiveDate, (Option<i32>, Option<i16>)> {
    let mut nights = BTreeMap::new();
    for row in sleep {
        let night = (row.total_sleep_minutes, row.quality);
        let longest = nights.entry(row.journal_date).or_insert(night);
        *longest = night.max(*longest);
    }
    nights
}

fn attended_by_day(sessions: &[&SessionRow]) -> BTreeMap<NaiveDate, i32> {
    let mut days = BTreeMap::new();
    for row in sessions.iter().filter(|row| row.status == SessionStatus::Attended) {
        *days.entry(row.journal_date).or_insert(0) += 1;
    }
    days
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{date, pain_days, session};
    use super::*;

    fn sleep(day: i64, minutes: Option<i32>, quality: Option<i16>) -> SleepRow {
        SleepRow { journal_date: date(day), total_sleep_minutes: minutes, quality }
    }

    #[test]
    fn every_day_is_there_and_a_missing_day_is_null() {
        let days = pain_days(&[Some(5), None, Some(0)]);
        let window = ReportWindow::new(date(0), date(3));
        let expected = ReportWindow::new(date(1), date(2));
        let points = series(window, expected, &days, None, &[]);
        let seen: Vec<_> = points.iter().map(|p| (p.pain, p.ratings, p.expected)).collect();
        assert_eq!(
            seen,
            [(Some(5.0), 1, false), (None, 0, true), (Some(0.0), 1, true), (None, 0, false)]
        );
        let json = serde_json::to_string(&points[1]).unwrap();
        assert!(json.contains(r#""pain":null,"pain_worst":null"#), "{json}");
        assert!(points.iter().all(|point| point.sessions_attended.is_none()));
    }

    #[test]
    fn sessions_are_counted_and_the_longest_night_is_taken() {
        let missed = SessionRow { status: SessionStatus::Missed, ..session(1, 900) };
        let sessions = [session(1, 600), session(1, 800), missed];
        let sessions: Vec<&SessionRow> = sessions.iter().collect();
        let nights = [
            sleep(0, Some(380), Some(4)),
            sleep(0, Some(410), None),
            sleep(0, None, Some(9)),
            sleep(1, None, Some(6)),
        ];
        let window = ReportWindow::new(date(0), date(2));
        let points = series(window, window, &PainDays::default(), Some(&sessions), &nights);
        let counts: Vec<_> = points.iter().map(|point| point.sessions_attended).collect();
        assert_eq!(counts, [Some(0), Some(2), Some(0)]);
        let nights: Vec<_> = points.iter().map(|p| (p.sleep_minutes, p.sleep_quality)).collect();
        assert_eq!(nights, [(Some(410), None), (None, Some(6)), (None, None)]);
    }
}
