//! The missing-data table: how many of the expected days of each week were rated, so that nobody
//! takes a gap for a good time.

use super::daily::PainDays;
use crate::report::rules::numbers::count;
use crate::report::rules::statement::ReportWindow;
use crate::time::ExpectedDays;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The ratings of one week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoverageWeek {
    /// The journal days; the last block of a window may be shorter than seven.
    pub window: ReportWindow,
    /// Days on which an entry was expected: from the start of the journal to today, less declared pauses.
    #[schema(minimum = 0, maximum = 7)]
    pub expected: i32,
    /// Expected days with a daily score.
    #[schema(minimum = 0, maximum = 7)]
    pub rated: i32,
    /// Rated days whose score rests on an entry typed later than 24 hours after the day ended.
    #[schema(minimum = 0, maximum = 7)]
    pub backfilled: i32,
}

/// The weeks of a window up to today, in order; `expected` are its expected days. Their sums are
/// the counts of the header.
pub(crate) fn weeks(
    days: &PainDays,
    window: Option<ReportWindow>,
    expected: &ExpectedDays,
) -> Vec<CoverageWeek> {
    let week = |window: ReportWindow| {
        let expected = expected.within(window.from, window.to);
        let scored = |is_counted: fn(bool) -> bool| {
            let days = days.expected(&expected);
            let scored =
                days.filter(|(_, day)| day.score.is_some() && is_counted(day.is_backfilled));
            count(scored.count())
        };
        CoverageWeek {
            window,
            expected: count(expected.count()),
            rated: scored(|_| true),
            backfilled: scored(|is_backfilled| is_backfilled),
        }
    };
    window.into_iter().flat_map(ReportWindow::weeks).map(week).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rows::EntryRow;
    use crate::report::rules::fixtures::{at, dailies, daily, date};
    use crate::time::DayStarts;

    #[test]
    fn days_before_enrolment_are_not_expected_and_add_up() {
        let mut rows = dailies(3, &[Some(5); 9]);
        rows.push(EntryRow { recorded_at: None, received_at: at(40, 0), ..daily(13, Some(5)) });
        let days = PainDays::from_rows(&rows, &DayStarts::default());
        let (all, expected) =
            (ReportWindow::new(date(0), date(15)), ReportWindow::new(date(5), date(15)));
        let weeks: Vec<_> = weeks(&days, all, &expected.into())
            .iter()
            .map(|week| (week.expected, week.rated, week.backfilled))
            .collect();
        assert_eq!(weeks, [(2, 2, 0), (7, 6, 1), (2, 0, 0)]);
    }
}
