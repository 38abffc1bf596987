//! A record as the server keeps it, and as it answers with it.

use super::marks::RowMarks;
use super::notice::SafetyNotice;
use super::record::Record;
use crate::db::{Columns, Row, next};
use crate::http::precondition::etag;
use crate::http::{Documented, Resource};
use crate::time::format_utc;
use crate::wire::Components;
use chrono::{DateTime, Utc};
use diesel::deserialize;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{
    AllOfBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};
use uuid::Uuid;

/// A record with what the server keeps beside the content.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<C> {
    /// The client-made id, unique within the journal.
    pub id: Uuid,
    /// The revision of its last change; the version on the wire.
    pub rev: i64,
    /// The revision of its creation.
    pub created_rev: i64,
    /// Since when it is a tombstone.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The account that created it.
    pub author_id: Uuid,
    /// The practitioner who answers for it; none where the patient does.
    pub clinician_id: Option<Uuid>,
    /// The device of its last change.
    pub device_id: Option<Uuid>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the server first held it.
    pub received_at: DateTime<Utc>,
    /// What the client wrote.
    pub content: C,
}

impl<C> Stored<C> {
    /// What the server keeps beside the content.
    pub const fn without_content(&self) -> Stored<()> {
        Stored {
            id: self.id,
            rev: self.rev,
            created_rev: self.created_rev,
            deleted_at: self.deleted_at,
            author_id: self.author_id,
            clinician_id: self.clinician_id,
            device_id: self.device_id,
            created_at: self.created_at,
            updated_at: self.updated_at,
            received_at: self.received_at,
            content: (),
        }
    }
}

impl<C: Record> Stored<C> {
    /// The ETag of its version.
    pub fn etag(&self) -> String {
        etag(self.rev)
    }
}

impl<C: Record> Row for Stored<C> {
    fn read(columns: &mut Columns<'_>) -> deserialize::Result<Self> {
        Ok(Self {
            id: next(columns)?,
            rev: next(columns)?,
            created_rev: next(columns)?,
            deleted_at: next(columns)?,
            author_id: next(columns)?,
            device_id: next(columns)?,
            created_at: next(columns)?,
            updated_at: next(columns)?,
            received_at: next(columns)?,
            clinician_id: if C::WRITERS.has_practitioner() { next(columns)? } else { None },
            content: C::read_columns(columns)?,
        })
    }
}

/// A record on its way to a change, with what its row keeps of its history.
#[derive(Debug, Clone)]
pub(super) struct Marked<C> {
    /// The record.
    pub(super) record: Stored<C>,
    /// What it was changed with.
    pub(super) marks: RowMarks,
}

impl<C: Record> Row for Marked<C> {
    fn read(columns: &mut Columns<'_>) -> deserialize::Result<Self> {
        let record = Stored::read(columns)?;
        let marks: Option<String> = next(columns)?;
        let marks = marks.map(|text| serde_json::from_str(&text)).transpose()?;
        Ok(Self { record, marks: marks.unwrap_or_default() })
    }
}

impl<C: Record> Serialize for Stored<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5 + C::FIELDS.len()))?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("version", &self.rev)?;
        map.serialize_entry("created_at", &format_utc(self.created_at))?;
        map.serialize_entry("updated_at", &format_utc(self.updated_at))?;
        map.serialize_entry("received_at", &format_utc(self.received_at))?;
        write_rest(&mut map, self.clinician_id, &self.content)?;
        map.end()
    }
}

/// Writes what a record has behind the members that the server keeps with every one, whoever reads it.
pub(super) fn write_rest<C: Record, M: SerializeMap>(
    map: &mut M,
    clinician_id: Option<Uuid>,
    content: &C,
) -> Result<(), M::Error> {
    if C::WRITERS.has_practitioner() {
        map.serialize_entry("clinician_id", &clinician_id)?;
    }
    content.write_members(map)?;
    if C::HAS_NOTICE {
        map.serialize_entry("safety_notice", &content.notice())?;
    }
    Ok(())
}

/// The server's members of every record.
const ALWAYS: [&str; 5] = ["id", "version", "created_at", "updated_at", "received_at"];
/// The same with what single collections have.
const CLINICIAN: [&str; 6] =
    ["id", "version", "created_at", "updated_at", "received_at", "clinician_id"];
const NOTICE: [&str; 6] =
    ["id", "version", "created_at", "updated_at", "received_at", "safety_notice"];
const BOTH: [&str; 7] =
    ["id", "version", "created_at", "updated_at", "received_at", "clinician_id", "safety_notice"];

impl<C: Record> Resource for C {
    type Answer = Stored<C>;
    const MADE: &'static [&'static str] = match (C::WRITERS.has_practitioner(), C::HAS_NOTICE) {
        (false, false) => &ALWAYS,
        (true, false) => &CLINICIAN,
        (false, true) => &NOTICE,
        (true, true) => &BOTH,
    };
}

impl<C: Record> Documented for Stored<C> {
    fn document(components: &mut Components) -> RefOr<Schema> {
        let frame =
            made_part(components, "RecordFrame", "What the server keeps with a record.", |_| {
                frame()
                    .property(
                        "version",
                        ObjectBuilder::new()
                            .schema_type(Type::Integer)
                            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
                            .minimum(Some(1))
                            .maximum(Some(9_007_199_254_740_991_i64))
                            .description(Some("Rises with every change; the ETag is made of it.")),
                    )
                    .property("updated_at", time("When it was last changed."))
            });
        whole::<C>(components, (C::SCHEMA, None), frame)
    }
}

/// The members that every record is shown with, whoever reads it.
pub(super) fn frame() -> ObjectBuilder {
    ObjectBuilder::new()
        .property(
            "id",
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                .description(Some("The client-made id.")),
        )
        .property("created_at", time("When the record was created."))
        .property("received_at", time("When the server first held it."))
}

/// A moment that the server notes.
fn time(about: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some(about))
}

/// The schema of a record under this name: its fields, which are the same whoever reads it, the frame that
/// its reader is shown, and what the server adds to single collections.
pub(super) fn whole<C: Record>(
    components: &mut Components,
    (name, about): (&str, Option<&str>),
    frame: RefOr<Schema>,
) -> RefOr<Schema> {
    if let Some(RefOr::T(Schema::AllOf(_))) = components.schemas.get(name) {
        return RefOr::Ref(Ref::from_schema_name(name));
    }
    let (fields, words) = fields::<C>(components);
    let about = about.map(str::to_owned).or(words).unwrap_or_else(|| C::ABOUT.to_owned());
    let mut record = AllOfBuilder::new().description(Some(about)).item(fields).item(frame);
    if C::WRITERS.has_practitioner() {
        let about = "Who answers for a record.";
        let part = |_: &mut Components| ObjectBuilder::new().property("clinician_id", clinician());
        record = record.item(made_part(components, "RecordClinician", about, part));
    }
    if C::HAS_NOTICE {
        let about = "The notice that goes with a record.";
        let part = |components: &mut Components| {
            ObjectBuilder::new().property("safety_notice", safety_notice(components))
        };
        record = record.item(made_part(components, "RecordNotice", about, part));
    }
    components.schemas.insert(name.to_owned(), RefOr::T(Schema::AllOf(record.build())));
    RefOr::Ref(Ref::from_schema_name(name))
}

/// What clients write of a record, under a name of its own; and what is said of the record, which goes to
/// the whole of it.
fn fields<C: Record>(components: &mut Components) -> (RefOr<Schema>, Option<String>) {
    let name = format!("{}Fields", C::SCHEMA);
    let mut words = None;
    if !components.schemas.contains_key(&name) {
        C::schema(components);
        if let Some(RefOr::T(Schema::Object(mut written))) = components.schemas.remove(C::SCHEMA) {
            words = written.description.replace(format!("The fields of {}.", C::SCHEMA));
            components.schemas.insert(name.clone(), RefOr::T(Schema::Object(written)));
        }
    }
    (RefOr::Ref(Ref::from_schema_name(name)), words)
}

/// A part of records whose members the server makes.
pub(super) fn made_part(
    components: &mut Components,
    name: &str,
    about: &str,
    part: impl FnOnce(&mut Components) -> ObjectBuilder,
) -> RefOr<Schema> {
    let reference = components.named(name, |components| {
        Schema::Object(part(components).description(Some(about)).build())
    });
    let members = components.object(name).map(|part| part.properties.keys().cloned().collect());
    components.made.insert(name.to_owned(), members.unwrap_or_default());
    reference
}

/// The schema of `safety_notice`.
pub fn safety_notice(components: &mut Components) -> OneOfBuilder {
    SafetyNotice::document(components);
    OneOfBuilder::new()
        .item(Ref::from_schema_name("SafetyNotice"))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some(
            "What to show at once where `red_flags` names any; the same text always.",
        ))
}

/// The schema of `clinician_id`.
pub fn clinician() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .description(Some("The practitioner who answers for it."))
}
