//! F10, what one night is: records whose times in bed overlap or lie less than three hours apart.
//!
//! Everything is reckoned between instants, so that neither midnight nor a change of the clocks matters, and
//! nothing depends on the order of the rows.

use super::nights::SleptNight;
use crate::collections::Night;
use crate::report::rows::SleepRow;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// Parts that lie this far apart or further are no longer one night.
const APART: TimeDelta = TimeDelta::hours(3);
/// From the first going to bed to the last waking a night of separate parts lasts this long at most: who
/// naps around the clock has still a night each day.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// No night has more sleep than a day has minutes.
const MOST_MINUTES: i64 = 24 * 60;

/// A record with its times.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    bed: DateTime<Utc>,
    rise: DateTime<Utc>,
    row: &'a SleepRow,
}

impl Part<'_> {
    fn length(&self) -> TimeDelta {
        self.rise - self.bed
    }
}

/// One time in bed, however many records tell of it.
#[derive(Debug)]
struct Stretch<'a> {
    bed: DateTime<Utc>,
    rise: DateTime<Utc>,
    parts: Vec<Part<'a>>,
}

impl Stretch<'_> {
    fn minutes(&self) -> i64 {
        (self.rise - self.bed).num_minutes()
    }

    /// Minutes awake, and whether all waking parts are known, of the longest record; of equally long
    /// ones the one that says more.
    fn waking(&self) -> (i64, bool) {
        let told =
            |part: &Part<'_>| (part.length(), part.row.is_every_part_known, part.row.awake_minutes);
        let longest = self.parts.iter().map(told).max();
        longest.map_or((0, false), |(_, is_known, awake)| (awake.into(), is_known))
    }
}

/// The times in bed in their order: records that overlap are one, those that only touch are not.
fn stretches(rows: &[SleepRow]) -> Vec<Stretch<'_>> {
    let timed =
        rows.iter().filter_map(|row| Some(Part { bed: row.bed_at?, rise: row.rise_at?, row }));
    let mut parts: Vec<Part<'_>> = timed.collect();
    parts.sort_by_key(|part| (part.bed, part.rise));
    let mut found: Vec<Stretch<'_>> = Vec::new();
    for part in parts {
        match found.last_mut().filter(|last| part.bed < last.rise) {
            Some(last) => {
                last.rise = last.rise.max(part.rise);
                last.parts.push(part);
            }
            None => found.push(Stretch { bed: part.bed, rise: part.rise, parts: vec![part] }),
        }
    }
    found
}

/// The nights whose times are known, each with the day of its last waking.
pub(super) fn timed_nights(rows: &[SleepRow]) -> Vec<(NaiveDate, SleptNight)> {
    let mut nights: Vec<Vec<Stretch<'_>>> = Vec::new();
    for stretch in stretches(rows) {
        let night = nights.last_mut().filter(|night| {
            night.first().zip(night.last()).is_some_and(|(first, last)| {
                stretch.bed - last.rise < APART && stretch.rise - first.bed <= LONGEST
            })
        });
        match night {
            Some(night) => night.push(stretch),
            None => nights.push(vec![stretch]),
        }
    }
    nights.iter().filter_map(|night| slept(night)).collect()
}

/// What the parts of a night come to, and the day it belongs to.
fn slept(night: &[Stretch<'_>]) -> Option<(NaiveDate, SleptNight)> {
    let in_bed: i64 = night.iter().map(Stretch::minutes).sum();
    let awake: i64 = night.iter().map(|stretch| stretch.waking().0).sum();
    let asleep = Night { in_bed: Some(in_bed), awake, reported: None }.total_sleep()?;
    let is_every_part_known = night.iter().all(|stretch| stretch.waking().1);
    let parts = || night.iter().flat_map(|stretch| &stretch.parts);
    let last = parts().max_by_key(|part| (part.rise, part.row.journal_date))?;
    let quality = parts().filter_map(|part| Some((part.length(), part.row.quality?))).max();
    let minutes = |minutes: i64| i32::try_from(minutes.clamp(0, MOST_MINUTES)).ok();
    let slept = SleptNight {
        total_sleep_minutes: minutes(asleep),
        measured_in_bed_minutes: minutes(in_bed).filter(|_| is_every_part_known),
        woken_by_pain: parts().filter_map(|part| part.row.woken_by_pain).max(),
        quality: quality.map(|(_, quality)| quality),
    };
    Some((last.row.journal_date, slept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{at, date, night};
    use proptest::prelude::*;

    /// A record from one minute to another, counted from the midnight at which day 0 begins, dated by the
    /// calendar of its waking.
    fn record(bed: i64, rise: i64) -> SleepRow {
        let day = rise.div_euclid(1440);
        SleepRow { bed_at: Some(at(0, bed)), rise_at: Some(at(0, rise)), ..night(day, None) }
    }

    fn lengths(rows: &[SleepRow]) -> Vec<(NaiveDate, Option<i32>)> {
        let nights = timed_nights(rows).into_iter();
        nights.map(|(date, night)| (date, night.total_sleep_minutes)).collect()
    }

    #[test]
    fn parts_less_than_three_hours_apart_are_one_night_of_the_last_waking() {
        for (parts, minutes) in [
            ([(-120, 120), (165, 405)], 480),
            ([(-120, 250), (280, 460)], 550),
            // Across midnight: 22:00 to 23:50 and 00:30 to 06:30.
            ([(-120, -10), (30, 390)], 470),
            // Two devices: the union, not the sum.
            ([(-120, 390), (-100, 400)], 520),
            // They touch.
            ([(-120, 120), (120, 400)], 520),
        ] {
            let rows = parts.map(|(bed, rise)| record(bed, rise));
            assert_eq!(lengths(&rows), [(date(0), Some(minutes))], "{parts:?}");
        }
        // Three hours apart are two nights.
        let apart = [record(-120, 120), record(300, 420)];
        assert_eq!(lengths(&apart), [(date(0), Some(240)), (date(0), Some(120))]);
        let near = [record(-120, 120), record(299, 420)];
        assert_eq!(lengths(&near), [(date(0), Some(361))]);
    }

    #[test]
    fn of_overlapping_records_the_longest_tells_what_was_awake() {
        let long = SleepRow { awake_minutes: 40, is_every_part_known: true, ..record(-120, 390) };
        let short = SleepRow { awake_minutes: 90, woken_by_pain: Some(true), ..record(-100, 395) };
        let (_, both) = timed_nights(&[long.clone(), short.clone()])[0];
        assert_eq!(
            (both.total_sleep_minutes, both.measured_in_bed_minutes),
            (Some(475), Some(515))
        );
        assert_eq!(both.woken_by_pain, Some(true));
        // A separate part whose waking is unknown: no efficiency, but its minutes.
        let (_, parts) = timed_nights(&[long, short, record(420, 480)])[0];
        assert_eq!((parts.total_sleep_minutes, parts.measured_in_bed_minutes), (Some(535), None));
    }

    #[test]
    fn naps_around_the_clock_are_a_night_each_day() {
        let rows: Vec<SleepRow> = (0..40).map(|n| record(n * 180, n * 180 + 60)).collect();
        let nights = lengths(&rows);
        assert_eq!(nights.len(), 5);
        assert!(nights.iter().all(|(_, minutes)| *minutes == Some(480)), "{nights:?}");
    }

    proptest! {
        #[test]
        fn the_order_of_the_rows_does_not_matter(
            parts in prop::collection::vec((0_i64..4000, 1_i64..700, 0_i32..2, any::<bool>(), 0_i16..3), 1..12),
            turn in 0_usize..12,
        ) {
            let mut rows: Vec<SleepRow> = parts
                .iter()
                .map(|(bed, long, awake, is_every_part_known, quality)| SleepRow {
                    awake_minutes: *awake,
                    is_every_part_known: *is_every_part_known,
                    quality: Some(*quality),
                    ..record(*bed, bed + long)
                })
                .collect();
            let nights = timed_nights(&rows);
            rows.reverse();
            let by = turn % rows.len();
            rows.rotate_left(by);
            prop_assert_eq!(timed_nights(&rows), nights);
        }
    }
}
