//! F2, the baseline: pain before the course of treatment, or an honest second best.

use super::daily::PainDays;
use super::window::Composite;
use crate::report::rules::statement::{
    Method, PROVISIONAL_DAYS, ReportStatement, ReportWindow, shift,
};
use crate::report::rules::treatment::course::Course;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Journal days before the first treatment of the course that make the baseline (clinical.md, F2).
pub const BASELINE_DAYS: i64 = 14;

/// Journal days of the second-best baseline after the first treatment (clinical.md, F2).
pub const FIRST_WEEK_DAYS: i64 = 7;

/// Journal days of the follow-up window at the end of the report's window.
pub const FOLLOW_UP_DAYS: i64 = 14;

/// The first day after the first treatment that may be follow-up, in days.
pub const FOLLOW_UP_STARTS_AFTER: i64 = 15;

/// Difference in points from which the baseline with late entries is told beside the one without.
const LATE_DIFFERENCE: f64 = 0.5;

/// Absorbs binary fractions where a difference meets a threshold exactly.
const EDGE: f64 = 1e-9;

/// Mean from which a baseline counts as high, so that F13 (regression to the mean) is printed;
/// 0 to 10 (the severe band of clinical.md, Scales, ePPOC).
pub const HIGH_BASELINE: f64 = 7.0;

/// What a baseline was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// The 14 days before the first treatment of the course.
    #[serde(rename = "before_first_session")]
    BeforeFirstTreatment,
    /// Too few ratings before: the week after the first treatment. A trend may be reported, a change
    /// from before treatment may not.
    FirstWeekAfterStart,
    /// No treatment is known, or not whether an earlier one was the first.
    None,
}

/// Pain at the start of the course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PainBaseline {
    /// `before_first_session`: the 14 journal days before the first treatment of the course, that day
    /// excluded. `first_week_after_start`: there were too few ratings before, so it is the first
    /// week of treatment and supports no before-and-after statement. `none`: no treatment is known,
    /// or the share does not reach 90 days before the first one that is. Source: clinical.md, F2.
    #[schema(value_type = String, max_length = 32, examples("before_first_session"))]
    pub kind: BaselineKind,
    /// Journal day of the first treatment of the course; null where it is not known.
    #[schema(required)]
    pub first_session_date: Option<NaiveDate>,
    /// Mean of the daily scores in the baseline window (F1 over the window of F2). Before the first
    /// treatment, only of days whose score was typed in time.
    pub mean: ReportStatement,
    /// The same with the days whose score was typed late; null where it says nothing else: it
    /// differs by half a point, in the band of the change, or there are too few days without them.
    #[serde(default)]
    #[schema(required)]
    pub mean_with_late_entries: Option<ReportStatement>,
}

/// The baseline with its unrounded scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// What the baseline was taken from.
    pub kind: BaselineKind,
    /// Journal day of the first treatment of the course.
    pub first_session_date: Option<NaiveDate>,
    /// The daily scores of the baseline window that speak: before treatment, those typed in time.
    pub composite: Composite,
    /// All daily scores of that window.
    pub with_late_entries: Composite,
}

/// The days of both kinds of baseline of a course that began on this day: what must be read for it.
pub fn days_read(first: NaiveDate) -> ReportWindow {
    ReportWindow { from: shift(first, -BASELINE_DAYS), to: shift(first, FIRST_WEEK_DAYS) }
}

impl Baseline {
    /// Finds the baseline (clinical.md, F2): W over the 14 journal days before the first
    /// treatment of the course, or, with fewer than three rated days there, over the seven days
    /// after it. `end` is the last day that may be looked at.
    pub fn find(days: &PainDays, course: Option<&Course>, end: NaiveDate) -> Self {
        let Some(first) = course.and_then(Course::first_day) else {
            return Self::of(BaselineKind::None, None, Composite::over(days, None));
        };
        let before = ReportWindow::new(shift(first, -BASELINE_DAYS), shift(first, -1));
        let with_late_entries = Composite::over(days, before);
        if with_late_entries.n() >= PROVISIONAL_DAYS {
            let composite = Composite::in_time(days, before);
            let kind = BaselineKind::BeforeFirstTreatment;
            return Self { kind, first_session_date: Some(first), composite, with_late_entries };
        }
        let after = ReportWindow::new(shift(first, 1), shift(first, FIRST_WEEK_DAYS).min(end));
        let composite = Composite::over(days, after);
        Self::of(BaselineKind::FirstWeekAfterStart, Some(first), composite)
    }

    /// A baseline that makes no difference between days.
    fn of(kind: BaselineKind, first_session_date: Option<NaiveDate>, scores: Composite) -> Self {
        Self { kind, first_session_date, composite: scores.clone(), with_late_entries: scores }
    }

    /// The scores of the follow-up window: the last 14 days of `window`, and none before the 15th
    /// after the first treatment. `window` already ends at the earlier of its last day and today.
    pub fn follow_up(&self, days: &PainDays, window: Option<ReportWindow>) -> Composite {
        let cut = window.and_then(|window| {
            let last_days = shift(window.to, 1 - FOLLOW_UP_DAYS).max(window.from);
            let earliest =
                self.first_session_date.map(|first| shift(first, FOLLOW_UP_STARTS_AFTER));
            ReportWindow::new(earliest.map_or(last_days, |day| day.max(last_days)), window.to)
        });
        Composite::over(days, cut)
    }

    /// Whether late entries would make the baseline another by half a point or more.
    pub(crate) fn is_moved_by_late_entries(&self) -> bool {
        let means = self.composite.mean().zip(self.with_late_entries.mean());
        means.is_some_and(|(without, with)| (without - with).abs() >= LATE_DIFFERENCE - EDGE)
    }

    /// The baseline as it stands in the report. `with_late_entries` tells whether the one with late
    /// entries says something else.
    pub(crate) fn to_report(&self, with_late_entries: bool) -> PainBaseline {
        const BEFORE: Method = (
            "mean_of_daily_scores_14_days_before_first_session",
            "Mean of the daily scores that were typed in time, over the 14 journal days before the \
             first attended treatment of the course, that day excluded.",
        );
        const AFTER: Method = (
            "mean_of_daily_scores_first_week_after_start",
            "Mean of the daily scores over the seven journal days after the first attended \
             treatment of the course; too few days were rated before it.",
        );
        const NONE: Method = (
            "no_baseline_without_first_treatment",
            "No first attended treatment is known, so there is no baseline.",
        );
        const WITH_LATE: Method = (
            "mean_of_all_daily_scores_14_days_before_first_session",
            "Mean of the daily scores over the 14 journal days before the first attended treatment \
             of the course, with those typed later than 24 hours after their day ended.",
        );
        let method = match self.kind {
            BaselineKind::BeforeFirstTreatment => BEFORE,
            BaselineKind::FirstWeekAfterStart => AFTER,
            BaselineKind::None => NONE,
        };
        PainBaseline {
            kind: self.kind,
            first_session_date: self.first_session_date,
            mean: self.composite.statement(method),
            mean_with_late_entries: with_late_entries
                .then(|| self.with_late_entries.statement(WITH_LATE)),
        }
    }

    /// Whether the baseline is shown and high, so that F13 must be printed.
    pub(crate) fn is_high(&self) -> bool {
        self.composite.n() >= PROVISIONAL_DAYS
            && self.composite.mean().is_some_and(|mean| mean >= HIGH_BASELINE)
    }
}

/// Fall in points to be expected with no treatment at all, when someone whose usual mean is
/// `usual` was selected at `selected` (both 0 to 10), with `reliability` 0 to 1: regression to
/// the mean (clinical.md, F13).
pub fn expected_regression(selected: f64, usual: f64, reliability: f64) -> f64 {
    (1.0 - reliability) * (selected - usual)
}

#[cfg(test)]
mod tests {
    use super::super::window::DAILY_RELIABILITY;
    use super::*;
    use crate::report::rows::TreatmentRow;
    use crate::report::rules::fixtures::{close, dailies, date, days_from, late, treatment};
    use crate::report::rules::statement::Status;
    use crate::time::DayStarts;

    fn window(from: i64, to: i64) -> Option<ReportWindow> {
        ReportWindow::new(date(from), date(to))
    }

    fn find(days: &PainDays, treatments: &[TreatmentRow], end: i64) -> Baseline {
        let course = Course::find(treatments, date(end), None);
        Baseline::find(days, course.as_ref(), date(end))
    }

    #[test]
    fn the_fourteen_days_before_the_first_treatment() {
        let days = days_from(0, &[Some(6); 40]);
        let found = find(&days, &[treatment(27), treatment(20)], 39);
        assert_eq!(found.kind, BaselineKind::BeforeFirstTreatment);
        assert_eq!(found.first_session_date, Some(date(20)));
        assert_eq!(found.composite.window, window(6, 19));
        assert_eq!(found.composite.n(), 14);
    }

    #[test]
    fn the_worked_baseline() {
        let scores = [Some(7), Some(6), Some(8), Some(7), None, Some(6), Some(7)];
        let days = days_from(13, &scores);
        let found = find(&days, &[treatment(20)], 30);
        let report = found.to_report(false);
        assert_eq!((report.mean.value, report.mean.n), (Some(6.83), 6));
        assert_eq!(report.mean.status, Status::Reliable);
        assert!(!found.is_moved_by_late_entries());
    }

    #[test]
    fn three_or_four_days_are_provisional() {
        let days = days_from(16, &[Some(6); 4]);
        let report = find(&days, &[treatment(20)], 30).to_report(false);
        assert_eq!(report.kind, BaselineKind::BeforeFirstTreatment);
        assert_eq!((report.mean.status, report.mean.have), (Status::Provisional, 4));
    }

    #[test]
    fn days_typed_in_time_speak_and_late_ones_stand_beside() {
        // Six 5s in time and eight 9s typed four days late: 5.0, not 7.3.
        let mut rows = dailies(6, &[Some(5); 6]);
        rows.extend(late(12, &[Some(9); 8]));
        let days = PainDays::from_rows(&rows, &DayStarts::default());
        let found = find(&days, &[treatment(20)], 40);
        assert!(found.is_moved_by_late_entries());
        let report = found.to_report(true);
        assert_eq!((report.mean.value, report.mean.n), (Some(5.0), 6));
        let with_late = report.mean_with_late_entries.unwrap();
        assert_eq!((with_late.value, with_late.n), (Some(7.29), 14));
        // With late ones alone nothing speaks, and yet it is not the first week that does.
        let days = PainDays::from_rows(&late(6, &[Some(9); 14]), &DayStarts::default());
        let found = find(&days, &[treatment(20)], 40);
        assert_eq!((found.kind, found.composite.n()), (BaselineKind::BeforeFirstTreatment, 0));
        assert_eq!(found.with_late_entries.n(), 14);
    }

    #[test]
    fn without_ratings_before_it_is_the_first_week() {
        let mut scores = vec![Some(6); 2];
        scores.resize(20, Some(5));
        let days = days_from(18, &scores);
        let found = find(&days, &[treatment(20)], 37);
        assert_eq!(found.kind, BaselineKind::FirstWeekAfterStart);
        assert_eq!(found.composite.window, window(21, 27));
        let found = find(&days, &[treatment(20)], 20);
        assert_eq!((found.composite.window, found.composite.n()), (None, 0));
    }

    #[test]
    fn without_a_known_first_treatment_there_is_none() {
        let days = days_from(0, &[Some(6); 40]);
        let found = find(&days, &[treatment(35)], 30);
        assert_eq!((found.kind, found.first_session_date), (BaselineKind::None, None));
        let report = found.to_report(false);
        assert_eq!((report.mean.value, report.mean.window), (None, None));
        assert_eq!(report.mean.status, Status::Insufficient);
        // A share that begins a day too late for the course's beginning to be known.
        let course = Course::find(&[treatment(35)], date(39), Some(date(-54)));
        let found = Baseline::find(&days, course.as_ref(), date(39));
        assert_eq!((found.kind, found.first_session_date), (BaselineKind::None, None));
    }

    #[test]
    fn the_follow_up_begins_fifteen_days_after_the_first_treatment() {
        let days = days_from(0, &[Some(6); 60]);
        let find = |first| find(&days, &[treatment(first)], 59);
        assert_eq!(find(20).follow_up(&days, window(0, 59)).window, window(46, 59));
        assert_eq!(find(20).follow_up(&days, window(50, 59)).window, window(50, 59));
        assert_eq!(find(40).follow_up(&days, window(0, 59)).window, window(55, 59));
        assert_eq!(find(44).follow_up(&days, window(0, 59)).window, window(59, 59));
        assert_eq!(find(45).follow_up(&days, window(0, 59)).window, None);
        assert_eq!(find(20).follow_up(&days, window(0, 15)).window, None);
    }

    #[test]
    fn a_course_longer_than_the_window_is_held_against_its_own_beginning() {
        // 8 before the first treatment, 4 before the second, 6 now: 25 percent lower, not 50 higher.
        let mut rows = dailies(-155, &[Some(8); 5]);
        rows.extend(dailies(-90, &[Some(4); 5]));
        rows.extend(dailies(-4, &[Some(6); 5]));
        let days = PainDays::from_rows(&rows, &DayStarts::default());
        let found = find(&days, &[treatment(-150), treatment(-85)], 0);
        assert_eq!(found.first_session_date, Some(date(-150)));
        assert_eq!(found.composite.mean(), Some(8.0));
        assert_eq!(found.follow_up(&days, window(-89, 0)).mean(), Some(6.0));
    }

    #[test]
    fn regression_to_the_mean_of_the_reference() {
        close(expected_regression(7.5, 5.0, DAILY_RELIABILITY), 0.88, 2);
    }
}
