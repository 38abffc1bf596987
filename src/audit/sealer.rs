//! Sealing: a batch of lines at a time, of transactions that are over.

use super::copy::SealCopy;
use super::key::SealKey;
use super::merkle::{Hash, root};
use super::seal::{Leaf, Seal, SealHead};
use super::store;
use crate::db::{DbError, SealerDb};
use crate::time::Clock;

/// Lines in one seal at most.
pub const MOST: usize = 1_000;

/// What is wrong where the copy knows of seals that the database has not.
const AHEAD: &str = "the copy of the seals has others than the database: seals were taken away or replaced, or a backup \
    was restored. Find out which with: pain-journal audit verify --seals FILE. After a restored backup, set the copy \
    aside, keep it, and begin another one";

/// Makes seals and keeps a copy of them.
#[derive(Debug)]
pub struct Sealer {
    key: SealKey,
    copy: Option<SealCopy>,
    clock: Clock,
}

/// What became of a try to seal.
enum Tried {
    /// This many lines have a seal.
    Sealed(usize),
    /// There was nothing to seal.
    Nothing,
    /// Another sealer is at it.
    Busy,
}

impl Sealer {
    /// One that signs with `key`, and adds what it finds in the database to `copy`.
    pub fn new(key: SealKey, copy: Option<SealCopy>, clock: Clock) -> Self {
        Self { key, copy, clock }
    }

    /// Seals whatever can be sealed now; answers how many lines. Where another sealer is at it, that one does.
    ///
    /// # Errors
    /// One sentence: the database fails, its newest seal is not of this key, or the copy has others.
    pub async fn seal(&mut self, db: &SealerDb) -> Result<usize, String> {
        self.catch_up(db).await?;
        let mut sealed = 0;
        loop {
            match self.seal_once(db).await? {
                Tried::Sealed(lines) => {
                    sealed += lines;
                    self.catch_up(db).await?;
                    if lines < MOST {
                        return Ok(sealed);
                    }
                }
                Tried::Nothing | Tried::Busy => return Ok(sealed),
            }
        }
    }

    async fn seal_once(&self, db: &SealerDb) -> Result<Tried, String> {
        let now = self.clock.now();
        let done = db.transact(async |tx| {
            if !store::take_turn(tx).await? {
                return Ok(Tried::Busy);
            }
            let newest = match store::newest(tx).await? {
                None => None,
                Some(row) => Some(self.own(&row.head, &row.signature)?),
            };
            let settled = store::settled(tx).await?;
            let lines = store::unsealed(tx, settled, MOST).await?;
            let leaves: Result<Vec<Leaf>, String> =
                lines.iter().map(|line| Ok(Leaf { line: line.line, hash: line.hash()? })).collect();
            let leaves = leaves.map_err(DbError::Other)?;
            let Some(last) = leaves.last() else { return Ok(Tried::Nothing) };
            let (snapshot, transaction) = store::snapshot(tx).await?;
            let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf.hash).collect();
            let head = SealHead {
                number: newest.as_ref().map_or(0, |head| head.number) + 1,
                sealed_at: now,
                previous: newest.as_ref().map(SealHead::hash),
                lines: leaves.len(),
                root: root(&hashes),
                highest: newest.as_ref().map_or(0, |head| head.highest).max(last.line),
                snapshot,
                transaction,
                key: self.key.public(),
            };
            let seal = Seal::sign(head, leaves, &self.key);
            store::add(tx, &seal).await?;
            Ok(Tried::Sealed(seal.leaves.len()))
        });
        match done.await {
            // Another sealer has made the seal of this number since we looked.
            Err(DbError::Constraint(_)) => Ok(Tried::Busy),
            done => done.map_err(|e: DbError| e.to_string()),
        }
    }

    /// The head of the newest seal, which must be ours: nothing is built on one that is not.
    fn own(&self, text: &str, signature: &[u8]) -> Result<SealHead, DbError> {
        let refused = || {
            DbError::Refused(
                "the newest seal in the database is not signed with this key: it was changed, or the file of the \
                 key is another one"
                    .into(),
            )
        };
        let head = SealHead::parse(text).ok_or_else(refused)?;
        let is_ours = head.key == self.key.public() && self.key.public().verifies(text, signature);
        if is_ours { Ok(head) } else { Err(refused()) }
    }

    /// Adds to the copy what the database has more than it.
    async fn catch_up(&mut self, db: &SealerDb) -> Result<(), String> {
        let Self { key, copy: Some(copy), .. } = self else { return Ok(()) };
        let from = copy.newest().map_or(0, |(number, _)| number);
        // With the one that is the newest in the copy, which must be the same.
        let read = db.transact(async |tx| store::seals_behind(tx, from - 1).await);
        let (seals, _) = read.await.map_err(|e: DbError| e.to_string())?;
        let mut seals = seals.into_iter().peekable();
        if let Some((number, hash)) = copy.newest() {
            let same = seals.next_if(|seal| seal.head.number == number && seal.head.hash() == hash);
            same.ok_or(AHEAD)?;
        }
        for seal in seals {
            let follows = copy.newest();
            let is_next = seal.head.number == follows.map_or(0, |(number, _)| number) + 1
                && seal.head.previous == follows.map(|(_, hash)| hash);
            let is_ours = key.public().verifies(&seal.head.text(), &seal.signature);
            if !is_next || !is_ours {
                return Err(AHEAD.into());
            }
            copy.add(&seal)?;
        }
        Ok(())
    }
}
