//! One collection's side of a push: the same code for each, behind one object-safe face.

use super::answer::{self, Report};
use super::bar::{bar, may_delete};
use super::incoming::{Change, Flaw, read};
use super::known::{Known, Mark, Marks};
use super::merge::{Act, Conflict, Fields, Loss, Merged, Named, Sender, Wish, merge};
use super::outline::Lists;
use super::past;
use super::quarantine::Accepted;
use super::rows::{holds_otherwise, settle};
use super::store;
use crate::access::{JournalAccess, Permit, Write};
use crate::db::{DbError, Statement, Tx};
use crate::ids::Ids;
use crate::journal::{
    Batch, Context, Edited, HistoryOp, Record, Revisions, Stored, fields_of, find_all,
};
use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What all collections of a push share.
pub(super) struct Frame<'a> {
    pub(super) sender: Sender,
    pub(super) context: Context,
    pub(super) epoch: i64,
    pub(super) revisions: &'a mut Revisions,
    pub(super) report: &'a mut Report,
    pub(super) has_quarantined: bool,
}

/// A collection in a push.
pub(super) trait Side: Send {
    /// Reads the lists; what cannot be read is refused.
    fn read(&mut self, lists: Lists<'_>, report: &mut Report);
    /// How many changes were read.
    fn changes(&self) -> usize;
    /// Loads the records it touches and what a merge needs of their histories.
    fn load<'a>(
        &'a mut self,
        tx: &'a Tx<'_>,
        access: &'a JournalAccess<Write>,
        ids: &'a Ids,
    ) -> LocalBoxFuture<'a, Result<(), DbError>>;
    /// Merges change by change.
    fn merge(&mut self, frame: &mut Frame<'_>);
    /// What writes the outcome.
    fn statements(&self, permit: Permit<Write>) -> Vec<Statement<()>>;
}

struct Changes<C> {
    sent: Vec<Change>,
    batch: Option<Batch<C>>,
    marks: HashMap<Uuid, Marks>,
    /// Records with more than one change in this push.
    again: HashSet<Uuid>,
}

impl<C: Record> Side for Changes<C> {
    fn read(&mut self, lists: Lists<'_>, report: &mut Report) {
        let wishes = [Wish::Created, Wish::Updated, Wish::Deleted];
        for (list, items) in wishes.into_iter().zip(lists) {
            for item in items {
                match read::<C>(list, item) {
                    Ok(change) => self.sent.push(change),
                    Err(refusal) => report.refused.push(refusal),
                }
            }
        }
    }

    fn changes(&self) -> usize {
        self.sent.len()
    }

    fn load<'a>(
        &'a mut self,
        tx: &'a Tx<'_>,
        access: &'a JournalAccess<Write>,
        ids: &'a Ids,
    ) -> LocalBoxFuture<'a, Result<(), DbError>> {
        Box::pin(async move {
            if self.sent.is_empty() {
                return Ok(());
            }
            let touched: Vec<Uuid> = self.sent.iter().map(|change| change.id).collect();
            let mut once = HashSet::with_capacity(touched.len());
            self.again = touched.iter().copied().filter(|id| !once.insert(*id)).collect();
            let known = tx.load(find_all::<C>(access.reading(), &touched)).await?;
            if !known.is_empty() {
                let created = |change: &&Change| change.incoming.wish == Wish::Created;
                let created: HashSet<Uuid> =
                    self.sent.iter().filter(created).map(|change| change.id).collect();
                let wanted = past::wanted(&known, |id| created.contains(&id));
                let lines = tx.load(store::lines::<C>(access.permit(), &wanted)).await?;
                let lines = lines.into_iter().collect();
                let told = known.iter().map(|held| (held.record.id, past::told(held, &lines)));
                self.marks = told.collect();
            }
            self.batch = Some(Batch::new(access, ids, known));
            Ok(())
        })
    }

    fn merge(&mut self, frame: &mut Frame<'_>) {
        let Some(mut batch) = self.batch.take() else { return };
        for change in std::mem::take(&mut self.sent) {
            self.merge_one(&mut batch, change, frame);
        }
        self.batch = Some(batch);
    }

    fn statements(&self, permit: Permit<Write>) -> Vec<Statement<()>> {
        self.batch.as_ref().map(|batch| batch.statements(permit)).unwrap_or_default()
    }
}

impl<C: Record> Changes<C> {
    fn merge_one(&mut self, batch: &mut Batch<C>, mut change: Change, frame: &mut Frame<'_>) {
        match had_pulled(&change, frame) {
            Ok(seen) => change.incoming.seen = seen,
            Err(flaw) => {
                frame.report.refused.push(change.refused::<C>(vec![flaw]));
                return;
            }
        }
        let id = change.id;
        let before = batch.known(id).map(|record| record.rev);
        let is_blind = batch.known(id).is_some_and(|record| is_blind(record, &change, frame));
        let barred =
            batch.known(id).map(|record| bar(record, &mut change.incoming)).unwrap_or_default();
        let Merged { act, named, mut conflicts } = self.decide(batch, &change, frame.sender);
        let edited =
            Edited { created_at: change.created_at.time(), updated_at: change.incoming.edited_at };
        let wrote = match self.act(batch, id, act, edited, frame) {
            Ok(wrote) => wrote,
            Err(flaws) => {
                frame.report.refused.push(change.refused::<C>(flaws));
                return;
            }
        };
        conflicts.extend(barred.conflicts);
        frame.report.count::<C>(&change, wrote, is_blind);
        if frame.has_quarantined {
            let fields = change.incoming.fields.keys().cloned().collect();
            frame.report.taken.push(Accepted { collection: C::COLLECTION, id, fields });
        }
        supersede(batch, id, &conflicts, edited);
        let Some(record) = batch.known(id) else { return };
        let is_live = change.incoming.wish != Wish::Deleted && record.deleted_at.is_none();
        if is_live {
            // Also where nothing was written: the answer to the first copy may have been lost.
            frame.report.notice = frame.report.notice.or_else(|| record.content.notice());
        }
        let otherwise = is_live && (barred.differs || stands_otherwise(record, &change));
        let Some(named) = named.or_else(|| otherwise.then_some(Named::Merged)) else { return };
        // Rule 6b: a cursor that has passed the record would never carry it.
        if !wrote && before.is_some_and(|rev| rev <= frame.sender.cursor) {
            batch.touch(frame.revisions, id);
        }
        if let Some(record) = batch.known(id) {
            let answer = answer::named(record, named, &conflicts, frame.epoch);
            frame.report.records.push(answer);
        }
    }

    fn decide(&self, batch: &Batch<C>, change: &Change, sender: Sender) -> Merged {
        let record = batch.known(change.id);
        let known = record.map(|record| Known {
            fields: fields_of(&record.content),
            deleted: record.deleted_at.is_some(),
            marks: self.marks.get(&change.id).map_or_else(Cow::default, Cow::Borrowed),
        });
        let merged = merge(known.as_ref(), &change.incoming, sender);
        // A practitioner answers for it: the patient's delete is no more than a wish.
        if merged.act == Act::Delete && record.is_some_and(|record| !may_delete(record)) {
            return Merged { act: Act::Keep, named: Some(Named::Kept), ..merged };
        }
        merged
    }

    /// Writes the verdict into the batch; answers whether there was anything to write.
    fn act(
        &mut self,
        batch: &mut Batch<C>,
        id: Uuid,
        act: Act,
        edited: Edited,
        frame: &mut Frame<'_>,
    ) -> Result<bool, Vec<Flaw>> {
        let (op, fields) = match act {
            Act::Keep => return Ok(false),
            Act::Delete => {
                batch.bury(frame.revisions, id);
                self.note(id, batch, frame.sender.device);
                return Ok(true);
            }
            Act::Create(fields) => (HistoryOp::Create, fields),
            Act::Update(fields) => (HistoryOp::Update, fields),
            Act::Resurrect(fields) => (HistoryOp::Resurrect, fields),
            Act::Recreate(fields) => (HistoryOp::Recreate, fields),
        };
        let known = batch.known(id);
        let content = settle::<C>(fields, known.map(|record| &record.content), &frame.context)?;
        if known.is_some_and(|record| record.deleted_at.is_none() && record.content == content) {
            return Ok(false);
        }
        if op == HistoryOp::Create {
            batch.insert(frame.revisions, id, content, Some(edited));
        } else {
            batch.update(frame.revisions, id, content, op, Some(edited));
        }
        self.note(id, batch, frame.sender.device);
        Ok(true)
    }

    /// A later change of the same push sees the one that was just written as the past.
    fn note(&mut self, id: Uuid, batch: &Batch<C>, device: Option<Uuid>) {
        let Some(line) = batch.last_line().filter(|_| self.again.contains(&id)) else { return };
        let mark = Mark { rev: line.rev, device, edited_at: line.edited_at };
        let (marks, unchanged) = (self.marks.entry(id).or_default(), Fields::new());
        marks.note(line.op, mark, line.changes.as_object().unwrap_or(&unchanged));
    }
}

/// The revision that the device had pulled, where the record says it. Nothing of another epoch is known
/// to have been seen.
fn had_pulled(change: &Change, frame: &Frame<'_>) -> Result<Option<i64>, Flaw> {
    match change.seen {
        None => Ok(None),
        Some(seen) if seen.epoch != frame.epoch => Ok(Some(0)),
        Some(seen) if seen.rev > frame.sender.head => Err(Flaw::of("invalid_value", "_seen")),
        Some(seen) => Ok(Some(seen.rev)),
    }
}

/// Does a change of a record that the server had before this push not say what the device had seen?
fn is_blind<C: Record>(record: &Stored<C>, change: &Change, frame: &Frame<'_>) -> bool {
    let incoming = &change.incoming;
    incoming.wish != Wish::Created
        && record.created_rev <= frame.sender.head
        && incoming.base.is_none()
        && incoming.seen.is_none()
        && !incoming.saw_tombstone
}

/// Does a live record stand otherwise than it was sent? What the server settles beyond, a time of
/// another device, and an id or a value in another spelling are otherwise, too.
fn stands_otherwise<C: Record>(record: &Stored<C>, change: &Change) -> bool {
    change.respelled
        || change.sent_id.is_some()
        || change.created_at.differs(record.created_at)
        || change.updated_at.differs(record.updated_at)
        || change.clinician.differs(record.clinician_id)
        || holds_otherwise(&record.content, &change.incoming.fields)
}

/// Keeps what was sent and does not stand. What was overwritten is in the history already.
fn supersede<C: Record>(batch: &mut Batch<C>, id: Uuid, conflicts: &[Conflict], edited: Edited) {
    let lost = conflicts.iter().filter(|conflict| conflict.loss != Loss::Overwritten);
    let lost: Map<String, Value> =
        lost.map(|c| (c.field.clone(), json!({"from": c.stands, "to": c.loses}))).collect();
    if !lost.is_empty() {
        batch.keep_superseded(id, lost, edited);
    }
}

impl Report {
    fn count<C: Record>(&mut self, change: &Change, wrote: bool, is_blind: bool) {
        if let Some(sent) = &change.sent_id {
            self.renamed.insert((C::COLLECTION, sent.clone()), change.id);
        }
        if is_blind {
            self.blind.entry(C::COLLECTION).or_default().insert(change.id);
        }
        if wrote {
            self.accepted += 1;
        } else {
            self.unchanged += 1;
        }
    }
}

/// A side for every collection, in the order they are merged: what others refer to comes first and
/// gets the earlier revisions, so that pages bring it first.
pub(super) fn sides() -> Vec<(&'static str, Box<dyn Side>)> {
    let mut all: Vec<(&'static str, Box<dyn Side>)> = Vec::new();
    macro_rules! add {
        ($($collection:ty),+) => { $(
            let changes = Changes::<$collection> {
                sent: Vec::new(), batch: None, marks: HashMap::new(), again: HashSet::new(),
            };
            all.push((<$collection>::COLLECTION, Box::new(changes)));
        )+ };
    }
    crate::collections::for_each_collection!(add);
    all
}
