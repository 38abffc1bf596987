//! Changes of one collection on their way into the database: records with their new revisions, and
//! the lines of the history. Every writer fills one of these.

use super::history::{HistoryOp, HistoryRow};
use super::marks::RowMarks;
use super::record::{Fields, Record};
use super::sql;
use super::stored::{Marked, Stored};
use crate::access::{Hand, JournalAccess, Write};
use crate::db::Statement;
use crate::ids::Ids;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The revisions a transaction takes from the journal's locked counter.
#[derive(Debug)]
pub struct Revisions {
    start: i64,
    last: i64,
}

impl Revisions {
    /// Revisions behind the counter as it was locked.
    pub const fn after(counter: i64) -> Self {
        Self { start: counter, last: counter }
    }
    /// The next one.
    pub const fn take(&mut self) -> i64 {
        self.last += 1;
        self.last
    }
    /// The newest one taken, else the counter.
    pub const fn head(&self) -> i64 {
        self.last
    }
    /// Reserves what was taken; must run before the rows are written.
    pub fn statements(&self) -> Vec<Statement<Write>> {
        let taken = self.last - self.start;
        if taken == 0 { Vec::new() } else { vec![sql::reserve(taken)] }
    }
}

/// When a client says it edited a record. Informational: no rule compares devices by it.
#[derive(Debug, Clone, Copy)]
pub struct Edited {
    /// When it made the record.
    pub created_at: Option<DateTime<Utc>>,
    /// When it last edited it.
    pub updated_at: Option<DateTime<Utc>>,
}

/// Changes of one collection.
#[derive(Debug)]
pub(super) struct ChangeBatch<C> {
    known: HashMap<Uuid, Marked<C>>,
    order: Vec<Uuid>,
    changed: HashSet<Uuid>,
    history: Vec<HistoryRow>,
    actor: Option<Uuid>,
    device: Option<Uuid>,
    hand: Hand,
    moment: DateTime<Utc>,
    ids: Ids,
}

impl<C: Record> ChangeBatch<C> {
    /// A batch on top of the stored records it may touch.
    pub(super) fn new(access: &JournalAccess<Write>, ids: &Ids, known: Vec<Marked<C>>) -> Self {
        Self {
            known: known.into_iter().map(|marked| (marked.record.id, marked)).collect(),
            order: Vec::new(),
            changed: HashSet::new(),
            history: Vec::new(),
            actor: access.actor(),
            device: access.device(),
            hand: access.hand(),
            moment: access.moment(),
            ids: ids.clone(),
        }
    }

    /// A record as it stands after what the batch has done so far.
    pub(super) fn known(&self, id: Uuid) -> Option<&Stored<C>> {
        self.known.get(&id).map(|marked| &marked.record)
    }

    /// Every record it may touch, with its marks.
    pub(super) fn all_known(&self) -> impl Iterator<Item = &Marked<C>> {
        self.known.values()
    }

    /// Adds a record, or gives it new content; a tombstone comes back to life.
    pub(super) fn put(
        &mut self,
        revisions: &mut Revisions,
        id: Uuid,
        op: HistoryOp,
        content: C,
        edited: Option<Edited>,
    ) {
        let (rev, now) = (revisions.take(), self.moment);
        let mut changes = Fields::new();
        if let Some(Marked { record, .. }) = self.known.get_mut(&id) {
            changes = record.content.differences(&content);
            record.content = content;
            record.clinician_id = self.hand.clinician(record.clinician_id);
            record.deleted_at = None;
            record.rev = rev;
            record.device_id = self.device;
            record.updated_at = edited.and_then(|e| e.updated_at).unwrap_or(now);
        } else {
            let created_at = edited.and_then(|e| e.created_at).unwrap_or(now);
            let record = Stored {
                id,
                rev,
                created_rev: rev,
                deleted_at: None,
                author_id: self.actor.unwrap_or_default(),
                device_id: self.device,
                created_at,
                updated_at: edited.and_then(|e| e.updated_at).unwrap_or(created_at),
                received_at: now,
                clinician_id: self.hand.clinician(None),
                content,
            };
            self.known.insert(id, Marked { record, marks: RowMarks::default() });
        }
        self.note(id, rev, op, changes, edited);
    }

    /// Makes a record a tombstone.
    pub(super) fn bury(&mut self, revisions: &mut Revisions, id: Uuid) {
        let Some(Marked { record, .. }) = self.known.get_mut(&id) else { return };
        record.deleted_at = Some(self.moment);
        record.rev = revisions.take();
        record.device_id = self.device;
        record.updated_at = self.moment;
        let rev = record.rev;
        self.note(id, rev, HistoryOp::Delete, Fields::new(), None);
    }

    /// Gives a record a new revision and nothing else, so that the next pull carries it.
    pub(super) fn touch(&mut self, revisions: &mut Revisions, id: Uuid) {
        if let Some(Marked { record, .. }) = self.known.get_mut(&id) {
            record.rev = revisions.take();
            self.mark(id);
        }
    }

    /// Keeps values that were sent and not applied.
    pub(super) fn keep_superseded(&mut self, id: Uuid, values: Fields, edited: Edited) {
        let rev = self.known(id).map_or(0, |record| record.rev);
        let hid = self.ids.next();
        let edited_at = edited.updated_at;
        let op = HistoryOp::Superseded;
        let changes = Value::Object(values);
        self.history.push(HistoryRow {
            record_id: id,
            rev,
            hid,
            op,
            applied: false,
            edited_at,
            changes,
        });
    }

    /// The line that was last added to the history.
    pub(super) fn last_line(&self) -> Option<&HistoryRow> {
        self.history.last()
    }

    /// What writes the batch, in two statements at most.
    pub(super) fn statements(&self) -> Vec<Statement<Write>> {
        let mut statements = Vec::new();
        if !self.order.is_empty() {
            let marked: Vec<&Marked<C>> =
                self.order.iter().filter_map(|id| self.known.get(id)).collect();
            statements.push(sql::upsert(&marked));
        }
        if !self.history.is_empty() {
            let (actor, device) = (self.actor, self.device);
            statements.push(sql::remember::<C>(&self.history, actor, device, self.moment));
        }
        statements
    }

    fn mark(&mut self, id: Uuid) {
        if self.changed.insert(id) {
            self.order.push(id);
        }
    }

    fn note(&mut self, id: Uuid, rev: i64, op: HistoryOp, changes: Fields, edited: Option<Edited>) {
        self.mark(id);
        if let Some(Marked { record, marks }) = self.known.get_mut(&id) {
            marks.note(op, rev, record.created_rev, &changes);
        }
        let edited_at = edited.and_then(|e| e.updated_at);
        let (hid, changes) = (self.ids.next(), Value::Object(changes));
        self.history.push(HistoryRow {
            record_id: id,
            rev,
            hid,
            op,
            applied: true,
            edited_at,
            changes,
        });
    }
}
