//! What a device shows that has signed in before: with it, the guesses of others do not slow its sign-in down.
//!
//! It proves nothing but that, and the password is asked for as ever. It is a keyed hash over the device and the
//! address, so nothing of it is stored, and to judge it costs no query: a copy of the database holds none.

use super::codes::same;
use super::mac::Mac;
use super::secret::MasterSecret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// What every secret of a device begins with, so that secret scanners know one when they see it.
const PREFIX: &str = "pjd_";
/// The length of every secret in characters: the prefix, and 48 bytes as base64url.
pub const CHARS: usize = PREFIX.len() + 64;

/// Makes and judges the secrets of devices.
#[derive(Debug)]
pub struct KnownDevices(Mac);

impl KnownDevices {
    /// With the key of this server.
    pub fn new(secret: &MasterSecret) -> Self {
        Self(Mac::new(secret, "known devices"))
    }

    fn proof(&self, device: Uuid, address: &str) -> [u8; 32] {
        self.0.of(&[device.as_bytes(), address.as_bytes()])
    }

    /// The secret of a device that has signed in to the account of this address.
    pub fn secret_of(&self, device: Uuid, address: &str) -> String {
        let bytes = [device.as_bytes().as_slice(), &self.proof(device, address)].concat();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The device that this is the secret of, at this address.
    pub fn device_of(&self, secret: &str, address: &str) -> Option<Uuid> {
        let bytes = URL_SAFE_NO_PAD.decode(secret.strip_prefix(PREFIX)?).ok()?;
        let (device, proof) = bytes.split_first_chunk::<16>()?;
        let device = Uuid::from_bytes(*device);
        same(proof, &self.proof(device, address)).then_some(device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_good_for_its_device_address_and_server() {
        let devices =
            |letter: &str| KnownDevices::new(&MasterSecret::parse(&letter.repeat(40)).unwrap());
        let (ours, device, ana) = (devices("a"), Uuid::from_u128(7), "ana@example.org");
        let secret = ours.secret_of(device, ana);
        assert_eq!(secret.len(), CHARS);
        assert_eq!(ours.device_of(&secret, ana), Some(device));
        assert_eq!(ours.device_of(&secret, "bob@example.org"), None);
        assert_eq!(devices("b").device_of(&secret, ana), None);
        for at in PREFIX.len()..CHARS {
            let other = if secret.as_bytes()[at] == b'A' { "B" } else { "A" };
            let changed = format!("{}{other}{}", &secret[..at], &secret[at + 1..]);
            assert_eq!(ours.device_of(&changed, ana), None, "{at}");
        }
        for wrong in ["", "pjd_", &secret[1..], &secret[..CHARS - 4], &format!("{secret}AAAA")] {
            assert_eq!(ours.device_of(wrong, ana), None, "{wrong}");
        }
        assert!(!format!("{ours:?}").contains("Key"));
    }
}
