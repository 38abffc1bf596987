//! A collection as an object: what can be asked of it and done with its records by those who do not know
//! their type. Sync and imports work with these; records are there what they are on the wire, fields by
//! name.

use super::definition::CollectionDefinition;
use super::flat::{ChangedRecord, StoredRecord};
use super::record::{Fields, Record, fields_of};
use super::stored::Stored;
use super::texts::Texts;
use super::write::{CollectionWriter, Writer};
use super::{http, sql};
use crate::access::{JournalAccess, Read, Write};
use crate::db::{DbError, Tx};
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

    /// Starts writing, under the lock of `access`: looks these records up.
    fn writer<'a>(
        &self,
        tx: &'a Tx<'_, Write>,
        access: &'a JournalAccess<Write>,
        ids: &'a Ids,
        wanted: Vec<Uuid>,
    ) -> Loading<'a, Box<dyn CollectionWriter>>;
}

impl dyn Collection + '_ {
    /// Its name, which is also its table's.
    pub fn name(&self) -> &'static str {
        self.definition().name
    }
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
}
