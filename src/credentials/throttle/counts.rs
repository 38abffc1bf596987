//! Counts of tries in bounded memory.

use super::rules::{Rule, Tally};
use chrono::{DateTime, Utc};
use std::cmp::Reverse;

/// What is counted: half a keyed hash, so that nobody can choose two that meet.
pub(super) type CountKey = [u8; 16];

/// Sets of counts. The key says which set it belongs to.
const SETS: usize = 4096;
/// Counts in a set.
const EACH: usize = 32;
/// The most counts there are: about 7 MiB.
#[cfg(test)]
const MOST: usize = SETS * EACH;

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: CountKey,
    rule: Rule,
    tally: Tally,
}

/// Counts by key. Where a set is full, the count that says least makes room: the lowest, and of equal
/// ones the oldest. Who wants a count forgotten has to raise 32 others above it first.
#[derive(Debug)]
pub(super) struct Counts(Vec<Vec<Slot>>);

impl Default for Counts {
    fn default() -> Self {
        Self(vec![Vec::new(); SETS])
    }
}

impl Counts {
    fn set(&mut self, key: &CountKey) -> &mut Vec<Slot> {
        let [high, low, ..] = *key;
        let index = usize::from(u16::from_be_bytes([high, low])) % SETS;
        // One set for each index there can be.
        &mut self.0[index]
    }

    /// The count of a key.
    pub(super) fn find(&mut self, key: &CountKey) -> Option<Tally> {
        self.set(key).iter().find(|slot| slot.key == *key).map(|slot| slot.tally)
    }

    /// Sets the count of a key.
    pub(super) fn put(&mut self, key: CountKey, rule: Rule, tally: Tally, now: DateTime<Utc>) {
        let set = self.set(&key);
        let slot = Slot { key, rule, tally };
        if let Some(known) = set.iter_mut().find(|slot| slot.key == key) {
            *known = slot;
            return;
        }
        if set.len() < EACH {
            set.push(slot);
            return;
        }
        let least = set.iter_mut().min_by_key(|slot| {
            // Of two that count alike, the one whose last try is longer ago.
            (slot.rule.counted(slot.tally, now), Reverse(now - slot.tally.last))
        });
        if let Some(least) = least {
            *least = slot;
        }
    }

    /// Forgets the count of a key.
    pub(super) fn forget(&mut self, key: &CountKey) {
        self.set(key).retain(|slot| slot.key != *key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::digest;
    use chrono::Duration;

    const RULE: Rule = Rule::Growing { free: 5, forgets: Duration::hours(1) };

    fn key(number: u32) -> CountKey {
        let hash = digest::digest(&digest::SHA256, &number.to_be_bytes());
        hash.as_ref()[..16].try_into().unwrap()
    }

    #[test]
    fn t101_a_million_keys_take_bounded_memory_and_push_no_high_count_out() {
        let mut table = Counts::default();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let victim = Tally { count: 9, last: now };
        table.put(key(0), RULE, victim, now);
        for number in 1..=1_000_000 {
            let at = now + Duration::milliseconds(i64::from(number));
            table.put(key(number), RULE, Tally { count: 1, last: at }, at);
        }
        let kept: usize = table.0.iter().map(Vec::len).sum();
        assert!(kept <= MOST, "{kept}");
        assert!(table.0.iter().all(|set| set.capacity() <= EACH));
        assert_eq!(table.find(&key(0)), Some(victim));
        assert!(table.find(&key(1_000_000)).is_some() && table.find(&key(1)).is_none());
        table.forget(&key(0));
        assert_eq!(table.find(&key(0)), None);
    }
}
