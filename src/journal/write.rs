//! The one writer: REST, practitioners and imports tell it what they want, sync what its merge has decided.
//! Under the lock on the journal's counter it takes revisions from it, and leaves a line in the history for
//! every change.

use super::author::Author;
use super::authorship;
use super::batch::{ChangeBatch, Edited, Revisions};
use super::definition::Part;
use super::flat::StoredRecord;
use super::history::{HistoryOp, HistoryRow};
use super::intent::{Intent, Step, WriteOutcome, decide};
use super::marks::RowMarks;
use super::record::{Fields, Record};
use super::sql;
use super::stored::Stored;
use crate::access::{Hand, JournalAccess, Write};
use crate::db::{DbError, Statement, Tx};
use crate::ids::Ids;
use crate::wire::{Fault, read_body};
use serde_json::Value;
use uuid::Uuid;

/// What writes records of one collection, whatever they are, for those who have them as fields by name.
pub trait CollectionWriter: Send {
    /// A record as it stands after what was written so far.
    fn known(&self, id: Uuid) -> Option<&dyn StoredRecord>;
    /// Every record that was looked up, with its marks.
    fn all_known(&self) -> Vec<(Stored<()>, &RowMarks)>;
    /// The parts of a record, known or new, that are not the author's.
    fn foreign_parts(&self, id: Uuid) -> &'static [Part];
    /// May the author delete the record?
    fn may_delete(&self, id: Uuid) -> bool;

    /// Decides and writes what an intent asks for.
    fn apply(
        &mut self,
        revisions: &mut Revisions,
        id: Uuid,
        intent: Intent<Fields>,
    ) -> WriteOutcome<()>;
    /// Judges, settles and writes what a merge has decided; answers whether that changes anything.
    ///
    /// # Errors
    /// What is wrong with it.
    fn put(
        &mut self,
        revisions: &mut Revisions,
        id: Uuid,
        op: HistoryOp,
        fields: Fields,
        edited: Edited,
    ) -> Result<bool, Vec<Fault>>;
    /// Makes a record a tombstone.
    fn bury(&mut self, revisions: &mut Revisions, id: Uuid);
    /// Gives a record a new revision and nothing else, so that the next pull carries it.
    fn touch(&mut self, revisions: &mut Revisions, id: Uuid);
    /// Keeps values that were sent and not applied.
    fn keep_superseded(&mut self, id: Uuid, values: Fields, edited: Edited);

    /// The line that was last added to the history.
    fn last_line(&self) -> Option<&HistoryRow>;
    /// What writes it all, in three statements at most.
    fn statements(&self) -> Vec<Statement<Write>>;
}

/// Writes the records of one collection in one transaction, in stages: [`load`](Self::load) looks up what
/// is known; authorship and rules judge and settle, in [`Author::settle`]; what is to be written gathers in
/// a [`ChangeBatch`]; [`statements`](CollectionWriter::statements) write it. All but the first are pure.
pub(super) struct Writer<C> {
    author: Author,
    batch: ChangeBatch<C>,
    /// Records that now stand as they were asked for, where the quarantine may hold them.
    mended: Option<Vec<Uuid>>,
}

impl<C: Record> Writer<C> {
    /// Looks up the records that may be written, in one statement.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn load(
        tx: &Tx<'_, Write>,
        access: &JournalAccess<Write>,
        ids: &Ids,
        wanted: &[Uuid],
    ) -> Result<Self, DbError> {
        let known = tx.load(sql::find_all::<C>(wanted).lift()).await?;
        let (author, batch) = (Author::of(access), ChangeBatch::new(access, ids, known));
        let mends = access.has_quarantined() && author.hand == Hand::Patient;
        Ok(Self { author, batch, mended: mends.then(Vec::new) })
    }

    /// Decides and writes what an intent asks for.
    fn carry_out(
        &mut self,
        revisions: &mut Revisions,
        id: Uuid,
        intent: Intent<C>,
    ) -> WriteOutcome<Stored<C>> {
        let author = self.author;
        let becomes: fn(&Author, Stored<C>) -> WriteOutcome<Stored<C>> =
            match decide(self.batch.known(id), intent, &author) {
                Step::Stop(outcome) => return self.accept(id, outcome),
                Step::Put(op, content) => {
                    self.batch.put(revisions, id, op, content, None);
                    if op == HistoryOp::Create {
                        |_, record| WriteOutcome::Created(record)
                    } else {
                        |_, record| WriteOutcome::Replaced(record)
                    }
                }
                Step::Bury => {
                    self.batch.bury(revisions, id);
                    |author, record| WriteOutcome::Deleted(author.etag(&record))
                }
            };
        let stands = self.batch.known(id).cloned();
        let outcome = stands.map_or(WriteOutcome::Unknown, |record| becomes(&author, record));
        self.accept(id, outcome)
    }

    fn accept<T>(&mut self, id: Uuid, outcome: WriteOutcome<T>) -> WriteOutcome<T> {
        if let Some(mended) = self.mended.as_mut().filter(|_| outcome.is_accepted()) {
            mended.push(id);
        }
        outcome
    }
}

/// Fields as the content they are; null is nothing given.
fn content_of<C: Record>(mut fields: Fields) -> Result<C, Vec<Fault>> {
    fields.retain(|_, value| !value.is_null());
    read_body(&Value::Object(fields))
}

impl<C: Record> CollectionWriter for Writer<C> {
    fn known(&self, id: Uuid) -> Option<&dyn StoredRecord> {
        self.batch.known(id).map(|record| {
            let record: &dyn StoredRecord = record;
            record
        })
    }

    fn all_known(&self) -> Vec<(Stored<()>, &RowMarks)> {
        let all = self.batch.all_known();
        all.map(|marked| (marked.record.without_content(), &marked.marks)).collect()
    }

    fn foreign_parts(&self, id: Uuid) -> &'static [Part] {
        authorship::foreign_parts(self.author.hand, self.batch.known(id))
    }

    fn may_delete(&self, id: Uuid) -> bool {
        let known = self.batch.known(id);
        known.is_none_or(|known| authorship::may_delete(self.author.hand, known))
    }

    fn apply(
        &mut self,
        revisions: &mut Revisions,
        id: Uuid,
        intent: Intent<Fields>,
    ) -> WriteOutcome<()> {
        match intent.try_map(content_of) {
            Ok(intent) => self.carry_out(revisions, id, intent).map(|_| ()),
            Err(faults) => WriteOutcome::Invalid(faults),
        }
    }

    fn put(
        &mut self,
        revisions: &mut Revisions,
        id: Uuid,
        op: HistoryOp,
        fields: Fields,
        edited: Edited,
    ) -> Result<bool, Vec<Fault>> {
        let known = self.batch.known(id);
        let content = self.author.settle(known, op, content_of(fields)?)?;
        let stands =
            known.is_some_and(|known| known.deleted_at.is_none() && known.content == content);
        if !stands {
            self.batch.put(revisions, id, op, content, Some(edited));
        }
        Ok(!stands)
    }

    fn bury(&mut self, revisions: &mut Revisions, id: Uuid) {
        self.batch.bury(revisions, id);
    }

    fn touch(&mut self, revisions: &mut Revisions, id: Uuid) {
        self.batch.touch(revisions, id);
    }

    fn keep_superseded(&mut self, id: Uuid, values: Fields, edited: Edited) {
        self.batch.keep_superseded(id, values, edited);
    }

    fn last_line(&self) -> Option<&HistoryRow> {
        self.batch.last_line()
    }

    fn statements(&self) -> Vec<Statement<Write>> {
        let mut statements = self.batch.statements();
        let mended = self.mended.iter().filter(|mended| !mended.is_empty());
        statements.extend(mended.map(|mended| sql::mended::<C>(mended)));
        statements
    }
}

/// Applies an intent: a constant number of statements.
///
/// # Errors
/// Only for circumstances outside the rules; then nothing is changed.
pub async fn apply_change<C: Record>(
    tx: &Tx<'_, Write>,
    access: &JournalAccess<Write>,
    ids: &Ids,
    (id, intent): (Uuid, Intent<C>),
) -> Result<WriteOutcome<Stored<C>>, DbError> {
    let mut writer = Writer::load(tx, access, ids, &[id]).await?;
    let mut revisions = Revisions::after(access.revision());
    let outcome = writer.carry_out(&mut revisions, id, intent);
    write_all(tx, &revisions, &writer).await?;
    Ok(outcome)
}

/// Writes what a writer has gathered, all or nothing.
///
/// # Errors
/// As [`apply_change`].
pub async fn write_all(
    tx: &Tx<'_, Write>,
    revisions: &Revisions,
    writer: &dyn CollectionWriter,
) -> Result<(), DbError> {
    let mut statements = revisions.statements();
    statements.extend(writer.statements());
    tx.execute_all(statements).await
}
