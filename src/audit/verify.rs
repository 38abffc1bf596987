//! Looking whether the lines are those that were sealed, and which one is the first that is not.

use super::key::PublicKey;
use super::line::AuditLine;
use super::merkle::Hash;
use super::seal::Seal;
use super::store;
use crate::db::{DbError, SealerDb};
use chrono::{DateTime, Utc};
use std::fmt;

/// What is wrong with a line or with a seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tampering {
    /// The line is another one than was sealed.
    Changed,
    /// The line is gone.
    Deleted,
    /// The line is in no seal, though lines behind it are, and its transaction did not run when these were sealed.
    Unsealed,
    /// The line was sealed behind others that it should have been sealed before.
    Inserted,
    /// The hashes of the seal's lines in the database are others than were signed, from this line on at the latest.
    Hashes,
    /// The seal is gone.
    SealDeleted,
    /// The seal is another one than the copy has.
    SealReplaced,
    /// The seal is not signed with the key, or cannot be read.
    Forged,
    /// The seal does not name the one before it.
    Unlinked,
}

impl fmt::Display for Tampering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "was changed after it was sealed",
            Self::Deleted => "was deleted after it was sealed",
            Self::Unsealed => {
                "is in no seal, though lines behind it are: it was put there afterwards, or its seal was taken away"
            }
            Self::Inserted => "was put between lines that were sealed already",
            Self::Hashes => "is the first of a seal whose hashes were changed in the database",
            Self::SealDeleted => "is the first of a seal that was taken away",
            Self::SealReplaced => "is the first of a seal that was replaced",
            Self::Forged => "is the first of a seal that is not signed with the key",
            Self::Unlinked => "is the first of a seal that does not follow the one before it",
        })
    }
}

/// Something that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// The line; none where nobody can tell which lines a seal had.
    pub line: Option<i64>,
    /// The seal it belongs to; none where it has none.
    pub seal: Option<i64>,
    /// What is wrong.
    pub fault: Tampering,
}

impl fmt::Display for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.seal) {
            (Some(line), Some(seal)) => write!(f, "line {line} {} (seal {seal})", self.fault),
            (Some(line), None) => write!(f, "line {line} {}", self.fault),
            (None, seal) => {
                write!(f, "the first line of seal {} {}", seal.unwrap_or_default(), self.fault)
            }
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// How many seals were looked at.
    pub seals: usize,
    /// How many lines are in one, as far as they are there.
    pub sealed: u64,
    /// How many wait for one.
    pub waiting: u64,
    /// When the newest seal was made.
    pub newest: Option<DateTime<Utc>>,
    /// Whom the seals are by.
    pub key: Option<PublicKey>,
    /// What is broken, the lowest line first, and what is wrong with it before what is with its seal.
    pub broken: Vec<Discovery>,
}

impl Findings {
    /// Notes a fault; of a line once.
    fn note(&mut self, line: Option<i64>, seal: Option<i64>, fault: Tampering) {
        self.broken.push(Discovery { line, seal, fault });
    }
}

/// Holds the lines and the seals of a database against each other, and against a copy of the seals where there is
/// one: what the copy has counts, whatever the database says. Without a `key` it is the one that the first seal names.
///
/// # Errors
/// When the database fails.
pub async fn verify(
    db: &SealerDb,
    copy: Option<Vec<Seal>>,
    key: Option<PublicKey>,
) -> Result<Findings, String> {
    // One state of the database, however long it takes.
    let mut findings = Findings::default();
    let looked = db.transact(async |tx| {
        let (stored, unreadable) = store::seals_behind(tx, 0).await?;
        for seal in unreadable {
            findings.note(None, Some(seal), Tampering::Forged);
        }
        let chain = match copy {
            None => stored,
            Some(copy) => joined(copy, stored, &mut findings),
        };
        chain_is_whole(&chain, key, &mut findings);
        let mut lines = Lines::of(&chain);
        let read = store::pages_of_lines(tx, |line| lines.take(&line, &mut findings)).await;
        read.map_err(DbError::Other)?;
        lines.end(&mut findings);
        Ok(())
    });
    looked.await.map_err(|e: DbError| e.to_string())?;
    let of_line = |fault: &Tampering| {
        matches!(
            fault,
            Tampering::Changed | Tampering::Deleted | Tampering::Unsealed | Tampering::Inserted
        )
    };
    findings.broken.sort_by_key(|broken| {
        (broken.line.is_none(), broken.line, !of_line(&broken.fault), broken.seal)
    });
    Ok(findings)
}

/// The seals of the copy, and those of the database that came after it.
fn joined(copy: Vec<Seal>, stored: Vec<Seal>, findings: &mut Findings) -> Vec<Seal> {
    let last = copy.last().map_or(0, |seal| seal.head.number);
    let mut of_database = stored.into_iter().peekable();
    for seal in &copy {
        let number = seal.head.number;
        while of_database.next_if(|stored| stored.head.number < number).is_some() {}
        let first = seal.leaves.first().map(|leaf| leaf.line);
        match of_database.next_if(|stored| stored.head.number == number) {
            None => findings.note(first, Some(number), Tampering::SealDeleted),
            Some(same) if same.head != seal.head || same.signature != seal.signature => {
                findings.note(first, Some(number), Tampering::SealReplaced);
            }
            Some(same) if same.leaves != seal.leaves => {
                let pairs = seal.leaves.iter().zip(&same.leaves);
                let other = pairs.into_iter().find(|(one, other)| one != other);
                let other = other.map(|(one, _)| one.line);
                let missing = || seal.leaves.get(same.leaves.len()).map(|leaf| leaf.line);
                findings.note(other.or_else(missing).or(first), Some(number), Tampering::Hashes);
            }
            Some(_) => {}
        }
    }
    copy.into_iter().chain(of_database.filter(|seal| seal.head.number > last)).collect()
}

/// Are the seals signed, one behind the other, over the lines that they have?
fn chain_is_whole(chain: &[Seal], key: Option<PublicKey>, findings: &mut Findings) {
    let mut before: Option<&Seal> = None;
    let key = key.or_else(|| chain.first().map(|seal| seal.head.key));
    for seal in chain {
        let number = seal.head.number;
        let first = seal.leaves.first().map(|leaf| leaf.line);
        let signed = key.is_some_and(|key| {
            seal.head.key == key && key.verifies(&seal.head.text(), &seal.signature)
        });
        let expected = before.map_or(1, |before| before.head.number + 1);
        if !signed {
            findings.note(first, Some(number), Tampering::Forged);
        } else if number > expected {
            let is_noted =
                |missing: i64| findings.broken.iter().any(|broken| broken.seal == Some(missing));
            let missing: Vec<i64> = (expected..number).filter(|n| !is_noted(*n)).collect();
            for missing in missing {
                findings.note(None, Some(missing), Tampering::SealDeleted);
            }
        } else if seal.head.previous != before.map(|before| before.head.hash()) {
            findings.note(first, Some(number), Tampering::Unlinked);
        }
        let in_order = seal.leaves.windows(2).find(|pair| pair[0].line >= pair[1].line);
        if let Some(pair) = in_order {
            findings.note(Some(pair[1].line), Some(number), Tampering::Hashes);
        } else if seal.leaves.len() != seal.head.lines || seal.root() != seal.head.root {
            findings.note(first, Some(number), Tampering::Hashes);
        }
        before = Some(seal);
    }
    findings.seals = chain.len();
    findings.newest = chain.last().map(|seal| seal.head.sealed_at);
    findings.key = key;
}

/// The lines as they come, held against what was sealed.
struct Lines<'c> {
    chain: &'c [Seal],
    /// Line, hash, and the place of the seal in the chain; by line.
    sealed: Vec<(i64, Hash, usize)>,
    at: usize,
}

impl<'c> Lines<'c> {
    fn of(chain: &'c [Seal]) -> Self {
        let leaves = chain
            .iter()
            .enumerate()
            .flat_map(|(at, seal)| seal.leaves.iter().map(move |leaf| (leaf.line, leaf.hash, at)));
        let mut sealed: Vec<(i64, Hash, usize)> = leaves.collect();
        sealed.sort_unstable();
        Self { chain, sealed, at: 0 }
    }

    /// The next line of the database.
    fn take(&mut self, line: &AuditLine, findings: &mut Findings) -> Result<(), String> {
        self.skip_until(line.line, findings);
        let mut found = None;
        while let Some((number, hash, seal)) = self.sealed.get(self.at).copied()
            && number == line.line
        {
            self.at += 1;
            if found.is_none() && line.hash()? != hash {
                findings.note(Some(number), Some(self.number(seal)), Tampering::Changed);
            }
            if found.is_some() {
                findings.note(Some(number), Some(self.number(seal)), Tampering::Inserted);
            }
            found = Some(seal);
        }
        match found {
            Some(seal) => {
                findings.sealed += 1;
                if !self.may_come_late(line, seal) {
                    findings.note(Some(line.line), Some(self.number(seal)), Tampering::Inserted);
                }
            }
            None if self.may_come_late(line, self.chain.len()) => findings.waiting += 1,
            None => findings.note(Some(line.line), None, Tampering::Unsealed),
        }
        Ok(())
    }

    /// Was the transaction of this line running whenever a higher line was sealed, before the seal at this place?
    fn may_come_late(&self, line: &AuditLine, seal: usize) -> bool {
        let passed = self.chain.partition_point(|seal| seal.head.highest < line.line);
        let passed_by = self.chain.get(passed..seal).unwrap_or_default();
        passed_by.iter().all(|seal| seal.head.was_running(line.written_in))
    }

    /// Lines that are sealed, and are not there.
    fn skip_until(&mut self, line: i64, findings: &mut Findings) {
        while let Some((number, _, seal)) = self.sealed.get(self.at).filter(|(at, ..)| *at < line) {
            findings.note(Some(*number), Some(self.number(*seal)), Tampering::Deleted);
            self.at += 1;
        }
    }

    fn end(&mut self, findings: &mut Findings) {
        self.skip_until(i64::MAX, findings);
    }

    fn number(&self, seal: usize) -> i64 {
        self.chain.get(seal).map_or(0, |seal| seal.head.number)
    }
}
