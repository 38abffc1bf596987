//! Entity tags of what is read through a share. A version would count changes of what is closed, too, and
//! so say when and how often there were any; a tag of the visible bytes says of the visible bytes alone. It
//! is keyed, for each share with another key, so that nobody can guess content by hashing guesses, nor hold
//! the tags of two shares against one another.

use crate::hex::hex;
use aws_lc_rs::hmac;
use std::fmt;
use uuid::Uuid;

/// Bytes of a tag: enough that no two states of a journal meet by chance.
const BYTES: usize = 16;
/// Hexadecimal digits of a tag.
pub(super) const DIGITS: usize = 2 * BYTES;

/// What the keys of all shares are made of.
pub struct ShareTagKey(hmac::Key);

impl ShareTagKey {
    /// Of 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The tags of one share.
    pub fn of_share(&self, share: Uuid) -> ShareTags {
        let mut key = [0; 32];
        let made = hmac::sign(&self.0, share.as_bytes());
        key.iter_mut().zip(made.as_ref()).for_each(|(to, from)| *to = *from);
        ShareTags(key)
    }
}

/// Makes the tags of what is read through one share.
#[derive(Clone, Copy)]
pub struct ShareTags([u8; 32]);

impl fmt::Debug for ShareTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShareTags")
    }
}

impl ShareTags {
    /// The tag of these bytes, which are all that the reader sees: 32 hexadecimal digits, without quotes.
    pub fn of(&self, visible: &[u8]) -> String {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), visible);
        hex(tag.as_ref().get(..BYTES).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_follows_from_secret_share_and_bytes() {
        let tag = |secret: u8, share: u128, visible: &[u8]| {
            ShareTagKey::new(&[secret; 32]).of_share(Uuid::from_u128(share)).of(visible)
        };
        let one = tag(1, 1, b"a");
        assert_eq!(one, tag(1, 1, b"a"));
        assert!(one.len() == DIGITS && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
        for other in [tag(2, 1, b"a"), tag(1, 2, b"a"), tag(1, 1, b"b")] {
            assert_ne!(one, other);
        }
        let tags = ShareTagKey::new(&[1; 32]).of_share(Uuid::from_u128(1));
        assert_eq!(format!("{tags:?}"), "ShareTags", "no key in a log");
    }
}
