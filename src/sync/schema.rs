//! The schemas of the sync wire, made from the collections' definitions.

use crate::collections;
use crate::http::Documented;
use crate::journal::{Collection, clinician, safety_notice};
use crate::wire::{Components, Form};
use serde::Serialize;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOfBuilder, ArrayBuilder, KnownFormat, Object, ObjectBuilder,
    OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};

/// A page of changes. Never made: pages are written as JSON at once.
#[derive(Debug, Serialize)]
pub enum PullAnswer {}

/// The answer to a push. Never made: answers are stored as JSON and written as they are.
#[derive(Debug, Serialize)]
pub enum PushAnswer {}

fn named(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

fn timestamp(about: &str) -> Object {
    bare_timestamp().description(Some(about)).build()
}

fn bare_timestamp() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
        .maximum(Some(9_007_199_254_740_991_i64))
}

fn count(about: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(0))
        .maximum(Some(5000))
        .description(Some(about))
}

fn text(most: usize, about: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).max_length(Some(most)).description(Some(about))
}

fn nullable(object: ObjectBuilder, of: Type) -> ObjectBuilder {
    object.schema_type(SchemaType::from_iter([of, Type::Null]))
}

/// A value as it travels, without the words and the list of codes that the record in REST has for it.
fn flat(schema: RefOr<Schema>) -> RefOr<Schema> {
    let code = || ObjectBuilder::new().schema_type(Type::String).max_length(Some(40));
    match schema {
        RefOr::Ref(_) => code().into(),
        RefOr::T(Schema::OneOf(_)) => nullable(code(), Type::String).into(),
        RefOr::T(Schema::Object(mut object)) => {
            object.description = None;
            RefOr::T(Schema::Object(object))
        }
        other @ RefOr::T(_) => other,
    }
}

/// A moment in a row. Each row has several of them: they are said once.
fn millis(components: &mut Components) -> RefOr<Schema> {
    components.named("Milliseconds", |_| Schema::Object(moment().build()))
}

fn millis_or_null(components: &mut Components) -> RefOr<Schema> {
    components
        .named("MillisecondsOrNull", |_| Schema::Object(nullable(moment(), Type::Integer).build()))
}

fn moment() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(-2_208_988_800_000_i64))
        .maximum(Some(9_007_199_254_740_991_i64))
        .description(Some("A moment, in milliseconds since 1970. `created_at` and `updated_at` are by the clock of the device."))
}

/// A record as it travels.
fn row(collection: &dyn Collection, components: &mut Components) -> RefOr<Schema> {
    let definition = collection.definition();
    components.named(&format!("{}Row", definition.schema), |components| {
        let mut object = ObjectBuilder::new()
            .description(Some(format!(
                "{} As a row of sync: its fields are those of {}.",
                definition.about, definition.schema
            )))
            .property("id", id())
            .required("id");
        let schemas = collection.field_schemas(components);
        for (field, (name, plain)) in definition.fields.iter().zip(schemas) {
            let schema: RefOr<Schema> = match field.form {
                Form::Plain => flat(plain),
                Form::Millis if field.required => millis(components),
                Form::Millis => millis_or_null(components),
                Form::Text => {
                    ObjectBuilder::new().schema_type(Type::String).max_length(Some(60_000)).into()
                }
            };
            object = object.property(name, schema).required(name);
        }
        if definition.writers.has_practitioner() {
            object = object.property("clinician_id", clinician()).required("clinician_id");
        }
        for name in ["created_at", "updated_at"] {
            object = object.property(name, millis(components)).required(name);
        }
        Schema::Object(object.build())
    })
}

fn lists(collection: &dyn Collection, components: &mut Components) -> RefOr<Schema> {
    let definition = collection.definition();
    row(collection, components);
    let ids = ids(components, "DeletedIds", 100_000);
    components.named(&format!("{}Changes", definition.schema), |_| {
        let rows = || {
            ArrayBuilder::new()
                .items(named(&format!("{}Row", definition.schema)))
                .max_items(Some(100_000))
        };
        Schema::Object(
            ObjectBuilder::new()
                .description(Some("The changes of one collection."))
                .property("created", rows())
                .required("created")
                .property("updated", rows())
                .required("updated")
                .property("deleted", ids)
                .required("deleted")
                .build(),
        )
    })
}

impl Documented for PullAnswer {
    fn document(components: &mut Components) -> RefOr<Schema> {
        components.named("SyncPage", |components| {
            let mut changes = ObjectBuilder::new()
                .description(Some(
                    "By collection; one without changes is left out. Live records are in `updated`, in the order \
                     of their changes, ids of tombstones in `deleted`; `created` is always empty. Moments are in milliseconds, \
                     lists are JSON text.",
                ));
            for collection in collections::ALL {
                changes = changes.property(collection.name(), lists(collection, components));
            }
            Schema::Object(
                ObjectBuilder::new()
                    .description(Some("What changed since a cursor."))
                    .property("changes", changes)
                    .required("changes")
                    .property("timestamp", timestamp("The cursor for the next pull."))
                    .required("timestamp")
                    .property("has_more", ObjectBuilder::new().schema_type(Type::Boolean)
                        .description(Some("Pull again at once with the new cursor?")))
                    .required("has_more")
                    .property("account", account())
                    .required("account")
                    .property("profile_version", profile())
                    .required("profile_version")
                    .build(),
            )
        })
    }
}

/// The body of a push.
pub(super) fn push_body(components: &mut Components) -> RefOr<Schema> {
    components.named("SyncPush", |components| {
        let mut changes = ObjectBuilder::new()
            .description(Some(
                "By collection; one without changes may be left out. `created` has new records, `updated` changed \
                 ones, `deleted` ids.",
            ))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)));
        for collection in collections::ALL {
            changes = changes.property(collection.name(), pushed(collection, components));
        }
        Schema::Object(
            ObjectBuilder::new()
                .description(Some(
                    "What changed on the device: at most 5000 changes in all. The rules are in the guide to sync \
                     (`/docs/guides/sync`). Beside its fields a row may have `_changed`, the names of the edited \
                     ones, with commas; `_seen`, the timestamp that was pulled before the edit, or `_base`, the \
                     values seen then; and `_undelete`, which brings a deleted record back. For an id in `deleted` an \
                     object is taken, too.",
                ))
                .property("changes", changes)
                .required("changes")
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
                .build(),
        )
    })
}

/// The changes of one collection in a push.
fn pushed(collection: &dyn Collection, components: &mut Components) -> RefOr<Schema> {
    let definition = collection.definition();
    components.named(&format!("{}Push", definition.schema), |components| {
        updated_row(collection, components);
        let created = created_row(collection, components);
        let rows = |of: RefOr<Schema>| ArrayBuilder::new().items(of).max_items(Some(5000));
        let ids = ids(components, "IdsToDelete", 5000);
        let about = if definition.writers.has_patient() {
            "What changed in one collection."
        } else {
            "The changes of one collection. Only practitioners write in it: each record of a push is refused as `read_only`."
        };
        Schema::Object(
            ObjectBuilder::new()
                .description(Some(about))
                .property("created", rows(created))
                .property("updated", rows(named(&format!("{}Updated", definition.schema))))
                .property("deleted", ids)
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
                .build(),
        )
    })
}

/// A row of `updated`: fields that are left out are not touched.
fn updated_row(collection: &dyn Collection, components: &mut Components) -> RefOr<Schema> {
    let definition = collection.definition();
    components.named(&format!("{}Updated", definition.schema), |components| {
        row(collection, components);
        // By name: generators make a class of an inline object, twice where a schema is extended.
        let seen = components.named("SeenValues", |_| {
            Schema::Object(any_object("The values that the device had seen.").build())
        });
        let seen_at = components.named("SeenTimestamp", |_| {
            let at = nullable(bare_timestamp(), Type::Integer);
            Schema::Object(at.description(Some("The timestamp that was pulled before.")).build())
        });
        let mut object = ObjectBuilder::new()
            .description(Some(format!(
                "A row in a push: its fields are those of {}. What is left out is not touched.",
                definition.schema
            )))
            .property("id", id())
            .required("id");
        let Some(row) = components.object(&format!("{}Row", definition.schema)).cloned() else {
            return Schema::Object(object.build());
        };
        for (name, schema) in row.properties.iter().filter(|(name, _)| *name != "id") {
            object = object.property(name, undescribed(components, schema.clone()));
        }
        object = object
            .property(
                "_changed",
                nullable(ObjectBuilder::new().max_length(Some(2000)), Type::String),
            )
            .property("_base", seen)
            .property("_seen", seen_at)
            .property("_undelete", nullable(ObjectBuilder::new(), Type::Boolean));
        Schema::Object(object.build())
    })
}

/// A row of `created`: the same, with the fields that no record can do without.
fn created_row(collection: &dyn Collection, components: &mut Components) -> RefOr<Schema> {
    let definition = collection.definition();
    let name = format!("{}Created", definition.schema);
    let required = definition.fields.iter().filter(|field| field.required).map(|field| field.name);
    components.needs.insert(name.clone(), std::iter::once("id").chain(required).collect());
    components.named(&name, |_| {
        let row = AllOfBuilder::new().item(named(&format!("{}Updated", definition.schema)));
        Schema::AllOf(row.description(Some("A new record.")).build())
    })
}

/// A field of a row as a push may have it: any may be null, and what it is says the row.
fn undescribed(components: &mut Components, schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        // The only component that a field of a row refers to and that is never null.
        RefOr::Ref(to) if to.ref_location.ends_with("/Milliseconds") => millis_or_null(components),
        RefOr::T(Schema::Object(mut object)) => {
            object.description = None;
            if let SchemaType::Type(plain) = &object.schema_type {
                object.schema_type = SchemaType::from_iter([plain.clone(), Type::Null]);
            }
            RefOr::T(Schema::Object(object))
        }
        other => other,
    }
}

/// Ids of records: each collection has such a list, which is said once.
fn ids(components: &mut Components, name: &str, most: usize) -> RefOr<Schema> {
    components.named(name, |_| {
        let ids = ArrayBuilder::new().items(id()).max_items(Some(most));
        Schema::Array(ids.description(Some("Ids of records.")).build())
    })
}

/// Whose journal it is.
fn account() -> ObjectBuilder {
    id().description(Some("Whose journal it is: the caller's."))
}

/// The version of the patient's profile.
fn profile() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1))
        .maximum(Some(9_007_199_254_740_991_i64))
        .description(Some("The version of the profile: is it another than yours, read `/v1/me`."))
}

fn id() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

/// The changes of a line of history: any field, with what it was and what it became.
pub(super) fn changed_fields() -> Object {
    any_object("`{field: {from, to}}`, in the values of the sync wire.").build()
}

fn any_object(about: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .description(Some(about))
}

/// A record that was not accepted.
fn rejected(components: &mut Components) {
    fault(components);
    components.named("RejectedChange", |_| {
        Schema::Object(
            ObjectBuilder::new()
                .description(Some("A record that was not accepted; it is kept in the quarantine."))
                .property("collection", text(64, "Its collection."))
                .required("collection")
                .property("id", text(64, "Its id, as sent."))
                .required("id")
                .property(
                    "code",
                    text(
                        40,
                        "`invalid_id`, `invalid_value`, `unknown_field`, `too_large`, \
                         `malformed`, `quarantine_full` or `read_only`.",
                    ),
                )
                .required("code")
                .property("field", nullable(text(64, "The field at fault."), Type::String))
                .required("field")
                .property(
                    "faults",
                    ArrayBuilder::new()
                        .items(named("RecordFault"))
                        .max_items(Some(100))
                        .description(Some("All of its faults, the first one too.")),
                )
                .required("faults")
                .build(),
        )
    });
}

/// One thing wrong with a record.
fn fault(components: &mut Components) {
    components.named("RecordFault", |_| {
        Schema::Object(
            ObjectBuilder::new()
                .description(Some("One thing wrong with a record."))
                .property("code", text(40, "Why."))
                .required("code")
                .property("field", nullable(text(64, "The field at fault."), Type::String))
                .required("field")
                .build(),
        )
    });
}

/// A record whose id was sent in capitals.
fn renamed(components: &mut Components) {
    components.named("RenamedRecord", |_| {
        Schema::Object(
            ObjectBuilder::new()
                .description(Some("A record whose id is kept in another spelling."))
                .property("collection", text(64, "Its collection."))
                .required("collection")
                .property("sent", text(64, "Its id, as sent."))
                .required("sent")
                .property("kept", text(64, "Its id, as it is kept and answered."))
                .required("kept")
                .build(),
        )
    });
}

impl Documented for PushAnswer {
    fn document(components: &mut Components) -> RefOr<Schema> {
        components.named("SyncResult", |components| {
            let null = || ObjectBuilder::new().schema_type(Type::Null);
            let record =
                OneOfBuilder::new().item(any_object("The record as it stands.")).item(null());
            components.named("SyncedRecord", |_| {
                Schema::Object(
                    ObjectBuilder::new()
                        .description(Some("A record that stands otherwise than it was sent."))
                        .property("collection", text(64, "Its collection."))
                        .required("collection")
                        .property("id", text(64, "Its id."))
                        .required("id")
                        .property(
                            "result",
                            text(20, "`merged`, `conflict`, `resurrected`, `kept` or `deleted`."),
                        )
                        .required("result")
                        .property("timestamp", timestamp("Of its last change."))
                        .required("timestamp")
                        .property("record", record)
                        .required("record")
                        .property(
                            "conflicts",
                            any_object("By field: what stands, what does not, and from where."),
                        )
                        .required("conflicts")
                        .build(),
                )
            });
            rejected(components);
            renamed(components);
            let many = |name: &str, about: &str| {
                ArrayBuilder::new()
                    .items(named(name))
                    .max_items(Some(5000))
                    .description(Some(about))
            };
            Schema::Object(
                ObjectBuilder::new()
                    .description(Some("What became of a push."))
                    .property("timestamp", timestamp("Where the journal stands; informational."))
                    .required("timestamp")
                    .property("account", account())
                    .required("account")
                    .property("accepted", count("Changes that were written."))
                    .required("accepted")
                    .property("unchanged", count("Changes that changed nothing."))
                    .required("unchanged")
                    .property(
                        "records",
                        many("SyncedRecord", "Records that stand otherwise than they were sent."),
                    )
                    .required("records")
                    .property("rejected", many("RejectedChange", "Records that were not accepted."))
                    .required("rejected")
                    .property(
                        "renamed",
                        many("RenamedRecord", "Records whose id is kept in another spelling."),
                    )
                    .required("renamed")
                    .property(
                        "experimentalRejectedIds",
                        any_object("By collection, for WatermelonDB; only when there are any."),
                    )
                    .property(
                        "missing_base",
                        any_object(
                            "By collection, changed or deleted records with neither `_base` nor `_seen`.",
                        ),
                    )
                    .required("missing_base")
                    .property("safety_notice", safety_notice(components))
                    .required("safety_notice")
                    .build(),
            )
        })
    }
}
