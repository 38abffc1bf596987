//! Daily values and their means: one value a day at most, the mean of a window and of each of its
//! weeks. Days without a value are left out and never filled.

use super::numbers::{count, mean, round2};
use super::statement::{
    Draft, Method, PROVISIONAL_DAYS, RELIABLE_DAYS, ReportStatement, ReportWindow, Status, Unit,
    grade,
};
use crate::collections::EntryKind;
use crate::report::rows::{EntryRow, TimeOrder};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Values by journal day.
pub(crate) type ByDay<T> = BTreeMap<NaiveDate, T>;

/// The mean of one week, in the unit of the series it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WeekValue {
    /// The journal days of the block; the last one of a window may be shorter than seven.
    pub window: ReportWindow,
    /// Days with a value.
    #[schema(minimum = 0, maximum = 7)]
    pub n: i32,
    /// Mean of the daily values, two decimals; null where it is withheld.
    #[schema(required)]
    pub value: Option<f64>,
    /// `reliable` (5 days or more), `provisional` (3 or 4) or `insufficient` (withheld). Source:
    /// clinical.md, Gates.
    #[schema(value_type = String, max_length = 16, examples("reliable"))]
    pub status: Status,
}

/// A measure over the window and week by week, for a sparkline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WeeklySeries {
    /// Mean of the daily values of the window up to today.
    pub mean: ReportStatement,
    /// Mean of each block of seven days from the first day of the window, up to today.
    #[schema(max_items = 530)]
    pub weeks: Vec<WeekValue>,
}

/// The mean over a window and its weeks; 3 days provisional, 5 reliable (clinical.md, Gates).
pub(crate) fn weekly(
    values: &ByDay<f64>,
    window: Option<ReportWindow>,
    unit: Unit,
    method: Method,
) -> WeeklySeries {
    let within = |window: Option<ReportWindow>| values_in(values, window);
    let week = |window: ReportWindow| {
        let values = within(Some(window));
        let status = grade(values.len(), PROVISIONAL_DAYS, RELIABLE_DAYS);
        let shown = mean(&values).filter(|_| status != Status::Insufficient);
        WeekValue { window, n: count(values.len()), value: shown.map(round2), status }
    };
    WeeklySeries {
        mean: mean_statement(&within(window), window, unit, method, RELIABLE_DAYS),
        weeks: window.into_iter().flat_map(ReportWindow::weeks).map(week).collect(),
    }
}

/// A mean as a statement: shown from 3 values, reliable from `need`.
pub(crate) fn mean_statement(
    values: &[f64],
    window: Option<ReportWindow>,
    unit: Unit,
    method: Method,
    need: usize,
) -> ReportStatement {
    Draft {
        value: mean(values),
        unit,
        n: values.len(),
        window,
        method,
        interval: None,
        have: values.len(),
        need,
        show_from: PROVISIONAL_DAYS.min(need),
    }
    .finish()
}

/// The values of a window in the order of the days.
pub(crate) fn values_in(values: &ByDay<f64>, window: Option<ReportWindow>) -> Vec<f64> {
    in_window(values, window).map(|(_, value)| *value).collect()
}

/// The days of a window that have a value, in order.
pub(crate) fn in_window<T>(
    values: &ByDay<T>,
    window: Option<ReportWindow>,
) -> impl Iterator<Item = (NaiveDate, &T)> {
    let days = window.into_iter().flat_map(|window| values.range(window.from..=window.to));
    days.map(|(date, value)| (*date, value))
}

/// One answer a day: the last one given in a daily entry, else the last one of the day.
pub(crate) fn answers<T: Copy>(
    entries: &[EntryRow],
    pick: impl Fn(&EntryRow) -> Option<T>,
) -> ByDay<T> {
    let mut found: ByDay<((bool, TimeOrder), T)> = BTreeMap::new();
    for entry in entries {
        let Some(answer) = pick(entry) else { continue };
        let rank = (entry.kind == EntryKind::Daily, entry.time_order());
        let kept = found.entry(entry.journal_date).or_insert((rank, answer));
        if rank > kept.0 {
            *kept = (rank, answer);
        }
    }
    found.into_iter().map(|(date, (_, answer))| (date, answer)).collect()
}

/// As [`answers`], as numbers.
pub(crate) fn numbers<T: Copy + Into<f64>>(
    entries: &[EntryRow],
    pick: impl Fn(&EntryRow) -> Option<T>,
) -> ByDay<f64> {
    answers(entries, |entry| pick(entry).map(Into::into))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{date, rating};
    use super::*;

    const METHOD: Method = ("m", "M.");

    #[test]
    fn the_daily_entry_wins_then_the_last_answer() {
        let with = |kind, minute, mood| EntryRow { mood, ..rating(kind, 0, minute) };
        let rows = [
            with(EntryKind::Momentary, 1300, Some(9)),
            with(EntryKind::Daily, 1200, Some(4)),
            with(EntryKind::Daily, 1210, None),
            EntryRow { mood: Some(2), ..rating(EntryKind::Momentary, 1, 600) },
            EntryRow { mood: Some(3), ..rating(EntryKind::Momentary, 1, 700) },
        ];
        let found = answers(&rows, |row| row.mood);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [(date(0), 4), (date(1), 3)]);
    }

    #[test]
    fn weeks_are_means_of_the_days_that_have_a_value() {
        let values: ByDay<f64> = [0, 2, 4, 5, 6, 7, 9, 30].map(|d| (date(d), 6.0)).into();
        let window = ReportWindow::new(date(0), date(15));
        let series = weekly(&values, window, Unit::Score0To10, METHOD);
        let weeks: Vec<_> = series.weeks.iter().map(|w| (w.n, w.value, w.status)).collect();
        assert_eq!(
            weeks,
            [
                (5, Some(6.0), Status::Reliable),
                (2, None, Status::Insufficient),
                (0, None, Status::Insufficient)
            ]
        );
        assert_eq!((series.mean.n, series.mean.value), (7, Some(6.0)));
        assert_eq!(weekly(&values, None, Unit::Minutes, METHOD).weeks, []);
    }
}
