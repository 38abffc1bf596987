//! Whose journal it is, as far as its reader may know.

use diesel::prelude::Queryable;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose journal it is, as the reader of a share may know them: what the share shows of the patient, and
/// what the practitioner calls the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Queryable)]
pub struct JournalSubject {
    /// The patient's name; null where the share shows none.
    #[schema(required, max_length = 100)]
    pub display_name: Option<String>,
    /// The patient's year of birth; null where the share shows none.
    #[schema(required, minimum = 1900, maximum = 2199)]
    pub year_of_birth: Option<i16>,
    /// The practitioner's own reference, such as a chart number; null where there is none. Nobody else
    /// is told it.
    #[schema(required, max_length = 64)]
    pub reference: Option<String>,
}
