//! Keyed hashes (HMAC-SHA-256) under keys of the master secret.

use super::secret::MasterSecret;
use aws_lc_rs::hmac;

/// Hashes under the key of one purpose. It is never printed.
#[derive(Clone)]
pub(super) struct Mac(hmac::Key);

impl std::fmt::Debug for Mac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mac(hidden)")
    }
}

impl Mac {
    /// Under the key that the master secret has for this purpose.
    pub(super) fn new(secret: &MasterSecret, purpose: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.derive(purpose).as_slice()))
    }

    /// The hash of these parts, one behind the other: whoever calls sees to it that no two of them can be mistaken.
    pub(super) fn of(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }
}
