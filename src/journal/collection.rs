//! A collection as an object: what can be asked of it and done with its records by those who do not know
//! their type. Sync and imports work with these; records are there what they are on the wire, fields by
//! name.

use super::batch::{Edited, Revisions};
use super::definition::{CollectionDefinition, Part};
use super::flat::{ChangedRecord, FlatRow, holds_otherwise};
use super::history::{HistoryOp, HistoryRow};
use super::intent::{Intent, Outcome};
use super::marks::RowMarks;
use super::notice::SafetyNotice;
use super::record::{Fields, Record, fields_of};
use super::stored::Stored;
use super::texts::Texts;
use super::write::{Writer, apply_changes};
use super::{http, sql};
use crate::access::{JournalAccess, Read, Write};
use crate::db::{DbError, Statement, Tx};
use crate::http::Sent;
use crate::ids::Ids;
use crate::routes::Routes;
use crate::wire::{Components, Fault, Faults, read_body};
use chrono::NaiveDate;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use std::marker::PhantomData;
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;

/// A statement's answer on its way.
pub type Loading<'a, T> = LocalBoxFuture<'a, Result<T, DbError>>;

/// A collection, whatever its records are.
pub trait Collection: Send + Sync {
    /// What it is.
    fn definition(&self) -> &'static CollectionDefinition;
    /// Its SQL.
    fn texts(&self) -> &'static Texts;
    /// The fields with their schemas as answers have them.
    fn field_schemas(&self, components: &mut Components) -> Vec<(&'static str, RefOr<Schema>)>;
    /// Registers its operations.
    fn routes(&self, routes: &mut Routes);

    /// One field's value as the server keeps it; see [`Record::canonical`].
    fn canonical(&self, field: &str, value: &Value, faults: &mut Faults) -> Option<Value>;
    /// Reads a document as REST does, strictly, and answers the fields as the server keeps them.
    ///
    /// # Errors
    /// Every fault.
    fn read(&self, document: Fields) -> Result<Fields, Vec<Fault>>;

    /// These records, tombstones included.
    fn find<'a>(
        &self,
        tx: &'a Tx<'_, Read>,
        ids: &[Uuid],
    ) -> Loading<'a, Vec<Box<dyn StoredRecord>>>;
    /// Every live record within the days, in no particular order.
    fn window<'a>(
        &self,
        tx: &'a Tx<'_, Read>,
        days: (NaiveDate, NaiveDate),
    ) -> Loading<'a, Vec<Box<dyn StoredRecord>>>;
    /// The records of a range of revisions, tombstones included, oldest change first.
    fn changes<'a>(
        &self,
        tx: &'a Tx<'_, Read>,
        after: i64,
        until: i64,
    ) -> Loading<'a, Vec<ChangedRecord>>;

    /// Starts writing: looks these records up.
    fn writer<'a>(
        &self,
        tx: &'a Tx<'_, Write>,
        access: &'a JournalAccess<Write>,
        ids: &'a Ids,
        wanted: Vec<Uuid>,
    ) -> Loading<'a, Box<dyn CollectionWriter>>;
    /// Applies intents in order, all or none: [`apply_changes`].
    fn apply<'a>(
        &self,
        tx: &'a Tx<'_, Write>,
        access: &'a JournalAccess<Write>,
        ids: &'a Ids,
        intents: Vec<(Uuid, Intent<Fields>)>,
    ) -> Loading<'a, Vec<Outcome<()>>>;
}

impl dyn Collection + '_ {
    /// Its name, which is also its table's.
    pub fn name(&self) -> &'static str {
        self.definition().name
    }
}

/// A stored record, whatever its collection is.
pub trait StoredRecord: Send {
    /// What the server keeps beside the content.
    fn without_content(&self) -> Stored<()>;
    /// The content by field.
    fn fields(&self) -> Fields;
    /// Does it have another value than was sent, in any field that was sent?
    fn holds_otherwise(&self, sent: &Fields) -> bool;
    /// It as a row of the sync wire.
    fn flat_row(&self) -> Value;
    /// The fixed text that goes with it.
    fn notice(&self) -> Option<&'static SafetyNotice>;
}

/// What writes records of one collection, whatever they are: [`Writer`] behind an object.
pub trait CollectionWriter: Send {
    /// A record as it stands after what was written so far.
    fn known(&self, id: Uuid) -> Option<&dyn StoredRecord>;
    /// Every record that was looked up, with its marks.
    fn all_known(&self) -> Vec<(Stored<()>, &RowMarks)>;
    /// The part of a record that is not the author's.
    fn foreign_part(&self, id: Uuid) -> Option<Part>;
    /// May the author delete the record?
    fn may_delete(&self, id: Uuid) -> bool;

    /// Judges, settles and writes a record's new content; answers whether that changes anything.
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
    /// What writes it all, in two statements at most.
    fn statements(&self) -> Vec<Statement<Write>>;
}

/// The collection of records `C`, as an object.
#[derive(Debug)]
pub struct Of<C>(PhantomData<fn() -> C>);

impl<C> Of<C> {
    /// The collection.
    pub const COLLECTION: Self = Self(PhantomData);
}

fn boxed<C: Record>(record: Stored<C>) -> Box<dyn StoredRecord> {
    Box::new(record)
}

impl<C: Record> Collection for Of<C> {
    fn definition(&self) -> &'static CollectionDefinition {
        &C::DEFINITION
    }

    fn texts(&self) -> &'static Texts {
        C::sql()
    }

    fn field_schemas(&self, components: &mut Components) -> Vec<(&'static str, RefOr<Schema>)> {
        C::field_schemas(components)
    }

    fn routes(&self, routes: &mut Routes) {
        http::routes::<C>(routes);
    }

    fn canonical(&self, field: &str, value: &Value, faults: &mut Faults) -> Option<Value> {
        C::canonical(field, value, faults)
    }

    fn read(&self, document: Fields) -> Result<Fields, Vec<Fault>> {
        let content = read_body::<Sent<C>>(&Value::Object(document)).and_then(Sent::read)?;
        Ok(fields_of(&content))
    }

    fn find<'a>(
        &self,
        tx: &'a Tx<'_, Read>,
        ids: &[Uuid],
    ) -> Loading<'a, Vec<Box<dyn StoredRecord>>> {
        let found = sql::find_all::<C>(ids);
        Box::pin(async move {
            let found = tx.load(found).await?;
            Ok(found.into_iter().map(|marked| boxed(marked.record)).collect())
        })
    }

    fn window<'a>(
        &self,
        tx: &'a Tx<'_, Read>,
        days: (NaiveDate, NaiveDate),
    ) -> Loading<'a, Vec<Box<dyn StoredRecord>>> {
        Box::pin(async move {
            let found = tx.load(sql::window::<C>(days)).await?;
            Ok(found.into_iter().map(boxed).collect())
        })
    }

    fn changes<'a>(
        &self,
        tx: &'a Tx<'_, Read>,
        after: i64,
        until: i64,
    ) -> Loading<'a, Vec<ChangedRecord>> {
        Box::pin(async move {
            let changes = tx.load(sql::changes::<C>(after, until)).await?;
            Ok(changes.into_iter().map(ChangedRecord::from).collect())
        })
    }

    fn writer<'a>(
        &self,
        tx: &'a Tx<'_, Write>,
        access: &'a JournalAccess<Write>,
        ids: &'a Ids,
        wanted: Vec<Uuid>,
    ) -> Loading<'a, Box<dyn CollectionWriter>> {
        Box::pin(async move {
            let writer = Writer::<C>::load(tx, access, ids, &wanted).await?;
            let writer: Box<dyn CollectionWriter> = Box::new(writer);
            Ok(writer)
        })
    }

    fn apply<'a>(
        &self,
        tx: &'a Tx<'_, Write>,
        access: &'a JournalAccess<Write>,
        ids: &'a Ids,
        intents: Vec<(Uuid, Intent<Fields>)>,
    ) -> Loading<'a, Vec<Outcome<()>>> {
        Box::pin(async move {
            // What cannot be read is invalid, and keeps its place among the outcomes.
            let mut outcomes = Vec::with_capacity(intents.len());
            let mut read = Vec::with_capacity(intents.len());
            for (id, intent) in intents {
                match intent.try_map(content_of::<C>) {
                    Ok(intent) => {
                        read.push((id, intent));
                        outcomes.push(None);
                    }
                    Err(faults) => outcomes.push(Some(Outcome::Invalid(faults))),
                }
            }
            let applied = apply_changes(tx, access, ids, read).await?;
            let mut applied = applied.into_iter().map(|outcome| outcome.map(|_| ()));
            Ok(outcomes
                .into_iter()
                .filter_map(|refused| refused.or_else(|| applied.next()))
                .collect())
        })
    }
}

impl<C: Record> StoredRecord for Stored<C> {
    fn without_content(&self) -> Stored<()> {
        self.without_content()
    }

    fn fields(&self) -> Fields {
        fields_of(&self.content)
    }

    fn holds_otherwise(&self, sent: &Fields) -> bool {
        holds_otherwise(&self.content, sent)
    }

    fn flat_row(&self) -> Value {
        serde_json::to_value(FlatRow(self)).unwrap_or_default()
    }

    fn notice(&self) -> Option<&'static SafetyNotice> {
        self.content.notice()
    }
}

/// Fields as the content they are; null is nothing given.
fn content_of<C: Record>(mut fields: Fields) -> Result<C, Vec<Fault>> {
    fields.retain(|_, value| !value.is_null());
    read_body(&Value::Object(fields))
}

impl<C: Record> CollectionWriter for Writer<C> {
    fn known(&self, id: Uuid) -> Option<&dyn StoredRecord> {
        self.batch().known(id).map(|record| {
            let record: &dyn StoredRecord = record;
            record
        })
    }

    fn all_known(&self) -> Vec<(Stored<()>, &RowMarks)> {
        let all = self.batch().all_known();
        all.map(|marked| (marked.record.without_content(), &marked.marks)).collect()
    }

    fn foreign_part(&self, id: Uuid) -> Option<Part> {
        self.foreign_part(self.batch().known(id)?)
    }

    fn may_delete(&self, id: Uuid) -> bool {
        self.batch().known(id).is_none_or(|known| self.may_delete(known))
    }

    fn put(
        &mut self,
        revisions: &mut Revisions,
        id: Uuid,
        op: HistoryOp,
        fields: Fields,
        edited: Edited,
    ) -> Result<bool, Vec<Fault>> {
        let content = content_of(fields)?;
        self.put(revisions, id, op, content, edited)
    }

    fn bury(&mut self, revisions: &mut Revisions, id: Uuid) {
        self.batch_mut().bury(revisions, id);
    }

    fn touch(&mut self, revisions: &mut Revisions, id: Uuid) {
        self.batch_mut().touch(revisions, id);
    }

    fn keep_superseded(&mut self, id: Uuid, values: Fields, edited: Edited) {
        self.batch_mut().keep_superseded(id, values, edited);
    }

    fn last_line(&self) -> Option<&HistoryRow> {
        self.batch().last_line()
    }

    fn statements(&self) -> Vec<Statement<Write>> {
        self.statements()
    }
}
