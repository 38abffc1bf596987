//! The merge: what is known of a record × what a client sends → what becomes of it. Pure and total;
//! no clock decides between devices (docs/sync.md, conflict rules).

use super::change::{Incoming, Sender, Wish};
use super::known::{ChangeMark, Known, Order};
use crate::journal::{Fields, is_blank};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

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
pub enum RecordResult {
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

/// Which of two values does not stand, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The stored one: both sides changed the field, and the later push stands.
    Overwritten,
    /// The sent one: an earlier edit of the same device, in a late packet.
    Late,
    /// The sent one: it came with the delete of its record.
    WithDelete,
    /// The sent one: a practitioner answers for the field.
    Practitioners,
}

/// A field with two values, of which one does not stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The field.
    pub field: String,
    /// What stands now.
    pub stands: Value,
    /// What does not.
    pub loses: Value,
    /// Which one that is.
    pub loss: Loss,
    /// The device of the stored value.
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
    pub result: Option<RecordResult>,
    /// The values that do not stand.
    pub conflicts: Vec<Conflict>,
}

impl Merged {
    const fn quiet(act: Act) -> Self {
        Self { act, result: None, conflicts: Vec::new() }
    }
}

/// Decides.
pub fn merge(known: Option<&Known<'_>>, incoming: &Incoming, sender: Sender) -> Merged {
    let Some(known) = known else {
        return Merged::quiet(match incoming.wish {
            Wish::Deleted => Act::Keep,
            Wish::Created | Wish::Updated => Act::Create(incoming.fields.clone()),
        });
    };
    match incoming.wish {
        Wish::Deleted => delete(known, incoming, sender),
        Wish::Created if known.deleted && !incoming.undelete => {
            create_over_tombstone(known, incoming, sender)
        }
        Wish::Created | Wish::Updated => {
            let merged = fields(known, incoming, sender);
            if known.deleted { over_tombstone(known, incoming, merged) } else { merged }
        }
    }
}

impl Incoming {
    /// The fields the client changed: those that differ from the values it had seen, else those it
    /// names, else all it sends.
    fn named_changes(&self) -> BTreeSet<String> {
        let by_base = |name: &String, value: &Value| self.base(name).map(|seen| seen != value);
        let named = |name: &String| self.changed.as_ref().is_none_or(|names| names.contains(name));
        let fields = self.fields.iter();
        fields
            .filter(|(n, v)| by_base(n, v).unwrap_or_else(|| named(n)))
            .map(|(n, _)| n.clone())
            .collect()
    }

    /// The fields by which its new record is another one than the known. Null means "not filled in" and
    /// never overwrites what the other device typed.
    fn filled_in(&self, known: &Known<'_>) -> BTreeSet<String> {
        let born = known.as_created();
        let fields = self.fields.iter().filter(|(_, value)| !is_blank(value));
        // Who asks a record back with its first values wants these, and is no late copy.
        fields
            .filter(|(name, value)| self.undelete || born.get(*name) != Some(*value))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn base(&self, field: &str) -> Option<&Value> {
        self.base.as_ref()?.get(field)
    }

    /// What the device had pulled when it made the change.
    fn had_pulled(&self, sender: Sender) -> i64 {
        self.seen.unwrap_or(sender.cursor)
    }

    /// Had the device seen the field's value, or is there none to see? Seen values tell more than a
    /// cursor. A new record was made without looking at another one, so that the cursor of its push
    /// says nothing of it; whoever changes a record has seen what the same device made it with.
    fn has_seen(&self, field: &str, known: &Known<'_>, sender: Sender) -> bool {
        if let Some(seen) = self.base(field) {
            return known.value(field) == seen;
        }
        let is_unchanged = known.last_change(field).is_none();
        if is_unchanged && is_blank(known.value(field)) {
            return true;
        }
        let Some(origin) = known.origin(field) else { return true };
        match self.wish {
            Wish::Created => self.seen.is_some_and(|rev| origin.rev <= rev),
            Wish::Updated | Wish::Deleted => {
                origin.rev <= self.had_pulled(sender) || (is_unchanged && sender.made(origin))
            }
        }
    }
}

/// Field by field.
fn fields(known: &Known<'_>, incoming: &Incoming, sender: Sender) -> Merged {
    let changed = match incoming.wish {
        Wish::Created => incoming.filled_in(known),
        Wish::Updated | Wish::Deleted => incoming.named_changes(),
    };
    let mut merged = known.fields.clone();
    let mut conflicts = Vec::new();
    for field in &changed {
        let Some(sent) = incoming.fields.get(field) else { continue };
        let stored = known.value(field);
        if stored == sent {
            continue;
        }
        if !incoming.has_seen(field, known, sender) {
            let conflict = |stands: &Value, loses: &Value, loss| {
                let (stands, loses) = (stands.clone(), loses.clone());
                Conflict::of(known.origin(field), field, stands, loses, loss)
            };
            match known.order(field, incoming, sender) {
                Order::Earlier => {
                    conflicts.push(conflict(stored, sent, Loss::Late));
                    continue;
                }
                Order::Unknown => conflicts.push(conflict(sent, stored, Loss::Overwritten)),
                Order::Later => {}
            }
        }
        merged.insert(field.clone(), sent.clone());
    }
    let differs = incoming.fields.iter().any(|(name, sent)| merged.get(name) != Some(sent));
    let result = match (conflicts.is_empty(), differs) {
        (false, _) => Some(RecordResult::Conflict),
        (true, true) => Some(RecordResult::Merged),
        (true, false) => None,
    };
    let act = if merged == known.fields { Act::Keep } else { Act::Update(merged) };
    Merged { act, result, conflicts }
}

impl Conflict {
    fn of(
        stored: Option<&ChangeMark>,
        field: &str,
        stands: Value,
        loses: Value,
        loss: Loss,
    ) -> Self {
        let device = stored.and_then(|mark| mark.device);
        let edited_at = stored.and_then(|mark| mark.edited_at);
        Self { field: field.to_owned(), stands, loses, loss, device, edited_at }
    }
}

/// Edit beats delete, provided that something was edited or the record is asked back.
fn over_tombstone(known: &Known<'_>, incoming: &Incoming, merged: Merged) -> Merged {
    let fields = match merged.act {
        Act::Update(fields) => Some(fields),
        _ if incoming.undelete || incoming.saw_tombstone => Some(known.fields.clone()),
        _ => None,
    };
    let (act, result) = match fields {
        Some(fields) => (Act::Resurrect(fields), RecordResult::Resurrected),
        None => (Act::Keep, RecordResult::Deleted),
    };
    Merged { act, result: Some(result), conflicts: merged.conflicts }
}

/// A late copy of the first create stays deleted. Anything else is a new record: other values, or the
/// same ones made by a device that had seen the tombstone.
fn create_over_tombstone(known: &Known<'_>, incoming: &Incoming, sender: Sender) -> Merged {
    let born = known.as_created();
    let is_copy = incoming.fields.iter().all(|(n, v)| is_blank(v) || born.get(n) == Some(v));
    if is_copy && !has_seen_tombstone(known, incoming, sender) {
        return Merged {
            act: Act::Keep,
            result: Some(RecordResult::Deleted),
            conflicts: Vec::new(),
        };
    }
    Merged::quiet(Act::Recreate(incoming.fields.clone()))
}

fn has_seen_tombstone(known: &Known<'_>, incoming: &Incoming, sender: Sender) -> bool {
    let Some(buried) = known.marks.buried.as_ref() else { return incoming.saw_tombstone };
    if incoming.saw_tombstone || buried.rev <= incoming.had_pulled(sender) {
        return true;
    }
    // A device knows what it has deleted by itself. Where it had also made the record, its clock tells a
    // new entry from a late copy of the first one.
    let begun = known.marks.begun.as_ref().filter(|mark| sender.made(mark));
    sender.made(buried)
        && begun.is_none_or(|begun| {
            incoming.edited_at.zip(begun.edited_at).is_some_and(|(sent, first)| sent > first)
        })
}

/// A delete does not take an edit with it that the deleting device has not seen. What was typed into the
/// record before it was deleted is kept.
fn delete(known: &Known<'_>, incoming: &Incoming, sender: Sender) -> Merged {
    let typed = incoming.named_changes().into_iter().filter_map(|field| {
        let (sent, stored) = (incoming.fields.get(&field)?, known.value(&field));
        let conflict = || {
            let (stands, loses) = (stored.clone(), sent.clone());
            Conflict::of(known.origin(&field), &field, stands, loses, Loss::WithDelete)
        };
        (!is_blank(sent) && sent != stored).then(conflict)
    });
    let conflicts: Vec<Conflict> = typed.collect();
    let (act, result) = if known.deleted {
        (Act::Keep, None)
    } else if has_unseen_edit(known, incoming, sender) {
        (Act::Keep, Some(RecordResult::Kept))
    } else {
        (Act::Delete, None)
    };
    Merged { act, result, conflicts }
}

fn has_unseen_edit(known: &Known<'_>, incoming: &Incoming, sender: Sender) -> bool {
    let foreign = |mark: &ChangeMark| mark.device != sender.device;
    let unseen = |mark: &ChangeMark| mark.rev > incoming.had_pulled(sender) && foreign(mark);
    let Some(base) = &incoming.base else {
        let marks = &known.marks;
        return marks.fields.values().any(unseen)
            || marks.begun.as_ref().is_some_and(unseen)
            || marks.revived.as_ref().is_some_and(unseen);
    };
    base.iter().any(|(name, seen)| known.value(name) != seen && known.origin(name).is_none_or(foreign))
        // Where only values are told, these are all that is known of what the device had seen.
        || incoming.seen.is_some()
            && known.marks.fields.iter().any(|(name, mark)| !base.contains_key(name) && unseen(mark))
}

#[cfg(test)]
#[path = "merge_devices.rs"]
mod devices;
#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
