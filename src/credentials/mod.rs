//! What proves who somebody is, and what keeps it: the master secret, passwords, codes, access tokens, the
//! keys that sign them, and the randomness of all of it.

pub mod access_token;
pub mod codes;
mod hash_memory;
pub mod keys;
pub mod known_device;
mod mac;
pub mod password;
pub mod random;
mod ring;
pub mod secret;
pub mod throttle;

pub use ring::KeyStore;
