//! What bodies are made of: types that read themselves from JSON, name every fault with a pointer,
//! and describe themselves in the OpenAPI document.

mod components;
mod decimal;
pub mod json;
mod moment;
mod names;
pub mod number;
mod object;
mod scalars;
pub mod unseen;
mod vocabulary;

pub use components::Components;
pub use decimal::Decimal;
pub use moment::parse_moment;
pub use names::{Email, parse_uuid};
pub(crate) use object::wire;
pub use scalars::{Code, Items, Json, Settled, Text, Whole};
pub use vocabulary::{Term, Vocabulary, name as vocabulary_name, schema as vocabulary_schema};
pub(crate) use vocabulary::{label, schema_name, vocabulary};

use serde::Serialize;
use serde::ser::{Error as _, SerializeMap};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

/// At most this many faults are listed in one answer.
const MOST_FAULTS: usize = 100;

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Stable machine name of the rule.
    pub code: &'static str,
    /// What to do about it, in English. Never an echo of the value.
    pub detail: String,
    /// Where in the body, as an RFC 6901 pointer in fragment form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The parameter's name, where it is not the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// `query`, `path` or `header`, beside `parameter`.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub place: Option<&'static str>,
}

/// The faults found in one body, all in one pass.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a fault at `at`.
    pub fn add(&mut self, at: &At<'_>, code: &'static str, detail: impl Into<String>) {
        if self.0.len() < MOST_FAULTS {
            let pointer = Some(at.pointer());
            self.0.push(Fault {
                code,
                detail: detail.into(),
                pointer,
                parameter: None,
                place: None,
            });
        }
    }

    /// Notes a fault of a top-level field, by name.
    pub fn field(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        self.add(&At::root().key(name), code, detail);
    }

    /// Notes a fault of a query, path or header parameter.
    pub fn parameter(
        &mut self,
        place: &'static str,
        name: &str,
        code: &'static str,
        detail: impl Into<String>,
    ) {
        if self.0.len() < MOST_FAULTS {
            let parameter = Some(name.chars().take(64).collect());
            let place = Some(place);
            self.0.push(Fault { code, detail: detail.into(), pointer: None, parameter, place });
        }
    }

    /// Nothing wrong so far?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults in the order found.
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}

/// A place in a body, kept as a chain so that the good path allocates nothing.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The whole body.
    pub const fn root() -> At<'static> {
        At { parent: None, step: Step::Root }
    }
    /// A member of this object.
    #[must_use]
    pub const fn key(&'a self, name: &'a str) -> At<'a> {
        At { parent: Some(self), step: Step::Key(name) }
    }
    /// An item of this array.
    #[must_use]
    pub const fn index(&'a self, index: usize) -> At<'a> {
        At { parent: Some(self), step: Step::Index(index) }
    }

    fn pointer(&self) -> String {
        let mut text = self.parent.map_or_else(|| "#".to_owned(), At::pointer);
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                text.push('/');
                for c in key.chars().take(64) {
                    match c {
                        '~' => text.push_str("~0"),
                        '/' => text.push_str("~1"),
                        c if c.is_ascii_alphanumeric() || "-._".contains(c) => text.push(c),
                        c => {
                            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                                let _ = write!(text, "%{byte:02X}");
                            }
                        }
                    }
                }
            }
            Step::Index(index) => {
                let _ = write!(text, "/{index}");
            }
        }
        text
    }
}

/// How a field travels on the sync wire, which knows only strings, numbers, booleans and null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As in REST.
    Plain,
    /// An instant, as whole milliseconds since 1970.
    Millis,
    /// A list, as JSON text.
    Text,
}

impl Form {
    /// A REST value as it travels in sync.
    pub fn to_wire(self, value: &Value) -> Value {
        match (self, value) {
            (Self::Millis, Value::String(text)) => {
                parse_moment(text).map_or(Value::Null, |time| time.timestamp_millis().into())
            }
            (Self::Text, Value::Null) => Value::String("[]".into()),
            (Self::Text, list) => Value::String(list.to_string()),
            (_, value) => value.clone(),
        }
    }
}

/// A type that can be (part of) a request body.
pub trait Wire: Sized {
    /// Reads a value; notes every fault and answers `None` when there was one.
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self>;

    /// What an absent or null member means; for most types it is a fault.
    fn absent(at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        faults.add(at, "required", "This field is required.");
        None
    }

    /// A stand-in after a fault in an optional member, so that further rules can still be checked.
    fn stand_in() -> Option<Self> {
        None
    }

    /// May the member be left out of a request, or be null there, which means the same?
    const OPTIONAL: bool = false;
    /// May the member be null in an answer?
    const NULLABLE: bool = false;
    /// How it travels on the sync wire.
    const FORM: Form = Form::Plain;

    /// The schema of a value that is present, the same for reading and writing.
    fn schema(components: &mut Components) -> RefOr<Schema>;
}

/// A type that is an object.
pub trait Object: Wire {
    /// The members that clients write.
    const MEMBERS: &'static [&'static str];

    /// Reads those members; what else the object has is the caller's.
    fn read_members(object: &Map<String, Value>, at: &At<'_>, faults: &mut Faults) -> Option<Self>;
}

/// The object of a value; notes the fault of another one.
pub fn object_of<'a>(
    value: &'a Value,
    at: &At<'_>,
    faults: &mut Faults,
) -> Option<&'a Map<String, Value>> {
    if value.as_object().is_none() {
        faults.add(at, "wrong_type", "Must be an object.");
    }
    value.as_object()
}

/// Notes every member that is in none of the lists.
pub fn refuse_unknown(
    object: &Map<String, Value>,
    known: &[&[&str]],
    at: &At<'_>,
    faults: &mut Faults,
) {
    for name in object.keys() {
        if !known.iter().any(|names| names.contains(&name.as_str())) {
            faults.add(&at.key(name), "unknown_field", "This field does not exist.");
        }
    }
}

/// Writes a member in the form of the sync wire.
///
/// # Errors
/// The serializer's.
pub fn write_flat<T: Wire + Serialize, S: SerializeMap>(
    out: &mut S,
    name: &'static str,
    value: &T,
) -> Result<(), S::Error> {
    if T::FORM == Form::Plain {
        return out.serialize_entry(name, value);
    }
    let value = serde_json::to_value(value).map_err(S::Error::custom)?;
    out.serialize_entry(name, &T::FORM.to_wire(&value))
}

/// Reads a whole body.
///
/// # Errors
/// Every fault found.
pub fn read_body<T: Wire>(value: &Value) -> Result<T, Vec<Fault>> {
    let mut faults = Faults::default();
    let read = T::read(value, &At::root(), &mut faults);
    match read {
        Some(body) if faults.is_empty() => Ok(body),
        _ => Err(faults.into_vec()),
    }
}

/// The schema of a member, described. In a schema for reading and writing, nullable is what may be left
/// out: generated clients send null for what is not set.
pub fn member_schema<T: Wire>(
    components: &mut Components,
    nullable: bool,
    description: &str,
) -> RefOr<Schema> {
    let description = description.trim();
    match T::schema(components) {
        RefOr::T(Schema::Object(mut object)) => {
            if nullable && let SchemaType::Type(plain) = &object.schema_type {
                object.schema_type = SchemaType::from_iter([plain.clone(), Type::Null]);
            }
            object.description = Some(join(description, object.description.as_deref()));
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            if nullable && let SchemaType::Type(plain) = &array.schema_type {
                array.schema_type = SchemaType::from_iter([plain.clone(), Type::Null]);
            }
            array.description = Some(join(description, array.description.as_deref()));
            RefOr::T(Schema::Array(array))
        }
        RefOr::Ref(mut reference) if !nullable => {
            description.clone_into(&mut reference.description);
            RefOr::Ref(reference)
        }
        other if nullable => RefOr::T(Schema::OneOf(
            utoipa::openapi::schema::OneOfBuilder::new()
                .item(other)
                .item(ObjectBuilder::new().schema_type(Type::Null))
                .description(Some(description))
                .build(),
        )),
        other => other,
    }
}

fn join(field: &str, of_type: Option<&str>) -> String {
    match of_type {
        Some(of_type) if field.is_empty() => of_type.to_owned(),
        Some(of_type) => format!("{field}\n\n{of_type}"),
        None => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_what_rfc_6901_asks_for() {
        let root = At::root();
        let sites = root.key("sites");
        let third = sites.index(2);
        assert_eq!(third.key("a/b~c d").pointer(), "#/sites/2/a~1b~0c%20d");
        assert_eq!(root.pointer(), "#");
    }
}
