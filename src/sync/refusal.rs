//! A record that is not accepted, and all that is wrong with it.

use crate::wire::Fault;
use serde::Serialize;

/// Flaws of one record that an answer names. No collection has as many fields.
pub(super) const MOST_FLAWS: usize = 100;
/// Characters of a name or an id that an answer repeats.
const MOST_NAME: usize = 64;

/// One thing wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flaw {
    /// Why.
    pub code: &'static str,
    /// The field at fault.
    pub field: Option<String>,
}

impl Flaw {
    /// A flaw of the whole record.
    pub const fn whole(code: &'static str) -> Self {
        Self { code, field: None }
    }
    /// What a rule of the record says against it.
    pub fn of_fault(fault: Fault) -> Self {
        match fault.pointer {
            Some(pointer) => Self::of("invalid_value", pointer.trim_start_matches("#/")),
            None => Self::whole("invalid_value"),
        }
    }
    /// A flaw of a field.
    pub fn of(code: &'static str, field: &str) -> Self {
        Self { code, field: Some(field.chars().take(MOST_NAME).collect()) }
    }
}

/// A record that is not accepted.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The collection.
    pub collection: &'static str,
    /// The id, as sent.
    pub id: String,
    /// All that is wrong with it, the first flaw first.
    pub flaws: Vec<Flaw>,
    /// The record, as it came.
    pub payload: String,
}

impl Refusal {
    /// A refusal for these flaws.
    pub fn of(collection: &'static str, id: &str, mut flaws: Vec<Flaw>, payload: String) -> Self {
        let id = id.chars().take(MOST_NAME).collect();
        flaws.dedup();
        flaws.truncate(MOST_FLAWS);
        Self { collection, id, flaws, payload }
    }

    /// Why: the code of the first flaw.
    pub fn code(&self) -> &'static str {
        self.flaws.first().map_or("invalid_value", |flaw| flaw.code)
    }
    /// The field of the first flaw.
    pub fn field(&self) -> Option<&str> {
        self.flaws.first()?.field.as_deref()
    }
}
