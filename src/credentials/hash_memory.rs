//! The memory that password hashes are computed in, used again from hash to hash.
//!
//! A hash needs 19 MiB. Asked of the allocator anew for each sign-in, such blocks stay behind in its
//! arenas, one set for each thread that ever hashed.

use argon2::{Argon2, Block};
use std::sync::{Mutex, PoisonError};

/// Blocks that no hash is using. There are as many sets as hashes were computed at once.
#[derive(Debug, Default)]
pub(super) struct HashMemory(Mutex<Resting>);

#[derive(Default)]
struct Resting {
    sets: Vec<Vec<Block>>,
    /// Whether a hash was computed since the last rest.
    was_used: bool,
}

impl std::fmt::Debug for Resting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resting({} sets)", self.sets.len())
    }
}

impl HashMemory {
    /// Computes a hash into `tag`. The memory is wiped before it rests.
    ///
    /// # Errors
    /// For a salt or a length that argon2 does not take.
    pub(super) fn compute(
        &self,
        argon: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        tag: &mut [u8],
    ) -> Result<(), argon2::Error> {
        let mut blocks = self.with(|resting| {
            resting.was_used = true;
            resting.sets.pop().unwrap_or_default()
        });
        let count = argon.params().block_count();
        if blocks.len() < count {
            // Not grown, which would copy: an older or newer cost is met once an account.
            blocks = vec![Block::new(); count];
        }
        let used = &mut blocks[..count];
        let computed = argon.hash_password_into_with_memory(password, salt, tag, &mut *used);
        used.fill(Block::new());
        self.with(|resting| resting.sets.push(blocks));
        computed
    }

    /// Gives the memory back if no hash was computed since the last call.
    pub(super) fn rest(&self) {
        let freed = self.with(|resting| {
            if std::mem::take(&mut resting.was_used) {
                Vec::new()
            } else {
                std::mem::take(&mut resting.sets)
            }
        });
        drop(freed);
    }

    /// Nothing here can panic half-way, so a poisoned lock is as good as a sound one.
    fn with<T>(&self, work: impl FnOnce(&mut Resting) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{Algorithm, Params, Version};

    fn argon(memory_kib: u32) -> Argon2<'static> {
        let params = Params::new(memory_kib, 1, 1, Some(32)).unwrap();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }

    fn sets(memory: &HashMemory) -> Vec<usize> {
        memory.with(|resting| resting.sets.iter().map(Vec::len).collect())
    }

    fn compute(memory: &HashMemory, memory_kib: u32) -> [u8; 32] {
        let mut tag = [0; 32];
        memory.compute(&argon(memory_kib), b"password", b"a salt of enough", &mut tag).unwrap();
        tag
    }

    #[test]
    fn memory_is_used_again_wiped_and_given_back_at_rest() {
        let memory = HashMemory::default();
        let mut expected = [0; 32];
        argon(16).hash_password_into(b"password", b"a salt of enough", &mut expected).unwrap();
        for _ in 0..3 {
            assert_eq!(compute(&memory, 16), expected);
            assert_eq!(sets(&memory), [16], "one after another needs one set");
        }
        memory.with(|resting| {
            let mut words = resting.sets.iter().flatten().flat_map(AsRef::<[u64]>::as_ref);
            assert!(words.all(|word| *word == 0), "wiped");
        });
        // A larger cost takes more; a smaller one computes the same in it.
        compute(&memory, 64);
        assert_eq!(sets(&memory), [64]);
        assert_eq!(compute(&memory, 16), expected);
        memory.rest();
        assert_eq!(sets(&memory), [64], "it was just used");
        memory.rest();
        assert_eq!(sets(&memory), [0; 0]);
        assert_eq!(compute(&memory, 16), expected);
    }
}
