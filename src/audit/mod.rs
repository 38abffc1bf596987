//! Seals over the audit: signed statements about its lines, made by a process that can change none of them, so that
//! whatever is changed afterwards can be found, whoever changes it. Decision 63 says how.

mod copy;
mod key;
mod line;
mod merkle;
mod seal;
mod sealer;
mod store;
mod verify;

pub use copy::{SealCopy, read_copy};
pub use key::{PublicKey, SealKey};
pub use line::AuditLine;
pub use merkle::{Hash, climb, leaf, path, root};
pub use seal::{Leaf, Seal, SealHead, Snapshot, encode};
pub use sealer::{MOST, Sealer};
pub use store::pages_of_lines;
pub use verify::{Discovery, Findings, Tampering, verify};
