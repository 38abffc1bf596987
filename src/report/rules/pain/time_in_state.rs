//! F12, time in state: how large a part of the rated days pain was high, low or absent. Patients
//! rank worst pain and time in high pain first (Stone 2020), so both stand beside the average.

use super::baseline::{Baseline, BaselineKind};
use super::daily::{PainDay, PainDays};
use crate::report::rules::numbers::{count, mean};
use crate::report::rules::statement::{
    Draft, Method, PROVISIONAL_DAYS, RELIABLE_DAYS, ReportStatement, ReportWindow, Unit,
};
use crate::report::rules::weekly::mean_statement;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Pain from which a day counts as one of high pain, 0 to 10 (F12; ePPOC's severe band).
pub const HIGH_PAIN: f64 = 7.0;
/// Worst pain up to which a day counts as one of low pain, 0 to 10 (clinical.md, F12).
pub const LOW_PAIN: f64 = 3.0;

/// A part of the rated days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StateShare {
    /// Days in this state.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days: i32,
    /// Those days in percent of the days that have the rating in question, `n`.
    pub share: ReportStatement,
}

/// Worst pain and time in high, low and no pain over the window up to today. Days without the
/// rating in question are in no state. Source of all values: clinical.md, F12.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimeInState {
    /// Mean of the worst pain of the days that have one, 0 to 10.
    pub worst_mean: ReportStatement,
    /// Days with a worst pain of 7 or more.
    pub worst_high: StateShare,
    /// Days with a worst pain of 3 or less.
    pub worst_low: StateShare,
    /// Days with a daily score of 7 or more.
    pub score_high: StateShare,
    /// Days with a daily score of 0.
    pub no_pain: StateShare,
    /// Days that the patient called free of pain without rating them. They stand beside `no_pain`
    /// and are no part of it: a word is not a score.
    #[serde(default)]
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub pain_free_unrated: i32,
}

/// The mean of the worst pain at the beginning of the course and now, over the days of baseline and
/// follow-up that have one. Source: clinical.md, F12.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorstPainChange {
    /// Over the baseline's days that speak: before treatment, those typed in time.
    pub baseline: ReportStatement,
    /// Over the follow-up's days.
    pub follow_up: ReportStatement,
    /// Follow-up less baseline in points; negative is less pain. 5 days with a worst pain in both,
    /// else provisional from 3 or withheld; `have` is the smaller count.
    pub difference: ReportStatement,
}

/// The worst pain over the days of a baseline, and over those of the follow-up.
pub(crate) fn worst_change(
    days: &PainDays,
    baseline: &Baseline,
    follow_up: Option<ReportWindow>,
) -> WorstPainChange {
    const BEFORE: Method = (
        "mean_of_worst_pain_baseline",
        "Mean of the worst pain of the days of the baseline that have one.",
    );
    const NOW: Method = (
        "mean_of_worst_pain_follow_up",
        "Mean of the worst pain of the days of the follow-up that have one.",
    );
    const CHANGE: Method = (
        "mean_of_worst_pain_follow_up_minus_baseline",
        "Mean of the worst pain of the follow-up less that of the baseline.",
    );
    let is_in_time_only = baseline.kind == BaselineKind::BeforeFirstTreatment;
    let worst = |window: Option<ReportWindow>, is_in_time_only: bool| -> Vec<f64> {
        let days = window.into_iter().flat_map(|window| days.days(window));
        let is_late = |day: &PainDay| day.is_backfilled || !day.has_timely_entry;
        let speaking = days.filter(|(_, day)| !(is_in_time_only && is_late(day)));
        speaking.filter_map(|(_, day)| day.worst.map(f64::from)).collect()
    };
    let (before, now) =
        (worst(baseline.composite.window, is_in_time_only), worst(follow_up, false));
    let fewer = before.len().min(now.len());
    let difference = Draft {
        value: mean(&now).zip(mean(&before)).map(|(now, before)| now - before),
        unit: Unit::Points,
        n: before.len() + now.len(),
        window: follow_up,
        method: CHANGE,
        interval: None,
        have: fewer,
        need: RELIABLE_DAYS,
        show_from: PROVISIONAL_DAYS,
    };
    let of = |worst: &[f64], window, method| {
        mean_statement(worst, window, Unit::Score0To10, method, RELIABLE_DAYS)
    };
    WorstPainChange {
        baseline: of(&before, baseline.composite.window, BEFORE),
        follow_up: of(&now, follow_up, NOW),
        difference: difference.finish(),
    }
}

/// Counts the states of a window; `None` stands for a window without days.
pub(crate) fn time_in_state(days: &PainDays, window: Option<ReportWindow>) -> TimeInState {
    const WORST_MEAN: Method =
        ("mean_of_worst_pain", "Mean of the worst pain of the days that have one.");
    const WORST_HIGH: Method = (
        "days_with_worst_pain_7_or_more",
        "Days with a worst pain of 7 or more, in percent of the days with a worst pain.",
    );
    const WORST_LOW: Method = (
        "days_with_worst_pain_3_or_less",
        "Days with a worst pain of 3 or less, in percent of the days with a worst pain.",
    );
    const SCORE_HIGH: Method = (
        "days_with_daily_score_7_or_more",
        "Days with a daily score of 7 or more, in percent of the rated days.",
    );
    const NO_PAIN: Method =
        ("days_with_daily_score_0", "Days with a daily score of 0, in percent of the rated days.");
    let values = |pick: fn(&PainDay) -> Option<f64>| -> Vec<f64> {
        let days = window.into_iter().flat_map(|window| days.days(window));
        days.filter_map(|(_, day)| pick(day)).collect()
    };
    let worst = values(|day| day.worst.map(f64::from));
    let scores = values(|day| day.score);
    let share = |values: &[f64], is_in: fn(f64) -> bool, method| {
        let days = values.iter().filter(|value| is_in(**value)).count();
        let n = values.len();
        let draft = Draft {
            value: (n > 0).then(|| 100.0 * days as f64 / n as f64),
            unit: Unit::Percent,
            n,
            window,
            method,
            interval: None,
            have: n,
            need: RELIABLE_DAYS,
            show_from: PROVISIONAL_DAYS,
        };
        StateShare { days: count(days), share: draft.finish() }
    };
    TimeInState {
        worst_mean: mean_statement(&worst, window, Unit::Score0To10, WORST_MEAN, RELIABLE_DAYS),
        worst_high: share(&worst, |worst| worst >= HIGH_PAIN, WORST_HIGH),
        worst_low: share(&worst, |worst| worst <= LOW_PAIN, WORST_LOW),
        score_high: share(&scores, |score| score >= HIGH_PAIN, SCORE_HIGH),
        no_pain: share(&scores, |score| score <= 0.0, NO_PAIN),
        pain_free_unrated: count(
            window
                .into_iter()
                .flat_map(|window| days.days(window))
                .filter(|(_, day)| day.score.is_none() && day.pain_free == Some(true))
                .count(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rows::EntryRow;
    use crate::report::rules::fixtures::{daily, date, late, pain_days, treatment};
    use crate::report::rules::statement::Status;
    use crate::report::rules::treatment::course::Course;
    use crate::time::DayStarts;

    #[test]
    fn the_worked_share_of_high_pain() {
        let series = [7, 6, 7, 8, -1, 6, 7, 6, 6, -1, 5, 6, 5, 9, 5, 4, 5, -1, 4, 5, 4];
        let scores: Vec<_> = series.iter().map(|s| (*s >= 0).then_some(*s)).collect();
        let states = time_in_state(&pain_days(&scores), ReportWindow::new(date(0), date(20)));
        let high = states.score_high;
        assert_eq!((high.days, high.share.n, high.share.value), (5, 18, Some(27.78)));
        assert_eq!(high.share.value_text.as_deref(), Some("27.8"));
        // Nobody gave a worst pain: its states are unknown, not zero.
        assert_eq!((states.worst_high.share.value, states.worst_mean.value), (None, None));
        assert_eq!(states.worst_high.share.status, Status::Insufficient);
    }

    #[test]
    fn a_day_called_free_of_pain_is_no_score_and_is_not_lost() {
        let called =
            |day, average, pain_free_day| EntryRow { pain_free_day, ..daily(day, average) };
        let rows = [
            called(0, None, Some(true)),
            called(1, Some(0), Some(true)),
            called(2, None, Some(false)),
            called(3, Some(4), None),
        ];
        let days = PainDays::from_rows(&rows, &DayStarts::default());
        let states = time_in_state(&days, ReportWindow::new(date(0), date(9)));
        assert_eq!(
            (states.pain_free_unrated, states.no_pain.days, states.no_pain.share.n),
            (1, 1, 2)
        );
    }

    #[test]
    fn the_worst_pain_changes_over_the_days_of_the_course() {
        let rated = |day, worst| EntryRow { worst: Some(worst), ..daily(day, Some(5)) };
        // The last of the fourteen days before is typed four days late, and does not speak.
        let mut rows: Vec<_> = (14..19).map(|day| rated(day, 8)).collect();
        rows.extend(late(19, &[Some(5)]).into_iter().map(|row| EntryRow { worst: Some(2), ..row }));
        rows.extend((46..50).map(|day| rated(day, 5)));
        let days = PainDays::from_rows(&rows, &DayStarts::default());
        let course = Course::find(&[treatment(20)], date(50), None);
        let baseline = Baseline::find(&days, course.as_ref(), date(50));
        let window = |from, to| ReportWindow::new(date(from), date(to));
        let found = worst_change(&days, &baseline, window(37, 50));
        assert_eq!((found.baseline.value, found.baseline.n), (Some(8.0), 5));
        assert_eq!((found.follow_up.value, found.follow_up.n), (Some(5.0), 4));
        assert_eq!((found.difference.value, found.difference.have), (Some(-3.0), 4));
        assert_eq!(found.difference.status, Status::Provisional);
        assert_eq!(worst_change(&days, &baseline, window(37, 47)).difference.value, None);
    }

    #[test]
    fn each_share_is_of_the_days_that_have_its_rating() {
        let worst = |day, average, worst| EntryRow { worst, ..daily(day, average) };
        let rows = [
            worst(0, Some(0), Some(3)),
            worst(1, Some(2), Some(7)),
            worst(2, Some(4), Some(4)),
            worst(3, None, Some(8)),
            worst(4, Some(5), None),
        ];
        let days = PainDays::from_rows(&rows, &DayStarts::default());
        let states = time_in_state(&days, ReportWindow::new(date(0), date(9)));
        assert_eq!((states.worst_high.days, states.worst_high.share.n), (2, 4));
        assert_eq!((states.worst_low.days, states.worst_low.share.value), (1, Some(25.0)));
        assert_eq!((states.no_pain.days, states.no_pain.share.n), (1, 4));
        assert_eq!((states.worst_mean.value, states.worst_mean.n), (Some(5.5), 4));
        assert_eq!(states.worst_mean.status, Status::Provisional);
    }
}
