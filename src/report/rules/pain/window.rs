//! F1, the window composite: the mean of daily scores over a window, its grade, and how much
//! such a mean can move by measurement error alone.

use super::daily::PainDays;
use crate::report::rules::numbers::{mean, variance};
use crate::report::rules::statement::{
    Draft, Method, PROVISIONAL_DAYS, RELIABLE_DAYS, ReportStatement, ReportWindow, Status, Unit,
    grade,
};

/// Reliability of one daily rating, 0 to 1 (clinical.md, F1; Heapy 2014: one daily
/// rating ICC 0.65, the mean of five above 0.90).
pub const DAILY_RELIABILITY: f64 = 0.65;

/// Spread of daily scores between people that the error limit assumes, in points (clinical.md, F1;
/// an assumption, not a measurement of this patient).
pub const ASSUMED_SD_POINTS: f64 = 2.0;

/// The daily scores of one window, in the order of the days, unrounded.
#[derive(Debug, Clone, PartialEq)]
pub struct Composite {
    /// The days looked at; `None` where there are none.
    pub window: Option<ReportWindow>,
    /// The scores of the rated days, 0 to 10; a day without a score has no element.
    pub scores: Vec<f64>,
}

impl Composite {
    /// Collects the scores of a window (clinical.md, F1).
    pub fn over(days: &PainDays, window: Option<ReportWindow>) -> Self {
        let scores = window.map(|window| days.scores(window).map(|(_, score)| score).collect());
        Self { window, scores: scores.unwrap_or_default() }
    }

    /// The scores of those days of a window whose score was typed in time.
    pub fn in_time(days: &PainDays, window: Option<ReportWindow>) -> Self {
        let scored = window.into_iter().flat_map(|window| days.days(window));
        let scores = scored.filter(|(_, day)| !day.is_backfilled).filter_map(|(_, day)| day.score);
        Self { window, scores: scores.collect() }
    }

    /// `n`: the count of rated days.
    pub fn n(&self) -> usize {
        self.scores.len()
    }

    /// `W`: the mean score, 0 to 10, not withheld and not rounded; `None` for no rated day.
    pub fn mean(&self) -> Option<f64> {
        mean(&self.scores)
    }

    /// Sample variance of the scores in squared points; `None` below two rated days.
    pub fn variance(&self) -> Option<f64> {
        variance(&self.scores)
    }

    /// The grade of the mean: 5 or more rated days reliable, 3 or 4 provisional, fewer
    /// insufficient (clinical.md, F1).
    pub fn status(&self) -> Status {
        grade(self.n(), PROVISIONAL_DAYS, RELIABLE_DAYS)
    }

    /// The mean as a statement, withheld where it is insufficient.
    pub(crate) fn statement(&self, method: Method) -> ReportStatement {
        Draft {
            value: self.mean(),
            unit: Unit::Score0To10,
            n: self.n(),
            window: self.window,
            method,
            interval: None,
            have: self.n(),
            need: RELIABLE_DAYS,
            show_from: PROVISIONAL_DAYS,
        }
        .finish()
    }
}

/// Reliability of the mean of `k` ratings when one has reliability `r`; 0 to 1 (Spearman-Brown,
/// clinical.md, F1).
pub fn spearman_brown(r: f64, k: usize) -> f64 {
    let k = k as f64;
    k * r / (1.0 + (k - 1.0) * r)
}

/// Minimal detectable change at 95 % between two means of `k` days each, in points: below it a
/// difference can be measurement error (clinical.md, F1; reliability
/// [`DAILY_RELIABILITY`], spread `sd` in points, usually [`ASSUMED_SD_POINTS`]).
pub fn mdc95(k: usize, sd: f64) -> f64 {
    1.96 * 2f64.sqrt() * sd * (1.0 - spearman_brown(DAILY_RELIABILITY, k)).sqrt()
}

/// The mean of each seven-day block from the first day of the window; the last block may be
/// shorter (weekly mean, clinical.md, Gates).
pub(crate) fn weeks(days: &PainDays, window: ReportWindow) -> Vec<ReportStatement> {
    const METHOD: Method = (
        "mean_of_daily_scores_seven_day_block",
        "Mean of the daily scores in a block of seven journal days counted from the first day of \
         the window.",
    );
    window.weeks().map(|week| Composite::over(days, Some(week)).statement(METHOD)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{date, days_from, pain_days};

    fn window(from: i64, to: i64) -> Option<ReportWindow> {
        ReportWindow::new(date(from), date(to))
    }

    #[test]
    fn spearman_brown_and_mdc_match_the_reference() {
        for (k, reliability, mdc) in [
            (1, 0.650, 3.28),
            (3, 0.848, 2.16),
            (5, 0.903, 1.73),
            (6, 0.918, 1.59),
            (7, 0.929, 1.48),
            (14, 0.963, 1.07),
        ] {
            let r = spearman_brown(DAILY_RELIABILITY, k);
            assert!((r - reliability).abs() < 5e-4, "{k}: {r}");
            let error = mdc95(k, ASSUMED_SD_POINTS);
            assert!((error - mdc).abs() < 5e-3, "{k}: {error}");
        }
    }

    #[test]
    fn the_grade_follows_the_count_and_the_value_is_withheld_below_three() {
        for (n, status, shown) in [
            (0, Status::Insufficient, false),
            (2, Status::Insufficient, false),
            (3, Status::Provisional, true),
            (4, Status::Provisional, true),
            (5, Status::Reliable, true),
        ] {
            let days = days_from(0, &vec![Some(6); n]);
            let composite = Composite::over(&days, window(0, 6));
            let statement = composite.statement(("m", "M."));
            assert_eq!((composite.status(), statement.status), (status, status), "{n}");
            assert_eq!(statement.value.is_some(), shown, "{n}");
            assert_eq!(statement.have, i32::try_from(n).unwrap());
            assert_eq!(statement.need, 5);
        }
    }

    #[test]
    fn a_missing_day_is_not_a_zero() {
        let days = pain_days(&[Some(6), None, Some(6), None, Some(6), Some(6), Some(6)]);
        let composite = Composite::over(&days, window(0, 6));
        assert_eq!((composite.n(), composite.mean()), (5, Some(6.0)));
    }

    #[test]
    fn weeks_count_from_the_first_day_and_the_last_may_be_short() {
        let days = pain_days(&[Some(4); 16]);
        let weeks = weeks(&days, window(0, 15).unwrap());
        let summary: Vec<_> =
            weeks.iter().map(|week| (week.window, week.n, week.status, week.value)).collect();
        assert_eq!(
            summary,
            [
                (window(0, 6), 7, Status::Reliable, Some(4.0)),
                (window(7, 13), 7, Status::Reliable, Some(4.0)),
                (window(14, 15), 2, Status::Insufficient, None),
            ]
        );
    }
}
