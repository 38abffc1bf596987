//! Function: what the patient could do, day by day. Nothing is claimed of it; means travel with the
//! number of days behind them.

use crate::collections::WorkImpact;
use crate::report::rows::EntryRow;
use crate::report::rules::numbers::count;
use crate::report::rules::statement::{
    Draft, Method, PROVISIONAL_DAYS, RELIABLE_DAYS, ReportStatement, ReportWindow, Unit,
};
use crate::report::rules::weekly::{WeeklySeries, answers, in_window, numbers, weekly};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Working days by what pain did to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkDays {
    /// Days with an answer.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub answered: i32,
    /// Days on which pain changed nothing.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub unaffected: i32,
    /// Days on which work was reduced.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub reduced: i32,
    /// Days on which work was missed.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub missed: i32,
    /// Days reduced or missed, in percent of the days with an answer.
    pub affected: ReportStatement,
    /// Working time lost in minutes, together, over the days where it was given.
    #[schema(minimum = 0, maximum = 2_000_000)]
    pub minutes_lost: i32,
    /// Days where it was given.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub minutes_lost_days: i32,
}

/// Function over the window up to today. One answer a day counts: the last of a daily entry, else
/// the last of the day. Source: clinical.md, Scales; no threshold is claimed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunctionSummary {
    /// Walking in minutes a day.
    pub walking_minutes: WeeklySeries,
    /// Steps a day, as entered or as a device counted them while it was carried.
    pub steps: WeeklySeries,
    /// Minutes of bearable sitting.
    pub sitting_tolerance: WeeklySeries,
    /// Minutes of bearable standing.
    pub standing_tolerance: WeeklySeries,
    /// Working days.
    pub work: WorkDays,
}

/// The function of a window; `None` stands for a window without days.
pub(crate) fn summary(entries: &[EntryRow], window: Option<ReportWindow>) -> FunctionSummary {
    const WALKING: Method =
        ("mean_walking_minutes", "Mean of the minutes walked on the days that have an answer.");
    const STEPS: Method = ("mean_steps", "Mean of the steps of the days that have an answer.");
    const SITTING: Method =
        ("mean_sitting_tolerance", "Mean of the minutes of bearable sitting of the days.");
    const STANDING: Method =
        ("mean_standing_tolerance", "Mean of the minutes of bearable standing of the days.");
    let minutes = |pick: fn(&EntryRow) -> Option<i16>, method| {
        weekly(&numbers(entries, pick), window, Unit::Minutes, method)
    };
    FunctionSummary {
        walking_minutes: minutes(|entry| entry.walking_minutes, WALKING),
        steps: weekly(&numbers(entries, |entry| entry.steps), window, Unit::Steps, STEPS),
        sitting_tolerance: minutes(|entry| entry.sitting_tolerance_minutes, SITTING),
        standing_tolerance: minutes(|entry| entry.standing_tolerance_minutes, STANDING),
        work: work(entries, window),
    }
}

fn work(entries: &[EntryRow], window: Option<ReportWindow>) -> WorkDays {
    const AFFECTED: Method = (
        "days_with_work_reduced_or_missed",
        "Days on which pain reduced or prevented work, in percent of the days with an answer.",
    );
    let impacts = answers(entries, |entry| entry.work_impact);
    let of = |wanted| in_window(&impacts, window).filter(|(_, found)| **found == wanted).count();
    let answered = in_window(&impacts, window).count();
    let (unaffected, reduced) = (of(WorkImpact::None), of(WorkImpact::Reduced));
    let affected = answered - unaffected;
    let lost = answers(entries, |entry| entry.work_minutes_lost);
    let lost: Vec<i32> = in_window(&lost, window).map(|(_, lost)| i32::from(*lost)).collect();
    let share = Draft {
        value: (answered > 0).then(|| 100.0 * affected as f64 / answered as f64),
        unit: Unit::Percent,
        n: answered,
        window,
        method: AFFECTED,
        interval: None,
        have: answered,
        need: RELIABLE_DAYS,
        show_from: PROVISIONAL_DAYS,
    };
    WorkDays {
        answered: count(answered),
        unaffected: count(unaffected),
        reduced: count(reduced),
        missed: count(affected - reduced),
        affected: share.finish(),
        minutes_lost: lost.iter().sum(),
        minutes_lost_days: count(lost.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::EntryKind;
    use crate::report::rules::fixtures::{date, rating};

    #[test]
    fn means_count_the_days_that_have_an_answer_and_no_other() {
        let rows: Vec<EntryRow> = (0..6)
            .map(|day| EntryRow {
                steps: (day % 2 == 0).then_some(4000),
                walking_minutes: Some(0),
                work_impact: [None, Some(WorkImpact::Missed), Some(WorkImpact::None)]
                    [usize::try_from(day).unwrap() % 3],
                work_minutes_lost: (day == 1).then_some(480),
                ..rating(EntryKind::Daily, day, 1200)
            })
            .collect();
        let found = summary(&rows, ReportWindow::new(date(0), date(6)));
        assert_eq!((found.steps.mean.value, found.steps.mean.n), (Some(4000.0), 3));
        assert_eq!(
            (found.walking_minutes.mean.value, found.walking_minutes.mean.n),
            (Some(0.0), 6)
        );
        assert_eq!((found.sitting_tolerance.mean.value, found.sitting_tolerance.mean.n), (None, 0));
        let work = found.work;
        assert_eq!((work.answered, work.unaffected, work.reduced, work.missed), (4, 2, 0, 2));
        assert_eq!(
            (work.affected.value, work.minutes_lost, work.minutes_lost_days),
            (Some(50.0), 480, 1)
        );
    }
}
