//! The daily score and its punctuality: one number a day at most, and how it came about
//! (clinical.md, Time).
//!
//! Journal days are taken as stored with each entry. Nothing here converts time zones.

use crate::collections::EntryKind;
use crate::report::rows::EntryRow;
use crate::report::rules::statement::ReportWindow;
use crate::time::{DayStarts, ExpectedDays};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a daily score came from (clinical.md, Time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreSource {
    /// The average given in the last daily entry of the day.
    Daily,
    /// The mean of two or more momentary ratings.
    MomentaryMean,
    /// The only momentary rating of the day: read it with care.
    SingleRating,
}

impl ScoreSource {
    /// The name that stands in the JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::MomentaryMean => "momentary_mean",
            Self::SingleRating => "single_rating",
        }
    }
}

/// What the entries of one journal day say about pain.
#[derive(Debug, Clone, PartialEq)]
pub struct PainDay {
    /// The daily score `D_d`, 0 to 10, unrounded; `None` where no rule yields one.
    pub score: Option<f64>,
    /// The rule that yielded the score.
    pub source: Option<ScoreSource>,
    /// Worst pain, 0 to 10, of the daily entry that `score` is from.
    pub worst: Option<i16>,
    /// Least pain, 0 to 10, of the daily entry that `score` is from.
    pub least: Option<i16>,
    /// Number of answered entries of any kind.
    pub entries: usize,
    /// Whether at least one answered entry came in time.
    pub has_timely_entry: bool,
    /// Whether the score rests on an entry that was typed late.
    pub is_backfilled: bool,
    /// The last answer given to "a day free of pain?".
    pub pain_free: Option<bool>,
}

/// The days that hold at least one answered pain entry. A day that is absent is unknown: it is
/// neither zero nor free of pain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PainDays(BTreeMap<NaiveDate, PainDay>);

impl PainDays {
    /// Groups entries by their stored journal day and scores each day. `starts` is used for punctuality
    /// only (see [`is_timely`]).
    pub fn from_rows(rows: &[EntryRow], starts: &DayStarts) -> Self {
        let mut rows: Vec<&EntryRow> = rows.iter().filter(|row| row.is_answered()).collect();
        rows.sort_unstable_by_key(|row| (row.journal_date, row.time_order()));
        let days = rows.chunk_by(|a, b| a.journal_date == b.journal_date);
        Self(days.map(|day| (day[0].journal_date, score_day(day, starts))).collect())
    }

    /// The first day that has an answered entry.
    pub fn first_day(&self) -> Option<NaiveDate> {
        self.0.keys().next().copied()
    }

    /// The entries' summary of one day; `None` where the day has no answered entry.
    pub fn day(&self, date: NaiveDate) -> Option<&PainDay> {
        self.0.get(&date)
    }

    /// The days of a window that have an answered entry, in order.
    pub fn days(&self, window: ReportWindow) -> impl Iterator<Item = (NaiveDate, &PainDay)> {
        self.0.range(window.from..=window.to).map(|(date, day)| (*date, day))
    }

    /// The expected days that have an answered entry, in order.
    pub fn expected<'a>(
        &'a self,
        expected: &'a ExpectedDays,
    ) -> impl Iterator<Item = (NaiveDate, &'a PainDay)> {
        let span = expected.ends().and_then(|(first, last)| ReportWindow::new(first, last));
        let days = span.into_iter().flat_map(|span| self.days(span));
        days.filter(|(date, _)| expected.contains(*date))
    }

    /// The daily scores of a window, 0 to 10, in order; days without a score are left out.
    pub fn scores(&self, window: ReportWindow) -> impl Iterator<Item = (NaiveDate, f64)> {
        self.days(window).filter_map(|(date, day)| day.score.map(|score| (date, score)))
    }
}

/// Whether an entry was typed or received within 24 hours after its journal day ended (clinical.md, Time).
/// The day ends at the next day's start on the patient's clock, by the offset
/// stored with the entry, and by the hour at which days began at that midnight.
pub fn is_timely(row: &EntryRow, starts: &DayStarts) -> bool {
    let ahead = TimeDelta::minutes(row.utc_offset_minutes.into());
    let midnight = row
        .journal_date
        .succ_opt()
        .and_then(|next| next.and_time(NaiveTime::MIN).checked_sub_signed(ahead));
    let day_end = midnight.and_then(|midnight| {
        let start = starts.at(midnight.and_utc());
        midnight.checked_add_signed(TimeDelta::minutes(start.into()))
    });
    let Some(limit) = day_end.and_then(|end| end.checked_add_signed(TimeDelta::hours(24))) else {
        return true;
    };
    let is_in_time = |at: DateTime<Utc>| at.naive_utc() <= limit;
    row.recorded_at.is_some_and(is_in_time) || is_in_time(row.received_at)
}

/// Scores the answered entries of one day, given in the order of time.
fn score_day(rows: &[&EntryRow], starts: &DayStarts) -> PainDay {
    let dailies = || rows.iter().copied().rev().filter(|row| row.kind == EntryKind::Daily);
    let with_average = dailies().find(|row| row.average.is_some());
    let momentary: Vec<(&EntryRow, i16)> = rows
        .iter()
        .filter(|row| row.kind == EntryKind::Momentary)
        .filter_map(|row| row.now.map(|now| (*row, now)))
        .collect();
    let (score, source, is_backfilled) = if let Some(row) = with_average {
        let score = row.average.map(f64::from);
        (score, Some(ScoreSource::Daily), !is_timely(row, starts))
    } else if momentary.is_empty() {
        (None, None, false)
    } else {
        let sum: i32 = momentary.iter().map(|(_, now)| i32::from(*now)).sum();
        let late = momentary.iter().any(|(row, _)| !is_timely(row, starts));
        let source = match momentary.len() {
            1 => ScoreSource::SingleRating,
            _ => ScoreSource::MomentaryMean,
        };
        (Some(f64::from(sum) / momentary.len() as f64), Some(source), late)
    };
    // Worst and least come from the entry that gave the average, so that they belong together.
    let extremes =
        with_average.or_else(|| dailies().find(|row| row.worst.is_some() || row.least.is_some()));
    PainDay {
        score,
        source,
        worst: extremes.and_then(|row| row.worst),
        least: extremes.and_then(|row| row.least),
        entries: rows.len(),
        has_timely_entry: rows.iter().any(|row| is_timely(row, starts)),
        is_backfilled,
        pain_free: rows.iter().rev().find_map(|row| row.pain_free_day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{at, daily, date, rating};

    const DAY_START: &DayStarts = &DayStarts::always(240);

    fn only_day(rows: &[EntryRow]) -> PainDay {
        let days = PainDays::from_rows(rows, DAY_START);
        assert_eq!(days.0.len(), 1);
        days.0.into_values().next().unwrap()
    }

    fn momentary(day: i64, minute: i64, now: i16) -> EntryRow {
        EntryRow { now: Some(now), ..rating(EntryKind::Momentary, day, minute) }
    }

    #[test]
    fn the_last_daily_average_wins_over_momentary_ratings() {
        let first = EntryRow { worst: Some(9), ..daily(0, Some(6)) };
        let second = EntryRow {
            average: Some(4),
            least: Some(1),
            effective_at: at(0, 1300),
            ..rating(EntryKind::Daily, 0, 1300)
        };
        let rows = [second.clone(), momentary(0, 600, 9), first.clone()];
        let day = only_day(&rows);
        assert_eq!((day.score, day.source), (Some(4.0), Some(ScoreSource::Daily)));
        assert_eq!((day.worst, day.least, day.entries), (None, Some(1), 3));
        // A later daily entry without an average takes nothing away.
        let later = EntryRow { worst: Some(10), ..rating(EntryKind::Daily, 0, 1400) };
        let day = only_day(&[later.clone(), first.clone()]);
        assert_eq!((day.score, day.worst), (Some(6.0), Some(9)));
        assert_eq!(only_day(&[later]).worst, Some(10));
    }

    #[test]
    fn momentary_ratings_step_in_where_there_is_no_average() {
        let one = only_day(&[momentary(0, 600, 7)]);
        assert_eq!((one.score, one.source), (Some(7.0), Some(ScoreSource::SingleRating)));
        let three = only_day(&[momentary(0, 600, 7), momentary(0, 700, 4), momentary(0, 800, 5)]);
        assert_eq!(three.source, Some(ScoreSource::MomentaryMean));
        assert_eq!(three.score, Some(16.0 / 3.0));
        // Ratings tied to a treatment session are taken at chosen moments and do not score the day.
        let pre = EntryRow { now: Some(8), ..rating(EntryKind::PreTreatment, 0, 600) };
        let day = only_day(&[pre]);
        assert_eq!((day.score, day.source, day.entries), (None, None, 1));
    }

    #[test]
    fn zero_missing_and_pain_free_are_three_things() {
        let zero = only_day(&[daily(0, Some(0))]);
        assert_eq!((zero.score, zero.pain_free), (Some(0.0), None));
        let free = EntryRow { pain_free_day: Some(true), ..rating(EntryKind::Daily, 0, 1200) };
        let free = only_day(&[free]);
        assert_eq!((free.score, free.pain_free), (None, Some(true)));
        let unanswered = PainDays::from_rows(&[daily(0, None)], DAY_START);
        assert_eq!(unanswered.day(date(0)), None);
    }

    #[test]
    fn timely_means_within_a_day_after_the_journal_day_ends() {
        // Offset +120: journal day 0 ends on day 1 at 04:00 local, which is 02:00 UTC; the limit
        // is 02:00 UTC on day 2.
        let late = EntryRow {
            utc_offset_minutes: 120,
            recorded_at: Some(at(2, 121)),
            received_at: at(5, 0),
            ..daily(0, Some(5))
        };
        assert!(!is_timely(&late, DAY_START));
        assert!(is_timely(&EntryRow { recorded_at: Some(at(2, 120)), ..late.clone() }, DAY_START));
        // A later day start and a westward offset move the limit with them.
        assert!(is_timely(&late, &DayStarts::always(241)));
        assert!(is_timely(&EntryRow { utc_offset_minutes: -420, ..late.clone() }, DAY_START));
        // Typed late by a wrong device clock, yet received in time.
        assert!(is_timely(&EntryRow { received_at: at(1, 0), ..late.clone() }, DAY_START));
        // Typed in time without signal, received days later.
        let offline = EntryRow { recorded_at: Some(at(0, 1200)), ..late.clone() };
        assert!(is_timely(&offline, DAY_START));
        // Without a device clock the server's counts.
        assert!(!is_timely(&EntryRow { recorded_at: None, ..late }, DAY_START));
    }

    #[test]
    fn a_score_is_backfilled_when_the_entry_behind_it_is_late() {
        let late = EntryRow { recorded_at: None, received_at: at(9, 0), ..daily(0, Some(5)) };
        let day = only_day(&[late.clone(), momentary(0, 600, 3)]);
        assert!(day.is_backfilled && day.has_timely_entry);
        let day = only_day(&[late]);
        assert!(day.is_backfilled && !day.has_timely_entry);
        assert!(!only_day(&[daily(0, Some(5))]).is_backfilled);
    }

    #[test]
    fn the_stored_journal_day_counts_whatever_the_instant_says() {
        // 2026-05-02T09:30Z in Denver is 03:30 local: stored as 1 May by the writer.
        let row = EntryRow { journal_date: date(0), effective_at: at(1, 570), ..daily(0, Some(3)) };
        let days = PainDays::from_rows(&[row], DAY_START);
        assert!(days.day(date(0)).is_some() && days.day(date(1)).is_none());
    }
}
