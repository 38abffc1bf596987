//! How often may be tried, as pure rules over a count and the moment of its last try.

use chrono::{DateTime, Duration, Utc};

/// The longest wait between two tries.
const LONGEST: Duration = Duration::minutes(15);

/// How many tries there were, and when the last one was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub count: u32,
    pub last: DateTime<Utc>,
}

/// What is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// So many tries are free, then each costs a wait that doubles: 2 s, 4 s, up to 15 minutes. One try is
    /// forgotten for each `forgets` in which there is none.
    Growing { free: u32, forgets: Duration },
    /// So many within an hour; the last of them is followed by an hour without.
    Hourly { most: u32 },
}

impl Rule {
    /// How many tries still count.
    pub(super) fn counted(self, tally: Tally, now: DateTime<Utc>) -> u32 {
        let quiet = (now - tally.last).max(Duration::zero());
        match self {
            Self::Growing { forgets, .. } => {
                let forgotten = quiet.num_milliseconds() / forgets.num_milliseconds().max(1);
                tally.count.saturating_sub(u32::try_from(forgotten).unwrap_or(u32::MAX))
            }
            Self::Hourly { .. } if quiet >= Duration::hours(1) => 0,
            Self::Hourly { .. } => tally.count,
        }
    }

    /// How long the next try has to wait.
    pub(super) fn wait(self, tally: Tally, now: DateTime<Utc>) -> Option<Duration> {
        let counted = self.counted(tally, now);
        let pause = match self {
            Self::Growing { free, .. } => pause(counted.checked_sub(free)?),
            Self::Hourly { most } if counted >= most => Duration::hours(1),
            Self::Hourly { .. } => return None,
        };
        // A clock that went back does not make the wait longer.
        let left = (tally.last + pause - now).min(pause);
        (left > Duration::zero()).then_some(left)
    }

    /// The tries that are free, and the time in which they all come back: quota and window of the
    /// `RateLimit-Policy` field.
    pub(super) fn quota(self) -> (u32, i64) {
        match self {
            Self::Growing { free, forgets } => (free, i64::from(free) * forgets.num_seconds()),
            Self::Hourly { most } => (most, 3600),
        }
    }
}

/// The wait after so many tries beyond the free ones.
fn pause(beyond: u32) -> Duration {
    // 2^10 s are longer than that already.
    Duration::seconds(1 << (beyond.min(9) + 1)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORDS: Rule = Rule::Growing { free: 5, forgets: Duration::hours(1) };

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    /// How many tries fit into this time for somebody who tries whenever it is allowed.
    fn tries_within(rule: Rule, time: Duration) -> u32 {
        let (mut now, mut tries) = (start(), 0);
        let mut tally = Tally { count: 0, last: now };
        while now < start() + time {
            if let Some(wait) = rule.wait(tally, now) {
                now += wait;
                continue;
            }
            tally = Tally { count: rule.counted(tally, now) + 1, last: now };
            tries += 1;
        }
        tries
    }

    #[test]
    fn t034_five_are_free_and_then_the_wait_doubles_up_to_fifteen_minutes() {
        let waits: Vec<i64> = (0..20)
            .map(|count| {
                let wait = PASSWORDS.wait(Tally { count, last: start() }, start());
                wait.map_or(0, |wait| wait.num_seconds())
            })
            .collect();
        let expected =
            [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900, 900];
        assert_eq!(waits, expected);
        let many = Tally { count: u32::MAX, last: start() };
        assert_eq!(PASSWORDS.wait(many, start()), Some(LONGEST));
        let sixth = Tally { count: 5, last: start() };
        assert_eq!(
            PASSWORDS.wait(sixth, start() + Duration::milliseconds(1999)).unwrap(),
            Duration::milliseconds(1)
        );
        assert_eq!(PASSWORDS.wait(sixth, start() + Duration::seconds(2)), None);
        assert_eq!(PASSWORDS.wait(sixth, start() - Duration::days(1)), Some(Duration::seconds(2)));
    }

    #[test]
    fn one_try_is_forgotten_an_hour() {
        let tally = Tally { count: 7, last: start() };
        let counted = |minutes| PASSWORDS.counted(tally, start() + Duration::minutes(minutes));
        assert_eq!(
            [counted(-9), counted(59), counted(60), counted(180), counted(9999)],
            [7, 7, 6, 4, 0]
        );
    }

    #[test]
    fn at_most_108_passwords_are_tried_a_day_and_96_on_each_day_after() {
        // Five at once, nine behind 2 to 512 s, and then one each quarter of an hour.
        assert_eq!(tries_within(PASSWORDS, Duration::days(1)), 108);
        assert_eq!(tries_within(PASSWORDS, Duration::days(11)), 108 + 10 * 96);
        // In a year 35,052: of a million passwords that are tried first, one in 28.
        assert_eq!(tries_within(PASSWORDS, Duration::days(365)), 108 + 364 * 96);
    }

    #[test]
    fn ten_an_hour_are_ten_in_every_hour() {
        let challenges = Rule::Hourly { most: 10 };
        assert_eq!(tries_within(challenges, Duration::hours(1)), 10);
        assert_eq!(tries_within(challenges, Duration::hours(24)), 240);
        let tenth = Tally { count: 10, last: start() };
        let wait = |minutes| challenges.wait(tenth, start() + Duration::minutes(minutes));
        assert_eq!(
            [wait(0), wait(59), wait(60)],
            [Some(Duration::hours(1)), Some(Duration::minutes(1)), None]
        );
        // Codes of six digits, five tries each: 1,200 of a million a day.
        assert_eq!(tries_within(challenges, Duration::days(1)) * 5, 1200);
    }

    #[test]
    fn quotas_are_what_comes_back_in_their_window() {
        assert_eq!(PASSWORDS.quota(), (5, 18_000));
        assert_eq!(Rule::Hourly { most: 10 }.quota(), (10, 3600));
    }
}
