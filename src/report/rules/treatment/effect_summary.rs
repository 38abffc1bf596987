//! F4, the summary: what the differences around all treatment sessions have in common, gated by how many
//! treatment sessions there are.

use crate::report::rules::numbers::{count, mean, median, t_975, variance};
use crate::report::rules::statement::{
    Draft, Method, ReportStatement, ReportWindow, StatementInterval, Unit,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Treatment sessions from which a summary is shown (clinical.md, F4, Gates).
pub const SUMMARY_TREATMENTS: usize = 3;
/// Treatment sessions from which a mean with its interval is shown (clinical.md, F4, Gates).
pub const MEAN_TREATMENTS: usize = 5;

/// Absorbs binary fractions when a difference of means is compared with zero.
const ZERO: f64 = 1e-9;

/// The methods of a summary: of its median and of its mean.
pub(crate) type SummaryMethods = (Method, Method);

/// Summary of the immediate changes.
pub(crate) const IMMEDIATE: SummaryMethods = (
    (
        "median_post_minus_pre",
        "Median over the treatment sessions of the rating just after minus the rating just before; \
         three of them or more, provisional below five.",
    ),
    (
        "mean_post_minus_pre_t",
        "Mean over the treatment sessions of the rating just after minus the rating just before, \
         with Student's 95 % interval; five of them or more.",
    ),
);

/// Summary of the sustained changes.
pub(crate) const SUSTAINED: SummaryMethods = (
    (
        "median_days_after_minus_days_before",
        "Median over the treatment sessions of the mean daily score of the three days after minus \
         that of the three days before; three of them or more, provisional below five.",
    ),
    (
        "mean_days_after_minus_days_before_t",
        "Mean over the treatment sessions of the mean daily score of the three days after minus \
         that of the three days before, with Student's 95 % interval; five of them or more.",
    ),
);

/// The differences around the treatment sessions taken together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EffectSummary {
    /// Median difference in points; negative means less pain. Withheld below three treatment sessions,
    /// provisional below five. Source: clinical.md, F4.
    pub median: ReportStatement,
    /// Mean difference in points with Student's 95 % interval; withheld below five treatment sessions.
    /// Source: clinical.md, F4.
    pub mean: ReportStatement,
    /// Treatment sessions with less pain after than before.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub lower_count: i32,
    /// Treatment sessions with the same pain after as before.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub same_count: i32,
    /// Treatment sessions with more pain after than before.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub higher_count: i32,
}

impl EffectSummary {
    /// Summarises unrounded differences in points.
    pub(crate) fn of(
        differences: &[f64],
        window: Option<ReportWindow>,
        (median_method, mean_method): SummaryMethods,
    ) -> Self {
        let n = differences.len();
        let draft = |value, method, interval, show_from| Draft {
            value,
            unit: Unit::Points,
            n,
            window,
            method,
            interval,
            have: n,
            need: MEAN_TREATMENTS,
            show_from,
        };
        let interval =
            mean_interval(differences).map(|(low, high)| StatementInterval::ninety_five(low, high));
        let of_sign = |is_counted: fn(f64) -> bool| {
            count(differences.iter().filter(|difference| is_counted(**difference)).count())
        };
        Self {
            median: draft(median(differences), median_method, None, SUMMARY_TREATMENTS).finish(),
            mean: draft(mean(differences), mean_method, interval, MEAN_TREATMENTS).finish(),
            lower_count: of_sign(|difference| difference < -ZERO),
            same_count: of_sign(|difference| difference.abs() <= ZERO),
            higher_count: of_sign(|difference| difference > ZERO),
        }
    }
}

/// Student's 95 % interval of a mean; `None` below two values and where all are equal, since no
/// spread can be estimated then.
fn mean_interval(values: &[f64]) -> Option<(f64, f64)> {
    let (centre, variance) = (mean(values)?, variance(values)?);
    let n = values.len() as f64;
    let half = t_975(n - 1.0)? * (variance / n).sqrt();
    (variance > ZERO).then_some((centre - half, centre + half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::close;
    use crate::report::rules::statement::Status;

    fn summary(differences: &[f64]) -> EffectSummary {
        EffectSummary::of(differences, None, IMMEDIATE)
    }

    #[test]
    fn the_worked_summary() {
        let (pre, post) = ([7.0, 6.0, 7.0, 6.0, 5.0, 5.0], [5.0, 4.0, 6.0, 4.0, 3.0, 4.0]);
        let differences: Vec<f64> = post.iter().zip(pre).map(|(post, pre)| post - pre).collect();
        close(variance(&differences).unwrap().sqrt(), 0.516, 3);
        close(t_975(5.0).unwrap(), 2.571, 3);
        let summary = summary(&differences);
        assert_eq!((summary.median.value, summary.median.n), (Some(-2.0), 6));
        assert_eq!(summary.mean.value, Some(-1.67));
        close(summary.mean.interval.unwrap().low, -2.21, 2);
        // The reference prints -1.12; the exact end is -1.1248.
        assert_eq!(summary.mean.interval, Some(StatementInterval::ninety_five(-2.21, -1.12)));
        assert_eq!((summary.lower_count, summary.same_count, summary.higher_count), (6, 0, 0));
        assert_eq!(summary.mean.status, Status::Reliable);
    }

    #[test]
    fn the_gates_ask_for_three_and_for_five_treatments() {
        let two = summary(&[-2.0, -1.0]);
        assert_eq!((two.median.value, two.median.status), (None, Status::Insufficient));
        assert_eq!((two.median.have, two.lower_count), (2, 2));
        let four = summary(&[-2.0, -1.0, 0.0, 1.0]);
        assert_eq!((four.median.value, four.median.status), (Some(-0.5), Status::Provisional));
        assert_eq!((four.mean.value, four.mean.interval), (None, None));
        assert_eq!((four.mean.have, four.mean.need), (4, 5));
        assert_eq!((four.lower_count, four.same_count, four.higher_count), (2, 1, 1));
        let five = summary(&[-2.0, -1.0, 0.0, 1.0, -3.0]);
        assert!(five.mean.interval.is_some() && five.mean.status == Status::Reliable);
        let none = summary(&[]);
        assert_eq!((none.median.value, none.mean.value, none.median.n), (None, None, 0));
    }

    #[test]
    fn equal_differences_have_no_interval() {
        let equal = summary(&[-2.0; 5]);
        assert_eq!((equal.mean.value, equal.mean.interval), (Some(-2.0), None));
    }
}
