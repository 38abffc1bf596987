//! The keys that sign access tokens: Ed25519, published as a JWK set, rotated every 90 days.
//!
//! Three keys at a time: `next` is published before it signs, `current` signs, `previous` only
//! verifies what it signed until those tokens are over. A `KeyRing` is a snapshot in memory:
//! looking up a key id reads no database, and a rotation makes a new ring.

use std::collections::HashSet;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm,
    OctetKeyPairParameters, OctetKeyPairType, PublicKeyUse, ThumbprintHash,
};
use jsonwebtoken::{DecodingKey, EncodingKey};
use secrecy::zeroize::Zeroizing;

use super::random::Random;
use super::secret::{MasterSecret, SecretError};

/// A signing key is replaced after this long.
pub const ROTATE_AFTER: TimeDelta = TimeDelta::days(90);
/// A retired key verifies for this long: an access token's 10 minutes, and time to spare.
pub const KEEP_PREVIOUS: TimeDelta = TimeDelta::minutes(15);

const SEAL_PURPOSE: &str = "signing key";

/// Why a key or a ring of keys could not be made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The bytes are no Ed25519 key, or not the key of that id.
    #[error("a signing key is damaged")]
    Damaged,
    /// The stored key was sealed with another master secret.
    #[error(transparent)]
    Sealed(#[from] SecretError),
    /// A ring needs exactly one current key, at most one next key, and no id twice.
    #[error("the signing keys are not one current and at most one next key")]
    Ring,
}

/// One Ed25519 key pair. The private half is never printed and leaves only sealed.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    jwk: Jwk,
    pkcs8: Zeroizing<Vec<u8>>,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new key from 32 random bytes.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] when AWS-LC refuses the seed, which it does for none.
    pub fn generate(random: &dyn Random) -> Result<Self, KeyError> {
        Self::from_seed(Zeroizing::new(random.array::<32>()).as_slice())
    }

    fn from_seed(seed: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Damaged)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| KeyError::Damaged)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Damaged)?;
        let mut jwk = Jwk {
            common: CommonParameters {
                public_key_use: Some(PublicKeyUse::Signature),
                key_algorithm: Some(KeyAlgorithm::EdDSA),
                ..CommonParameters::default()
            },
            algorithm: AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
                key_type: OctetKeyPairType::OctetKeyPair,
                curve: EllipticCurve::Ed25519,
                x: URL_SAFE_NO_PAD.encode(pair.public_key()),
            }),
        };
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError::Damaged)?;
        jwk.common.key_id = Some(kid.clone());
        let decoding = DecodingKey::from_jwk(&jwk).map_err(|_| KeyError::Damaged)?;
        let encoding = EncodingKey::from_ed_der(pkcs8);
        Ok(Self { kid, jwk, pkcs8: pkcs8.to_vec().into(), encoding, decoding })
    }

    /// The key's id: its RFC 7638 thumbprint (SHA-256, base64url, 43 characters).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as a JWK (RFC 8037: `OKP`, `Ed25519`, use `sig`, alg `EdDSA`).
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// The private half, for signing.
    pub(super) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    /// The public half, for verifying.
    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    /// The private half as it is stored: PKCS#8, sealed and bound to the key's id.
    ///
    /// # Errors
    /// [`KeyError::Sealed`].
    pub fn seal(&self, secret: &MasterSecret, random: &dyn Random) -> Result<Vec<u8>, KeyError> {
        Ok(secret.seal(SEAL_PURPOSE, &self.pkcs8, self.kid.as_bytes(), random)?)
    }

    /// Opens a stored key.
    ///
    /// # Errors
    /// [`KeyError::Sealed`] for another secret or id, [`KeyError::Damaged`] when the key inside is
    /// not the one of that id.
    pub fn open(secret: &MasterSecret, kid: &str, sealed: &[u8]) -> Result<Self, KeyError> {
        let key = Self::from_pkcs8(&secret.open(SEAL_PURPOSE, sealed, kid.as_bytes())?)?;
        if key.kid == kid { Ok(key) } else { Err(KeyError::Damaged) }
    }
}

/// What a key of the ring is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, will sign after the next rotation.
    Next,
    /// Signs.
    Current,
    /// Retired: verifies for 15 minutes more.
    Previous,
}

impl KeyState {
    /// The word stored in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }

    /// The state of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Next, Self::Current, Self::Previous].into_iter().find(|s| s.as_str() == word)
    }
}

/// One key with its place in the rotation.
#[derive(Debug, Clone)]
pub struct RingKey {
    /// The key.
    pub key: SigningKey,
    /// What it is for.
    pub state: KeyState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stopped signing; set for a previous key only.
    pub retired_at: Option<DateTime<Utc>>,
}

impl RingKey {
    fn new(key: SigningKey, state: KeyState, created_at: DateTime<Utc>) -> Self {
        Self { key, state, created_at, retired_at: None }
    }

    /// A previous key is alive until 15 minutes after it was retired, every other one always.
    fn is_alive(&self, now: DateTime<Utc>) -> bool {
        match self.state {
            KeyState::Previous => self.retired_at.is_some_and(|at| now < at + KEEP_PREVIOUS),
            KeyState::Next | KeyState::Current => true,
        }
    }
}

/// Whether the last rotation is 90 days ago: ask about the key it made, the *next* one. The current
/// key was made a whole period before it began to sign. See [`KeyRing::is_rotation_due`].
pub fn rotation_due(created_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - created_at >= ROTATE_AFTER
}

/// The keys of one moment.
#[derive(Debug, Clone)]
pub struct KeyRing {
    current: RingKey,
    others: Vec<RingKey>,
}

impl KeyRing {
    /// The ring of the stored keys.
    ///
    /// # Errors
    /// [`KeyError::Ring`] without exactly one current key, with two next keys, or an id twice.
    pub fn new(keys: Vec<RingKey>) -> Result<Self, KeyError> {
        let (mut current, others): (Vec<_>, Vec<_>) =
            keys.into_iter().partition(|key| key.state == KeyState::Current);
        let (Some(current), None) = (current.pop(), current.pop()) else {
            return Err(KeyError::Ring);
        };
        let ring = Self { current, others };
        let kids: HashSet<&str> = ring.keys().map(|key| key.key.kid()).collect();
        let next = ring.keys().filter(|key| key.state == KeyState::Next).count();
        if next > 1 || kids.len() != ring.keys().count() { Err(KeyError::Ring) } else { Ok(ring) }
    }

    /// A ring with nothing of the past in it: `current` signs from now on, and every token signed
    /// so far stops verifying. For the first start, and for the emergency in which keys may be in
    /// other hands: all three lay under the same secret, so all three go.
    pub fn fresh(current: SigningKey, next: SigningKey, now: DateTime<Utc>) -> Self {
        let others = vec![RingKey::new(next, KeyState::Next, now)];
        Self { current: RingKey::new(current, KeyState::Current, now), others }
    }

    /// The regular rotation: `next` signs (`fresh` when there is no next key), `current` retires,
    /// `fresh` is published as the next one, retired keys whose time is over are gone.
    #[must_use]
    pub fn rotated(&self, fresh: SigningKey, now: DateTime<Utc>) -> Self {
        let mut ring = self.clone();
        ring.others.retain(|key| key.is_alive(now));
        let fresh = RingKey::new(fresh, KeyState::Next, now);
        let next = ring.others.iter_mut().find(|key| key.state == KeyState::Next);
        let promoted = next.map(|next| std::mem::replace(next, fresh.clone())).unwrap_or(fresh);
        let retired =
            std::mem::replace(&mut ring.current, RingKey { state: KeyState::Current, ..promoted });
        let retired_at = Some(now);
        ring.others.push(RingKey { state: KeyState::Previous, retired_at, ..retired });
        ring
    }

    /// Whether the last regular rotation is 90 days ago or more.
    pub fn is_rotation_due(&self, now: DateTime<Utc>) -> bool {
        let next = self.others.iter().find(|key| key.state == KeyState::Next);
        rotation_due(next.unwrap_or(&self.current).created_at, now)
    }

    /// The key that signs.
    pub fn current(&self) -> &SigningKey {
        &self.current.key
    }

    /// Every key, the current one first: the rows to store.
    pub fn keys(&self) -> impl Iterator<Item = &RingKey> {
        std::iter::once(&self.current).chain(&self.others)
    }

    /// The key of that id, when it may verify at this moment. The next key may: another copy of
    /// the server can have rotated before this one knows.
    pub fn find(&self, kid: &str, now: DateTime<Utc>) -> Option<&SigningKey> {
        self.keys().find(|key| key.key.kid == kid && key.is_alive(now)).map(|key| &key.key)
    }

    /// The public keys as a JWK set (RFC 7517), as text: what `/.well-known/jwks.json` answers.
    /// The type it is made from has no field for a private key.
    pub fn jwks_json(&self, now: DateTime<Utc>) -> String {
        let alive = self.keys().filter(|key| key.is_alive(now));
        let keys = alive.map(|key| key.key.jwk.clone()).collect();
        serde_json::to_string(&JwkSet { keys }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
