//! A record as its reader sees it: its owner whole, with the version; a practitioner what the share opens,
//! with a tag of just that. What a practitioner sends back is read by the same members.

use super::record::Record;
use super::stored::{Stored, frame, made_part, whole, write_rest};
use crate::access::{JournalAccess, Patient, Recording, Shared};
use crate::http::{Documented, Resource, ShareTags};
use crate::sections::Sections;
use crate::time::format_utc;
use crate::wire::{At, Components, Faults, Object, Wire};
use chrono::{DateTime, Utc};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use uuid::Uuid;

/// How records are shown to those who have this permission, and what they send back.
pub(super) trait Sees {
    /// A record as it is read.
    type Read<C: Record>: Seen;
    /// What is sent of one.
    type Sent<C: Record>: Resource + Holds<C> + 'static;

    /// Shows a record to who entered the journal.
    fn see<C: Record, L>(record: Stored<C>, journal: &JournalAccess<L>) -> Self::Read<C>;
}

/// A record that somebody sees.
pub(super) trait Seen: Documented + 'static {
    /// Its ETag.
    fn etag(&self) -> String;
}

/// What holds the content of a record.
pub(super) trait Holds<C> {
    /// The content.
    fn into_content(self) -> C;
}

impl Sees for Patient {
    type Read<C: Record> = Stored<C>;
    type Sent<C: Record> = C;

    fn see<C: Record, L>(record: Stored<C>, _: &JournalAccess<L>) -> Stored<C> {
        record
    }
}

impl<S> Sees for Shared<S> {
    type Read<C: Record> = SharedRecord<C>;
    type Sent<C: Record> = SentThroughShare<C>;

    fn see<C: Record, L>(record: Stored<C>, journal: &JournalAccess<L>) -> SharedRecord<C> {
        SharedRecord::of(&record, journal.sections(), journal.share_tags())
    }
}

impl<S> Sees for Recording<S> {
    type Read<C: Record> = SharedRecord<C>;
    type Sent<C: Record> = SentThroughShare<C>;

    fn see<C: Record, L>(record: Stored<C>, journal: &JournalAccess<L>) -> SharedRecord<C> {
        Shared::<S>::see(record, journal)
    }
}

impl<C: Record> Seen for Stored<C> {
    fn etag(&self) -> String {
        Self::etag(self)
    }
}

impl<C: Record> Holds<C> for C {
    fn into_content(self) -> C {
        self
    }
}

/// A record as a share shows it. It has no version and no time of its last change, which move with what is
/// closed; all else of it is open, or stays what it was when the record came to be.
#[derive(Debug)]
pub(super) struct SharedRecord<C> {
    id: Uuid,
    etag: String,
    created_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    clinician_id: Option<Uuid>,
    content: C,
}

impl<C: Record> SharedRecord<C> {
    /// The record, through a share that opens these sections.
    pub(super) fn of(record: &Stored<C>, sees: Sections, tags: Option<ShareTags>) -> Self {
        let mut shared = Self {
            id: record.id,
            etag: String::new(),
            created_at: record.created_at,
            received_at: record.received_at,
            clinician_id: record.clinician_id,
            content: record.content.seen_through(sees),
        };
        // A tombstone is another state than the live record with the same values.
        let state: &[u8] = if record.deleted_at.is_some() { b"deleted " } else { b"" };
        // Nothing in a record cannot be written.
        let visible = serde_json::to_vec(&shared).unwrap_or_default();
        shared.etag = tags.map(|tags| tags.of(&[state, &visible].concat())).unwrap_or_default();
        shared
    }

    /// The tag of what is visible, without quotes.
    pub(super) fn tag(&self) -> &str {
        &self.etag
    }
}

impl<C: Record> Seen for SharedRecord<C> {
    fn etag(&self) -> String {
        format!("\"{}\"", self.etag)
    }
}

impl<C: Record> Serialize for SharedRecord<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4 + C::FIELDS.len()))?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("etag", &self.etag)?;
        map.serialize_entry("created_at", &format_utc(self.created_at))?;
        map.serialize_entry("received_at", &format_utc(self.received_at))?;
        write_rest(&mut map, self.clinician_id, &self.content)?;
        map.end()
    }
}

impl<C: Record> Documented for SharedRecord<C> {
    fn document(components: &mut Components) -> RefOr<Schema> {
        let about = "What is told of a record through a share.";
        let frame = made_part(components, "SharedRecordFrame", about, |_| {
            frame().property(
                "etag",
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some(32))
                    .max_length(Some(32))
                    .pattern(Some("^[0-9a-f]{32}$"))
                    .description(Some(
                        "The ETag, for If-Match: another one whenever something that the share opens is another.",
                    )),
            )
        });
        let name = format!("Shared{}", C::SCHEMA);
        whole::<C>(components, (name.as_str(), Some("The record as a share shows it.")), frame)
    }
}

/// What a practitioner sends of a record.
#[derive(Debug)]
pub(super) struct SentThroughShare<C>(C);

impl<C: Record> Holds<C> for SentThroughShare<C> {
    fn into_content(self) -> C {
        self.0
    }
}

impl<C: Record> Wire for SentThroughShare<C> {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        C::read(value, at, faults).map(Self)
    }
    fn schema(components: &mut Components) -> RefOr<Schema> {
        SharedRecord::<C>::document(components)
    }
}

impl<C: Record> Object for SentThroughShare<C> {
    const MEMBERS: &'static [&'static str] = C::MEMBERS;

    fn read_members(object: &Map<String, Value>, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        C::read_members(object, at, faults).map(Self)
    }
}

/// The server's members of every record of a share.
const ALWAYS: [&str; 4] = ["id", "etag", "created_at", "received_at"];
/// The same with what single collections have.
const CLINICIAN: [&str; 5] = ["id", "etag", "created_at", "received_at", "clinician_id"];
const NOTICE: [&str; 5] = ["id", "etag", "created_at", "received_at", "safety_notice"];
const BOTH: [&str; 6] =
    ["id", "etag", "created_at", "received_at", "clinician_id", "safety_notice"];

impl<C: Record> Resource for SentThroughShare<C> {
    type Answer = SharedRecord<C>;
    const MADE: &'static [&'static str] = match (C::WRITERS.has_practitioner(), C::HAS_NOTICE) {
        (false, false) => &ALWAYS,
        (true, false) => &CLINICIAN,
        (false, true) => &NOTICE,
        (true, true) => &BOTH,
    };
}
