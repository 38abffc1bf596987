//! The merge: what is known of a record × what a client sends → what becomes of it. Pure and total;
//! no clock decides between devices (docs/sync.md, conflict rules).

use super::past::{Mark, Marks};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A record's fields by name, canonical.
pub type Fields = Map<String, Value>;

/// A record as the server has it.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its values; a tombstone keeps the last ones.
    pub fields: Fields,
    /// Its revision.
    pub rev: i64,
    /// Is it a tombstone?
    pub deleted: bool,
    /// How it came to that.
    pub marks: Marks,
}

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
}

/// What to do to the record.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Nothing.
    Keep,
    /// Write it new.
    Create(Fields),
    /// Give it these values.
    Update(Fields),
    /// Bring the tombstone back with these values.
    Resurrect(Fields),
    /// Put a new record in the place of the tombstone.
    Recreate(Fields),
    /// Make it a tombstone.
    Delete,
}

/// How the answer calls it, for what differs from what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Fields of the other side were kept.
    Merged,
    /// Both sides changed the same field.
    Conflict,
    /// An edit brought a deleted record back.
    Resurrected,
    /// The delete was refused, since another device has edited the record.
    Kept,
    /// The record is a tombstone and stays one.
    Deleted,
}

/// A field that both sides changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The field.
    pub field: String,
    /// What stands now.
    pub stands: Value,
    /// What does not: the overwritten value, or the sent one when `late`.
    pub loses: Value,
    /// Was the sent value an older edit of the same device, in a late packet?
    pub late: bool,
    /// The device of the other value.
    pub device: Option<Uuid>,
    /// When that one was edited.
    pub edited_at: Option<DateTime<Utc>>,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// What to do.
    pub act: Act,
    /// How to name it in the answer; none when the record stands as it was sent.
    pub named: Option<Named>,
    /// The fields both sides changed.
    pub conflicts: Vec<Conflict>,
}

impl Merged {
    const fn quiet(act: Act) -> Self {
        Self { act, named: None, conflicts: Vec::new() }
    }
    const fn named(act: Act, named: Named) -> Self {
        Self { act, named: Some(named), conflicts: Vec::new() }
    }
}

/// Decides.
pub fn merge(known: Option<&Known>, incoming: &Incoming, sender: Sender) -> Merged {
    match (known, incoming.wish) {
        (None, Wish::Deleted) => Merged::quiet(Act::Keep),
        (None, Wish::Created | Wish::Updated) => {
            Merged::quiet(Act::Create(incoming.fields.clone()))
        }
        (Some(known), Wish::Deleted) => delete(known, incoming, sender),
        (Some(known), Wish::Created) if known.deleted => create_over_tombstone(known, incoming),
        (Some(known), Wish::Updated) if known.deleted => edit_of_tombstone(known, incoming),
        (Some(known), Wish::Created) => {
            let born = known.as_created();
            // Null means "not filled in" and never overwrites what the other device typed.
            let filled = |(name, value): &(&String, &Value)| {
                !is_empty(value) && born.get(*name) != Some(*value)
            };
            let changed = incoming.fields.iter().filter(filled).map(|(n, _)| n.clone()).collect();
            fields(known, incoming, &changed, sender, |field| {
                known.fields.get(field) == born.get(field)
                    && !known.is_newer_of_same_device(field, incoming, sender)
            })
        }
        (Some(known), Wish::Updated) => {
            let untouched = |field: &str| match incoming.base.as_ref().and_then(|b| b.get(field)) {
                Some(seen) => known.fields.get(field) == Some(seen),
                None => known.last_change(field).is_none_or(|past| past.rev <= sender.cursor),
            };
            fields(known, incoming, &incoming.named_changes(), sender, untouched)
        }
    }
}

impl Known {
    /// The field's last change since the record began.
    fn last_change(&self, field: &str) -> Option<&Mark> {
        self.marks.fields.get(field)
    }

    /// What the field's present value came with: its last change, else the beginning.
    fn origin(&self, field: &str) -> Option<&Mark> {
        self.last_change(field).or(self.marks.begun.as_ref())
    }

    /// The changes that stand.
    fn marks(&self) -> impl Iterator<Item = &Mark> {
        let Marks { begun, revived, fields, .. } = &self.marks;
        fields.values().chain(begun).chain(revived)
    }

    /// Two edits of one device are ordered by that device's own clock: is the sent one a late packet?
    fn is_newer_of_same_device(&self, field: &str, incoming: &Incoming, sender: Sender) -> bool {
        self.origin(field).is_some_and(|past| {
            past.device.is_some()
                && past.device == sender.device
                && incoming.edited_at.zip(past.edited_at).is_some_and(|(sent, kept)| sent < kept)
        })
    }

    /// The values at creation: the present ones with every change since taken back.
    fn as_created(&self) -> Fields {
        let mut fields = self.fields.clone();
        fields.extend(self.marks.born.clone());
        fields
    }
}

impl Incoming {
    /// The fields the client changed: those that differ from the values it had seen, else those it
    /// names, else all it sends.
    fn named_changes(&self) -> BTreeSet<String> {
        let by_base = |name: &String, value: &Value| {
            self.base.as_ref().and_then(|base| base.get(name)).map(|seen| seen != value)
        };
        let named = |name: &String| self.changed.as_ref().is_none_or(|names| names.contains(name));
        let fields = self.fields.iter();
        fields
            .filter(|(n, v)| by_base(n, v).unwrap_or_else(|| named(n)))
            .map(|(n, _)| n.clone())
            .collect()
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// Field by field. `untouched`: has nobody changed the field since what the client saw?
fn fields(
    known: &Known,
    incoming: &Incoming,
    changed: &BTreeSet<String>,
    sender: Sender,
    untouched: impl Fn(&str) -> bool,
) -> Merged {
    let mut merged = known.fields.clone();
    let mut conflicts = Vec::new();
    for field in changed {
        let (Some(sent), stored) = (incoming.fields.get(field), known.fields.get(field)) else {
            continue;
        };
        if stored == Some(sent) {
            continue;
        }
        if !untouched(field) {
            let stored = stored.cloned().unwrap_or_default();
            let origin = known.origin(field);
            let device = origin.and_then(|past| past.device);
            let edited_at = origin.and_then(|past| past.edited_at);
            let late = known.is_newer_of_same_device(field, incoming, sender);
            let (stands, loses) =
                if late { (stored, sent.clone()) } else { (sent.clone(), stored) };
            conflicts.push(Conflict {
                field: field.clone(),
                stands,
                loses,
                late,
                device,
                edited_at,
            });
            if late {
                continue;
            }
        }
        merged.insert(field.clone(), sent.clone());
    }
    let differs = incoming.fields.iter().any(|(name, sent)| merged.get(name) != Some(sent));
    let named = match (conflicts.is_empty(), differs) {
        (false, _) => Some(Named::Conflict),
        (true, true) => Some(Named::Merged),
        (true, false) => None,
    };
    let act = if merged == known.fields { Act::Keep } else { Act::Update(merged) };
    Merged { act, named, conflicts }
}

/// Edit beats delete, provided that something was edited.
fn edit_of_tombstone(known: &Known, incoming: &Incoming) -> Merged {
    let edited: Vec<String> = incoming
        .named_changes()
        .into_iter()
        .filter(|field| known.fields.get(field) != incoming.fields.get(field))
        .collect();
    if edited.is_empty() {
        return Merged::named(Act::Keep, Named::Deleted);
    }
    let mut fields = known.fields.clone();
    for field in edited {
        fields.insert(field.clone(), incoming.fields.get(&field).cloned().unwrap_or_default());
    }
    Merged::named(Act::Resurrect(fields), Named::Resurrected)
}

/// A late copy of the first create stays deleted; anything else is a new record.
fn create_over_tombstone(known: &Known, incoming: &Incoming) -> Merged {
    let born = known.as_created();
    let replay = incoming.fields.iter().all(|(n, v)| is_empty(v) || born.get(n) == Some(v));
    if replay {
        return Merged::named(Act::Keep, Named::Deleted);
    }
    Merged::quiet(Act::Recreate(incoming.fields.clone()))
}

/// A delete does not take an edit with it that the deleting device has not seen.
fn delete(known: &Known, incoming: &Incoming, sender: Sender) -> Merged {
    if known.deleted {
        return Merged::quiet(Act::Keep);
    }
    let unseen = match &incoming.base {
        Some(base) => base.iter().any(|(name, seen)| known.fields.get(name) != Some(seen)),
        None => {
            let by_others = |mark: &Mark| mark.rev > sender.cursor && mark.device != sender.device;
            known.marks().any(by_others)
        }
    };
    if unseen {
        return Merged::named(Act::Keep, Named::Kept);
    }
    Merged::quiet(Act::Delete)
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
