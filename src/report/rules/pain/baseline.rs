//! F2, the baseline: pain before treatment, or an honest second best.

use super::daily::PainDays;
use super::window::Composite;
use crate::collections::SessionStatus;
use crate::report::rows::SessionRow;
use crate::report::rules::statement::{
    Method, PROVISIONAL_DAYS, ReportStatement, ReportWindow, shift,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Journal days before the first attended treatment session that make the baseline (F2, clinical
/// reference).
pub const BASELINE_DAYS: i64 = 14;

/// Journal days of the second-best baseline after the first attended treatment session (F2, clinical
/// reference).
const FIRST_WEEK_DAYS: i64 = 7;

/// Journal days of the follow-up window at the end of the report's window.
pub const FOLLOW_UP_DAYS: i64 = 14;

/// Mean from which a baseline counts as high, so that F13 (regression to the mean) is printed;
/// 0 to 10 (the severe band of the clinical reference 4.1, ePPOC).
pub const HIGH_BASELINE: f64 = 7.0;

/// What a baseline was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// The 14 days before the first attended session.
    BeforeFirstSession,
    /// Too few ratings before: the week after the first attended treatment session. A trend may be
    /// reported, a change from before treatment may not.
    FirstWeekAfterStart,
    /// No attended treatment session is known.
    None,
}

/// Pain at the start of the course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PainBaseline {
    /// `before_first_session`: the 14 journal days before the first attended session, that day
    /// excluded. `first_week_after_start`: there were too few ratings before, so it is the first
    /// week of treatment and supports no before-and-after statement. `none`: no attended session
    /// is known. Source: F2, clinical reference.
    #[schema(value_type = String, max_length = 32, examples("before_first_session"))]
    pub kind: BaselineKind,
    /// Journal day of the first attended session; null where none is known.
    #[schema(required)]
    pub first_session_date: Option<NaiveDate>,
    /// Mean of the daily scores in the baseline window (F1 over the window of F2).
    pub mean: ReportStatement,
}

/// The baseline with its unrounded scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// What the baseline was taken from.
    pub kind: BaselineKind,
    /// Journal day of the first attended session.
    pub first_session_date: Option<NaiveDate>,
    /// The daily scores of the baseline window.
    pub composite: Composite,
}

impl Baseline {
    /// Finds the baseline (F2, clinical reference): W over the 14 journal days before the first
    /// attended treatment session, or, with fewer than three rated days there, over the seven days after
    /// it. `end` is the last day that may be looked at.
    pub fn find(days: &PainDays, sessions: &[&SessionRow], end: NaiveDate) -> Self {
        let attended = sessions.iter().filter(|row| row.status == SessionStatus::Attended);
        let first = attended.map(|row| row.journal_date).filter(|date| *date <= end).min();
        let Some(first) = first else {
            let composite = Composite { window: None, scores: Vec::new() };
            return Self { kind: BaselineKind::None, first_session_date: None, composite };
        };
        let before = ReportWindow::new(shift(first, -BASELINE_DAYS), shift(first, -1));
        let composite = Composite::over(days, before);
        if composite.n() >= PROVISIONAL_DAYS {
            let kind = BaselineKind::BeforeFirstSession;
            return Self { kind, first_session_date: Some(first), composite };
        }
        let after = ReportWindow::new(shift(first, 1), shift(first, FIRST_WEEK_DAYS).min(end));
        Self {
            kind: BaselineKind::FirstWeekAfterStart,
            first_session_date: Some(first),
            composite: Composite::over(days, after),
        }
    }

    /// The scores of the follow-up window: the last 14 days of `window`, cut so that it holds
    /// neither a day of the baseline nor the day of the first attended treatment session, nor an earlier
    /// one. `window` already ends at the earlier of its last day and today.
    pub fn follow_up(&self, days: &PainDays, window: Option<ReportWindow>) -> Composite {
        let cut = window.and_then(|window| {
            let last_days = shift(window.to, 1 - FOLLOW_UP_DAYS).max(window.from);
            let taken = [self.composite.window.map(|window| window.to), self.first_session_date];
            let from = taken.into_iter().flatten().map(|date| shift(date, 1)).max();
            ReportWindow::new(from.map_or(last_days, |from| from.max(last_days)), window.to)
        });
        Composite::over(days, cut)
    }

    /// The baseline as it stands in the report.
    pub(crate) fn to_report(&self) -> PainBaseline {
        const BEFORE: Method = (
            "mean_of_daily_scores_14_days_before_first_session",
            "Mean of the daily scores over the 14 journal days before the first attended \
             treatment session, that day excluded.",
        );
        const AFTER: Method = (
            "mean_of_daily_scores_first_week_after_start",
            "Mean of the daily scores over the seven journal days after the first attended \
             treatment session; too few days were rated before it.",
        );
        const NONE: Method = (
            "no_baseline_without_attended_session",
            "No attended treatment session is known, so there is no baseline.",
        );
        let method = match self.kind {
            BaselineKind::BeforeFirstSession => BEFORE,
            BaselineKind::FirstWeekAfterStart => AFTER,
            BaselineKind::None => NONE,
        };
        PainBaseline {
            kind: self.kind,
            first_session_date: self.first_session_date,
            mean: self.composite.statement(method),
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
/// the mean (F13, clinical reference).
pub fn expected_regression(selected: f64, usual: f64, reliability: f64) -> f64 {
    (1.0 - reliability) * (selected - usual)
}

#[cfg(test)]
mod tests {
    use super::super::window::DAILY_RELIABILITY;
    use super::*;
    use crate::report::rules::fixtures::{close, date, days_from, session};
    use crate::report::rules::statement::Status;

    fn window(from: i64, to: i64) -> Option<ReportWindow> {
        ReportWindow::new(date(from), date(to))
    }

    #[test]
    fn the_fourteen_days_before_the_first_attended_session() {
        let days = days_from(0, &[Some(6); 40]);
        let missed = SessionRow { status: SessionStatus::Missed, ..session(3, 600) };
        let (first, second) = (session(20, 600), session(27, 600));
        let found = Baseline::find(&days, &[&second, &missed, &first], date(39));
        assert_eq!(found.kind, BaselineKind::BeforeFirstSession);
        assert_eq!(found.first_session_date, Some(date(20)));
        assert_eq!(found.composite.window, window(6, 19));
        assert_eq!(found.composite.n(), 14);
    }

    #[test]
    fn the_worked_baseline() {
        let scores = [Some(7), Some(6), Some(8), Some(7), None, Some(6), Some(7)];
        let days = days_from(13, &scores);
        let found = Baseline::find(&days, &[&session(20, 600)], date(30));
        let report = found.to_report();
        assert_eq!((report.mean.value, report.mean.n), (Some(6.83), 6));
        assert_eq!(report.mean.status, Status::Reliable);
    }

    #[test]
    fn three_or_four_days_are_provisional() {
        let days = days_from(16, &[Some(6); 4]);
        let report = Baseline::find(&days, &[&session(20, 600)], date(30)).to_report();
        assert_eq!(report.kind, BaselineKind::BeforeFirstSession);
        assert_eq!((report.mean.status, report.mean.have), (Status::Provisional, 4));
    }

    #[test]
    fn without_ratings_before_it_is_the_first_week() {
        let mut scores = vec![Some(6); 2];
        scores.resize(20, Some(5));
        let days = days_from(18, &scores);
        let found = Baseline::find(&days, &[&session(20, 600)], date(37));
        assert_eq!(found.kind, BaselineKind::FirstWeekAfterStart);
        assert_eq!(found.composite.window, window(21, 27));
        let found = Baseline::find(&days, &[&session(20, 600)], date(20));
        assert_eq!((found.composite.window, found.composite.n()), (None, 0));
    }

    #[test]
    fn without_an_attended_session_there_is_none() {
        let days = days_from(0, &[Some(6); 40]);
        let planned = SessionRow { status: SessionStatus::Planned, ..session(20, 600) };
        let after_the_end = session(35, 600);
        let found = Baseline::find(&days, &[&planned, &after_the_end], date(30));
        assert_eq!((found.kind, found.first_session_date), (BaselineKind::None, None));
        let report = found.to_report();
        assert_eq!((report.mean.value, report.mean.window), (None, None));
        assert_eq!(report.mean.status, Status::Insufficient);
    }

    #[test]
    fn the_follow_up_never_overlaps_the_baseline() {
        let days = days_from(0, &[Some(6); 60]);
        let find = |first| Baseline::find(&days, &[&session(first, 600)], date(59));
        assert_eq!(find(20).follow_up(&days, window(0, 59)).window, window(46, 59));
        assert_eq!(find(20).follow_up(&days, window(50, 59)).window, window(50, 59));
        assert_eq!(find(52).follow_up(&days, window(0, 59)).window, window(53, 59));
        assert_eq!(find(20).follow_up(&days, window(0, 15)).window, None);
        assert_eq!(find(59).follow_up(&days, window(0, 59)).window, None);
        // A first-week baseline is kept out as well.
        let late = days_from(50, &[Some(6); 10]);
        let found = Baseline::find(&late, &[&session(48, 600)], date(59));
        assert_eq!(found.composite.window, window(49, 55));
        assert_eq!(found.follow_up(&late, window(0, 59)).window, window(56, 59));
    }

    #[test]
    fn regression_to_the_mean_of_the_reference() {
        close(expected_regression(7.5, 5.0, DAILY_RELIABILITY), 0.88, 2);
    }
}
