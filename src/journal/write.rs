//! The one writer. Every change of a journal goes through [`apply_changes`]: it holds the lock on
//! the counter, takes revisions from it, and leaves a line in the history.

use super::record::{Context, Record};
use super::sql::{self, HistoryOp, HistoryRow};
use super::stored::Stored;
use crate::access::{JournalAccess, Write};
use crate::db::{DbError, Tx};
use crate::ids::Ids;
use crate::wire::{Fault, Faults};
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

/// What a writer wants of one record.
#[derive(Debug, Clone)]
pub enum Intent<C> {
    /// It shall come into being.
    Create(C),
    /// It shall be this, provided it still has version `base`.
    Replace {
        /// The version the writer saw.
        base: i64,
        /// The new content.
        content: C,
    },
    /// It shall go, provided it still has version `base`, where one is given.
    Delete {
        /// The version the writer saw.
        base: Option<i64>,
    },
}

/// What became of it. Outcomes the protocol foresees are values, not errors.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<C> {
    /// It is new.
    Created(Stored<C>),
    /// It was already as asked: a repeated request, or no change at all.
    Unchanged(Stored<C>),
    /// It changed.
    Replaced(Stored<C>),
    /// It is a tombstone now, or was one already, of this version.
    Deleted(i64),
    /// The id names another record, of this version.
    Taken(i64),
    /// The record is a tombstone, of this version.
    Gone(i64),
    /// The record has this version, not the one the writer saw.
    Stale(i64),
    /// There is no such record.
    Unknown,
    /// The content breaks the collection's rules.
    Invalid(Vec<Fault>),
}

/// A decided change.
enum Step<C> {
    Insert(C),
    Update(C, HistoryOp),
    Bury,
    Stop(Outcome<C>),
}

/// Known record × intent → what to do. Total and pure.
fn decide<C: Record>(known: Option<&Stored<C>>, intent: Intent<C>, context: &Context) -> Step<C> {
    let settle = |mut content: C| {
        let mut faults = Faults::default();
        content.settle(known.map(|k| &k.content), context, &mut faults);
        if faults.is_empty() { Ok(content) } else { Err(faults.into_vec()) }
    };
    match (intent, known) {
        (Intent::Create(content), None) => match settle(content) {
            Ok(content) => Step::Insert(content),
            Err(faults) => Step::Stop(Outcome::Invalid(faults)),
        },
        (Intent::Create(_), Some(known)) if known.deleted_at.is_some() => {
            Step::Stop(Outcome::Gone(known.rev))
        }
        (Intent::Create(content), Some(known)) => match settle(content) {
            Ok(content) if content == known.content => {
                Step::Stop(Outcome::Unchanged(known.clone()))
            }
            Ok(_) => Step::Stop(Outcome::Taken(known.rev)),
            Err(faults) => Step::Stop(Outcome::Invalid(faults)),
        },
        (Intent::Replace { .. } | Intent::Delete { .. }, None) => Step::Stop(Outcome::Unknown),
        (Intent::Replace { base, content }, Some(known)) => match settle(content) {
            // Equal content is what the writer asked for, whatever version he saw: a lost answer.
            Ok(content) if content == known.content && known.deleted_at.is_none() => {
                Step::Stop(Outcome::Unchanged(known.clone()))
            }
            Ok(_) if base != known.rev => Step::Stop(Outcome::Stale(known.rev)),
            Ok(content) if known.deleted_at.is_some() => {
                Step::Update(content, HistoryOp::Resurrect)
            }
            Ok(content) => Step::Update(content, HistoryOp::Update),
            Err(faults) => Step::Stop(Outcome::Invalid(faults)),
        },
        (Intent::Delete { .. }, Some(known)) if known.deleted_at.is_some() => {
            Step::Stop(Outcome::Deleted(known.rev))
        }
        (Intent::Delete { base }, Some(known)) if base.is_some_and(|base| base != known.rev) => {
            Step::Stop(Outcome::Stale(known.rev))
        }
        (Intent::Delete { .. }, Some(_)) => Step::Bury,
    }
}

/// Applies intents in order, all or none: a constant number of statements however many they are.
///
/// # Errors
/// Only for circumstances outside the rules; then nothing is changed.
pub async fn apply_changes<C: Record>(
    tx: &Tx<'_>,
    access: &JournalAccess<Write>,
    ids: &Ids,
    intents: Vec<(Uuid, Intent<C>)>,
) -> Result<Vec<Outcome<C>>, DbError> {
    let wanted: Vec<Uuid> = intents.iter().map(|(id, _)| *id).collect();
    let known = tx.load(sql::find_all::<C>(access.reading(), &wanted)).await?;
    let mut batch = Batch {
        known: known.into_iter().map(|record| (record.id, record)).collect(),
        changed: Vec::new(),
        history: Vec::new(),
        next_rev: access.revision(),
        access,
        ids,
    };
    let context = Context { now: access.moment(), day_start_minute: access.day_start_minute() };
    let outcomes =
        intents.into_iter().map(|(id, intent)| batch.apply(id, intent, &context)).collect();
    batch.save(tx).await?;
    Ok(outcomes)
}

struct Batch<'a, C> {
    known: HashMap<Uuid, Stored<C>>,
    changed: Vec<Uuid>,
    history: Vec<HistoryRow>,
    next_rev: i64,
    access: &'a JournalAccess<Write>,
    ids: &'a Ids,
}

impl<C: Record> Batch<'_, C> {
    fn apply(&mut self, id: Uuid, intent: Intent<C>, context: &Context) -> Outcome<C> {
        match decide(self.known.get(&id), intent, context) {
            Step::Stop(outcome) => outcome,
            Step::Insert(content) => Outcome::Created(self.insert(id, content)),
            Step::Update(content, op) => self
                .change(id, op, |record| {
                    let changes = record.content.differences(&content);
                    record.content = content;
                    record.deleted_at = None;
                    Value::Object(changes)
                })
                .map_or(Outcome::Unknown, Outcome::Replaced),
            Step::Bury => {
                let at = self.access.moment();
                self.change(id, HistoryOp::Delete, |record| {
                    record.deleted_at = Some(at);
                    json!({})
                })
                .map_or(Outcome::Unknown, |record| Outcome::Deleted(record.rev))
            }
        }
    }

    fn insert(&mut self, id: Uuid, content: C) -> Stored<C> {
        let (rev, now) = (self.reserve(), self.access.moment());
        let record = Stored {
            id,
            rev,
            created_rev: rev,
            deleted_at: None,
            author_id: self.access.actor().unwrap_or_default(),
            device_id: self.access.device(),
            created_at: now,
            updated_at: now,
            received_at: now,
            content,
        };
        self.note(id, rev, HistoryOp::Create, json!({}));
        self.known.insert(id, record.clone());
        record
    }

    fn change(
        &mut self,
        id: Uuid,
        op: HistoryOp,
        edit: impl FnOnce(&mut Stored<C>) -> Value,
    ) -> Option<Stored<C>> {
        let rev = self.reserve();
        let record = self.known.get_mut(&id)?;
        let changes = edit(record);
        record.rev = rev;
        record.device_id = self.access.device();
        record.updated_at = self.access.moment();
        let record = record.clone();
        self.note(id, rev, op, changes);
        Some(record)
    }

    const fn reserve(&mut self) -> i64 {
        self.next_rev += 1;
        self.next_rev
    }

    fn note(&mut self, record_id: Uuid, rev: i64, op: HistoryOp, changes: Value) {
        if !self.changed.contains(&record_id) {
            self.changed.push(record_id);
        }
        self.history.push(HistoryRow { record_id, rev, hid: self.ids.next(), op, changes });
    }

    async fn save(&self, tx: &Tx<'_>) -> Result<(), DbError> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let permit = self.access.permit();
        let records: Vec<&Stored<C>> =
            self.changed.iter().filter_map(|id| self.known.get(id)).collect();
        let (actor, device) = (self.access.actor(), self.access.device());
        let moment = self.access.moment();
        tx.execute_all(vec![
            sql::reserve(permit, self.next_rev - self.access.revision()),
            sql::upsert(permit, &records),
            sql::remember::<C>(permit, &self.history, actor, device, moment),
        ])
        .await
    }
}
