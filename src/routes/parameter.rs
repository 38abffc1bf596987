//! The parameters of operations: in the query, in headers, in the path.

use super::document::{SharedParts, pascal};
use crate::http::{MOST_ITEMS, PageRequest};
use serde_json::{Value, json};

/// A query or header parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub(super) place: &'static str,
    name: &'static str,
    required: bool,
    description: &'static str,
    schema: Value,
    component: Option<&'static str>,
}

impl Parameter {
    /// An optional query parameter with this JSON schema.
    pub const fn query(name: &'static str, description: &'static str, schema: Value) -> Self {
        Self { place: "query", name, required: false, description, schema, component: None }
    }
    /// The same parameter, without which the request is refused.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// An optional calendar date.
    pub fn date(name: &'static str, description: &'static str) -> Self {
        Self::query(name, description, json!({"type": "string", "format": "date"}))
    }
    /// A header.
    pub fn header(name: &'static str, description: &'static str, pattern: &'static str) -> Self {
        Self::long_header(name, description, pattern, 40)
    }
    /// A header of up to `most` characters.
    pub fn long_header(
        name: &'static str,
        description: &'static str,
        pattern: &'static str,
        most: usize,
    ) -> Self {
        let schema = json!({"type": "string", "pattern": pattern, "maxLength": most});
        Self { place: "header", name, required: false, description, schema, component: None }
    }
    /// A header with ETags as they were given, by the server or by a proxy in front of it.
    fn etags(name: &'static str, description: &'static str) -> Self {
        let schema = json!({"type": "string", "maxLength": 1000});
        Self { place: "header", name, required: false, description, schema, component: None }
    }
    /// The version that a reader has, for an answer that may be 304.
    pub fn if_none_match() -> Self {
        Self::etags("If-None-Match", "The ETag of what you have.")
    }
    /// That a record must be new.
    pub fn if_absent() -> Self {
        Self::header("If-None-Match", "`*` to create.", "^\\*$").called("IfAbsent")
    }
    /// The version that is replaced.
    pub fn if_match() -> Self {
        Self::etags("If-Match", "The ETag of the version to replace.")
    }
    /// The version that is deleted.
    pub fn if_match_or_any() -> Self {
        let description = "The ETag of the version to delete, or `*`.";
        Self::etags("If-Match", description).called("IfMatchOrAny")
    }
    /// Calls it otherwise among the document's components, where its own name means another one.
    #[must_use]
    pub const fn called(mut self, component: &'static str) -> Self {
        self.component = Some(component);
        self
    }

    /// Those of a list in pages, as [`PageRequest`] reads them.
    pub fn of_page() -> [Self; 2] {
        let [limit, cursor] = PageRequest::PARAMETERS;
        [
            Self::query(
                limit,
                "Items a page, 50 unless you ask otherwise.",
                json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": MOST_ITEMS}),
            ),
            Self::query(
                cursor,
                "`next_cursor` of the page before.",
                json!({"type": "string", "maxLength": 200}),
            ),
        ]
    }

    pub(super) fn refer(&self, shared: &mut SharedParts) -> Value {
        let name = self.component.map_or_else(|| pascal(self.name), str::to_owned);
        shared.parameter(
            &name,
            json!({"name": self.name, "in": self.place, "required": self.required,
                   "description": self.description, "schema": self.schema}),
        )
    }
}

/// Those that the address of an operation names.
pub(super) fn path_parameters(path: &str) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let known = names.filter_map(|name| {
        let code = || json!({"type": "string", "maxLength": 40});
        let id = || json!({"type": "string", "format": "uuid"});
        let (name, description, schema) = match name {
            "share_id" => ("share_id", "The share through which the journal is read.", id()),
            "code" => ("code", "The code, as the list names it.", code()),
            "collection" => ("collection", "The collection's name.", code()),
            "id" => ("id", "The id, as the record or the list has it.", id()),
            _ => return None,
        };
        let parameter = Parameter::query(name, description, schema);
        Some(Parameter { place: "path", required: true, ..parameter })
    });
    known.collect()
}
