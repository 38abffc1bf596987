//! F9, responder analysis: how many of a practitioner's patients reached a threshold. Counts and
//! shares of all of them together; nobody is ranked, and small cells are withheld.

use super::baseline::{BASELINE_DAYS, FOLLOW_UP_DAYS};
use super::change::SMALLEST_BASELINE_FOR_PERCENT;
use super::daily::PainDays;
use super::window::Composite;
use crate::report::rules::numbers::{count, one_decimal, round2};
use crate::report::rules::statement::{ReportWindow, StatementInterval, Status, shift};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Reductions in percent that are counted (IMMPACT, Dworkin 2008: moderate and substantial).
pub const THRESHOLDS: [f64; 2] = [30.0, 50.0];
/// Patients from which a share is reported, and below which cells are withheld: one of any two
/// cells that make up fewer than ten is below five (clinical.md, F9, Gates).
pub const SHARE_PATIENTS: usize = 10;
/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Absorbs binary fractions where a reduction meets a threshold exactly.
const EDGE: f64 = 1e-9;

/// How one patient came out. Only patients with a reliable baseline whose follow-up window has
/// passed are outcomes; the others are counted apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ResponderOutcome {
    /// The reduction in percent of the baseline, unrounded; both windows are reliable.
    Reduction(f64),
    /// The follow-up window has passed without enough ratings.
    NoFollowUp,
    /// No reliable baseline, or one below 1 of which no percentage is taken, or the follow-up
    /// window has not passed: not in the denominator.
    NotCounted,
}

/// A share with Wilson's interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResponderShare {
    /// Patients that reached the threshold; null where the cell is withheld.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub responders: Option<i32>,
    /// Patients in the denominator.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub n: i32,
    /// The share in percent, two decimals; null below ten patients.
    #[schema(required)]
    pub percent: Option<f64>,
    /// The same to one decimal.
    #[schema(required, max_length = 16, examples("45.0"))]
    pub percent_text: Option<String>,
    /// Wilson's 95 % interval in percent; null with the share.
    #[schema(required)]
    pub interval: Option<StatementInterval>,
}

/// One threshold, counted in two ways.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResponderThreshold {
    /// Least reduction in percent of the baseline mean.
    pub at_least_percent: f64,
    /// Of every patient in the denominator; one without a follow-up counts as no responder.
    pub imputed: ResponderShare,
    /// Of the patients with a follow-up alone.
    pub complete_cases: ResponderShare,
}

/// Responders among the patients whose shares open pain and treatment. Source of all values: clinical.md, F9.
/// It compares neither patients nor practitioners, and shows no cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResponderAnalysis {
    /// Patients with a reliable baseline whose follow-up window has passed.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub counted: i32,
    /// Those of them without enough ratings at follow-up; null where the cell is withheld.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub without_follow_up: Option<i32>,
    /// Patients that are not counted: without a reliable baseline of 1 or more, or too early.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub not_counted: i32,
    /// Whether the cells are withheld, because fewer than ten patients are counted.
    pub is_suppressed: bool,
    /// The thresholds, lowest first.
    #[schema(max_items = 2)]
    pub thresholds: Vec<ResponderThreshold>,
}

/// Wilson's 95 % interval of a share, both ends 0 to 1 (clinical.md, F9). `None` for nobody.
pub fn wilson(part: usize, whole: usize) -> Option<(f64, f64)> {
    if whole == 0 {
        return None;
    }
    let n = whole as f64;
    let (p, z2) = (part as f64 / n, Z * Z);
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

/// Weeks after the first attended treatment session at whose end everybody is followed up. One fixed length,
/// so that nobody's window is chosen by how it came out.
pub const FOLLOW_UP_WEEKS: i64 = 8;

/// The days before and the days at follow-up of a course that began with a treatment session on `first`: the
/// 14 journal days before it, and the last 14 of the eight weeks that begin with it.
pub fn windows(first: NaiveDate) -> (ReportWindow, ReportWindow) {
    let last = shift(first, FOLLOW_UP_WEEKS * 7 - 1);
    (
        ReportWindow { from: shift(first, -BASELINE_DAYS), to: shift(first, -1) },
        ReportWindow { from: shift(last, 1 - FOLLOW_UP_DAYS), to: last },
    )
}

impl ResponderOutcome {
    /// How a patient came out whose course began with a treatment on `first`. The baseline is of days
    /// typed in time. `open_until` is the
    /// last journal day that can hold a rating: yesterday, or the last day a share opens.
    pub fn of(days: &PainDays, first: Option<NaiveDate>, open_until: NaiveDate) -> Self {
        let Some((before, after)) = first.map(windows) else { return Self::NotCounted };
        let baseline = Composite::in_time(days, Some(before));
        let start = baseline.mean().filter(|mean| *mean >= SMALLEST_BASELINE_FOR_PERCENT);
        let (Some(start), Status::Reliable) = (start, baseline.status()) else {
            return Self::NotCounted;
        };
        if open_until < after.to {
            return Self::NotCounted;
        }
        let follow_up = Composite::over(days, Some(after));
        match (follow_up.mean(), follow_up.status()) {
            (Some(end), Status::Reliable) => Self::Reduction(100.0 * (start - end) / start),
            _ => Self::NoFollowUp,
        }
    }
}

/// Counts the outcomes. Their order has no influence.
pub fn analyse(outcomes: &[ResponderOutcome]) -> ResponderAnalysis {
    let reductions: Vec<f64> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            ResponderOutcome::Reduction(percent) => Some(*percent),
            ResponderOutcome::NoFollowUp | ResponderOutcome::NotCounted => None,
        })
        .collect();
    let lost = outcomes.iter().filter(|outcome| **outcome == ResponderOutcome::NoFollowUp).count();
    let counted = reductions.len() + lost;
    let reached = THRESHOLDS
        .map(|threshold| reductions.iter().filter(|percent| **percent >= threshold - EDGE).count());
    // Of two complementary cells of fewer than ten patients one is always below five.
    let is_suppressed = counted > 0 && counted < SHARE_PATIENTS;
    let share = |responders: usize, n: usize| {
        let is_shown = n >= SHARE_PATIENTS && !is_suppressed;
        let percent = is_shown.then(|| 100.0 * responders as f64 / n as f64);
        let interval = wilson(responders, n).filter(|_| is_shown);
        ResponderShare {
            responders: (!is_suppressed).then(|| count(responders)),
            n: count(n),
            percent: percent.map(round2),
            percent_text: percent.map(one_decimal),
            interval: interval
                .map(|(low, high)| StatementInterval::ninety_five(100.0 * low, 100.0 * high)),
        }
    };
    let threshold = |(at_least_percent, responders): (f64, usize)| ResponderThreshold {
        at_least_percent,
        imputed: share(responders, counted),
        // The count of complete cases alone would tell who was lost.
        complete_cases: if is_suppressed {
            share(0, 0)
        } else {
            share(responders, reductions.len())
        },
    };
    ResponderAnalysis {
        counted: count(counted),
        without_follow_up: (!is_suppressed).then(|| count(lost)),
        not_counted: count(outcomes.len() - counted),
        is_suppressed,
        thresholds: THRESHOLDS.into_iter().zip(reached).map(threshold).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{close, dailies, date};
    use crate::time::DayStarts;

    #[test]
    fn an_outcome_needs_a_baseline_and_a_window_that_has_passed() {
        let rows = |before: i16, after: &[Option<i16>]| {
            let mut rows = dailies(-7, &[Some(before); 7]);
            rows.extend(dailies(45, after));
            PainDays::from_rows(&rows, &DayStarts::default())
        };
        let of = |days: &PainDays, until| ResponderOutcome::of(days, Some(date(0)), date(until));
        let half = rows(6, &[Some(3); 5]);
        assert_eq!(of(&half, 55), ResponderOutcome::Reduction(50.0));
        assert_eq!(of(&half, 54), ResponderOutcome::NotCounted, "too early");
        assert_eq!(of(&rows(6, &[Some(3); 4]), 55), ResponderOutcome::NoFollowUp);
        assert_eq!(
            of(&rows(0, &[Some(3); 7]), 55),
            ResponderOutcome::NotCounted,
            "no percentage of 0"
        );
        assert_eq!(of(&PainDays::default(), 55), ResponderOutcome::NotCounted);
        assert_eq!(ResponderOutcome::of(&half, None, date(55)), ResponderOutcome::NotCounted);
        let (before, after) = windows(date(0));
        assert_eq!((before.days(), after.days(), after.to), (14, 14, date(55)));
    }

    fn outcomes(reductions: &[(f64, usize)], lost: usize) -> Vec<ResponderOutcome> {
        let of =
            |(percent, times): &(f64, usize)| vec![ResponderOutcome::Reduction(*percent); *times];
        let mut outcomes: Vec<_> = reductions.iter().flat_map(of).collect();
        outcomes.extend(vec![ResponderOutcome::NoFollowUp; lost]);
        outcomes
    }

    #[test]
    fn the_worked_shares() {
        for (part, low, high) in [(9, 25.8, 65.8), (5, 11.2, 46.9)] {
            let (found_low, found_high) = wilson(part, 20).unwrap();
            close(100.0 * found_low, low, 1);
            close(100.0 * found_high, high, 1);
        }
        // 9 of 20 reach 30 percent and 5 of them 50; 3 have no follow-up.
        let found = analyse(&outcomes(&[(50.0, 5), (30.0, 4), (10.0, 8)], 3));
        assert_eq!((found.counted, found.without_follow_up), (20, Some(3)));
        let [thirty, fifty] = &found.thresholds[..] else { panic!() };
        assert_eq!((thirty.imputed.responders, thirty.imputed.percent), (Some(9), Some(45.0)));
        assert_eq!((fifty.imputed.responders, fifty.imputed.percent), (Some(5), Some(25.0)));
        let interval = thirty.imputed.interval.unwrap();
        close(interval.low, 25.8, 1);
        close(interval.high, 65.8, 1);
        assert_eq!((thirty.complete_cases.n, thirty.complete_cases.percent), (17, Some(52.94)));
        assert!(!found.is_suppressed);
    }

    #[test]
    fn the_ends_of_the_interval_stay_within_all_and_none() {
        assert_eq!(wilson(0, 0), None);
        let (low, high) = wilson(0, 10).unwrap();
        assert!(low.abs() < 1e-12 && (0.2..0.4).contains(&high), "{high}");
        let (low, high) = wilson(10, 10).unwrap();
        assert!((0.6..0.8).contains(&low) && (high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn small_cells_of_few_patients_are_withheld() {
        let few = analyse(&outcomes(&[(60.0, 2), (0.0, 5)], 1));
        assert!(few.is_suppressed);
        assert_eq!((few.counted, few.without_follow_up), (8, None));
        for threshold in &few.thresholds {
            for share in [&threshold.imputed, &threshold.complete_cases] {
                assert_eq!((share.responders, share.percent, share.interval), (None, None, None));
            }
            assert_eq!(threshold.complete_cases.n, 0);
        }
        assert!(analyse(&outcomes(&[(60.0, 9)], 0)).is_suppressed, "nobody is the smallest cell");
        let ten = analyse(&outcomes(&[(60.0, 2), (0.0, 8)], 0));
        assert_eq!(ten.thresholds[0].imputed.percent, Some(20.0));
    }

    #[test]
    fn whoever_is_not_counted_changes_no_share() {
        let mut all = outcomes(&[(40.0, 6), (5.0, 6)], 0);
        let shares = analyse(&all).thresholds;
        all.extend([ResponderOutcome::NotCounted; 4]);
        all.reverse();
        let found = analyse(&all);
        assert_eq!((found.not_counted, found.thresholds), (4, shares));
        assert_eq!(analyse(&[]).counted, 0);
    }
}
