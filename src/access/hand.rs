//! Whose hand writes in a journal.

use uuid::Uuid;

/// Whose hand writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// The journal's owner, or the operator for him.
    Patient,
    /// This practitioner, through a share.
    Practitioner(Uuid),
}

impl Hand {
    /// Who answers for a record after this hand has written it.
    pub const fn clinician(self, before: Option<Uuid>) -> Option<Uuid> {
        match self {
            Self::Patient => before,
            Self::Practitioner(account) => Some(account),
        }
    }
}
