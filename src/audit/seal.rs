//! A seal: what it says, in which words it is signed, and how it is written down outside of the database.

use super::key::{PublicKey, SealKey};
use super::merkle::{Hash, leaf, root};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The first line of every head: what it is, and by which rules it was made.
const TITLE: &str = "pain-journal audit seal 1";

/// Which transactions were over when a seal was made: `xmin:xmax:those between that ran`, as `pg_current_snapshot()`
/// writes it. One from `xmax` on was not over, if it had begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Every transaction below was over.
    pub xmin: i64,
    /// No transaction from here on was over.
    pub xmax: i64,
    /// Of those between, the ones that were not over.
    pub running: Vec<i64>,
}

impl Snapshot {
    /// Reads one; none where it is written otherwise.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (xmin, xmax, running) = (parts.next()?, parts.next()?, parts.next()?);
        let running: Option<Vec<i64>> =
            running.split(',').filter(|id| !id.is_empty()).map(|id| id.parse().ok()).collect();
        Some(Self { xmin: xmin.parse().ok()?, xmax: xmax.parse().ok()?, running: running? })
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running: Vec<String> = self.running.iter().map(i64::to_string).collect();
        write!(f, "{}:{}:{}", self.xmin, self.xmax, running.join(","))
    }
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealHead {
    /// From 1, without a gap.
    pub number: i64,
    /// When, by the clock of the sealer.
    pub sealed_at: DateTime<Utc>,
    /// The hash of the head before; none for the first.
    pub previous: Option<Hash>,
    /// How many lines it holds.
    pub lines: usize,
    /// The root of the Merkle tree over them, in the order of their numbers.
    pub root: Hash,
    /// The highest line that it or one before it holds.
    pub highest: i64,
    /// What was over when it was made.
    pub snapshot: Snapshot,
    /// The transaction that it was made in: those that had begun before have lower numbers.
    pub transaction: i64,
    /// Whom the signature is by.
    pub key: PublicKey,
}

impl SealHead {
    /// The text that is signed: a title, and a line for each of the members.
    pub fn text(&self) -> String {
        let previous = self.previous.map_or_else(|| "none".to_owned(), |hash| encode(&hash));
        format!(
            "{TITLE}\nnumber {}\nsealed_at {}\nprevious {previous}\nlines {}\nroot {}\nhighest {}\nsnapshot {}\n\
             transaction {}\nkey {}\n",
            self.number,
            self.sealed_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            self.lines,
            encode(&self.root),
            self.highest,
            self.snapshot,
            self.transaction,
            self.key,
        )
    }

    /// Reads the text; none where it is not one that [`text`](Self::text) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != TITLE {
            return None;
        }
        let mut next = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let head = Self {
            number: next("number")?.parse().ok()?,
            sealed_at: next("sealed_at")?.parse().ok()?,
            previous: match next("previous")? {
                "none" => None,
                hash => Some(decode(hash)?),
            },
            lines: next("lines")?.parse().ok()?,
            root: decode(next("root")?)?,
            highest: next("highest")?.parse().ok()?,
            snapshot: Snapshot::parse(next("snapshot")?)?,
            transaction: next("transaction")?.parse().ok()?,
            key: PublicKey::parse(next("key")?)?,
        };
        (head.text() == text).then_some(head)
    }

    /// Had this transaction begun when the seal was made, and was it not over?
    pub fn was_running(&self, transaction: i64) -> bool {
        self.snapshot.running.contains(&transaction)
            || (self.snapshot.xmax..self.transaction).contains(&transaction)
    }

    /// Its hash, which the next one names.
    pub fn hash(&self) -> Hash {
        leaf(self.text().as_bytes())
    }
}

/// A line as a seal holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// Its number.
    pub line: i64,
    /// The hash of its text.
    pub hash: Hash,
}

/// A seal with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// What it says.
    pub head: SealHead,
    /// The signature of the head's text: 64 bytes.
    pub signature: Vec<u8>,
    /// The lines, in the order of their numbers.
    pub leaves: Vec<Leaf>,
}

impl Seal {
    /// Signs.
    pub(super) fn sign(head: SealHead, leaves: Vec<Leaf>, key: &SealKey) -> Self {
        let signature = key.sign(&head.text());
        Self { head, signature, leaves }
    }

    /// The root over the lines that it has.
    pub(super) fn root(&self) -> Hash {
        let hashes: Vec<Hash> = self.leaves.iter().map(|leaf| leaf.hash).collect();
        root(&hashes)
    }

    /// As one line of JSON.
    ///
    /// # Errors
    /// When it cannot be written, which is never.
    pub fn to_json(&self) -> Result<String, String> {
        let leaves = self.leaves.iter().map(|leaf| (leaf.line, encode(&leaf.hash))).collect();
        let written =
            Written { head: self.head.text(), signature: encode(&self.signature), leaves };
        serde_json::to_string(&written).map_err(|e| e.to_string())
    }

    /// Reads such a line; none where it is another one.
    pub fn from_json(text: &str) -> Option<Self> {
        let written: Written = serde_json::from_str(text).ok()?;
        let leaves: Option<Vec<Leaf>> = written
            .leaves
            .iter()
            .map(|(line, hash)| Some(Leaf { line: *line, hash: decode(hash)? }))
            .collect();
        Some(Self {
            head: SealHead::parse(&written.head)?,
            signature: URL_SAFE_NO_PAD.decode(&written.signature).ok()?,
            leaves: leaves?,
        })
    }
}

/// A seal outside of the database: the text that is signed, as it is, and bytes as base64url.
#[derive(Serialize, Deserialize)]
struct Written {
    head: String,
    signature: String,
    leaves: Vec<(i64, String)>,
}

/// Bytes as base64url without padding.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Option<Hash> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> SealHead {
        SealHead {
            number: 2,
            sealed_at: "2026-11-28T16:00:00Z".parse().unwrap(),
            previous: Some([1; 32]),
            lines: 1,
            root: [2; 32],
            highest: 9,
            snapshot: Snapshot::parse("800:810:800,805").unwrap(),
            transaction: 813,
            key: PublicKey::parse(&encode(&[3; 32])).unwrap(),
        }
    }

    #[test]
    fn a_head_reads_back_and_any_other_text_is_none() {
        let text = head().text();
        assert_eq!(SealHead::parse(&text), Some(head()));
        let running: Vec<i64> = (799..816).filter(|id| head().was_running(*id)).collect();
        assert_eq!(running, [800, 805, 810, 811, 812], "known to run, or begun and not over");
        for (from, to) in [
            ("seal 1", "seal 2"),
            ("number 2", "number 02"),
            ("number 2", "number  2"),
            ("T16:00:00.000000Z", "T16:00:00Z"),
            ("lines 1\n", ""),
            ("800,805", "800,805,"),
            ("\nkey", "\n\nkey"),
        ] {
            assert!(text.contains(from), "{from}");
            assert_eq!(SealHead::parse(&text.replace(from, to)), None, "{to}");
        }
        assert_eq!(SealHead::parse(&format!("{text}more\n")), None);
    }

    #[test]
    fn a_seal_reads_back_from_its_line() {
        let leaves = vec![Leaf { line: 9, hash: [7; 32] }];
        let seal = Seal { head: head(), signature: vec![9; 64], leaves };
        let line = seal.to_json().unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(Seal::from_json(&line), Some(seal));
        assert_eq!(Seal::from_json("{}"), None);
    }
}
