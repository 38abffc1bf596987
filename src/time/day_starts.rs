//! At which hour the days of a journal begin, and began before the patient changed it.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// How many earlier hours are remembered.
const REMEMBERED: usize = 8;

/// The hour at which the days of a journal begin, and those at which they began before, in minutes after
/// local midnight, 0 to 719.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DayStarts {
    now: i16,
    /// Each with the moment until which it was so, oldest first.
    former: [Option<(i16, DateTime<Utc>)>; REMEMBERED],
}

impl DayStarts {
    /// Always the same hour.
    pub const fn always(minute: i16) -> Self {
        Self { now: minute, former: [None; REMEMBERED] }
    }

    /// This hour, and before it these, oldest first, each until a moment.
    pub fn new(now: i16, former: impl IntoIterator<Item = (i16, DateTime<Utc>)>) -> Self {
        let mut starts = Self::always(now);
        for (place, start) in starts.former.iter_mut().zip(former) {
            *place = Some(start);
        }
        starts
    }

    /// The hour at which days begin now.
    pub const fn now(&self) -> i16 {
        self.now
    }

    /// The hour at which days began at this moment.
    pub fn at(&self, moment: DateTime<Utc>) -> i16 {
        let mut former = self.former.iter().flatten();
        former.find(|(_, until)| moment < *until).map_or(self.now, |(minute, _)| *minute)
    }

    /// Every hour at which days begin or began.
    pub fn all(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.now).chain(self.former.iter().flatten().map(|(minute, _)| *minute))
    }
}

impl Default for DayStarts {
    fn default() -> Self {
        Self::always(super::DAY_START_MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_the_hour_that_was_in_force() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (may, june) = (at("2026-05-01T12:00:00Z"), at("2026-06-01T12:00:00Z"));
        let starts = DayStarts::new(0, [(240, may), (180, june)]);
        for (moment, minute) in [
            ("2026-04-30T12:00:00Z", 240),
            ("2026-05-01T11:59:59Z", 240),
            ("2026-05-01T12:00:00Z", 180),
            ("2026-06-01T12:00:00Z", 0),
        ] {
            assert_eq!(starts.at(at(moment)), minute, "{moment}");
        }
        assert_eq!(starts.now(), 0);
        assert_eq!(starts.all().collect::<Vec<_>>(), [0, 240, 180]);
        assert_eq!(DayStarts::always(240).at(may), 240);
    }
}
