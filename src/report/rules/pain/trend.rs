//! F7, the trend: Theil-Sen's slope with Sen's interval, robust against single bad days.

use super::daily::PainDays;
use crate::report::rules::numbers::{median, median_in_place, round2};
use crate::report::rules::statement::{
    Draft, Method, ReportStatement, ReportWindow, StatementInterval, Unit,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Rated days that a trend needs (clinical.md, F7).
pub const TREND_RATED_DAYS: usize = 10;

/// Days from the first to the last rated day, both included, that a trend needs (clinical.md, F7).
pub const TREND_SPAN_DAYS: usize = 14;

/// What a trend's interval says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrendWords {
    /// The interval lies below zero.
    Falling,
    /// The interval lies above zero.
    Rising,
    /// The interval includes zero.
    NoClearTrend,
}

/// A fitted Theil-Sen line (clinical.md, F7; Sen 1968).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TheilSen {
    /// Median slope in points per day.
    pub slope: f64,
    /// Score at time zero, 0 to 10 on the line.
    pub intercept: f64,
    /// Lower end of the 95 % interval of the slope, in points per day.
    pub low: f64,
    /// Upper end of the 95 % interval of the slope, in points per day.
    pub high: f64,
}

impl TheilSen {
    /// Fits points of time (days, all different, ascending) and score. `None` below two points.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
        for (index, (t, y)) in points.iter().enumerate() {
            let later = points.iter().skip(index + 1);
            slopes.extend(later.map(|(later_t, later_y)| (later_y - y) / (later_t - t)));
        }
        let slope = median_in_place(&mut slopes)?;
        let times: Vec<f64> = points.iter().map(|(t, _)| *t).collect();
        let scores: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
        let intercept = median(&scores)? - slope * median(&times)?;
        let (low, high) = sen_ranks(slopes.len(), kendall_variance(scores));
        let mut at_rank = |rank| *slopes.select_nth_unstable_by(rank, f64::total_cmp).1;
        Some(Self { slope, intercept, low: at_rank(low), high: at_rank(high) })
    }

    /// The words for the interval. Its ends often lie exactly on zero where scores repeat, and
    /// zero at an end is included.
    pub fn words(&self) -> TrendWords {
        match self {
            line if line.high < 0.0 => TrendWords::Falling,
            line if line.low > 0.0 => TrendWords::Rising,
            _ => TrendWords::NoClearTrend,
        }
    }
}

/// Variance of Kendall's S, corrected for groups of equal scores (clinical.md, F7).
fn kendall_variance(mut scores: Vec<f64>) -> f64 {
    scores.sort_unstable_by(f64::total_cmp);
    let term = |count: usize| {
        let count = count as f64;
        count * (count - 1.0) * (2.0 * count + 5.0)
    };
    let ties: f64 = scores.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(|tie| term(tie.len())).sum();
    (term(scores.len()) - ties) / 18.0
}

/// The 0-based ranks of the interval's ends among `count` sorted slopes, at least one (Sen 1968).
fn sen_ranks(count: usize, variance: f64) -> (usize, usize) {
    let half_reach = 0.98 * variance.max(0.0).sqrt();
    let middle = count as f64 / 2.0;
    let (low, high) = ((middle - half_reach).round() - 1.0, (middle + half_reach).round());
    (to_rank(low), to_rank(high).min(count - 1))
}

/// A rank as an index; below zero it is the first.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number, kept at or above zero and far below the largest index"
)]
fn to_rank(rank: f64) -> usize {
    rank.max(0.0) as usize
}

/// The trend of daily pain over the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PainTrend {
    /// Slope in points per week; negative means less pain. It needs 10 rated days that span 14
    /// days or more: `have` and `need` speak of rated days, or of spanned days where only those
    /// are too few. Source: clinical.md, F7; Theil-Sen with Sen's 95 % interval (1968).
    pub per_week: ReportStatement,
    /// What the fitted line falls or rises by from the first rated day to the last, in points: a slow
    /// trend rounds to nothing a week. Null where the trend is withheld, and in reports of earlier
    /// rules. Source: clinical.md, F7.
    #[serde(default)]
    #[schema(required)]
    pub over_all: Option<ReportStatement>,
    /// Score of the fitted line on the first day of the window, two decimals; null where the
    /// trend is withheld. It can lie outside 0 to 10. Source: clinical.md, F7.
    #[schema(required)]
    pub intercept: Option<f64>,
    /// `falling`, `rising` or, where the interval includes zero, `no_clear_trend`; null where
    /// the trend is withheld.
    #[schema(required, value_type = Option<String>, max_length = 32, examples("falling"))]
    pub words: Option<TrendWords>,
}

/// How fast a trend is, in the smallest span in which it can be told to one decimal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum TrendPace<'a> {
    /// So much a week.
    Week(&'a ReportStatement),
    /// So much from the first rated day to the last.
    All(&'a ReportStatement),
    /// Less than a tenth of a point from the first rated day to the last, or it is not known.
    Under,
}

impl PainTrend {
    /// Its pace. Where a direction is named, the number beside it is never zero.
    pub(crate) fn pace(&self) -> TrendPace<'_> {
        let shows = |statement: &&ReportStatement| statement.value_text.as_deref() != Some("0.0");
        let is_directed = matches!(self.words, Some(TrendWords::Falling | TrendWords::Rising));
        let over_all = self.over_all.as_ref().filter(shows);
        match (Some(&self.per_week).filter(shows), over_all) {
            (Some(week), _) => TrendPace::Week(week),
            (None, Some(all)) => TrendPace::All(all),
            (None, None) if is_directed => TrendPace::Under,
            (None, None) => TrendPace::Week(&self.per_week),
        }
    }
}

/// Computes the trend over a window; `None` stands for a window without days.
pub(crate) fn trend(days: &PainDays, window: Option<ReportWindow>) -> PainTrend {
    const METHOD: Method = (
        "theil_sen_slope_sen_interval",
        "Median of the slopes between all pairs of rated days, times seven, with Sen's 95 % \
         interval; at least ten rated days that span fourteen days.",
    );
    const OVER_ALL: Method = (
        "theil_sen_line_first_to_last_day",
        "Median of the slopes between all pairs of rated days, times the days from the first rated \
         day to the last, with Sen's 95 % interval.",
    );
    let points: Vec<(f64, f64)> = window.map_or_else(Vec::new, |window| {
        let scores = days.scores(window);
        scores.map(|(date, score)| ((date - window.from).num_days() as f64, score)).collect()
    });
    let span = match (points.first(), points.last()) {
        (Some((first, _)), Some((last, _))) => to_rank(last - first + 1.0),
        _ => 0,
    };
    let is_gated_by_span = points.len() >= TREND_RATED_DAYS && span < TREND_SPAN_DAYS;
    let (have, need) =
        if is_gated_by_span { (span, TREND_SPAN_DAYS) } else { (points.len(), TREND_RATED_DAYS) };
    let line = if have >= need { TheilSen::fit(&points) } else { None };
    let over = |days: f64, unit, method| {
        let ends =
            |line: TheilSen| StatementInterval::ninety_five(line.low * days, line.high * days);
        Draft {
            value: line.map(|line| line.slope * days),
            unit,
            n: points.len(),
            window,
            method,
            interval: line.map(ends),
            have,
            need,
            show_from: need,
        }
        .finish()
    };
    PainTrend {
        per_week: over(7.0, Unit::PointsPerWeek, METHOD),
        over_all: line.map(|_| over(span.saturating_sub(1) as f64, Unit::Points, OVER_ALL)),
        intercept: line.map(|line| round2(line.intercept)),
        words: line.map(|line| line.words()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{close, date, pain_days};
    use crate::report::rules::statement::Status;

    const SCORES: [i16; 21] = [7, 6, 7, 8, -1, 6, 7, 6, 6, -1, 5, 6, 5, 9, 5, 4, 5, -1, 4, 5, 4];

    /// Scores of consecutive days, -1 being a day without one.
    fn trend_of(scores: &[i16]) -> PainTrend {
        let scores: Vec<_> = scores.iter().map(|s| (*s >= 0).then_some(*s)).collect();
        let last = i64::try_from(scores.len()).unwrap() - 1;
        trend(&pain_days(&scores), ReportWindow::new(date(0), date(last)))
    }

    #[test]
    fn the_worked_trend() {
        let points: Vec<(f64, f64)> = (0..)
            .zip(SCORES)
            .filter(|(_, score)| *score >= 0)
            .map(|(day, score)| (f64::from(day), f64::from(score)))
            .collect();
        let variance = kendall_variance(points.iter().map(|(_, y)| *y).collect());
        close(variance.sqrt(), 25.619, 3);
        assert_eq!(sen_ranks(153, variance), (50, 102));
        let line = TheilSen::fit(&points).unwrap();
        close(line.slope, -0.1429, 4);
        close(line.intercept, 7.5, 1);

        let trend = trend_of(&SCORES);
        assert_eq!((trend.per_week.value, trend.per_week.n), (Some(-1.0), 18));
        assert_eq!(trend.per_week.interval, Some(StatementInterval::ninety_five(-1.40, -0.54)));
        assert_eq!((trend.intercept, trend.words), (Some(7.5), Some(TrendWords::Falling)));
        assert_eq!(trend.per_week.status, Status::Reliable);
    }

    #[test]
    fn an_interval_end_on_zero_includes_zero() {
        // The worked plateau of F8: slope 0.0 a week, interval (-0.39, 0.00).
        let mut scores = [-1; 28];
        for (day, score) in (0..28).step_by(3).zip([5, 4, 5, 5, 4, 4, 5, 4, 5, 4]) {
            scores[day] = score;
        }
        let trend = trend_of(&scores);
        assert_eq!(trend.per_week.value, Some(0.0));
        assert_eq!(trend.per_week.interval, Some(StatementInterval::ninety_five(-0.39, 0.0)));
        assert_eq!(trend.words, Some(TrendWords::NoClearTrend));
    }

    #[test]
    fn a_rise_a_fall_and_no_variation() {
        let rising: Vec<i16> = (0..20).map(|day| day / 3).collect();
        assert_eq!(trend_of(&rising).words, Some(TrendWords::Rising));
        let flat = trend_of(&[5; 20]);
        assert_eq!((flat.per_week.value, flat.words), (Some(0.0), Some(TrendWords::NoClearTrend)));
        assert_eq!(flat.per_week.interval, Some(StatementInterval::ninety_five(0.0, 0.0)));
    }

    #[test]
    fn the_gate_asks_for_days_and_for_their_span() {
        let nine = trend_of(&[4, -1, 5, -1, 4, -1, 5, -1, 4, -1, 5, -1, 4, -1, 5, -1, 4]);
        assert_eq!((nine.per_week.have, nine.per_week.need), (9, 10));
        assert_eq!((nine.per_week.value, nine.words, nine.intercept), (None, None, None));
        assert_eq!(nine.per_week.status, Status::Insufficient);
        let short = trend_of(&[4; 13]);
        assert_eq!((short.per_week.have, short.per_week.need), (13, 14));
        assert_eq!((short.per_week.n, short.per_week.value), (13, None));
        assert_eq!(trend_of(&[4; 14]).per_week.status, Status::Reliable);
        let empty = trend(&pain_days(&[]), None);
        assert_eq!((empty.per_week.have, empty.per_week.window), (0, None));
    }
}
