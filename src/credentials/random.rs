//! Randomness: the one door through which every random byte of the server comes.
//!
//! Code that needs random bytes takes `&dyn Random`, so a test can hand in bytes it knows.

use aws_lc_rs::rand::SecureRandom as _;
use uuid::{Builder, Uuid};

/// A source of bytes nobody can guess.
pub trait Random: Send + Sync {
    /// Fills the whole slice. It never fails: a source that has no bytes stops the process.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random + '_ {
    /// `N` fresh bytes.
    pub fn array<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A random UUID (version 4, 122 random bits, RFC 9562 section 5.4).
    pub fn uuid(&self) -> Uuid {
        Builder::from_random_bytes(self.array()).into_uuid()
    }

    /// A number from 0 to `bound - 1`, each equally likely (numbers that would favour the low end
    /// are thrown away). `bound` must be at least 1.
    pub fn below(&self, bound: u32) -> u32 {
        let fair = u32::MAX - u32::MAX % bound;
        loop {
            let number = u32::from_be_bytes(self.array());
            if number < fair {
                return number % bound;
            }
        }
    }
}

/// The operating system's generator, through AWS-LC.
#[derive(Debug, Clone, Default)]
pub struct SystemRandom(aws_lc_rs::rand::SystemRandom);

impl SystemRandom {
    /// The generator; making one costs nothing.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Random for SystemRandom {
    /// # Panics
    /// When the system has no randomness: to go on without it would hand out guessable keys.
    fn fill(&self, bytes: &mut [u8]) {
        assert!(self.0.fill(bytes).is_ok(), "the system's random generator failed");
    }
}

/// A source for unit tests: the same seed gives the same bytes, and no call repeats another.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct SeededRandom {
    seed: u64,
    calls: std::sync::atomic::AtomicU64,
}

#[cfg(test)]
impl SeededRandom {
    /// A source that starts at `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }
}

#[cfg(test)]
impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let call = self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let input = [self.seed.to_be_bytes(), call.to_be_bytes()].concat();
            let block = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &input);
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_gives_other_bytes_each_time() {
        let random: &dyn Random = &SystemRandom::new();
        assert_ne!(random.array::<32>(), random.array::<32>());
        assert_ne!(random.array::<32>(), [0; 32]);
        assert_eq!(random.uuid().get_version_num(), 4);
    }

    #[test]
    fn a_seed_repeats_itself_and_only_itself() {
        let (a, b, c) = (SeededRandom::new(1), SeededRandom::new(1), SeededRandom::new(2));
        let (a, b, c): (&dyn Random, &dyn Random, &dyn Random) = (&a, &b, &c);
        let first = a.array::<80>();
        assert_eq!(first, b.array::<80>());
        assert_ne!(first, c.array::<80>());
        assert_ne!(first, a.array::<80>());
    }

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let random: &dyn Random = &SeededRandom::new(3);
        let mut seen = [0_u32; 10];
        for _ in 0..2000 {
            seen[random.below(10) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (140..260).contains(&n)), "{seen:?}");
        assert_eq!(random.below(1), 0);
    }
}
