//! One collection's changes in a push. What is sync's own happens here: merge, marks, the answer; what is
//! written is judged and settled by the journal's writer, as everywhere.

use super::answer::{self, AcceptedRecord, PushReport};
use super::change::{Sender, Wish};
use super::foreign::ForeignFields;
use super::incoming::{Change, read};
use super::known::{ChangeMark, Known, Marks};
use super::marks::{lines_of, marks_of};
use super::merge::{Act, Conflict, Loss, Merged, RecordResult, merge};
use super::outline::Lists;
use super::refusal::Flaw;
use super::store;
use crate::access::{JournalAccess, Write};
use crate::db::{DbError, Statement, Tx};
use crate::ids::Ids;
use crate::journal::{
    Collection, CollectionWriter, Edited, Fields, HistoryOp, Revisions, Stored, StoredRecord,
};
use serde_json::json;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What all collections of a push share.
pub(super) struct PushContext<'a> {
    pub(super) sender: Sender,
    pub(super) epoch: i64,
    pub(super) revisions: &'a mut Revisions,
    pub(super) report: &'a mut PushReport,
    pub(super) has_quarantined: bool,
}

/// The changes of one collection.
pub(super) struct CollectionPush {
    pub(super) collection: &'static dyn Collection,
    sent: Vec<Change>,
    writer: Option<Box<dyn CollectionWriter>>,
    marks: HashMap<Uuid, Marks>,
    /// Records with more than one change in this push.
    again: HashSet<Uuid>,
}

impl CollectionPush {
    /// None yet.
    pub(super) fn new(collection: &'static dyn Collection) -> Self {
        let (sent, marks, again) = (Vec::new(), HashMap::new(), HashSet::new());
        Self { collection, sent, writer: None, marks, again }
    }

    /// Reads the lists; what cannot be read is refused.
    pub(super) fn read(&mut self, lists: Lists<'_>, report: &mut PushReport) {
        let wishes = [Wish::Created, Wish::Updated, Wish::Deleted];
        for (list, items) in wishes.into_iter().zip(lists) {
            for item in items {
                match read(self.collection, list, item) {
                    Ok(change) => self.sent.push(change),
                    Err(refusal) => report.refused.push(refusal),
                }
            }
        }
    }

    /// How many changes were read.
    pub(super) fn changes(&self) -> usize {
        self.sent.len()
    }

    /// Loads the records it touches and what a merge needs of their histories.
    pub(super) async fn load(
        &mut self,
        tx: &Tx<'_, Write>,
        access: &JournalAccess<Write>,
        ids: &Ids,
    ) -> Result<(), DbError> {
        if self.sent.is_empty() {
            return Ok(());
        }
        let touched: Vec<Uuid> = self.sent.iter().map(|change| change.id).collect();
        let mut once = HashSet::with_capacity(touched.len());
        self.again = touched.iter().copied().filter(|id| !once.insert(*id)).collect();
        let writer = self.collection.writer(tx, access, ids, touched).await?;
        let known = writer.all_known();
        if !known.is_empty() {
            let created = self.sent.iter().filter(|c| c.incoming.wish == Wish::Created);
            let created: HashSet<Uuid> = created.map(|change| change.id).collect();
            let wanted = lines_of(&known, |id| created.contains(&id));
            let lines = store::lines(self.collection.definition(), &wanted);
            let lines = tx.load(lines).await?.into_iter().collect();
            let marks = known.iter().map(|(head, row)| (head.id, marks_of(head, row, &lines)));
            self.marks = marks.collect();
        }
        self.writer = Some(writer);
        Ok(())
    }

    /// Merges change by change.
    pub(super) fn merge(&mut self, context: &mut PushContext<'_>) {
        let Some(writer) = self.writer.as_deref_mut() else { return };
        let mut merging = Merging {
            collection: self.collection,
            writer,
            marks: &mut self.marks,
            again: &self.again,
        };
        for change in std::mem::take(&mut self.sent) {
            merging.merge_one(change, context);
        }
    }

    /// What writes the outcome.
    pub(super) fn statements(&self) -> Vec<Statement<Write>> {
        self.writer.as_ref().map(|writer| writer.statements()).unwrap_or_default()
    }
}

/// A merge on its way through the changes of a collection.
struct Merging<'a> {
    collection: &'static dyn Collection,
    writer: &'a mut dyn CollectionWriter,
    marks: &'a mut HashMap<Uuid, Marks>,
    again: &'a HashSet<Uuid>,
}

impl Merging<'_> {
    fn merge_one(&mut self, mut change: Change, context: &mut PushContext<'_>) {
        let name = self.collection.name();
        match had_pulled(&change, context) {
            Ok(seen) => change.incoming.seen = seen,
            Err(flaw) => {
                context.report.refused.push(change.refused(name, vec![flaw]));
                return;
            }
        }
        let id = change.id;
        let before = self.writer.known(id).map(StoredRecord::without_content);
        let is_blind = before.as_ref().is_some_and(|record| is_blind(record, &change, context));
        let (merged, foreign) = self.decide(&mut change, context.sender);
        let Merged { act, result, mut conflicts } = merged;
        let edited =
            Edited { created_at: change.created_at.time(), updated_at: change.incoming.edited_at };
        let wrote = match self.write(id, act, edited, context) {
            Ok(wrote) => wrote,
            Err(flaws) => {
                context.report.refused.push(change.refused(name, flaws));
                return;
            }
        };
        conflicts.extend(foreign.conflicts);
        context.report.count(name, &change, wrote, is_blind);
        if context.has_quarantined {
            let fields = change.incoming.fields.keys().cloned().collect();
            context.report.taken.push(AcceptedRecord { collection: name, id, fields });
        }
        self.supersede(id, &conflicts, edited);
        let Some(record) = self.writer.known(id) else { return };
        let is_live =
            change.incoming.wish != Wish::Deleted && record.without_content().deleted_at.is_none();
        if is_live {
            // Also where nothing was written: the answer to the first copy may have been lost.
            context.report.notice = context.report.notice.or_else(|| record.notice());
        }
        let otherwise = is_live && (foreign.differs || stands_otherwise(record, &change));
        let result = result.or_else(|| otherwise.then_some(RecordResult::Merged));
        let Some(result) = result else { return };
        // Rule 6b: a cursor that has passed the record would never carry it.
        if !wrote && before.is_some_and(|record| record.rev <= context.sender.cursor) {
            self.writer.touch(context.revisions, id);
        }
        if let Some(record) = self.writer.known(id) {
            let definition = self.collection.definition();
            let answer = answer::stands(definition, record, result, &conflicts, context.epoch);
            context.report.records.push(answer);
        }
    }

    /// Merges a change with what is known, after what is not the sender's is taken out of it.
    fn decide(&self, change: &mut Change, sender: Sender) -> (Merged, ForeignFields) {
        let id = change.id;
        let known = self.writer.known(id).map(|record| Known {
            fields: record.fields(),
            deleted: record.without_content().deleted_at.is_some(),
            marks: self.marks.get(&id).map_or_else(Cow::default, Cow::Borrowed),
        });
        let mut foreign = ForeignFields::default();
        let (definition, unknown) = (self.collection.definition(), Fields::new());
        let stands = known.as_ref().map_or(&unknown, |known| &known.fields);
        for part in self.writer.foreign_parts(id) {
            foreign.take_out(definition, *part, stands, &mut change.incoming);
        }
        let mut merged = merge(known.as_ref(), &change.incoming, sender);
        // A practitioner answers for it: the patient's delete is no more than a wish.
        if merged.act == Act::Delete && !self.writer.may_delete(id) {
            (merged.act, merged.result) = (Act::Keep, Some(RecordResult::Kept));
        }
        (merged, foreign)
    }

    /// Writes the verdict; answers whether there was anything to write.
    fn write(
        &mut self,
        id: Uuid,
        act: Act,
        edited: Edited,
        context: &mut PushContext<'_>,
    ) -> Result<bool, Vec<Flaw>> {
        let (op, fields) = match act {
            Act::Keep => return Ok(false),
            Act::Delete => {
                self.writer.bury(context.revisions, id);
                self.note(id, context.sender.device);
                return Ok(true);
            }
            Act::Create(fields) => (HistoryOp::Create, fields),
            Act::Update(fields) => (HistoryOp::Update, fields),
            Act::Resurrect(fields) => (HistoryOp::Resurrect, fields),
            Act::Recreate(fields) => (HistoryOp::Recreate, fields),
        };
        let wrote = self.writer.put(context.revisions, id, op, fields, edited);
        let wrote =
            wrote.map_err(|faults| faults.into_iter().map(Flaw::of_fault).collect::<Vec<_>>())?;
        if wrote {
            self.note(id, context.sender.device);
        }
        Ok(wrote)
    }

    /// A later change of the same push sees the one that was just written as the past.
    fn note(&mut self, id: Uuid, device: Option<Uuid>) {
        let line = self.writer.last_line().filter(|_| self.again.contains(&id));
        let Some(line) = line else { return };
        let mark = ChangeMark { rev: line.rev, device, edited_at: line.edited_at };
        let (marks, unchanged) = (self.marks.entry(id).or_default(), Fields::new());
        marks.note(line.op, mark, line.changes.as_object().unwrap_or(&unchanged));
    }

    /// Keeps what was sent and does not stand. What was overwritten is in the history already.
    fn supersede(&mut self, id: Uuid, conflicts: &[Conflict], edited: Edited) {
        let lost = conflicts.iter().filter(|conflict| conflict.loss != Loss::Overwritten);
        let lost: Fields =
            lost.map(|c| (c.field.clone(), json!({"from": c.stands, "to": c.loses}))).collect();
        if !lost.is_empty() {
            self.writer.keep_superseded(id, lost, edited);
        }
    }
}

/// The revision that the device had pulled, where the record says it. Nothing of another epoch is known
/// to have been seen.
fn had_pulled(change: &Change, context: &PushContext<'_>) -> Result<Option<i64>, Flaw> {
    match change.seen {
        None => Ok(None),
        Some(seen) if seen.epoch != context.epoch => Ok(Some(0)),
        Some(seen) if seen.rev > context.sender.head => Err(Flaw::of("invalid_value", "_seen")),
        Some(seen) => Ok(Some(seen.rev)),
    }
}

/// Does a change of a record that the server had before this push not say what the device had seen?
fn is_blind(record: &Stored<()>, change: &Change, context: &PushContext<'_>) -> bool {
    let incoming = &change.incoming;
    incoming.wish != Wish::Created
        && record.created_rev <= context.sender.head
        && incoming.base.is_none()
        && incoming.seen.is_none()
        && !incoming.saw_tombstone
}

/// Does a live record stand otherwise than it was sent? What the server settles beyond, a time of
/// another device, and an id or a value in another spelling are otherwise, too.
fn stands_otherwise(record: &dyn StoredRecord, change: &Change) -> bool {
    let head = record.without_content();
    change.respelled
        || change.sent_id.is_some()
        || change.created_at.differs(head.created_at)
        || change.updated_at.differs(head.updated_at)
        || change.clinician.differs(head.clinician_id)
        || record.holds_otherwise(&change.incoming.fields)
}

impl PushReport {
    fn count(&mut self, collection: &'static str, change: &Change, wrote: bool, is_blind: bool) {
        if let Some(sent) = &change.sent_id {
            self.renamed.insert((collection, sent.clone()), change.id);
        }
        if is_blind {
            self.blind.entry(collection).or_default().insert(change.id);
        }
        if wrote {
            self.accepted += 1;
        } else {
            self.unchanged += 1;
        }
    }
}
