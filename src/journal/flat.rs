//! Records for those who do not know their type, and as rows of the sync wire: flat values, and the client's
//! own times in milliseconds.

use super::definition::FieldInfo;
use super::notice::SafetyNotice;
use super::record::{Fields, Record, fields_of};
use super::stored::Stored;
use crate::db::{Columns, Row};
use diesel::deserialize;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::marker::PhantomData;
use uuid::Uuid;

/// A record as it travels.
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

/// A record of a range of revisions, as a page of changes has it.
#[derive(Debug)]
pub struct ChangedRecord {
    /// Its revision.
    pub rev: i64,
    form: ChangedForm,
}

#[derive(Debug)]
enum ChangedForm {
    /// The JSON of a live record.
    Live(String),
    /// The id of a tombstone.
    Tombstone(Uuid),
}

impl ChangedRecord {
    /// A live record, as JSON.
    pub const fn live(rev: i64, json: String) -> Self {
        Self { rev, form: ChangedForm::Live(json) }
    }
    /// A tombstone.
    pub const fn tombstone(rev: i64, id: Uuid) -> Self {
        Self { rev, form: ChangedForm::Tombstone(id) }
    }
    /// The JSON of a live record.
    pub fn json(&self) -> Option<&str> {
        match &self.form {
            ChangedForm::Live(json) => Some(json),
            ChangedForm::Tombstone(_) => None,
        }
    }
    /// The id of a tombstone.
    pub const fn deleted(&self) -> Option<Uuid> {
        match &self.form {
            ChangedForm::Live(_) => None,
            ChangedForm::Tombstone(id) => Some(*id),
        }
    }
    /// How many bytes it takes on the page.
    pub const fn size(&self) -> usize {
        match &self.form {
            ChangedForm::Live(json) => json.len() + 1,
            ChangedForm::Tombstone(_) => 39,
        }
    }
}

/// A [`ChangedRecord`] read from a row of `C`: JSON as soon as the row is there, because a page of
/// records takes several times the memory of its JSON.
pub(super) struct ReadFlat<C>(ChangedRecord, PhantomData<fn() -> C>);

impl<C: Record> Row for ReadFlat<C> {
    fn read(columns: &mut Columns<'_>) -> deserialize::Result<Self> {
        let record = Stored::<C>::read(columns)?;
        let change = match record.deleted_at {
            None => ChangedRecord::live(record.rev, serde_json::to_string(&FlatRow(&record))?),
            Some(_) => ChangedRecord::tombstone(record.rev, record.id),
        };
        Ok(Self(change, PhantomData))
    }
}

impl<C> From<ReadFlat<C>> for ChangedRecord {
    fn from(read: ReadFlat<C>) -> Self {
        read.0
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

impl<C: Record> StoredRecord for Stored<C> {
    fn without_content(&self) -> Stored<()> {
        self.without_content()
    }

    fn fields(&self) -> Fields {
        fields_of(&self.content)
    }

    fn holds_otherwise(&self, sent: &Fields) -> bool {
        let mut comparing = Comparing { sent, fields: C::FIELDS.iter(), differs: false };
        // It only compares: there is nothing to fail.
        self.content.write_members(&mut comparing).is_err() || comparing.differs
    }

    fn flat_row(&self) -> Value {
        serde_json::to_value(FlatRow(self)).unwrap_or_default()
    }

    fn notice(&self) -> Option<&'static SafetyNotice> {
        self.content.notice()
    }
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
