//! Where things go: days to x, scores to y, and which days get a label.

use crate::language::Language;
use crate::report::rules::statement::ReportWindow;
use chrono::{Datelike, NaiveDate};

/// Left edge of the plot.
pub(super) const LEFT: f64 = 60.0;
/// Right edge of the plot.
pub(super) const RIGHT: f64 = 942.0;
/// Top of the plot: a score of 10 lies a little below it.
pub(super) const TOP: f64 = 42.0;
/// Bottom of the plot: a score of 0 lies a little above it.
pub(super) const BOTTOM: f64 = 174.0;
/// Room kept inside the plot above 10 and below 0, so that marks there are whole.
const INSET: f64 = 6.0;
/// Labels that fit side by side.
const MOST_TICKS: usize = 16;

/// Maps days and scores to the plot.
pub(super) struct Scale {
    from: NaiveDate,
    days: usize,
}

/// A labelled day of the x axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) date: NaiveDate,
    /// Day or month.
    pub(super) label: String,
    /// The year, where it is the first label or another year than before.
    pub(super) year: Option<String>,
}

impl Scale {
    pub(super) fn new(window: ReportWindow, days: usize) -> Self {
        Self { from: window.from, days }
    }

    /// Width of one day.
    pub(super) fn day_width(&self) -> f64 {
        (RIGHT - LEFT) / self.days.max(1) as f64
    }

    /// Left edge of a day; days outside the window are cut to its edges.
    pub(super) fn left_of(&self, date: NaiveDate) -> f64 {
        let index = (date - self.from).num_days().max(0) as f64;
        (LEFT + index * self.day_width()).min(RIGHT)
    }

    /// Middle of a day of the window.
    pub(super) fn x(&self, date: NaiveDate) -> f64 {
        self.left_of(date) + self.day_width() / 2.0
    }

    /// Height of a score; scores outside 0 to 10 are cut to the plot.
    pub(super) fn y(score: f64) -> f64 {
        let (zero, ten) = (BOTTOM - INSET, TOP + INSET);
        zero - score.clamp(0.0, 10.0) / 10.0 * (zero - ten)
    }

    /// The middle of the plot.
    pub(super) fn centre() -> (f64, f64) {
        (f64::midpoint(LEFT, RIGHT), Self::y(5.0) - 8.0)
    }

    /// The labelled days: every so many days, or the first of months where the window is long.
    pub(super) fn ticks(&self, language: &Language) -> Vec<Tick> {
        let (dates, is_day) = match [1, 2, 7, 14].into_iter().find(|step| self.fits(*step)) {
            Some(step) => (self.every(step), true),
            None => (self.months(), false),
        };
        let mut year = None;
        let tick = |date: NaiveDate| {
            let is_new = year.replace(date.year()) != Some(date.year());
            Tick {
                date,
                label: if is_day { language.short_day(date) } else { language.month_name(date) },
                year: is_new.then(|| date.format("%Y").to_string()),
            }
        };
        dates.into_iter().map(tick).collect()
    }

    fn fits(&self, step: usize) -> bool {
        self.days.div_ceil(step) <= MOST_TICKS && self.days <= 150
    }

    fn every(&self, step: usize) -> Vec<NaiveDate> {
        let dates = self.from.iter_days().take(self.days);
        dates.step_by(step).collect()
    }

    /// The first days of every month, second, third, sixth or twelfth month.
    fn months(&self) -> Vec<NaiveDate> {
        let firsts: Vec<NaiveDate> =
            self.from.iter_days().take(self.days).filter(|date| date.day() == 1).collect();
        let in_step = |step: u32| {
            let dates = firsts.iter().copied().filter(move |date| date.month0() % step == 0);
            dates.collect::<Vec<_>>()
        };
        let steps = [1, 2, 3, 6].into_iter().map(in_step);
        let fitting = steps.into_iter().find(|dates| dates.len() <= MOST_TICKS + 4);
        fitting.unwrap_or_else(|| in_step(12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::statement::shift;

    fn scale(days: usize) -> Scale {
        let from = NaiveDate::from_ymd_opt(2025, 11, 20).unwrap();
        Scale::new(ReportWindow { from, to: from }, days)
    }

    #[test]
    fn ticks_stay_apart_at_every_length() {
        for days in [0, 1, 2, 14, 16, 17, 30, 31, 60, 90, 112, 150, 151, 365, 540, 800, 1200, 4000]
        {
            let scale = scale(days);
            let ticks = scale.ticks(Language::english());
            assert_eq!(ticks.is_empty(), days == 0, "{days}");
            assert!(days < 14 || ticks.len() >= 4, "{days}: {}", ticks.len());
            let close = ticks.windows(2).any(|pair| {
                let [a, b] = pair else { return true };
                scale.x(b.date) - scale.x(a.date) < 40.0
            });
            assert!(!close, "{days}");
            assert!(ticks.iter().all(|tick| scale.x(tick.date) < RIGHT), "{days}");
        }
    }

    #[test]
    fn the_year_is_named_once() {
        let years: Vec<_> =
            scale(90).ticks(Language::english()).into_iter().filter_map(|tick| tick.year).collect();
        assert_eq!(years, ["2025", "2026"]);
    }

    #[test]
    fn positions_stay_inside_the_plot() {
        let scale = scale(30);
        let from = scale.from;
        assert!((scale.left_of(shift(from, -5)) - LEFT).abs() < 1e-9);
        assert!((scale.left_of(shift(from, 500)) - RIGHT).abs() < 1e-9);
        assert!(Scale::y(0.0) < BOTTOM && Scale::y(10.0) > TOP && Scale::y(11.0) > TOP);
        assert!(Scale::y(7.0) < Scale::y(3.0));
    }
}
