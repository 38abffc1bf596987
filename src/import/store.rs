//! What an import asks of the history: who wrote what of the records it is about to change.

use super::amend::AppliedChange;
use crate::access::Write;
use crate::db::{Columns, Row, Statement, next};
use crate::journal::CollectionDefinition;
use diesel::deserialize;
use uuid::Uuid;

/// A line of a record's history.
#[derive(Debug)]
pub(super) struct ChangeRow {
    /// The record.
    pub(super) record_id: Uuid,
    /// What changed.
    pub(super) change: AppliedChange,
}

impl Row for ChangeRow {
    fn read(columns: &mut Columns<'_>) -> deserialize::Result<Self> {
        let record_id = next(columns)?;
        let (begins, is_imported) = (next(columns)?, next(columns)?);
        let changes: String = next(columns)?;
        let changes = serde_json::from_str(&changes)?;
        Ok(Self { record_id, change: AppliedChange { begins, is_imported, changes } })
    }
}

/// The applied changes of these records, oldest first. What the operator wrote in the patient's name came
/// from no device: an import.
pub(super) fn histories(
    collection: &CollectionDefinition,
    ids: &[Uuid],
) -> Statement<Write, ChangeRow> {
    Statement::new(
        "SELECT record_id, op IN (1, 5), device_id IS NULL AND actor_id = sec.subject(), changes::text \
         FROM pj.record_history WHERE patient_id = sec.subject() AND collection = $1 \
         AND record_id = ANY ($2) AND applied ORDER BY record_id, rev",
    )
    .bind(collection.number)
    .bind_many(ids.iter().map(Some))
}
