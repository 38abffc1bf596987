//! One definition per collection: what [`collection!`] makes of it.

use super::definition::{CollectionDefinition, FieldInfo, Part, Writers};
use super::notice::SafetyNotice;
use super::texts::Texts;
use crate::db::{Columns, Parameters};
use crate::sections::Sections;
use crate::time::DayStarts;
use crate::wire::{Components, Faults, Object};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};

/// A collection's content: what the client writes, as a typed struct. [`collection!`] implements
/// everything here; the rules that are the collection's own are [`Rules`].
pub trait Record: Rules + Object + Serialize + Clone + PartialEq + Send + 'static {
    /// The name of the schema, in the singular: `JournalEntry`.
    const SCHEMA: &'static str;
    /// The schema's name in the plural, for operation ids: `JournalEntries`.
    const PLURAL: &'static str;
    /// The collection's name, also its table: `journal_entries`.
    const COLLECTION: &'static str;
    /// The collection's place under `/v1/`: `journal-entries`.
    const PATH: &'static str;
    /// The collection's number in the history; never reused.
    const NUMBER: i16;
    /// What it is, one line.
    const ABOUT: &'static str;
    /// A share that opens one of these shows the record; its policy in the database says the same.
    const SECTIONS: Sections;
    /// Who writes in it.
    const WRITERS: Writers;
    /// What a practitioner does who writes in it, for the access log.
    const RECORDING: &'static str;
    /// Its fields, in the order of the columns.
    const FIELDS: &'static [FieldInfo];
    /// The definition as a value.
    const DEFINITION: CollectionDefinition = CollectionDefinition {
        name: Self::COLLECTION,
        schema: Self::SCHEMA,
        path: Self::PATH,
        number: Self::NUMBER,
        about: Self::ABOUT,
        sections: Self::SECTIONS,
        writers: Self::WRITERS,
        fields: Self::FIELDS,
    };

    /// A record as a client would write it, for the document.
    fn example() -> Value;
    /// What a practitioner would write beside it.
    fn beside_example() -> Value;
    /// The collection's SQL, made once.
    fn sql() -> &'static Texts;
    /// Reads the content's columns.
    ///
    /// # Errors
    /// When a stored value does not fit its type.
    fn read_columns(columns: &mut Columns<'_>) -> deserialize::Result<Self>;
    /// One array parameter a field.
    fn bind_columns(contents: &[&Self], to: &mut Parameters);
    /// The fields in which `next` differs, as `{"field": {"from": .., "to": ..}}`.
    fn differences(&self, next: &Self) -> Map<String, Value>;
    /// One field's value as the server keeps it: read, checked and written again, so that two
    /// spellings of the same value compare equal. Absent and null are the same.
    fn canonical(field: &str, value: &Value, faults: &mut Faults) -> Option<Value>;
    /// The fields with their schemas as answers have them.
    fn field_schemas(components: &mut Components) -> Vec<(&'static str, RefOr<Schema>)>;
    /// What a share that opens these sections shows of it.
    #[must_use]
    fn seen_through(&self, sees: Sections) -> Self {
        let mut seen = self.clone();
        seen.redact(sees);
        seen.veil(sees);
        seen.withhold();
        seen
    }
    /// The fields of a part that hold something.
    fn filled(&self, part: Part) -> Vec<&'static str>;
    /// The fields of a part in which `other` differs.
    fn differing(&self, other: &Self, part: Part) -> Vec<&'static str>;
    /// Takes the fields of a part from `other`.
    fn take_part(&mut self, other: &Self, part: Part);
    /// Empties every field whose section the reader may not see.
    fn redact(&mut self, sees: Sections);
    /// Takes from `other` every field whose section the author may not see: a document of theirs has nothing
    /// to say about it.
    fn keep_closed(&mut self, other: &Self, sees: Sections);
    /// Empties the notes unless the patient marked the record with `note_shared`: a share that opens
    /// the section alone shows none. Every field of that section is a note but the mark itself.
    fn withhold(&mut self);
    /// Writes the fields as members of a JSON object.
    ///
    /// # Errors
    /// The serializer's.
    fn write_members<S: SerializeMap>(&self, out: &mut S) -> Result<(), S::Error>;
    /// Writes the fields as the flat members of a record on the sync wire.
    ///
    /// # Errors
    /// The serializer's.
    fn write_flat_members<S: SerializeMap>(&self, out: &mut S) -> Result<(), S::Error>;
}

/// What the server knows when it settles a record.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// The server's time.
    pub now: DateTime<Utc>,
    /// When the patient's journal days begin.
    pub day_starts: DayStarts,
}

/// The journal day of a collection's records.
pub trait Dated: Sized {
    /// The journal day of a settled record.
    fn journal_date(&self) -> Option<NaiveDate>;

    /// Forgets the day the server had settled for a moment that has changed since.
    fn unsettle_day(&mut self, _previous: &Self, _context: &Context) {}
}

/// The rules of a collection that reach across fields. Pure.
pub trait Rules: Dated {
    /// Fills in what the client may leave to the server and notes every fault that one field alone
    /// does not show. `previous` is the stored content, where there is one: what the server settled
    /// then stays settled as long as what it was derived from stays.
    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults);

    /// Forgets what the server had settled for a moment that has changed since. For writers that
    /// send single fields: an old day beside a new moment is no claim of theirs.
    fn unsettle(&mut self, previous: &Self, context: &Context) {
        self.unsettle_day(previous, context);
    }

    /// Takes out what a section says beyond the fields that are its own.
    fn veil(&mut self, _sees: Sections) {}

    /// May an answer carry a safety notice?
    const HAS_NOTICE: bool = false;

    /// The fixed text that goes with this record.
    fn notice(&self) -> Option<&'static SafetyNotice> {
        None
    }
}

/// Declares a collection. Each line is a column, a member of the JSON object, a property of the
/// schema and an entry of the history; `=> Section` ties it to a section of a share, `as Clinical`
/// to the practitioner who answers for the record, `as Beside` to what practitioners say beside the patient.
macro_rules! collection {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            plural: $plural:literal, table: $table:literal, path: $path:literal, number: $number:literal,
            sections: [$($base:ident),*], writers: $writers:ident,
            example: { $($example:tt)* },
            $(beside: { $($beside:tt)* },)?
            fields: { $( $(#[doc = $fdoc:literal])*
                $field:ident : $ty:ty $(=> $section:ident)? $(as $part:ident)? ),+ $(,)? }
        }
    ) => {
        $crate::wire::wire! {
            $(#[doc = $doc])*
            pub struct $name { $( $(#[doc = $fdoc])* $field: $ty ),+ }
        }

        impl $crate::journal::Record for $name {
            const SCHEMA: &'static str = stringify!($name);
            const PLURAL: &'static str = $plural;
            const COLLECTION: &'static str = $table;
            const PATH: &'static str = $path;
            const NUMBER: i16 = $number;
            const ABOUT: &'static str = $crate::journal::first_line(concat!($($doc, "\n"),*));
            const SECTIONS: $crate::sections::Sections =
                $crate::sections::Sections::of(&[$($crate::sections::Section::$base),*]);
            const WRITERS: $crate::journal::Writers = $crate::journal::Writers::$writers;
            const RECORDING: &'static str = concat!("record_", $table);
            const FIELDS: &'static [$crate::journal::FieldInfo] = &[$(
                $crate::journal::FieldInfo {
                    name: stringify!($field),
                    section: $crate::journal::section_of!($($section)?),
                    wire: <$ty as $crate::db::Column>::WIRE,
                    cast: <$ty as $crate::db::Column>::CAST,
                    form: <$ty as $crate::wire::Wire>::FORM,
                    required: !<$ty as $crate::wire::Wire>::OPTIONAL,
                    nullable: <$ty as $crate::wire::Wire>::NULLABLE,
                    part: $crate::journal::part_of!($($part)?),
                }
            ),+];

            fn example() -> serde_json::Value {
                serde_json::json!({ $($example)* })
            }
            fn beside_example() -> serde_json::Value {
                serde_json::json!({ $($($beside)*)? })
            }
            fn sql() -> &'static $crate::journal::Texts {
                static TEXTS: std::sync::LazyLock<$crate::journal::Texts> =
                    std::sync::LazyLock::new(|| {
                        $crate::journal::Texts::of(&<$name as $crate::journal::Record>::DEFINITION)
                    });
                &TEXTS
            }
            fn read_columns(
                columns: &mut $crate::db::Columns<'_>,
            ) -> diesel::deserialize::Result<Self> {
                Ok(Self { $( $field: $crate::db::next(columns)? ),+ })
            }
            fn bind_columns(contents: &[&Self], to: &mut $crate::db::Parameters) {
                $( <$ty as $crate::db::Column>::bind_many(
                    contents.iter().map(|content| Some(&content.$field)), to); )+
            }
            fn differences(&self, next: &Self) -> serde_json::Map<String, serde_json::Value> {
                let mut changes = serde_json::Map::new();
                $( if self.$field != next.$field {
                    changes.insert(stringify!($field).to_owned(),
                        serde_json::json!({"from": self.$field, "to": next.$field}));
                } )+
                changes
            }
            fn canonical(
                field: &str,
                value: &serde_json::Value,
                faults: &mut $crate::wire::Faults,
            ) -> Option<serde_json::Value> {
                let root = $crate::wire::At::root();
                let at = root.key(field);
                match field {
                    $( stringify!($field) => {
                        let read = match value {
                            serde_json::Value::Null => <$ty as $crate::wire::Wire>::absent(&at, faults),
                            value => <$ty as $crate::wire::Wire>::read(value, &at, faults),
                        };
                        serde_json::to_value(read?).ok()
                    } )+
                    _ => {
                        faults.add(&at, "unknown_field", "This field does not exist.");
                        None
                    }
                }
            }
            fn field_schemas(
                components: &mut $crate::wire::Components,
            ) -> Vec<(&'static str, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
                vec![$( (
                    stringify!($field),
                    $crate::wire::member_schema::<$ty>(
                        components,
                        <$ty as $crate::wire::Wire>::NULLABLE,
                        concat!($($fdoc, "\n"),*)),
                ) ),+]
            }
            fn filled(&self, part: $crate::journal::Part) -> Vec<&'static str> {
                let mut filled = Vec::new();
                $( if part == $crate::journal::part_of!($($part)?)
                    && $crate::journal::holds_something(&self.$field)
                {
                    filled.push(stringify!($field));
                } )+
                filled
            }
            fn differing(&self, other: &Self, part: $crate::journal::Part) -> Vec<&'static str> {
                let mut differing = Vec::new();
                $( if part == $crate::journal::part_of!($($part)?) && self.$field != other.$field {
                    differing.push(stringify!($field));
                } )+
                differing
            }
            fn take_part(&mut self, other: &Self, part: $crate::journal::Part) {
                $( if part == $crate::journal::part_of!($($part)?) {
                    self.$field.clone_from(&other.$field);
                } )+
            }
            fn redact(&mut self, sees: $crate::sections::Sections) {
                $($( if !sees.contains($crate::sections::Section::$section) {
                    self.$field = Default::default();
                } )?)+
                let _ = sees;
            }
            fn keep_closed(&mut self, other: &Self, sees: $crate::sections::Sections) {
                $($( if !sees.contains($crate::sections::Section::$section) {
                    self.$field.clone_from(&other.$field);
                } )?)+
                let _ = (other, sees);
            }
            fn withhold(&mut self) {
                let mut marked = false;
                $( if stringify!($field) == $crate::journal::MARK {
                    marked = $crate::journal::is_true(&self.$field);
                } )+
                if !marked {
                    $($( if matches!($crate::sections::Section::$section, $crate::sections::Section::Notes)
                        && stringify!($field) != $crate::journal::MARK
                    {
                        self.$field = Default::default();
                    } )?)+
                }
            }
            fn write_members<S: serde::ser::SerializeMap>(&self, out: &mut S) -> Result<(), S::Error> {
                $( out.serialize_entry(stringify!($field), &self.$field)?; )+
                Ok(())
            }
            fn write_flat_members<S: serde::ser::SerializeMap>(
                &self,
                out: &mut S,
            ) -> Result<(), S::Error> {
                $( $crate::wire::write_flat(out, stringify!($field), &self.$field)?; )+
                Ok(())
            }
        }
    };
}
pub(crate) use collection;

/// `Some(section)` or `None`, for [`collection!`].
macro_rules! section_of {
    () => {
        None
    };
    ($section:ident) => {
        Some($crate::sections::Section::$section)
    };
}
pub(crate) use section_of;

/// The part of a field, for [`collection!`]: the patient's own unless it says otherwise.
macro_rules! part_of {
    () => {
        $crate::journal::Part::Own
    };
    ($part:ident) => {
        $crate::journal::Part::$part
    };
}
pub(crate) use part_of;

/// A record's fields by name, as REST has them and the history keeps them.
pub type Fields = Map<String, Value>;

/// The field with which every collection names the journal day of its records.
pub const JOURNAL_DATE: &str = "journal_date";

/// The name of a field of `C`, for those who must name one: one that it does not have is no program.
pub const fn field<C: Record>(name: &'static str) -> &'static str {
    let mut at = 0;
    while at < C::FIELDS.len() {
        if is_same(C::FIELDS[at].name.as_bytes(), name.as_bytes()) {
            return C::FIELDS[at].name;
        }
        at += 1;
    }
    panic!("the collection has no field of this name")
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The field with which a patient shares the notes of a record.
pub const MARK: &str = "note_shared";

/// Is a field's value `true`?
pub fn is_true(value: &impl Serialize) -> bool {
    serde_json::to_value(value).is_ok_and(|value| value == Value::Bool(true))
}

/// Is a field's value more than null or an empty list?
pub fn holds_something(value: &impl Serialize) -> bool {
    serde_json::to_value(value).is_ok_and(|value| !is_blank(&value))
}

/// Is it null or an empty list? Neither has been filled in.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// A record's content by field.
pub(crate) fn fields_of<C: Record>(content: &C) -> Fields {
    match serde_json::to_value(content) {
        Ok(Value::Object(fields)) => fields,
        _ => Fields::new(),
    }
}

/// The first line of a doc comment.
pub const fn first_line(text: &str) -> &str {
    let bytes = text.trim_ascii_start().as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b'\n' {
        end += 1;
    }
    text.trim_ascii_start().split_at(end).0
}
