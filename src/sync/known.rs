//! What the server knows of a record when a change of it arrives.

use super::change::{Incoming, Sender};
use crate::journal::{Fields, HistoryOp};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Who made a change, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeMark {
    /// Its revision.
    pub rev: i64,
    /// The device that made it.
    pub device: Option<Uuid>,
    /// When that device says it was made.
    pub edited_at: Option<DateTime<Utc>>,
}

/// What has become of a record since it began, as far as a merge asks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marks {
    /// Its beginning: it was created, or made anew over a tombstone.
    pub begun: Option<ChangeMark>,
    /// The last time since that it came back from a tombstone.
    pub revived: Option<ChangeMark>,
    /// The last time since that it was deleted.
    pub buried: Option<ChangeMark>,
    /// The last change of each field since.
    pub fields: BTreeMap<String, ChangeMark>,
    /// What the changed fields held at the beginning.
    pub born: Fields,
}

impl Marks {
    /// Takes in an applied change, `{field: {from, to}}`. Changes come in the order of their revisions.
    pub(super) fn note(&mut self, op: HistoryOp, mark: ChangeMark, changes: &Fields) {
        match op {
            HistoryOp::Create | HistoryOp::Recreate => {
                *self = Self { begun: Some(mark), ..Self::default() };
                return;
            }
            HistoryOp::Resurrect => self.revived = Some(mark),
            HistoryOp::Delete => self.buried = Some(mark),
            HistoryOp::Update | HistoryOp::Superseded => {}
        }
        for (name, change) in changes {
            if self.fields.insert(name.clone(), mark).is_none() {
                let from = change.get("from").cloned().unwrap_or_default();
                self.born.insert(name.clone(), from);
            }
        }
    }
}

/// A record as the server has it.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    /// Its values; a tombstone keeps the last ones.
    pub fields: Fields,
    /// Is it a tombstone?
    pub deleted: bool,
    /// How it came to that.
    pub marks: Cow<'a, Marks>,
}

/// How a sent value stands in time to the one it meets, where the same device made both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The device made it before the one that stands: a late packet.
    Earlier,
    /// The device made it after the one that stands.
    Later,
    /// Another device made the one that stands, or nobody can tell.
    Unknown,
}

impl Known<'_> {
    /// A field's value.
    pub(super) fn value(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    /// The field's last change since the record began.
    pub(super) fn last_change(&self, field: &str) -> Option<&ChangeMark> {
        self.marks.fields.get(field)
    }

    /// What the field's present value came with: its last change, else the beginning.
    pub(super) fn origin(&self, field: &str) -> Option<&ChangeMark> {
        self.last_change(field).or(self.marks.begun.as_ref())
    }

    /// The values at the beginning.
    pub(super) fn as_created(&self) -> Fields {
        let mut fields = self.fields.clone();
        fields.extend(self.marks.born.iter().map(|(name, value)| (name.clone(), value.clone())));
        fields
    }

    /// Two changes of one device are ordered by that device's own clock, and within a push by their
    /// place in it. Clocks are never compared across devices.
    pub(super) fn order(&self, field: &str, incoming: &Incoming, sender: Sender) -> Order {
        let Some(kept) = self.origin(field).filter(|mark| sender.made(mark)) else {
            return Order::Unknown;
        };
        match incoming.edited_at.zip(kept.edited_at) {
            Some((sent, kept)) if sent < kept => Order::Earlier,
            Some(_) => Order::Later,
            None if kept.rev > sender.head => Order::Later,
            // It has replaced what it had made the record with.
            None if self.last_change(field).is_none() => Order::Later,
            None => Order::Unknown,
        }
    }
}

impl Sender {
    /// Does a change come from this device?
    pub(super) fn made(&self, mark: &ChangeMark) -> bool {
        mark.device.is_some() && mark.device == self.device
    }
}
