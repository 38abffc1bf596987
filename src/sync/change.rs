//! A change of a record as a client sends it, and who sends it.

use crate::journal::Fields;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What a client wants of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It made the record.
    Created,
    /// It changed the record.
    Updated,
    /// It deleted the record.
    Deleted,
}

/// What a client sends of a record.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// What it wants.
    pub wish: Wish,
    /// The values it sends, canonical.
    pub fields: Fields,
    /// The fields it names as changed, where it names them.
    pub changed: Option<BTreeSet<String>>,
    /// The values it had seen before, where it tells them.
    pub base: Option<Fields>,
    /// Had it seen the record as a tombstone?
    pub saw_tombstone: bool,
    /// The revision it had pulled when it made the change, where it tells it.
    pub seen: Option<i64>,
    /// Does it ask a tombstone back?
    pub undelete: bool,
    /// When it edited the record, by its own clock.
    pub edited_at: Option<DateTime<Utc>>,
}

/// Who sends, and what that device has pulled.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// The device.
    pub device: Option<Uuid>,
    /// The revision of its cursor.
    pub cursor: i64,
    /// The journal's newest revision when the push arrived.
    pub head: i64,
}
