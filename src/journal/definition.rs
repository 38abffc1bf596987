//! What a collection is: its names, its fields, and who writes in it.

use crate::sections::{Section, Sections};
use crate::wire::Form;

/// Who fills a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The patient, always.
    Own,
    /// Whoever answers for the record: a practitioner, where one does, else the patient.
    Clinical,
    /// Practitioners, always: what they say beside the patient's words. In a collection that has such
    /// fields a record of the patient's stays the patient's: its other fields are no practitioner's.
    Beside,
}

/// Who writes in a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// The patient alone.
    Patient,
    /// The patient, and practitioners through a share that allows it.
    Both,
    /// Practitioners alone.
    Practitioner,
}

impl Writers {
    /// May the patient make and change records?
    pub const fn has_patient(self) -> bool {
        matches!(self, Self::Patient | Self::Both)
    }
    /// May practitioners?
    pub const fn has_practitioner(self) -> bool {
        matches!(self, Self::Both | Self::Practitioner)
    }
}

/// A field of a collection.
#[derive(Debug, Clone, Copy)]
pub struct FieldInfo {
    /// Its name on the wire and in the table.
    pub name: &'static str,
    /// The section it belongs to; without one it is seen by whoever sees the record.
    pub section: Option<Section>,
    /// The element type of the array that carries it into the table.
    pub wire: &'static str,
    /// The cast from there to the column.
    pub cast: &'static str,
    /// How it travels on the sync wire.
    pub form: Form,
    /// Must it be given?
    pub required: bool,
    /// May it be null in an answer?
    pub nullable: bool,
    /// Who fills it.
    pub part: Part,
}

/// A collection, as [`collection!`](macro@super::collection) declares it.
#[derive(Debug, Clone, Copy)]
pub struct CollectionDefinition {
    /// The collection's name, also its table: `journal_entries`.
    pub name: &'static str,
    /// The name of the schema, in the singular: `JournalEntry`.
    pub schema: &'static str,
    /// The collection's place under `/v1/`: `journal-entries`.
    pub path: &'static str,
    /// The collection's number in the history; never reused.
    pub number: i16,
    /// What it is, one line.
    pub about: &'static str,
    /// A share that opens one of these shows the record; its policy in the database says the same.
    pub sections: Sections,
    /// Who writes in it.
    pub writers: Writers,
    /// Its fields, in the order of the columns.
    pub fields: &'static [FieldInfo],
}

impl CollectionDefinition {
    /// Does a practitioner write beside the patient's words, instead of in their place?
    pub fn keeps_words(&self) -> bool {
        self.fields.iter().any(|field| field.part == Part::Beside)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static FieldInfo> {
        self.fields.iter().find(|field| field.name == name)
    }
}
