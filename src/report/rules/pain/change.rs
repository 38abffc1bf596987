//! F3, the change from baseline: the difference, its interval, its band, and the few words that
//! may be said about it.

use super::baseline::{Baseline, BaselineKind};
use super::window::{ASSUMED_SD_POINTS, Composite, mdc95};
use crate::language::Language;
use crate::report::rules::numbers::{count, one_decimal, round2, t_975};
use crate::report::rules::statement::{
    Draft, Method, PROVISIONAL_DAYS, RELIABLE_DAYS, ReportStatement, ReportWindow,
    StatementInterval, Status, Unit, grade,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Absorbs rounding in binary fractions where a percentage meets a threshold exactly.
const EDGE: f64 = 1e-9;

/// Smallest baseline for which a percentage is given, 0 to 10 (clinical.md, F3).
pub const SMALLEST_BASELINE_FOR_PERCENT: f64 = 1.0;

/// Reduction in percent from which a change may be called clinically meaningful (clinical.md, F3;
/// IMMPACT, Dworkin 2008).
pub const MEANINGFUL_PERCENT: f64 = 30.0;

/// Band of a percent reduction (clinical.md, F3; IMMPACT, Dworkin 2008, whose minimal
/// band of 10 to 20 percent is extended to 30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeBand {
    /// 10 percent or more above the baseline; there is no agreed threshold for worsening.
    Worse,
    /// Less than 10 percent either way.
    None,
    /// 10 to below 30 percent lower.
    Minimal,
    /// 30 to below 50 percent lower.
    Moderate,
    /// 50 percent lower or more.
    Substantial,
}

impl ChangeBand {
    /// The band of a reduction in percent, unrounded; positive means less pain.
    pub fn of(percent: f64) -> Self {
        match percent {
            percent if percent >= 50.0 - EDGE => Self::Substantial,
            percent if percent >= MEANINGFUL_PERCENT - EDGE => Self::Moderate,
            percent if percent >= 10.0 - EDGE => Self::Minimal,
            percent if percent > -10.0 + EDGE => Self::None,
            _ => Self::Worse,
        }
    }
}

/// Welch's comparison of two means (clinical.md, F3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// Standard error of the difference, in points.
    pub standard_error: f64,
    /// Degrees of freedom (Welch-Satterthwaite), usually not a whole number.
    pub df: f64,
    /// Lower end of the 95 % interval of the difference, in points.
    pub low: f64,
    /// Upper end of the 95 % interval of the difference, in points.
    pub high: f64,
}

impl Welch {
    /// Compares follow-up with baseline. `None` where a window has fewer than two rated days or
    /// neither varies from day to day, since no interval can be estimated then.
    pub fn compare(baseline: &Composite, follow_up: &Composite) -> Option<Self> {
        let difference = follow_up.mean()? - baseline.mean()?;
        let part = |side: &Composite| Some((side.variance()? / side.n() as f64, side.n() as f64));
        let ((b, n_b), (f, n_f)) = (part(baseline)?, part(follow_up)?);
        let squared = b + f;
        if squared <= 0.0 {
            return None;
        }
        let df = squared.powi(2) / (b.powi(2) / (n_b - 1.0) + f.powi(2) / (n_f - 1.0));
        let standard_error = squared.sqrt();
        let half = t_975(df)? * standard_error;
        Some(Self { standard_error, df, low: difference - half, high: difference + half })
    }
}

/// The change from the baseline to the follow-up window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PainChange {
    /// Follow-up mean minus baseline mean in points; negative means less pain. Its window runs
    /// from the first day of the baseline to the last of the follow-up. `have` is the smaller
    /// count of rated days in the two. Source: clinical.md, F3; Welch's 95 % interval.
    pub difference: ReportStatement,
    /// Rated days in the baseline.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub baseline_rated_days: i32,
    /// Rated days in the follow-up window.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub follow_up_rated_days: i32,
    /// Reduction in percent of the baseline, two decimals; positive means less pain. Null where
    /// the difference is withheld or the baseline is below 1. Source: clinical.md, F3.
    #[schema(required)]
    pub percent_reduction: Option<f64>,
    /// `worse` (10 percent or more above), `none` (within 10), `minimal` (10 to below 30 lower),
    /// `moderate` (30 to below 50) or `substantial` (50 or more); null unless the difference is
    /// reliable, and where the baseline with late entries would give another. Source: clinical.md, F3; IMMPACT (Dworkin 2008).
    #[schema(required, value_type = Option<String>, max_length = 16, examples("moderate"))]
    pub band: Option<ChangeBand>,
    /// Smallest difference in points that measurement error does not explain, for the smaller
    /// count of rated days; null where the difference is withheld. It assumes a spread of 2.0
    /// points and a reliability of 0.65. Source: F1 and clinical.md, F3 (MDC95).
    #[schema(required)]
    pub mdc95_points: Option<f64>,
    /// Whether the interval excludes zero and the difference reaches `mdc95_points`. Always
    /// false unless the difference is reliable. Source: clinical.md, F3.
    pub beyond_error: bool,
    /// Whether all three conditions hold, with late entries of the baseline as without: at least 30
    /// percent lower, beyond error, both windows reliable. It is a threshold from groups, not this patient's own goal. Source: clinical.md, F3;
    /// IMMPACT (Dworkin 2008).
    pub meaningful_improvement: bool,
    /// The change in words; null unless the difference is reliable.
    #[schema(required, max_length = 600)]
    pub sentence: Option<String>,
}

/// What two windows say of a change, unrounded.
#[derive(Debug, Clone, Copy)]
struct Verdict {
    difference: Option<f64>,
    percent: Option<f64>,
    welch: Option<Welch>,
    limit: f64,
    band: Option<ChangeBand>,
    beyond_error: bool,
    meaningful: bool,
}

impl Verdict {
    /// Holds the follow-up against a baseline; with `have` rated days in the smaller of both.
    fn of(base: &Composite, follow_up: &Composite, have: usize) -> Self {
        let status = grade(have, PROVISIONAL_DAYS, RELIABLE_DAYS);
        let (is_shown, is_reliable) = (status != Status::Insufficient, status == Status::Reliable);
        let means = base.mean().zip(follow_up.mean()).filter(|_| is_shown);
        let difference = means.map(|(before, after)| after - before);
        let percent = means
            .filter(|(before, _)| *before >= SMALLEST_BASELINE_FOR_PERCENT)
            .map(|(before, after)| 100.0 * (before - after) / before);
        let welch = Welch::compare(base, follow_up).filter(|_| is_shown);
        let limit = mdc95(have, ASSUMED_SD_POINTS);
        let beyond_error =
            is_reliable && difference.is_some_and(|difference| is_beyond(difference, welch, limit));
        Self {
            difference,
            percent,
            welch,
            limit,
            band: percent.filter(|_| is_reliable).map(ChangeBand::of),
            beyond_error,
            meaningful: beyond_error
                && percent.is_some_and(|percent| percent >= MEANINGFUL_PERCENT - EDGE),
        }
    }
}

/// Computes the change (clinical.md, F3). A baseline from after the start of treatment
/// gives none. The baseline of days typed in time speaks; a band, and the word meaningful, need that
/// the one with late days says the same.
pub(crate) fn change(baseline: &Baseline, follow_up: &Composite) -> PainChange {
    const METHOD: Method = (
        "difference_of_means_welch",
        "Mean of the daily scores in the follow-up window minus their mean in the baseline \
         window, with Welch's 95 % interval; both windows need five rated days.",
    );
    let (base, all) = (&baseline.composite, &baseline.with_late_entries);
    let is_before = baseline.kind == BaselineKind::BeforeFirstTreatment;
    let have = |base: &Composite| if is_before { base.n().min(follow_up.n()) } else { 0 };
    let verdict = Verdict::of(base, follow_up, have(base));
    let with_late = Verdict::of(all, follow_up, have(all));
    let band = verdict.band.filter(|_| verdict.band == with_late.band);
    let meaningful_improvement = verdict.meaningful && with_late.meaningful;
    let window = base.window.zip(follow_up.window).filter(|_| is_before);
    let difference = Draft {
        value: verdict.difference,
        unit: Unit::Points,
        n: if is_before { base.n() + follow_up.n() } else { 0 },
        window: window.and_then(|(first, last)| ReportWindow::new(first.from, last.to)),
        method: METHOD,
        interval: verdict.welch.map(|welch| StatementInterval::ninety_five(welch.low, welch.high)),
        have: have(base),
        need: RELIABLE_DAYS,
        show_from: PROVISIONAL_DAYS,
    }
    .finish();
    let mut found = PainChange {
        difference,
        baseline_rated_days: count(base.n()),
        follow_up_rated_days: count(follow_up.n()),
        percent_reduction: verdict.percent.map(round2),
        band,
        mdc95_points: verdict.difference.map(|_| round2(verdict.limit)),
        beyond_error: verdict.beyond_error,
        meaningful_improvement,
        sentence: None,
    };
    let first = baseline.first_session_date;
    let told = found.told().zip(window.zip(first));
    found.sentence = told.map(|(told, (windows, first))| sentence(&told, &verdict, windows, first));
    found
}

/// How a change is told, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToldChange {
    /// How large it is, to one decimal and without a sign.
    pub(crate) points: String,
    /// How the key of its sentence ends: no direction is named of what rounds to nothing.
    pub(crate) key: &'static str,
    /// How the key of what may be held of it ends.
    pub(crate) judgement: &'static str,
}

impl PainChange {
    /// How it is told; `None` unless the difference is reliable.
    pub(crate) fn told(&self) -> Option<ToldChange> {
        let is_reliable = self.difference.status == Status::Reliable;
        let text = self.difference.value_text.as_deref().filter(|_| is_reliable)?;
        let (points, is_lower) = text.strip_prefix('-').map_or((text, false), |text| (text, true));
        let key = match (points, is_lower, self.percent_reduction.is_some()) {
            ("0.0", ..) => "equal",
            (_, true, false) => "lower",
            (_, true, true) => "lower_percent",
            (_, false, false) => "higher",
            (_, false, true) => "higher_percent",
        };
        let judgement = match (self.meaningful_improvement, self.beyond_error) {
            (true, _) => "meaningful",
            (false, true) => "beyond_error",
            (false, false) => "within_error",
        };
        Some(ToldChange { points: points.to_owned(), key, judgement })
    }

    /// Would the baseline with late entries say something else? `baseline` is that of this change.
    pub(crate) fn differs_with_late_entries(&self, baseline: &Baseline) -> bool {
        let (base, all) = (&baseline.composite, &baseline.with_late_entries);
        let is_enough = |composite: &Composite| composite.n() >= PROVISIONAL_DAYS;
        let is_band_withheld = self.difference.status == Status::Reliable
            && self.percent_reduction.is_some()
            && self.band.is_none();
        baseline.is_moved_by_late_entries()
            || is_band_withheld
            || is_enough(all) && !is_enough(base)
    }
}

/// Both guards of `beyond_error`. Without day-to-day variation the interval shrinks to the
/// difference itself, which excludes zero unless the difference is zero.
fn is_beyond(difference: f64, welch: Option<Welch>, limit: f64) -> bool {
    let excludes_zero =
        welch.map_or(difference != 0.0, |welch| welch.low > 0.0 || welch.high < 0.0);
    excludes_zero && difference.abs() >= limit
}

/// The change in words: numbers and days always, the word only under its three conditions, no cause. In
/// English, its days as everywhere in a report; pages say it in the words of their reader.
fn sentence(
    told: &ToldChange,
    verdict: &Verdict,
    (before, after): (ReportWindow, ReportWindow),
    first: NaiveDate,
) -> String {
    let english = Language::english();
    let span = |window: ReportWindow| {
        let (from, to) = (window.from.to_string(), window.to.to_string());
        english.text("change.span", &[("from", &from), ("to", &to)])
    };
    let interval = verdict.welch.map_or_else(String::new, |welch| {
        let (low, high) = (one_decimal(welch.low), one_decimal(welch.high));
        format!(" {}", english.text("change.interval", &[("low", &low), ("high", &high)]))
    });
    let percent = verdict.percent.map_or_else(String::new, |percent| one_decimal(percent.abs()));
    let values = [
        ("points", told.points.clone()),
        ("percent", percent),
        ("interval", interval),
        ("before", span(before)),
        ("after", span(after)),
        ("first", first.to_string()),
        ("judgement", english.text(&format!("change.{}", told.judgement), &[])),
    ];
    english.text(
        &format!("change.{}", told.key),
        &values.each_ref().map(|(name, value)| (*name, value.as_str())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{close, date, days_from};

    const MEANINGFUL: &str = "clinically meaningful improvement";

    fn composite(first: i64, scores: &[Option<i16>]) -> Composite {
        let last = first + i64::try_from(scores.len()).unwrap() - 1;
        Composite::over(&days_from(first, scores), ReportWindow::new(date(first), date(last)))
    }

    fn baseline(scores: &[Option<i16>]) -> Baseline {
        Baseline {
            kind: BaselineKind::BeforeFirstTreatment,
            first_session_date: Some(date(14)),
            composite: composite(0, scores),
            with_late_entries: composite(0, scores),
        }
    }

    /// The change between two windows given as scores of consecutive days.
    fn change_of(before: &[i16], after: &[i16]) -> PainChange {
        let days = |scores: &[i16]| scores.iter().copied().map(Some).collect::<Vec<_>>();
        change(&baseline(&days(before)), &composite(30, &days(after)))
    }

    #[test]
    fn the_worked_change() {
        let before = baseline(&[Some(7), Some(6), Some(8), Some(7), None, Some(6), Some(7)]);
        let after = composite(30, &[Some(4), Some(5), Some(3), None, Some(4), Some(4), Some(3)]);
        close(before.composite.mean().unwrap(), 6.83, 2);
        close(after.mean().unwrap(), 3.83, 2);
        let welch = Welch::compare(&before.composite, &after).unwrap();
        close(welch.standard_error, 0.4346, 4);
        close(welch.df, 10.0, 1);
        let change = change(&before, &after);
        assert_eq!(change.difference.value, Some(-3.0));
        assert_eq!(change.difference.interval, Some(StatementInterval::ninety_five(-3.97, -2.03)));
        assert_eq!((change.baseline_rated_days, change.follow_up_rated_days), (6, 6));
        assert_eq!(change.percent_reduction, Some(43.9));
        assert_eq!(change.band, Some(ChangeBand::Moderate));
        assert_eq!(change.mdc95_points, Some(1.59));
        assert!(change.beyond_error && change.meaningful_improvement);
        assert_eq!(change.difference.window, ReportWindow::new(date(0), date(36)));
        assert_eq!(
            change.sentence.as_deref(),
            Some(
                "Average daily pain from 2026-03-31 to 2026-04-06 is 3.0 points (43.9 % less pain) \
                 lower than from 2026-03-01 to 2026-03-07, before the first treatment of the course \
                 on 2026-03-15 (95 % interval of the difference -4.0 to -2.0). This is a clinically \
                 meaningful improvement by published group thresholds."
            )
        );
    }

    #[test]
    fn bands_change_exactly_at_their_thresholds() {
        for (percent, band) in [
            (50.0, ChangeBand::Substantial),
            (49.99, ChangeBand::Moderate),
            (30.0, ChangeBand::Moderate),
            (29.99, ChangeBand::Minimal),
            (10.0, ChangeBand::Minimal),
            (9.99, ChangeBand::None),
            (0.0, ChangeBand::None),
            (-9.99, ChangeBand::None),
            (-10.0, ChangeBand::Worse),
        ] {
            assert_eq!(ChangeBand::of(percent), band, "{percent}");
        }
        // 20/3 to 14/3 is 30 percent lower, whatever the binary fractions make of it.
        let change = change_of(&[7, 7, 6, 7, 7, 6], &[5, 5, 4, 5, 5, 4]);
        assert_eq!(
            (change.percent_reduction, change.band),
            (Some(30.0), Some(ChangeBand::Moderate))
        );
        assert!(change.meaningful_improvement);
    }

    #[test]
    fn the_word_needs_all_three_conditions() {
        let says = |change: &PainChange| {
            let said = change.sentence.as_ref().is_some_and(|text| text.contains(MEANINGFUL));
            assert_eq!(said, change.meaningful_improvement);
            said
        };
        assert!(says(&change_of(&[7, 6, 7, 6, 7], &[3, 4, 3, 4, 3])));
        // Beyond error, yet below 30 percent.
        let small = change_of(&[9, 10, 9, 10, 9], &[7, 7, 8, 7, 7]);
        assert!(small.beyond_error && !says(&small));
        assert_eq!(small.band, Some(ChangeBand::Minimal));
        // 30 percent and more, and an interval that excludes zero, yet below MDC95.
        let low = change_of(&[3, 3, 3, 3, 4], &[2, 2, 2, 2, 2]);
        assert!(low.difference.interval.is_some_and(|interval| interval.high < 0.0));
        assert!(!low.beyond_error && !says(&low));
        // Above MDC95, yet an interval that includes zero.
        let wide = change_of(&[10, 1, 10, 1, 10], &[6, 0, 6, 0, 6]);
        assert!(wide.difference.interval.is_some_and(|interval| interval.high > 0.0));
        assert!(!wide.beyond_error && !says(&wide));
        // A provisional window: numbers only.
        let few = change_of(&[8, 8, 7, 8], &[2, 2, 3, 2, 2]);
        assert_eq!(few.difference.status, Status::Provisional);
        assert!(few.difference.value.is_some() && few.percent_reduction.is_some());
        assert_eq!((few.band, few.sentence.as_ref(), few.beyond_error), (None, None, false));
        assert!(!says(&few));
    }

    #[test]
    fn nothing_is_said_from_too_few_days_or_without_a_baseline_before_treatment() {
        let few = change_of(&[8, 8], &[2, 2, 2, 2, 2]);
        assert_eq!(few.difference.status, Status::Insufficient);
        assert_eq!((few.difference.have, few.difference.need), (2, 5));
        assert_eq!((few.difference.value, few.difference.interval), (None, None));
        assert_eq!((few.percent_reduction, few.mdc95_points), (None, None));
        let first_week =
            Baseline { kind: BaselineKind::FirstWeekAfterStart, ..baseline(&[Some(8); 7]) };
        let none = change(&first_week, &composite(30, &[Some(2); 7]));
        assert_eq!((none.difference.value, none.difference.window), (None, None));
        assert_eq!((none.sentence, none.band, none.percent_reduction), (None, None, None));
    }

    #[test]
    fn a_baseline_below_one_gives_no_percentage_and_worsening_no_adjective() {
        let tiny = change_of(&[1, 0, 1, 1, 1], &[0, 0, 0, 0, 0]);
        assert_eq!((tiny.percent_reduction, tiny.band), (None, None));
        assert!(tiny.sentence.unwrap().contains("is 0.8 points lower than"));
        let worse = change_of(&[3, 4, 3, 4, 3], &[7, 6, 7, 6, 7]);
        assert_eq!(worse.band, Some(ChangeBand::Worse));
        let text = worse.sentence.unwrap();
        assert!(text.contains("3.2 points (94.1 % more pain) higher"), "{text}");
        assert!(!text.to_lowercase().contains("wors"), "{text}");
        let same = change_of(&[3, 4, 3, 4, 3], &[3, 3, 4, 3, 4]).sentence.unwrap();
        assert!(same.contains("is equal, to one decimal, to that from"), "{same}");
    }

    #[test]
    fn a_band_and_the_word_need_late_entries_to_agree() {
        // Five 5s in time and nine 9s typed late, and 4 now: a fifth less, not half.
        let after = composite(30, &[Some(4); 10]);
        let late = Composite { scores: [vec![5.0; 5], vec![9.0; 9]].concat(), ..composite(0, &[]) };
        let baseline = Baseline { with_late_entries: late, ..baseline(&[Some(5); 5]) };
        let found = change(&baseline, &after);
        assert_eq!((found.percent_reduction, found.band), (Some(20.0), None));
        assert!(!found.meaningful_improvement && found.differs_with_late_entries(&baseline));
        // Both agree: the word may be said.
        let after = composite(30, &[Some(2); 10]);
        let agreed = change(&baseline, &after);
        assert_eq!(agreed.band, Some(ChangeBand::Substantial));
        assert!(agreed.meaningful_improvement);
    }

    #[test]
    fn without_variation_there_is_no_interval_and_the_error_limit_decides() {
        let clear = change_of(&[7; 6], &[3; 6]);
        assert_eq!(clear.difference.interval, None);
        assert!(clear.beyond_error);
        let none = change_of(&[7; 6], &[7; 6]);
        assert!(!none.beyond_error && none.difference.value == Some(0.0));
    }
}
