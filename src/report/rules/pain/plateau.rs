//! F8, the plateau: four weeks in which pain neither fell nor rose.

use super::daily::PainDays;
use super::trend::TheilSen;
use super::window::Composite;
use crate::language::Language;
use crate::report::rules::numbers::round2;
use crate::report::rules::statement::{
    Draft, Method, PROVISIONAL_DAYS, ReportStatement, ReportWindow, StatementInterval, Unit, shift,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Journal days that are looked at (clinical.md, F8).
pub const PLATEAU_DAYS: usize = 28;
/// Rated days among them that a statement needs (clinical.md, F8, Gates).
pub const PLATEAU_RATED_DAYS: usize = 10;
/// Slope in points per week from which pain is not level (clinical.md, F8).
pub const PLATEAU_SLOPE_PER_WEEK: f64 = 0.25;
/// Difference of the two fortnights in points from which pain is not level (F8).
pub const PLATEAU_DIFFERENCE: f64 = 1.0;
/// Mean of the last fortnight, 0 to 10, at or below which nothing is to be reviewed (F8).
pub const PLATEAU_LOWEST_MEAN: f64 = 2.0;

/// Whether pain stood still over the last 28 days of the window. Source of all values: clinical.md, F8.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plateau {
    /// Slope of the last 28 days in points per week, with Sen's 95 % interval.
    pub per_week: ReportStatement,
    /// Mean of the daily scores of the last 14 days, 0 to 10, two decimals.
    pub last_mean: f64,
    /// Mean of the daily scores of the 14 days before, 0 to 10, two decimals.
    pub previous_mean: f64,
    /// `last_mean` minus `previous_mean` in points, from the unrounded means.
    pub difference: f64,
    /// Whether all four conditions hold: the interval includes zero, the slope is less than 0.25
    /// points a week, the two means are less than 1.0 points apart, and the last is above 2.
    pub is_plateau: bool,
    /// What may be said about it; null where there is no plateau. It never speaks of failure.
    #[schema(required, max_length = 400)]
    pub sentence: Option<String>,
}

/// Looks for a plateau in the last 28 days of a window. `None` where the window is shorter, fewer
/// than ten of them are rated, or a fortnight has fewer than three rated days.
pub(crate) fn plateau(days: &PainDays, window: Option<ReportWindow>) -> Option<Plateau> {
    const METHOD: Method = (
        "theil_sen_slope_last_28_days",
        "Median of the slopes between all pairs of rated days among the last 28, times seven, with \
         Sen's 95 % interval; ten rated days or more.",
    );
    let window = window.filter(|window| window.days() >= PLATEAU_DAYS)?.last(PLATEAU_DAYS);
    let points: Vec<(f64, f64)> = days
        .scores(window)
        .map(|(date, score)| ((date - window.from).num_days() as f64, score))
        .collect();
    let half = |from, to| {
        let composite = Composite::over(days, ReportWindow::new(from, to));
        composite.mean().filter(|_| composite.n() >= PROVISIONAL_DAYS)
    };
    let last = half(shift(window.to, -13), window.to)?;
    let previous = half(window.from, shift(window.to, -14))?;
    let line = TheilSen::fit(&points).filter(|_| points.len() >= PLATEAU_RATED_DAYS)?;
    let difference = last - previous;
    let is_plateau = line.low <= 0.0
        && line.high >= 0.0
        && (line.slope * 7.0).abs() < PLATEAU_SLOPE_PER_WEEK
        && difference.abs() < PLATEAU_DIFFERENCE
        && last > PLATEAU_LOWEST_MEAN;
    Some(Plateau {
        per_week: Draft {
            value: Some(line.slope * 7.0),
            unit: Unit::PointsPerWeek,
            n: points.len(),
            window: Some(window),
            method: METHOD,
            interval: Some(StatementInterval::ninety_five(line.low * 7.0, line.high * 7.0)),
            have: points.len(),
            need: PLATEAU_RATED_DAYS,
            show_from: PLATEAU_RATED_DAYS,
        }
        .finish(),
        last_mean: round2(last),
        previous_mean: round2(previous),
        difference: round2(difference),
        is_plateau,
        sentence: is_plateau.then(|| Language::english().text("change.plateau", &[])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{date, pain_days};

    fn of(scores: &[i16]) -> Option<Plateau> {
        let last = i64::try_from(scores.len()).unwrap() - 1;
        let scores: Vec<_> = scores.iter().map(|s| (*s >= 0).then_some(*s)).collect();
        plateau(&pain_days(&scores), ReportWindow::new(date(0), date(last)))
    }

    /// The worked series of F8, every score moved by `by`.
    fn worked(by: i16) -> [i16; 28] {
        let mut scores = [-1; 28];
        for (day, score) in (0..28).step_by(3).zip([5, 4, 5, 5, 4, 4, 5, 4, 5, 4]) {
            scores[day] = score + by;
        }
        scores
    }

    #[test]
    fn the_worked_plateau() {
        let found = of(&worked(0)).unwrap();
        assert_eq!((found.per_week.value, found.per_week.n), (Some(0.0), 10));
        let interval = found.per_week.interval.unwrap();
        assert_eq!(interval, StatementInterval::ninety_five(-0.39, 0.0));
        assert_eq!((found.previous_mean, found.last_mean), (4.6, 4.4));
        assert_eq!((found.difference, found.is_plateau), (-0.2, true));
        assert!(!found.sentence.unwrap().contains("fail"));
    }

    #[test]
    fn low_pain_a_trend_and_a_step_are_no_plateau() {
        let low = of(&worked(-3)).unwrap();
        assert_eq!((low.is_plateau, low.sentence), (false, None));
        let rising: Vec<i16> = (0..28).map(|day| 2 + day / 5).collect();
        assert!(!of(&rising).unwrap().is_plateau);
        let step: Vec<i16> = (0..28).map(|day| if day < 14 { 7 } else { 4 }).collect();
        assert!(!of(&step).unwrap().is_plateau);
    }

    #[test]
    fn below_the_gate_there_is_nothing() {
        assert_eq!(of(&[5; 27]), None, "27 days");
        let mut nine = worked(0);
        nine[27] = -1;
        assert_eq!(of(&nine), None, "nine rated days");
        let mut lopsided = [5; 28];
        lopsided[2..14].fill(-1);
        assert_eq!(of(&lopsided), None, "two rated days in a fortnight");
        assert_eq!(plateau(&PainDays::default(), None), None);
    }
}
