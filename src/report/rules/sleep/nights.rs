//! F10, sleep: one night a day, its length, its efficiency, and the means of the weeks.
//!
//! A night belongs to the calendar date of its last waking. Its time in bed is taken from instants, so that
//! a night of a clock change has its true length.

use super::parts::timed_nights;
use crate::report::rows::SleepRow;
use crate::report::rules::statement::{
    Draft, Method, PROVISIONAL_DAYS, ReportStatement, ReportWindow, Unit,
};
use crate::report::rules::weekly::{ByDay, WeeklySeries, in_window, values_in, weekly};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Nights from which a pattern may be read (clinical.md, Scales, common practice).
pub const PATTERN_NIGHTS: usize = 14;

/// Sleep over the window up to today. Source of all values: clinical.md, F10.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SleepSummary {
    /// Nights with a known length. Fourteen or more are needed to read a pattern; no threshold of
    /// a relevant change is known.
    pub nights: ReportStatement,
    /// Total sleep time in minutes: time in bed less the waking parts that are known, else the
    /// patient's own estimate.
    pub total_sleep: WeeklySeries,
    /// Total sleep time in percent of the time in bed, of nights whose waking parts are all known.
    pub efficiency: WeeklySeries,
    /// Sleep quality, 0 worst to 10 best.
    pub quality: WeeklySeries,
    /// Nights in which pain woke the patient, in percent of the nights with an answer; withheld
    /// below three of them.
    pub woken_by_pain: ReportStatement,
}

/// Sleep efficiency in percent: 100 × TST / TIB (clinical.md, F10). `None` for no time in
/// bed.
pub fn efficiency(total_sleep: i32, in_bed: i32) -> Option<f64> {
    (in_bed > 0).then(|| 100.0 * f64::from(total_sleep) / f64::from(in_bed))
}

/// What the records of a night say in minutes. The fields stand in the order by which one of several nights
/// of a day is chosen (F10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SleptNight {
    /// Total sleep time (TST) in minutes, 0 to 1440.
    pub total_sleep_minutes: Option<i32>,
    /// Time in bed (TIB) in minutes, from instants, 0 to 1440; `None` unless all three waking
    /// parts of the night are known too, since without them an efficiency would be too high.
    pub measured_in_bed_minutes: Option<i32>,
    /// Whether pain woke the patient.
    pub woken_by_pain: Option<bool>,
    /// Sleep quality 0 to 10, higher is better.
    pub quality: Option<i16>,
}

impl SleptNight {
    /// A record without times: what the patient estimated.
    fn estimated(row: &SleepRow) -> Self {
        Self {
            total_sleep_minutes: row.reported_sleep_minutes.map(i32::from),
            measured_in_bed_minutes: None,
            woken_by_pain: row.woken_by_pain,
            quality: row.quality,
        }
    }
}

/// The night of each day: parts with times are united, and of what remains for one day (a nap, or an
/// estimate without times) the longest counts. A record without a length comes last, and of equally long
/// ones the one that says more.
pub(crate) fn nights_by_day(rows: &[SleepRow]) -> ByDay<SleptNight> {
    let untimed = rows.iter().filter(|row| row.bed_at.is_none() || row.rise_at.is_none());
    let estimated = untimed.map(|row| (row.journal_date, SleptNight::estimated(row)));
    let mut nights = BTreeMap::new();
    for (date, night) in timed_nights(rows).into_iter().chain(estimated) {
        let longest = nights.entry(date).or_insert(night);
        *longest = night.max(*longest);
    }
    nights
}

/// The sleep of a window; `None` stands for a window without days.
pub(crate) fn summary(nights: &ByDay<SleptNight>, window: Option<ReportWindow>) -> SleepSummary {
    const NIGHTS: Method = (
        "nights_with_known_length_of_days",
        "Nights with a known length, in percent of the days of the window up to today; fourteen \
         nights or more for a pattern.",
    );
    const TOTAL: Method = (
        "mean_total_sleep_time",
        "Mean of time in bed less the waking parts that are known, or of the patient's own \
         estimate, of each night: records less than three hours apart are one, and overlapping \
         ones count once.",
    );
    const EFFICIENCY: Method = (
        "mean_sleep_efficiency",
        "Mean over the nights whose waking parts are all known of total sleep time in percent of \
         the time in bed.",
    );
    const QUALITY: Method = ("mean_sleep_quality", "Mean of the sleep quality of the nights.");
    const WOKEN: Method = (
        "nights_woken_by_pain_of_answered",
        "Nights in which pain woke the patient, in percent of the nights with an answer; three or \
         more.",
    );
    let by_day = |pick: fn(&SleptNight) -> Option<f64>| -> ByDay<f64> {
        let values = nights.iter().filter_map(|(date, night)| Some((*date, pick(night)?)));
        values.collect()
    };
    let share = |part: usize, n: usize, have: usize, method| Draft {
        value: (n > 0).then(|| 100.0 * part as f64 / n as f64),
        unit: Unit::Percent,
        n,
        window,
        method,
        interval: None,
        have,
        need: PATTERN_NIGHTS,
        show_from: 1,
    };
    let total = by_day(|night| night.total_sleep_minutes.map(f64::from));
    let slept = values_in(&total, window).len();
    let answers: Vec<bool> =
        in_window(nights, window).filter_map(|(_, night)| night.woken_by_pain).collect();
    let woken = answers.iter().filter(|is_woken| **is_woken).count();
    let days = window.map_or(0, |window| window.days());
    SleepSummary {
        nights: share(slept, days, slept, NIGHTS).finish(),
        total_sleep: weekly(&total, window, Unit::Minutes, TOTAL),
        efficiency: weekly(
            &by_day(|night| efficiency(night.total_sleep_minutes?, night.measured_in_bed_minutes?)),
            window,
            Unit::Percent,
            EFFICIENCY,
        ),
        quality: weekly(
            &by_day(|night| night.quality.map(f64::from)),
            window,
            Unit::Score0To10,
            QUALITY,
        ),
        // A night or two are no share.
        woken_by_pain: Draft {
            show_from: PROVISIONAL_DAYS,
            ..share(woken, answers.len(), answers.len(), WOKEN)
        }
        .finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{at, close, date, night};

    #[test]
    fn the_worked_nights() {
        // 28 March 2026 23:00 to 29 March 07:00 in Berlin: 420 minutes, of which 80 awake.
        let mut spring = SleepRow {
            bed_at: Some("2026-03-28T22:00:00Z".parse().unwrap()),
            rise_at: Some("2026-03-29T05:00:00Z".parse().unwrap()),
            awake_minutes: 80,
            is_every_part_known: true,
            ..night(3, None)
        };
        let slept = nights_by_day(std::slice::from_ref(&spring))[&date(3)];
        assert_eq!(
            (slept.total_sleep_minutes, slept.measured_in_bed_minutes),
            (Some(340), Some(420))
        );
        spring.is_every_part_known = false;
        let slept = nights_by_day(std::slice::from_ref(&spring))[&date(3)];
        assert_eq!((slept.total_sleep_minutes, slept.measured_in_bed_minutes), (Some(340), None));
        close(efficiency(340, 420).unwrap(), 81.0, 1);
        close(efficiency(400, 480).unwrap(), 83.3, 1);
        assert_eq!(efficiency(0, 0), None);
    }

    #[test]
    fn one_night_a_day_and_the_gates_of_its_means() {
        let mut rows: Vec<SleepRow> = (0..14).map(|day| night(day, Some(400))).collect();
        rows.push(SleepRow { quality: Some(9), ..night(3, Some(100)) });
        (rows[0].bed_at, rows[0].rise_at) = (Some(at(0, 0)), Some(at(0, 500)));
        (rows[0].awake_minutes, rows[0].is_every_part_known) = (100, true);
        rows[1].woken_by_pain = Some(true);
        rows[2].woken_by_pain = Some(false);
        rows[4].woken_by_pain = Some(false);
        let nights = nights_by_day(&rows);
        assert_eq!(nights[&date(3)].total_sleep_minutes, Some(400));
        let summary = summary(&nights, ReportWindow::new(date(0), date(27)));
        assert_eq!((summary.nights.value, summary.nights.have), (Some(50.0), 14));
        assert_eq!((summary.total_sleep.mean.value, summary.total_sleep.mean.n), (Some(400.0), 14));
        assert_eq!(summary.total_sleep.weeks.len(), 4);
        assert_eq!(summary.total_sleep.weeks[3].value, None);
        // One night is no mean.
        assert_eq!((summary.efficiency.mean.n, summary.efficiency.mean.value), (1, None));
        assert_eq!((summary.woken_by_pain.value, summary.woken_by_pain.n), (Some(33.33), 3));
    }
}
