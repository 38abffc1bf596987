//! What the process of the server proves to the database. Its login alone opens nothing: what is asked in
//! somebody's name carries a keyed hash over all of it, and the key is in no connection.

use super::DbError;
use super::level::Anonymous;
use super::statement::Statement;
use aws_lc_rs::hmac;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// What is wrong where the database has the key of another server.
pub const FOREIGN: &str =
    "the master secret is not the one of this database: was PAIN_JOURNAL_SECRET changed?";

/// Bytes of a block of SHA-256, to which HMAC pads its key.
const BLOCK: usize = 64;

/// The day from which Postgres counts.
const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// The key of the server, which `sec.keys` has a copy of that only the owner of the functions reads.
#[derive(Clone)]
pub struct Gate {
    key: hmac::Key,
    inside: [u8; BLOCK],
    outside: [u8; BLOCK],
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate(hidden)")
    }
}

impl Gate {
    /// With a key of its own among those of the master secret.
    pub fn new(key: &[u8; 32]) -> Self {
        let padded = |with: u8| {
            let mut block = [with; BLOCK];
            block.iter_mut().zip(key).for_each(|(block, key)| *block ^= key);
            block
        };
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            inside: padded(0x36),
            outside: padded(0x5c),
        }
    }

    /// Begins what is to be proved: what kind of thing it is.
    pub(crate) fn about(&self, kind: &str) -> Proof {
        let mut proof = Proof(hmac::Context::with_key(&self.key));
        proof.0.update(kind.as_bytes());
        proof
    }

    /// Puts this key into a database that has none, or replaces `before` by it. Answers whether the database
    /// has this one now.
    pub(super) fn put(&self, before: Option<&Self>) -> Statement<Anonymous, (Option<bool>,)> {
        let proof =
            before.map(|before| before.about("").bytes(&self.inside).bytes(&self.outside).end());
        Statement::new("SELECT sec.put_gate($1, $2, $3)")
            .bind(self.inside.to_vec())
            .bind(self.outside.to_vec())
            .bind(proof)
    }
}

/// Does the database have the key that it was shown?
///
/// # Errors
/// [`DbError::Refused`] where it has another one.
pub(super) fn accepted((is_ours,): (Option<bool>,)) -> Result<(), DbError> {
    if is_ours == Some(true) { Ok(()) } else { Err(DbError::Refused(FOREIGN.into())) }
}

/// Values in the form in which Postgres sends them, hashed with the key.
pub(crate) struct Proof(hmac::Context);

impl Proof {
    /// Bytes as they are.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }
    /// An id; none is the one of zeros, which nothing has.
    pub(crate) fn id(self, id: Option<Uuid>) -> Self {
        self.bytes(id.unwrap_or_default().as_bytes())
    }
    /// A whole number.
    pub(crate) fn number(self, number: i64) -> Self {
        self.bytes(&number.to_be_bytes())
    }
    /// A moment, to the microsecond.
    pub(crate) fn moment(self, moment: DateTime<Utc>) -> Self {
        let since = moment.naive_utc() - EPOCH.and_time(chrono::NaiveTime::MIN);
        self.number(since.num_microseconds().unwrap_or(i64::MAX))
    }
    /// Days from one to another; what is open ends nowhere.
    pub(crate) fn days(self, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Self {
        let day = |day: Option<NaiveDate>, open: i32| {
            let since = day.map(|day| i32::try_from((day - EPOCH).num_days()).unwrap_or(open));
            since.unwrap_or(open).to_be_bytes()
        };
        self.bytes(&day(from, i32::MIN)).bytes(&day(to, i32::MAX))
    }
    /// Yes or no.
    pub(crate) fn flag(self, flag: bool) -> Self {
        self.bytes(&[u8::from(flag)])
    }
    /// The proof: 32 bytes.
    pub(crate) fn end(self) -> Vec<u8> {
        self.0.sign().as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::digest::{SHA256, digest};

    #[test]
    fn the_padded_keys_make_the_same_hash_as_the_key() {
        let gate = Gate::new(&[7; 32]);
        let inner = digest(&SHA256, &[&gate.inside[..], b"enter"].concat());
        let outer = digest(&SHA256, &[&gate.outside[..], inner.as_ref()].concat());
        assert_eq!(gate.about("enter").end(), outer.as_ref());
    }

    #[test]
    fn every_value_counts() {
        let gate = Gate::new(&[7; 32]);
        let (day, now) = (NaiveDate::from_ymd_opt(2026, 5, 1), DateTime::<Utc>::UNIX_EPOCH);
        let proofs = [
            gate.about("a").end(),
            gate.about("a").id(None).end(),
            gate.about("a").id(Some(Uuid::max())).end(),
            gate.about("a").number(1).end(),
            gate.about("a").moment(now).end(),
            gate.about("a").days(None, None).end(),
            gate.about("a").days(day, None).end(),
            gate.about("a").days(None, day).end(),
            gate.about("a").flag(false).end(),
            gate.about("a").flag(true).end(),
            Gate::new(&[8; 32]).about("a").end(),
        ];
        let different: std::collections::BTreeSet<_> = proofs.iter().collect();
        assert_eq!(different.len(), proofs.len());
    }
}
