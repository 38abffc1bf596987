//! Refresh tokens: opaque, one chain per device, no row per token.
//!
//! A token is the device's id and a counter, signed with the device's own key. The newest counter
//! is the only one that moves the chain on. An older one gets the same successor as before, since its
//! answer may have been lost or a second thread may be late: until that successor is presented, and
//! for a minute after. Then it was copied (docs/decisions/0032).

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use std::cmp::Ordering;
use uuid::Uuid;

use crate::credentials::random::Random;
use crate::credentials::secret::{MasterSecret, SecretError};

/// What every refresh token begins with, so that secret scanners know one when they see it.
pub const PREFIX: &str = "pjr_";
/// The length of every refresh token in characters: the prefix and 45 bytes as base64url.
pub const CHARS: usize = PREFIX.len() + (SIGNED + MAC + CHECKSUM) / 3 * 4;
/// How long a token still gets its successor after that one was first presented; and how long it may
/// be presented again before that is an event for the owner.
pub const GRACE: Duration = Duration::seconds(60);
/// How many presentations within [`GRACE`] are remembered. An app refreshes every ten minutes.
const MOST_REMEMBERED: usize = 64;

const VERSION: u8 = 1;
const SIGNED: usize = 1 + 16 + 8;
const MAC: usize = 16;
const CHECKSUM: usize = 4;
const SEAL_PURPOSE: &str = "refresh key";

/// A device's own signing key: 32 random bytes, stored sealed, never printed.
pub struct RefreshKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for RefreshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshKey(hidden)")
    }
}

impl RefreshKey {
    /// A new key.
    pub fn generate(random: &dyn Random) -> Self {
        Self(Zeroizing::new(random.array()))
    }

    /// The key as it is stored: sealed and bound to the device.
    ///
    /// # Errors
    /// [`SecretError::NotOurs`] when the cipher refuses.
    pub fn seal(
        &self,
        secret: &MasterSecret,
        device: Uuid,
        random: &dyn Random,
    ) -> Result<Vec<u8>, SecretError> {
        secret.seal(SEAL_PURPOSE, self.0.as_slice(), device.as_bytes(), random)
    }

    /// Opens a stored key.
    ///
    /// # Errors
    /// [`SecretError::NotOurs`] for another secret or another device's key.
    pub fn open(secret: &MasterSecret, device: Uuid, sealed: &[u8]) -> Result<Self, SecretError> {
        let bytes = secret.open(SEAL_PURPOSE, sealed, device.as_bytes())?;
        let bytes = bytes.as_slice().try_into().map_err(|_| SecretError::NotOurs)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The token of one counter (0 or more). The same counter gives the same token, which is what
    /// re-issuing rests on.
    pub fn mint(&self, device: Uuid, counter: i64) -> SecretString {
        let signed = signed(device, counter);
        let body = [signed.as_slice(), &self.mac(&signed)].concat();
        let bytes = [body.as_slice(), &checksum(&body)].concat();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into()
    }

    /// HMAC-SHA-256, the first 16 bytes (RFC 2104 section 5).
    fn mac(&self, message: &[u8]) -> [u8; MAC] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        first(hmac::sign(&key, message).as_ref())
    }
}

/// A refresh token as a client presented it: well formed, but not yet known to be genuine.
#[derive(Clone)]
pub struct RefreshToken {
    /// The device it claims to belong to.
    pub device: Uuid,
    /// Its place in the device's chain, 0 or more.
    pub counter: i64,
    mac: [u8; MAC],
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(hidden)")
    }
}

impl RefreshToken {
    /// Reads a token; `None` for everything the server cannot have made (prefix, length, version,
    /// checksum), so that typos and other kinds of token cost no database query.
    pub fn parse(token: &str) -> Option<Self> {
        if token.len() != CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
        let (body, sum) = bytes.split_last_chunk::<CHECKSUM>()?;
        let (version, fields) = body.split_first()?;
        let (device, fields) = fields.split_first_chunk()?;
        let (counter, mac) = fields.split_first_chunk()?;
        let counter = i64::from_be_bytes(*counter);
        let fits = *version == VERSION && counter >= 0 && *sum == checksum(body);
        let mac = mac.try_into().ok()?;
        fits.then(|| Self { device: Uuid::from_bytes(*device), counter, mac })
    }

    /// Whether the device's key made this token; compared in constant time.
    pub fn is_signed_by(&self, key: &RefreshKey) -> bool {
        let expected = key.mac(&signed(self.device, self.counter));
        constant_time::verify_slices_are_equal(&expected, &self.mac).is_ok()
    }
}

/// What to do with a genuine token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshDecision {
    /// The newest one: count up and issue its successor.
    Rotate,
    /// One that was presented before: its answer was lost, or two threads raced. Issue the same
    /// successor again and change nothing.
    Reissue {
        /// The successor's counter.
        successor: i64,
        /// Whether the first presentation is more than [`GRACE`] ago, which the owner gets to know.
        late: bool,
    },
    /// A copy of a token whose successor has been in use for longer than [`GRACE`]: revoke the
    /// device, tell the owner.
    Reuse,
    /// Newer than any token the database knows of, as after a restore from an older backup: refuse
    /// without revoking anything; the person signs in again.
    Ahead,
}

/// How far a device's chain is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The counter of the newest token, 0 or more: the only one not presented yet.
    pub counter: i64,
    /// When the tokens before it were first presented, oldest first. Those of the last minute, and
    /// always the newest one.
    pub presented_at: Vec<DateTime<Utc>>,
}

impl Progress {
    /// What to do with a token whose signature is right, presented at `now`.
    pub fn decide(&self, presented: i64, now: DateTime<Utc>) -> RefreshDecision {
        match presented.cmp(&self.counter) {
            Ordering::Greater => RefreshDecision::Ahead,
            Ordering::Equal => RefreshDecision::Rotate,
            Ordering::Less => {
                let successor = presented + 1;
                let is_in_grace = |counter| {
                    self.first_presented(counter).is_some_and(|first| now - first <= GRACE)
                };
                if successor == self.counter || is_in_grace(successor) {
                    RefreshDecision::Reissue { successor, late: !is_in_grace(presented) }
                } else {
                    RefreshDecision::Reuse
                }
            }
        }
    }

    /// The same chain after its newest token was presented at `now`.
    #[must_use]
    pub fn rotated(&self, now: DateTime<Utc>) -> Self {
        let mut presented_at = self.presented_at.clone();
        let forgotten = presented_at.iter().take_while(|first| now - **first > GRACE).count();
        let forgotten = forgotten.max((presented_at.len() + 1).saturating_sub(MOST_REMEMBERED));
        presented_at.drain(..forgotten);
        presented_at.push(now);
        Self { counter: self.counter + 1, presented_at }
    }

    /// When the token of that counter was first presented, if that is remembered.
    fn first_presented(&self, counter: i64) -> Option<DateTime<Utc>> {
        let back = usize::try_from(self.counter.checked_sub(counter)?).ok()?;
        let at = self.presented_at.len().checked_sub(back)?;
        self.presented_at.get(at).copied()
    }
}

fn signed(device: Uuid, counter: i64) -> [u8; SIGNED] {
    let mut bytes = [VERSION; SIGNED];
    bytes[1..17].copy_from_slice(device.as_bytes());
    bytes[17..].copy_from_slice(&counter.to_be_bytes());
    bytes
}

/// Against typing errors and truncation only: it is no secret.
fn checksum(body: &[u8]) -> [u8; CHECKSUM] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(PREFIX.as_bytes());
    context.update(body);
    first(context.finish().as_ref())
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut head = [0; N];
    head.copy_from_slice(&bytes[..N]);
    head
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::credentials::random::SeededRandom;

    const DEVICE: Uuid = Uuid::from_u128(0x0190_1111_2222_7333_8444_5555_6666_7777);

    fn key(seed: u64) -> RefreshKey {
        RefreshKey::generate(&SeededRandom::new(seed))
    }

    fn text(key: &RefreshKey, device: Uuid, counter: i64) -> String {
        key.mint(device, counter).expose_secret().to_owned()
    }

    #[test]
    fn hmac_gives_the_published_answer() {
        // RFC 4231 section 4.3.
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"Jefe");
        let tag = hmac::sign(&key, b"what do ya want for nothing?");
        let expected = 0x5bdc_c146_bf60_754e_6a04_2426_0895_75c7_u128.to_be_bytes();
        assert_eq!(first::<16>(tag.as_ref()), expected);
    }

    #[test]
    fn a_token_comes_back_as_it_went() {
        let token = text(&key(1), DEVICE, 7);
        assert_eq!((token.len(), CHARS), (64, 64));
        let read = RefreshToken::parse(&token).unwrap();
        assert_eq!((read.device, read.counter), (DEVICE, 7));
        assert!(read.is_signed_by(&key(1)));
        assert!(!read.is_signed_by(&key(2)), "another device's key");
        assert_eq!(token, text(&key(1), DEVICE, 7), "the same again");
        for (key, device, counter) in
            [(key(1), DEVICE, 8), (key(1), Uuid::nil(), 7), (key(2), DEVICE, 7)]
        {
            assert_ne!(token, text(&key, device, counter));
        }
        assert!(RefreshToken::parse(&text(&key(1), DEVICE, i64::MAX)).is_some());
    }

    #[test]
    fn a_guessed_device_or_counter_is_not_signed() {
        let bytes = signed(DEVICE, 9);
        let body = [bytes.as_slice(), &[0; MAC]].concat();
        let forged = [body.as_slice(), &checksum(&body)].concat();
        let forged = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(forged));
        let read = RefreshToken::parse(&forged).unwrap();
        assert_eq!((read.device, read.counter), (DEVICE, 9));
        assert!(!read.is_signed_by(&key(1)));
    }

    #[test]
    fn what_the_server_cannot_have_made_is_refused_cheaply() {
        let text = text(&key(1), DEVICE, 7);
        for at in 0..text.len() {
            assert!(RefreshToken::parse(&text[..at]).is_none(), "{at} characters");
            let changed = if text.as_bytes()[at] == b'x' { "y" } else { "x" };
            let changed = format!("{}{changed}{}", &text[..at], &text[at + 1..]);
            assert!(RefreshToken::parse(&changed).is_none(), "{changed}");
        }
        let unsigned = |fields: [u8; SIGNED]| {
            let body = [fields.as_slice(), &[0; MAC]].concat();
            let bytes = [body.as_slice(), &checksum(&body)].concat();
            format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
        };
        let (negative, mut version) = (unsigned(signed(DEVICE, -1)), signed(DEVICE, 7));
        assert!(RefreshToken::parse(&unsigned(version)).is_some());
        version[0] += 1;
        let version = unsigned(version);
        for wrong in
            [format!("{text} "), text.to_uppercase(), "\u{e9}".repeat(32), negative, version]
        {
            assert!(RefreshToken::parse(&wrong).is_none(), "{wrong}");
        }
    }

    /// Seconds after the beginning.
    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::seconds(seconds)
    }

    fn progress(counter: i64, presented_at: &[i64]) -> Progress {
        Progress { counter, presented_at: presented_at.iter().map(|s| at(*s)).collect() }
    }

    #[test]
    fn the_decision_table() {
        use RefreshDecision::{Ahead, Reissue, Reuse, Rotate};
        let again = |successor| Reissue { successor, late: false };
        let late = |successor| Reissue { successor, late: true };
        // The newest counter, the seconds at which those before it came; presented, at; the answer.
        for (counter, presented_at, presented, now, answer) in [
            (0, &[][..], 0, 0, Rotate),        // the first refresh
            (1, &[0], 0, 60, again(1)),        // its answer was lost
            (1, &[0], 0, 61, late(1)),         // the app was killed; it comes back later
            (1, &[0], 0, 9_999_999, late(1)),  // much later
            (1, &[0], 1, 9_999_999, Rotate),   // the successor
            (2, &[0, 10], 0, 60, again(1)),    // a late thread
            (2, &[0, 10], 0, 70, late(1)),     // the end of its minute
            (2, &[0, 10], 0, 71, Reuse),       // a copy
            (2, &[0, 10], 1, 71, late(2)),     // the one before the newest has no end
            (3, &[0, 10, 20], 0, 70, late(1)), // two behind, all within a minute
            (3, &[0, 10, 20], 0, 71, Reuse),
            (3, &[10, 20], 0, 21, late(1)), // when it came is forgotten: long ago
            (7, &[600], 5, 601, late(6)),   // when it came is forgotten: long ago
            (7, &[600], 5, 661, Reuse),
            (7, &[600], 4, 601, Reuse), // so is when its successor came
            (7, &[600], 6, 601, again(7)),
            (7, &[600], 0, 600, Reuse),
            (7, &[], 6, 0, late(7)),    // nothing is known
            (7, &[600], 8, 600, Ahead), // from a newer database
            (0, &[], i64::MAX, 0, Ahead),
            (i64::MAX, &[0], 0, 0, Reuse),
        ] {
            let answered = progress(counter, presented_at).decide(presented, at(now));
            assert_eq!(answered, answer, "{presented} of {counter} {presented_at:?} at {now}");
        }
    }

    #[test]
    fn a_chain_remembers_a_minute_and_its_last_step() {
        let mut chain = progress(0, &[]);
        for (now, remembered) in [
            (0, &[0][..]),
            (30, &[0, 30]),
            (60, &[0, 30, 60]),
            (61, &[30, 60, 61]),
            (1000, &[1000]),
            (990, &[1000, 990]), // another server's clock is behind
        ] {
            chain = chain.rotated(at(now));
            assert_eq!(chain.presented_at, progress(0, remembered).presented_at, "{now}");
        }
        assert_eq!(chain.counter, 6);
        for _ in 0..200 {
            chain = chain.rotated(at(2000));
        }
        assert_eq!((chain.counter, chain.presented_at.len()), (206, MOST_REMEMBERED));
        let oldest = 206 - i64::try_from(MOST_REMEMBERED).unwrap();
        assert_eq!(chain.first_presented(oldest), Some(at(2000)));
        assert_eq!(chain.first_presented(oldest - 1), None);
        assert_eq!(chain.first_presented(206), None);
    }

    #[test]
    fn a_stored_key_belongs_to_its_device() {
        let (secret, random) =
            (MasterSecret::parse(&"k7".repeat(20)).unwrap(), SeededRandom::new(3));
        let sealed = key(1).seal(&secret, DEVICE, &random).unwrap();
        let opened = RefreshKey::open(&secret, DEVICE, &sealed).unwrap();
        assert_eq!(text(&opened, DEVICE, 1), text(&key(1), DEVICE, 1));
        assert!(RefreshKey::open(&secret, Uuid::nil(), &sealed).is_err());
        assert!(!format!("{opened:?} {:?}", key(1).mint(DEVICE, 1)).contains("pjr_"));
    }
}
