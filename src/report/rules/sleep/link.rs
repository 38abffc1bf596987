//! F11, sleep and the pain of the day after: the night that ended on a day beside that day's score.

use super::nights::SleptNight;
use crate::language::Language;
use crate::report::rules::numbers::round2;
use crate::report::rules::pain::daily::PainDays;
use crate::report::rules::ranks::Spearman;
use crate::report::rules::statement::{
    Draft, Method, ReportStatement, ReportWindow, StatementInterval, Status, Unit,
};
use crate::report::rules::weekly::{ByDay, in_window};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Pairs of night and day that a statement needs (clinical.md, F11, Gates).
pub const LINK_PAIRS: usize = 20;
/// Different values that each side needs (clinical.md, F11).
pub const LINK_VALUES: usize = 3;

/// What the interval of the correlation allows to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkWords {
    /// Days after less sleep tended to have more pain.
    LessSleepMorePain,
    /// Days after more sleep tended to have more pain.
    MoreSleepMorePain,
    /// The interval includes zero.
    NoClearLink,
}

impl LinkWords {
    /// The key of its sentence.
    const fn key(self) -> &'static str {
        match self {
            Self::LessSleepMorePain => "link.less_sleep_more_pain",
            Self::MoreSleepMorePain => "link.more_sleep_more_pain",
            Self::NoClearLink => "link.no_clear_link",
        }
    }
}

/// How sleep and the pain of the following day go together. Source of all values: clinical.md, F11.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SleepLink {
    /// Spearman's rank correlation of total sleep time and daily score, with the interval of
    /// Bonett and Wright. It needs 20 pairs with three different values on each side: `have` and
    /// `need` speak of pairs, or of different values where only those are too few.
    pub correlation: ReportStatement,
    /// Pairs that serial dependence leaves for the interval, two decimals; null where the
    /// correlation is withheld.
    #[schema(required)]
    pub effective_pairs: Option<f64>,
    /// `less_sleep_more_pain`, `more_sleep_more_pain` or, where the interval includes zero,
    /// `no_clear_link`; null where the correlation is withheld.
    #[schema(required, value_type = Option<String>, max_length = 32, examples("no_clear_link"))]
    pub words: Option<LinkWords>,
    /// The same as a sentence, or how many nights are needed.
    #[schema(max_length = 400)]
    pub sentence: String,
}

/// Links the nights of a window with the scores of the days they end on; `None` stands for a
/// window without days.
pub(crate) fn link(
    nights: &ByDay<SleptNight>,
    days: &PainDays,
    window: Option<ReportWindow>,
) -> SleepLink {
    let pairs: Vec<(f64, f64)> = in_window(nights, window)
        .filter_map(|(date, night)| {
            Some((f64::from(night.total_sleep_minutes?), days.day(date)?.score?))
        })
        .collect();
    of_pairs(&pairs, window)
}

/// The statement about pairs of sleep and pain in the order of time.
fn of_pairs(pairs: &[(f64, f64)], window: Option<ReportWindow>) -> SleepLink {
    const METHOD: Method = (
        "spearman_bonett_wright_effective_n",
        "Spearman's rank correlation of the minutes slept in a night and the daily score of the \
         day it ends on, with the 95 % interval of Bonett and Wright for the pairs that serial \
         dependence leaves; 20 pairs or more.",
    );
    let different = distinct(pairs, |pair| pair.0).min(distinct(pairs, |pair| pair.1));
    let (have, need) = match pairs.len() {
        n if n >= LINK_PAIRS && different < LINK_VALUES => (different, LINK_VALUES),
        n => (n, LINK_PAIRS),
    };
    let found = Spearman::of(pairs).filter(|_| have >= need);
    let correlation = Draft {
        value: found.map(|found| found.rho),
        unit: Unit::Correlation,
        n: pairs.len(),
        window,
        method: METHOD,
        interval: found
            .and_then(|found| found.interval)
            .map(|(low, high)| StatementInterval::ninety_five(low, high)),
        have,
        need,
        show_from: need,
    }
    .finish();
    let words = found.map(|found| match found.interval {
        Some((_, high)) if high < 0.0 => LinkWords::LessSleepMorePain,
        Some((low, _)) if low > 0.0 => LinkWords::MoreSleepMorePain,
        _ => LinkWords::NoClearLink,
    });
    SleepLink {
        effective_pairs: found.map(|found| round2(found.effective_pairs)),
        sentence: sentence(words, &correlation),
        words,
        correlation,
    }
}

/// The sentence of the report, in English; pages say it in the words of their reader.
fn sentence(words: Option<LinkWords>, found: &ReportStatement) -> String {
    let english = Language::english();
    let Some(words) = words else {
        let lacks_pairs =
            found.status == Status::Insufficient && usize::try_from(found.need) == Ok(LINK_PAIRS);
        let key = if lacks_pairs { "link.too_few" } else { "link.too_alike" };
        let (have, need) = (found.have.to_string(), found.need.to_string());
        return english.text(key, &[("have", &have), ("need", &need)]);
    };
    english.text(words.key(), &[])
}

/// Number of different values on one side.
fn distinct(pairs: &[(f64, f64)], side: fn(&(f64, f64)) -> f64) -> usize {
    let mut values: Vec<f64> = pairs.iter().map(side).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    values.len()
}

#[cfg(test)]
mod tests {
    use super::super::nights::nights_by_day;
    use super::*;
    use crate::report::rows::SleepRow;
    use crate::report::rules::fixtures::{close, date, days_from, night};
    use crate::report::rules::numbers::mean;

    /// The worked nights, in half hours.
    const SLEEP: [i32; 24] = [
        14, 12, 11, 15, 16, 13, 10, 12, 14, 15, 9, 12, 16, 14, 13, 11, 14, 15, 12, 10, 16, 15, 13,
        14,
    ];
    const PAIN: [i16; 24] =
        [5, 5, 6, 6, 3, 5, 6, 7, 4, 5, 6, 4, 5, 3, 6, 5, 6, 3, 4, 5, 4, 6, 3, 4];

    fn of(sleep: &[i32], pain: &[i16], shift: i64) -> SleepLink {
        let rows: Vec<SleepRow> =
            (0..).zip(sleep).map(|(day, half_hours)| night(day, Some(half_hours * 30))).collect();
        let scores: Vec<_> = pain.iter().copied().map(Some).collect();
        let window = ReportWindow::new(date(0), date(60));
        link(&nights_by_day(&rows), &days_from(shift, &scores), window)
    }

    #[test]
    fn the_worked_link() {
        let found = of(&SLEEP, &PAIN, 0);
        close(found.correlation.value.unwrap(), -0.348, 2);
        assert_eq!((found.correlation.n, found.effective_pairs), (24, Some(24.0)));
        let interval = found.correlation.interval.unwrap();
        assert_eq!(interval, StatementInterval::ninety_five(-0.67, 0.08));
        assert_eq!(found.words, Some(LinkWords::NoClearLink));
        let pairs: Vec<_> =
            SLEEP.iter().zip(PAIN).map(|(s, p)| (f64::from(*s), f64::from(p))).collect();
        close(Spearman::of(&pairs).unwrap().rho, -0.348, 3);
    }

    /// Two means that differ are not yet a link: the interval of the same nights includes zero.
    #[test]
    fn the_worked_means_of_short_and_other_nights() {
        let of = |is_short: bool| -> Vec<f64> {
            let nights = SLEEP.iter().zip(PAIN).filter(|(half, _)| (**half < 13) == is_short);
            nights.map(|(_, pain)| f64::from(pain)).collect()
        };
        close(mean(&of(true)).unwrap(), 5.33, 2);
        close(mean(&of(false)).unwrap(), 4.53, 2);
    }

    #[test]
    fn a_night_is_paired_with_the_day_it_ends_on() {
        // The reference prints +0.03 for the night paired with the day before its waking.
        let previous = of(&SLEEP, &PAIN, 1);
        close(previous.correlation.value.unwrap(), 0.03, 2);
    }

    #[test]
    fn the_gate_asks_for_pairs_and_for_values() {
        let few = of(&SLEEP[..19], &PAIN, 0);
        assert_eq!((few.correlation.have, few.correlation.need), (19, 20));
        assert_eq!((few.correlation.value, few.words, few.effective_pairs), (None, None, None));
        assert!(few.sentence.starts_with("Need 20 nights"), "{}", few.sentence);
        let two: Vec<i16> = (0..24).map(|n| n % 2).collect();
        let flat = of(&SLEEP, &two, 0);
        assert_eq!((flat.correlation.have, flat.correlation.need), (2, 3));
        assert_eq!(flat.words, None);
    }

    #[test]
    fn a_link_is_worded_without_a_cause() {
        let sleep: Vec<i32> = (0..40).map(|n| 8 + (n * 7) % 9).collect();
        let more: Vec<i16> = sleep.iter().map(|s| i16::try_from(18 - s).unwrap()).collect();
        let found = of(&sleep, &more, 0);
        assert_eq!(found.words, Some(LinkWords::LessSleepMorePain));
        let less: Vec<i16> = sleep.iter().map(|s| i16::try_from(s - 8).unwrap()).collect();
        assert_eq!(of(&sleep, &less, 0).words, Some(LinkWords::MoreSleepMorePain));
        for word in ["because", "cause", "lead"] {
            assert!(!found.sentence.contains(word), "{word}");
        }
    }
}
