//! F12, time in state: how large a part of the rated days pain was high, low or absent. Patients
//! rank worst pain and time in high pain first (Stone 2020), so both stand beside the average.

use super::daily::{PainDay, PainDays};
use crate::report::rules::numbers::count;
use crate::report::rules::statement::{
    Draft, Method, PROVISIONAL_DAYS, RELIABLE_DAYS, ReportStatement, ReportWindow, Unit,
};
use crate::report::rules::weekly::mean_statement;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Pain from which a day counts as one of high pain, 0 to 10 (F12; ePPOC's severe band).
pub const HIGH_PAIN: f64 = 7.0;
/// Worst pain up to which a day counts as one of low pain, 0 to 10 (F12, clinical reference).
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
/// rating in question are in no state. Source of all values: F12, clinical reference.
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rows::EntryRow;
    use crate::report::rules::fixtures::{daily, date, pain_days};
    use crate::report::rules::statement::Status;

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
    fn each_share_is_of_the_days_that_have_its_rating() {
        let worst = |day, average, worst| EntryRow { worst, ..daily(day, average) };
        let rows = [
            worst(0, Some(0), Some(3)),
            worst(1, Some(2), Some(7)),
            worst(2, Some(4), Some(4)),
            worst(3, None, Some(8)),
            worst(4, Some(5), None),
        ];
        let days = PainDays::from_rows(&rows, 240);
        let states = time_in_state(&days, ReportWindow::new(date(0), date(9)));
        assert_eq!((states.worst_high.days, states.worst_high.share.n), (2, 4));
        assert_eq!((states.worst_low.days, states.worst_low.share.value), (1, Some(25.0)));
        assert_eq!((states.no_pain.days, states.no_pain.share.n), (1, 4));
        assert_eq!((states.worst_mean.value, states.worst_mean.n), (Some(5.5), 4));
        assert_eq!(states.worst_mean.status, Status::Provisional);
    }
}
