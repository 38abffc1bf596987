//! The lines that changes leave in the history.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryOp {
    /// It came into being.
    Create,
    /// Fields changed.
    Update,
    /// It became a tombstone.
    Delete,
    /// A tombstone came back to life.
    Resurrect,
    /// A tombstone was replaced by a new record of the same id.
    Recreate,
    /// A value was sent and not applied.
    Superseded,
}

impl HistoryOp {
    /// The number it is stored as.
    pub(super) const fn number(self) -> i16 {
        match self {
            Self::Create => 1,
            Self::Update => 2,
            Self::Delete => 3,
            Self::Resurrect => 4,
            Self::Recreate => 5,
            Self::Superseded => 6,
        }
    }

    /// The word of a stored number.
    pub const fn word(number: i16) -> &'static str {
        match number {
            1 => "create",
            2 => "update",
            3 => "delete",
            4 => "resurrect",
            5 => "recreate",
            _ => "superseded",
        }
    }
}

/// One line of a record's history.
#[derive(Debug)]
pub struct HistoryRow {
    /// The record.
    pub record_id: Uuid,
    /// The revision it got.
    pub rev: i64,
    /// The row's own id.
    pub hid: Uuid,
    /// What happened.
    pub op: HistoryOp,
    /// Did it change the record?
    pub applied: bool,
    /// When the client says it was edited.
    pub edited_at: Option<DateTime<Utc>>,
    /// `{"field": {"from": .., "to": ..}}`
    pub changes: Value,
}
