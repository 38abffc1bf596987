//! The key that signs seals: Ed25519 (RFC 8032), in a file of the sealer's that no other process reads.

use crate::credentials::random::Random;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The key that seals are verified with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads one from base64url without padding, 43 characters.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// Is this the signature of that text?
    pub fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(text.as_bytes(), signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// The key that seals are signed with.
pub struct SealKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl SealKey {
    /// A new key, or the one of these 32 secret bytes.
    ///
    /// # Errors
    /// When they are not 32.
    fn from_seed(seed: &[u8]) -> Result<Self, String> {
        let damaged = || "the file of the sealing key holds no key".to_owned();
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| damaged())?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| damaged())?;
        Ok(Self { pair, public: PublicKey(public) })
    }

    /// The key of a file, which is made where there is none: closed to others, and on the disk before it signs.
    /// Beside it stands the public one, with `.pub` behind its name.
    ///
    /// # Errors
    /// One sentence: the file cannot be read or made, is open to others, or holds no key.
    pub fn of_file(path: &Path, random: &dyn Random) -> Result<Self, String> {
        let failed = |e: io::Error| format!("{}: {e}", path.display());
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Self::make(path, random),
            Err(e) => return Err(failed(e)),
        };
        if fs::metadata(path).map_err(failed)?.mode() & 0o077 != 0 {
            return Err(format!("{} is open to others: chmod 600 it", path.display()));
        }
        let seed = URL_SAFE_NO_PAD.decode(text.trim()).map(Zeroizing::new);
        Self::from_seed(&seed.map_err(|_| format!("{} holds no key", path.display()))?)
    }

    fn make(path: &Path, random: &dyn Random) -> Result<Self, String> {
        let seed = Zeroizing::new(random.array::<32>());
        let key = Self::from_seed(seed.as_slice())?;
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(seed.as_slice()));
        write_new(path, 0o600, &text)?;
        let mut public = path.as_os_str().to_owned();
        public.push(".pub");
        write_new(Path::new(&public), 0o644, &key.public.to_string())?;
        Ok(key)
    }

    /// What its signatures are verified with.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs a text.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        self.pair.sign(text.as_bytes()).as_ref().to_vec()
    }
}

fn write_new(path: &Path, mode: u32, line: &str) -> Result<(), String> {
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written =
        written.and_then(|mut file| writeln!(file, "{line}").and_then(|()| file.sync_all()));
    written.map_err(|e| format!("{}: {e}", path.display()))
}
