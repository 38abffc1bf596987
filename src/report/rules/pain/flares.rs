//! F6, flares and spikes: what the patient called a flare, and what the ratings alone would call
//! one. Two series that are counted side by side and never renamed into one another.

use super::daily::PainDays;
use crate::language::Language;
use crate::report::rows::{FlareRow, Tried};
use crate::report::rules::numbers::{count, median};
use crate::report::rules::statement::{
    Draft, Method, ReportCode, ReportStatement, ReportWindow, Unit, codes, shift,
};
use crate::report::rules::weekly::{ByDay, in_window};
use crate::time::DayStarts;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Journal days before a day whose scores it is judged against (clinical.md, F6).
pub const SPIKE_DAYS_BEFORE: i64 = 28;
/// Rated days among them without which a day is not judged (clinical.md, F6).
pub const SPIKE_RATED_DAYS: usize = 7;
/// Points above the median of those days from which a day is a spike (clinical.md, F6;
/// Suri 2011 and 2025).
pub const SPIKE_POINTS: f64 = 2.0;
/// Score below which no day is a spike, 0 to 10 (clinical.md, F6).
pub const SPIKE_SCORE: f64 = 4.0;
/// Days of the window from which rates are reported (clinical.md, Gates).
pub const RATE_DAYS: usize = 28;
/// Percent of them that must be rated (clinical.md, Gates).
pub const RATE_RATED_PERCENT: usize = 60;

/// Absorbs binary fractions where a score meets a threshold exactly.
const EDGE: f64 = 1e-9;

/// Something tried, and how much it helped in the patient's judgement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct TriedRelief {
    /// What was tried.
    pub what: ReportCode,
    /// `none`, `some` or `a_lot`; null where not answered.
    #[schema(required)]
    pub helped: Option<ReportCode>,
}

impl From<&Tried> for TriedRelief {
    fn from((what, helped): &Tried) -> Self {
        Self { what: what.code().into(), helped: helped.map(|helped| helped.code().into()) }
    }
}

/// A flare as the patient reported it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportedFlare {
    /// The flare's record.
    pub flare_id: Uuid,
    /// Journal day it began on; it may lie before the window.
    pub started_on: NaiveDate,
    /// Journal day it ended on; null while it lasts or where that is unknown.
    #[schema(required)]
    pub ended_on: Option<NaiveDate>,
    /// Journal days from the first to the last, both counted; null where the last is unknown.
    #[schema(required, minimum = 1, maximum = 1_000_000)]
    pub days: Option<i32>,
    /// How bad it was at its worst, 0 to 10; null where not answered.
    #[schema(required, minimum = 0, maximum = 10)]
    pub severity: Option<i32>,
    /// What the patient suspects to have set it off.
    #[schema(max_items = 32)]
    pub suspected_triggers: Vec<ReportCode>,
    /// What was tried, and whether it helped.
    #[schema(max_items = 32)]
    pub what_helped: Vec<TriedRelief>,
    /// Days of the flare within the window that are spikes too.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub spike_days: i32,
}

/// Days of spikes that belong together: apart by one other day at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpikeEpisode {
    /// First and last spike day.
    pub window: ReportWindow,
    /// Spike days in it.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub spike_days: i32,
}

/// How the two series lie on one another, in days of the window up to today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlareOverlap {
    /// Days that are a spike and in a reported flare.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub both: i32,
    /// Spikes outside every reported flare.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub spike_only: i32,
    /// Days in a reported flare that were judged and are no spike.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub flare_only: i32,
    /// Days in a reported flare that could not be judged: not rated, or too few rated days before.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub flare_not_judged: i32,
}

/// Flares and spikes of the window up to today. Source of all values: clinical.md, F6.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FlareSummary {
    /// What a flare is, as the patient is told. Source: Costa 2019.
    #[schema(max_length = 400)]
    pub definition: String,
    /// Flares the patient reported that touch the window, in the order of time.
    #[schema(max_items = 1200)]
    pub reported: Vec<ReportedFlare>,
    /// Episodes of spikes, in the order of time: days whose score is 4 or more and 2 or more above
    /// the median of the 28 days before.
    #[schema(max_items = 1200)]
    pub spike_episodes: Vec<SpikeEpisode>,
    /// Days that could be judged: rated, with seven rated days or more among the 28 before.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub judged_days: i32,
    /// Days in a reported flare per 28 days. A flare without a known end counts its first day. It
    /// needs 28 days since the journal began, of which 60 percent are rated: `have` and `need`
    /// speak of those days, or of rated days where only those are too few.
    pub flare_days_per_28: ReportStatement,
    /// Spikes per 28 judged days; its gate is the same.
    pub spike_days_per_28: ReportStatement,
    /// The overlap of the two; null below that gate.
    #[schema(required)]
    pub overlap: Option<FlareOverlap>,
}

/// The two series by journal day.
#[derive(Debug, Clone, Default)]
pub(crate) struct FlareDays {
    /// When the patient's journal days begin.
    starts: DayStarts,
    /// Days in a reported flare.
    pub(crate) reported: BTreeSet<NaiveDate>,
    /// The judged days, and whether they are spikes.
    pub(crate) spikes: ByDay<bool>,
}

impl FlareDays {
    pub(crate) fn find(
        days: &PainDays,
        flares: &[FlareRow],
        window: Option<ReportWindow>,
        starts: DayStarts,
    ) -> Self {
        let reported = window.into_iter().flat_map(|window| {
            let of_flare = move |flare: &FlareRow| clipped(flare, &starts, window);
            flares.iter().filter_map(of_flare).flat_map(ReportWindow::iter)
        });
        Self { starts, reported: reported.collect(), spikes: spikes(days, window) }
    }

    fn is_spike(&self, date: NaiveDate) -> bool {
        self.spikes.get(&date) == Some(&true)
    }
}

/// The days of a flare within the window; without a known end its first day alone.
fn clipped(flare: &FlareRow, starts: &DayStarts, window: ReportWindow) -> Option<ReportWindow> {
    let last = flare.ended_on(starts).unwrap_or(flare.started_on);
    ReportWindow::new(flare.started_on.max(window.from), last.min(window.to))
}

/// Judges every day of a window that has a score and seven rated days or more among the 28 before
/// it: whether it is a spike (clinical.md, F6).
pub fn spikes(days: &PainDays, window: Option<ReportWindow>) -> ByDay<bool> {
    let judge = |(date, score): (NaiveDate, f64)| {
        let before = ReportWindow::new(shift(date, -SPIKE_DAYS_BEFORE), shift(date, -1))?;
        let scores: Vec<f64> = days.scores(before).map(|(_, score)| score).collect();
        let usual = median(&scores).filter(|_| scores.len() >= SPIKE_RATED_DAYS)?;
        let is_spike = score >= usual + SPIKE_POINTS - EDGE && score >= SPIKE_SCORE - EDGE;
        Some((date, is_spike))
    };
    window.into_iter().flat_map(|window| days.scores(window)).filter_map(judge).collect()
}

/// Spikes merged where at most one day lies between two of them.
fn episodes(spikes: &ByDay<bool>) -> Vec<SpikeEpisode> {
    let mut episodes: Vec<SpikeEpisode> = Vec::new();
    for (date, _) in spikes.iter().filter(|(_, is_spike)| **is_spike) {
        match episodes.last_mut() {
            Some(last) if (*date - last.window.to).num_days() <= 2 => {
                last.window.to = *date;
                last.spike_days += 1;
            }
            _ => {
                let window = ReportWindow { from: *date, to: *date };
                episodes.push(SpikeEpisode { window, spike_days: 1 });
            }
        }
    }
    episodes
}

/// The flares and spikes of a window; `None` stands for a window without days. `observed` are its
/// days since the journal began: of those before nothing is known, so no rate counts them.
pub(crate) fn summary(
    days: &PainDays,
    flares: &[FlareRow],
    found: &FlareDays,
    window: Option<ReportWindow>,
    observed: Option<ReportWindow>,
) -> FlareSummary {
    const FLARES: Method = (
        "flare_days_per_28_days",
        "Days in a flare that the patient reported, per 28 days of the window from the start of the \
         journal up to today; 28 days or more, of which 60 percent are rated.",
    );
    const SPIKES: Method = (
        "spike_days_per_28_judged_days",
        "Days with a score of 4 or more that is 2 or more above the median of the 28 days before, \
         per 28 days that could be judged; 28 days or more, of which 60 percent are rated.",
    );
    let length = observed.map_or(0, |observed| observed.days());
    let rated = observed.map_or(0, |observed| days.scores(observed).count());
    let is_observed = |date: &&NaiveDate| observed.is_some_and(|days| days.contains(**date));
    let needed = (length * RATE_RATED_PERCENT).div_ceil(100);
    let (have, need) = if length >= RATE_DAYS { (rated, needed) } else { (length, RATE_DAYS) };
    let rate = |part: usize, n: usize, method| Draft {
        value: (n > 0).then(|| 28.0 * part as f64 / n as f64),
        unit: Unit::DaysPer28,
        n,
        window: observed,
        method,
        interval: None,
        have,
        need,
        show_from: need,
    };
    let spike_count = found.spikes.values().filter(|is_spike| **is_spike).count();
    let touching =
        |window| flares.iter().filter(move |f| clipped(f, &found.starts, window).is_some());
    let mut touching: Vec<&FlareRow> = window.into_iter().flat_map(touching).collect();
    let ended_on = |flare: &FlareRow| flare.ended_on(&found.starts);
    touching.sort_unstable_by_key(|flare| (flare.started_on, ended_on(flare), flare.id));
    FlareSummary {
        definition: Language::english().text("flare.definition", &[]),
        reported: touching.into_iter().map(|flare| reported(flare, found, window)).collect(),
        spike_episodes: episodes(&found.spikes),
        judged_days: count(found.spikes.len()),
        flare_days_per_28: rate(found.reported.iter().filter(is_observed).count(), length, FLARES)
            .finish(),
        spike_days_per_28: rate(spike_count, found.spikes.len(), SPIKES).finish(),
        overlap: (have >= need).then(|| overlap(found)),
    }
}

fn reported(flare: &FlareRow, found: &FlareDays, window: Option<ReportWindow>) -> ReportedFlare {
    let clipped = window.and_then(|window| clipped(flare, &found.starts, window));
    let spikes = in_window(&found.spikes, clipped).filter(|(_, is_spike)| **is_spike).count();
    let length = |last| ReportWindow::new(flare.started_on, last).map(|days| count(days.days()));
    let ended_on = flare.ended_on(&found.starts);
    ReportedFlare {
        flare_id: flare.id,
        started_on: flare.started_on,
        ended_on,
        days: ended_on.and_then(length),
        severity: flare.severity.map(i32::from),
        suspected_triggers: codes(&flare.suspected_triggers),
        what_helped: flare.what_helped.iter().map(TriedRelief::from).collect(),
        spike_days: count(spikes),
    }
}

fn overlap(found: &FlareDays) -> FlareOverlap {
    let (spiked, rest): (Vec<NaiveDate>, Vec<NaiveDate>) =
        found.reported.iter().partition(|date| found.is_spike(**date));
    let spikes = found.spikes.values().filter(|is_spike| **is_spike).count();
    let judged = rest.iter().filter(|date| found.spikes.contains_key(*date)).count();
    FlareOverlap {
        both: count(spiked.len()),
        spike_only: count(spikes - spiked.len()),
        flare_only: count(judged),
        flare_not_judged: count(rest.len() - judged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rows::ReportInput;
    use crate::report::rules::build;
    use crate::report::rules::fixtures::{daily, date, flare, input, pain_days};
    use crate::report::rules::statement::Status;

    const WORKED: [i16; 22] = [4, 5, 4, 4, 5, 4, 4, 5, 7, 8, 5, 7, 4, -1, 4, 4, 3, 4, 4, 6, 4, 4];

    fn scored(scores: &[i16]) -> PainDays {
        let scores: Vec<_> = scores.iter().map(|s| (*s >= 0).then_some(*s)).collect();
        pain_days(&scores)
    }

    fn summary_of(scores: &[i16], flares: &[FlareRow]) -> FlareSummary {
        let (days, last) = (scored(scores), i64::try_from(scores.len()).unwrap() - 1);
        let window = ReportWindow::new(date(0), date(last));
        summary(
            &days,
            flares,
            &FlareDays::find(&days, flares, window, DayStarts::default()),
            window,
            window,
        )
    }

    #[test]
    fn days_before_the_journal_began_are_in_no_rate() {
        let scores: Vec<Option<i16>> = vec![Some(5); 30];
        let mut journal = input(-60, 29);
        journal.journal_starts_on = date(0);
        journal.entries = (0..).zip(scores).map(|(day, score)| daily(day, score)).collect();
        journal.flares = vec![flare(3, Some(5))];
        let rate = |journal: &ReportInput| build(journal).flares.unwrap().flare_days_per_28;
        let young = rate(&journal);
        assert_eq!((young.value, young.n, young.need), (Some(2.8), 30, 18));
        assert_eq!(young.window.map(|window| window.from), Some(date(0)));
        // A day that was rated later belongs to the journal, too.
        journal.entries.push(daily(-30, Some(5)));
        assert_eq!(rate(&journal).need, 36);
    }

    #[test]
    fn the_worked_spikes_and_their_overlap_with_flares() {
        let days = scored(&WORKED);
        let window = ReportWindow::new(date(0), date(21));
        let flares = [flare(8, Some(10)), flare(16, Some(16))];
        let found = FlareDays::find(&days, &flares, window, DayStarts::default());
        let spikes: Vec<NaiveDate> =
            found.spikes.iter().filter(|(_, is)| **is).map(|(date, _)| *date).collect();
        assert_eq!(spikes, [8, 9, 11, 19].map(date));
        let episode = |from, to, spike_days| SpikeEpisode {
            window: ReportWindow { from: date(from), to: date(to) },
            spike_days,
        };
        assert_eq!(episodes(&found.spikes), [episode(8, 11, 3), episode(19, 19, 1)]);
        let expected = FlareOverlap { both: 2, spike_only: 2, flare_only: 2, flare_not_judged: 0 };
        assert_eq!(overlap(&found), expected);
        let summary = summary(&days, &flares, &found, window, window);
        assert_eq!((summary.reported.len(), summary.reported[0].spike_days), (2, 2));
        assert_eq!(summary.reported[0].days, Some(3));
        // 22 days are too few for a rate: the lists alone are told.
        assert_eq!((summary.overlap, summary.flare_days_per_28.value), (None, None));
        assert_eq!((summary.flare_days_per_28.have, summary.flare_days_per_28.need), (22, 28));
    }

    #[test]
    fn the_gate_asks_for_days_and_then_for_ratings() {
        let mut scores = [4; 28];
        scores[20] = 7;
        let rated = summary_of(&scores, &[flare(20, Some(22)), flare(27, None)]);
        assert_eq!(rated.flare_days_per_28.value, Some(4.0));
        assert_eq!((rated.judged_days, rated.spike_days_per_28.n), (21, 21));
        assert_eq!(rated.spike_days_per_28.value, Some(1.33));
        assert_eq!(rated.spike_days_per_28.status, Status::Reliable);
        assert_eq!(rated.overlap.unwrap().both, 1);
        // 16 of 28 rated are fewer than 60 percent, which is 17.
        scores[16..].fill(-1);
        let sparse = summary_of(&scores, &[flare(27, None)]);
        assert_eq!((sparse.flare_days_per_28.have, sparse.flare_days_per_28.need), (16, 17));
        assert_eq!((sparse.overlap, sparse.reported.len()), (None, 1));
    }

    #[test]
    fn a_spike_needs_days_before_it_a_rise_and_a_score() {
        let judged = |scores: &[i16]| {
            let window = ReportWindow::new(date(0), date(60));
            spikes(&scored(scores), window).get(&date(7)).copied()
        };
        assert_eq!(judged(&[4, 4, 4, 4, 4, 4, 4, 6]), Some(true));
        assert_eq!(judged(&[4, 4, 4, 4, 4, 4, 4, 5]), Some(false));
        assert_eq!(judged(&[1, 1, 1, 1, 1, 1, 1, 3]), Some(false), "below 4");
        assert_eq!(judged(&[4, 4, 4, -1, 4, 4, 4, 9]), None, "six rated days before");
        assert_eq!(judged(&[4, 4, 4, 4, 4, 4, 4, -1]), None, "not rated");
    }

    #[test]
    fn days_of_a_flare_that_are_not_rated_are_told_apart() {
        let mut scores = [4; 40];
        scores[30] = -1;
        let summary = summary_of(&scores, &[flare(-3, Some(1)), flare(30, Some(31))]);
        let overlap = summary.overlap.unwrap();
        assert_eq!((overlap.flare_only, overlap.flare_not_judged), (1, 3));
        assert_eq!(summary.reported[0].started_on, date(-3));
        let empty =
            super::super::flares::summary(&scored(&[]), &[], &FlareDays::default(), None, None);
        assert_eq!((empty.reported.len(), empty.flare_days_per_28.value), (0, None));
    }
}
