//! One collection's side of a sync: the same code for each, behind one object-safe face.

use super::incoming::{Change, Lists, Refusal, read};
use super::merge::{Act, Conflict, Fields, Incoming, Known, Merged, Named, Sender, Wish, merge};
use super::past::{self, Mark, Marks};
use super::quarantine::Accepted;
use super::store;
use crate::access::{JournalAccess, Permit, Write};
use crate::collections::SafetyNotice;
use crate::db::{DbError, Statement, Tx};
use crate::ids::Ids;
use crate::journal::{
    Batch, Context, Edited, FieldInfo, Hand, HistoryOp, Part, Record, Revisions, Stored, find_all,
};
use crate::wire::{Faults, read_body};
use futures_util::future::LocalBoxFuture;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// What a push answers.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Changes that were written.
    pub(super) accepted: usize,
    /// Changes that changed nothing.
    pub(super) unchanged: usize,
    /// Records that stand otherwise than they were sent.
    pub(super) records: Vec<Value>,
    /// Records that were refused.
    pub(super) refused: Vec<Refusal>,
    /// Records that were not refused, where the quarantine holds any.
    pub(super) taken: Vec<Accepted>,
    /// By collection and id as sent, the id as kept, where the two are spelled otherwise.
    pub(super) renamed: BTreeMap<(&'static str, String), Uuid>,
    /// The fixed text that goes with a record that was written.
    pub(super) notice: Option<&'static SafetyNotice>,
}

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
    fn read(&mut self, lists: Lists, report: &mut Report);
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
    fn read(&mut self, lists: Lists, report: &mut Report) {
        let wishes = [Wish::Created, Wish::Updated, Wish::Deleted];
        for (wish, items) in wishes.into_iter().zip(lists) {
            for item in items {
                match read::<C>(wish, item) {
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
    fn merge_one(&mut self, batch: &mut Batch<C>, change: Change, frame: &mut Frame<'_>) {
        let Change { id, sent_id, respelled, mut incoming, created_at, payload } = change;
        let Barred { conflicts: barred, differs } =
            batch.known(id).map(|record| bar(record, &mut incoming)).unwrap_or_default();
        let marks = self.marks.remove(&id).unwrap_or_default();
        let known = batch.known(id).map(|record| Known {
            fields: fields_of(&record.content),
            rev: record.rev,
            deleted: record.deleted_at.is_some(),
            marks,
        });
        let Merged { act, named, conflicts } = match batch.known(id) {
            // A practitioner answers for it: the patient's delete is no more than a wish.
            Some(record) if incoming.wish == Wish::Deleted && !may_delete(record) => {
                Merged { act: Act::Keep, named: Some(Named::Kept), conflicts: Vec::new() }
            }
            _ => merge(known.as_ref(), &incoming, frame.sender),
        };
        // A later change of the same push sees this one as the past, too.
        let again = self.again.contains(&id);
        if let Some(known) = known.filter(|_| again) {
            self.marks.insert(id, known.marks);
        }
        let edited = Edited { created_at, updated_at: incoming.edited_at };
        let before = batch.known(id).map(|record| record.rev);
        let done = match act {
            Act::Keep => Ok(false),
            Act::Delete => Ok(batch.bury(frame.revisions, id).is_some()),
            Act::Create(fields) => settle::<C>(fields, None, &frame.context)
                .map(|content| batch.insert(frame.revisions, id, content, Some(edited)))
                .map(|_| true),
            Act::Update(fields) => Self::write(batch, id, fields, HistoryOp::Update, edited, frame),
            Act::Resurrect(fields) => {
                Self::write(batch, id, fields, HistoryOp::Resurrect, edited, frame)
            }
            Act::Recreate(fields) => {
                Self::write(batch, id, fields, HistoryOp::Recreate, edited, frame)
            }
        };
        let wrote = match done {
            Ok(wrote) => wrote,
            Err((code, field)) => {
                let (collection, id) = (C::COLLECTION, sent_id.unwrap_or_else(|| id.to_string()));
                frame.report.refused.push(Refusal { collection, id, code, field, payload });
                return;
            }
        };
        if frame.has_quarantined {
            let fields = incoming.fields.keys().cloned().collect();
            let collection = C::COLLECTION;
            frame.report.taken.push(Accepted { collection, id, fields });
        }
        // A record under another id, or a value in another spelling, stands otherwise than it was sent.
        let respelled = respelled || sent_id.is_some();
        if let Some(sent) = sent_id {
            frame.report.renamed.insert((C::COLLECTION, sent), id);
        }
        let empty = Fields::new();
        if wrote
            && again
            && let Some(line) = batch.last_line()
        {
            let (device, edited_at) = (frame.sender.device, line.edited_at);
            let mark = Mark { rev: line.rev, device, edited_at };
            let changes = line.changes.as_object().unwrap_or(&empty);
            self.marks.entry(id).or_default().note(line.op, mark, changes);
        }
        if wrote {
            frame.report.accepted += 1;
        } else {
            frame.report.unchanged += 1;
        }
        if wrote && let Some(record) = batch.known(id) {
            frame.report.notice = frame.report.notice.or_else(|| record.content.notice());
        }
        let late: Map<String, Value> = conflicts
            .iter()
            .filter(|c| c.late)
            .chain(&barred)
            .map(|c| (c.field.clone(), json!({"from": c.stands, "to": c.loses})))
            .collect();
        if !late.is_empty() {
            batch.keep_superseded(id, late, edited);
        }
        // What the server settles beyond what was sent also stands otherwise than it was sent.
        let settled_more = batch.known(id).is_some_and(|record| {
            record.deleted_at.is_none() && stands_otherwise(&record.content, &incoming.fields)
        });
        let more = settled_more || differs || (respelled && incoming.wish != Wish::Deleted);
        let named = named.or_else(|| more.then_some(Named::Merged));
        let Some(named) = named else { return };
        // Rule 6b: a cursor that has passed the record would never carry it.
        if !wrote && before.is_some_and(|rev| rev <= frame.sender.cursor) {
            batch.touch(frame.revisions, id);
        }
        if let Some(record) = batch.known(id) {
            let answer = answer(record, named, &conflicts, &barred, frame.epoch);
            frame.report.records.push(answer);
        }
    }

    fn write(
        batch: &mut Batch<C>,
        id: Uuid,
        fields: Fields,
        op: HistoryOp,
        edited: Edited,
        frame: &mut Frame<'_>,
    ) -> Result<bool, (&'static str, Option<String>)> {
        let known = batch.known(id);
        let content = settle::<C>(fields, known.map(|record| &record.content), &frame.context)?;
        if known.is_some_and(|record| record.deleted_at.is_none() && record.content == content) {
            return Ok(false);
        }
        batch.update(frame.revisions, id, content, op, Some(edited));
        Ok(true)
    }
}

/// May the patient delete it?
fn may_delete<C: Record>(record: &Stored<C>) -> bool {
    record.deleted_at.is_some() || crate::journal::may_delete(Hand::Patient, record)
}

/// What was sent of a practitioner's fields.
#[derive(Debug, Default)]
struct Barred {
    /// What the device meant to change.
    conflicts: Vec<Conflict>,
    /// Was anything sent otherwise than it stands, be it only an old copy?
    differs: bool,
}

/// Takes out what a practitioner answers for. The rest of the record is merged as always: one foreign
/// field is no reason to hold up a note.
fn bar<C: Record>(record: &Stored<C>, incoming: &mut Incoming) -> Barred {
    let mut barred = Barred::default();
    if record.clinician_id.is_none() {
        return barred;
    }
    let stands = fields_of(&record.content);
    for field in C::FIELDS.iter().filter(|field| field.part == Part::Clinical) {
        let name = field.name;
        let Some(sent) = incoming.fields.remove(name) else { continue };
        let seen = incoming.base.as_mut().and_then(|base| base.remove(name));
        let meant = incoming.changed.as_ref().is_none_or(|changed| changed.contains(name))
            && seen.as_ref() != Some(&sent);
        let stands = stands.get(name).cloned().unwrap_or_default();
        barred.differs |= sent != stands;
        if meant && sent != stands {
            let field = name.to_owned();
            let (device, edited_at) = (None, None);
            barred.conflicts.push(Conflict {
                field,
                stands,
                loses: sent,
                late: true,
                device,
                edited_at,
            });
        }
    }
    barred
}

/// The whole record from its fields, by the rules of the collection.
fn settle<C: Record>(
    mut given: Fields,
    previous: Option<&C>,
    context: &Context,
) -> Result<C, (&'static str, Option<String>)> {
    given.retain(|_, value| !value.is_null());
    let refused = |faults: Vec<crate::wire::Fault>| {
        let pointer = faults.into_iter().find_map(|fault| fault.pointer);
        ("invalid_value", pointer.map(|p| p.trim_start_matches("#/").to_owned()))
    };
    let mut content: C = read_body(&Value::Object(given)).map_err(refused)?;
    if let Some(previous) = previous {
        content.unsettle(previous, context);
    }
    let mut faults = Faults::default();
    content.settle(previous, context, &mut faults);
    if faults.is_empty() { Ok(content) } else { Err(refused(faults.into_vec())) }
}

/// A record's content by field, as REST has it.
pub(super) fn fields_of<C: Record>(content: &C) -> Fields {
    match serde_json::to_value(content) {
        Ok(Value::Object(fields)) => fields,
        _ => Fields::new(),
    }
}

/// Does the record have another value than was sent, in any field that was sent?
fn stands_otherwise<C: Record>(content: &C, sent: &Fields) -> bool {
    let mut comparing = Comparing { sent, fields: C::FIELDS.iter(), differs: false };
    // It only compares: there is nothing to fail.
    content.write_members(&mut comparing).is_err() || comparing.differs
}

/// Takes the members of a record in the order of its fields, and looks at those that were sent.
struct Comparing<'a> {
    sent: &'a Fields,
    fields: std::slice::Iter<'static, FieldInfo>,
    differs: bool,
}

impl SerializeMap for Comparing<'_> {
    type Ok = ();
    type Error = serde_json::Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, _: &T) -> Result<(), Self::Error> {
        Ok(())
    }
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Self::Error> {
        let sent = self.fields.next().and_then(|field| self.sent.get(field.name));
        if let Some(sent) = sent
            && !self.differs
        {
            self.differs = serde_json::to_value(value)? != *sent;
        }
        Ok(())
    }
    fn end(self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// A record as it travels: flat values, and the client's own times in milliseconds.
pub(super) struct FlatRow<'a, C>(pub(super) &'a Stored<C>);

impl<C: Record> Serialize for FlatRow<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3 + C::FIELDS.len()))?;
        map.serialize_entry("id", &self.0.id)?;
        self.0.content.write_flat_members(&mut map)?;
        if C::WRITERS.has_practitioner() {
            map.serialize_entry("clinician_id", &self.0.clinician_id)?;
        }
        map.serialize_entry("created_at", &self.0.created_at.timestamp_millis())?;
        map.serialize_entry("updated_at", &self.0.updated_at.timestamp_millis())?;
        map.end()
    }
}

fn answer<C: Record>(
    record: &Stored<C>,
    named: Named,
    conflicts: &[Conflict],
    barred: &[Conflict],
    epoch: i64,
) -> Value {
    let word = match named {
        Named::Merged => "merged",
        Named::Conflict => "conflict",
        Named::Resurrected => "resurrected",
        Named::Kept => "kept",
        Named::Deleted => "deleted",
    };
    let timestamp = super::Cursor { epoch, rev: record.rev }.timestamp();
    let stands = record.deleted_at.is_none().then_some(FlatRow(record));
    let late = "older_edit_of_same_device";
    let conflicts = conflicts.iter().map(|c| (c.field.clone(), conflict::<C>(c, late)));
    let barred =
        barred.iter().map(|c| (c.field.clone(), conflict::<C>(c, "written_by_practitioner")));
    let conflicts: Map<String, Value> = conflicts.chain(barred).collect();
    json!({"collection": C::COLLECTION, "id": record.id, "result": word, "timestamp": timestamp,
        "record": stands, "conflicts": conflicts})
}

fn conflict<C: Record>(conflict: &Conflict, reason: &str) -> Value {
    let form = C::FIELDS.iter().find(|f| f.name == conflict.field).map(|f| f.form);
    let wire = |value: &Value| form.map_or(Value::Null, |form| form.to_wire(value));
    let (stands, loses) = (wire(&conflict.stands), wire(&conflict.loses));
    let edited_at = conflict.edited_at.map(|at| at.timestamp_millis());
    if conflict.late {
        json!({"kept": stands, "sent": loses, "reason": reason,
            "device_id": conflict.device, "edited_at": edited_at})
    } else {
        json!({"applied": stands, "overwritten": loses,
            "device_id": conflict.device, "edited_at": edited_at})
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
