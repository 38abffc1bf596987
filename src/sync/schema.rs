//! The schemas of the sync wire, made from the collections' definitions.

use crate::http::Document;
use crate::journal::{Record, clinician, safety_notice};
use crate::wire::{Components, Form};
use serde::Serialize;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Schema,
    SchemaFormat, SchemaType, Type,
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
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
        .maximum(Some(9_007_199_254_740_991_i64))
        .description(Some(about))
        .build()
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

/// A record as it travels.
fn row<C: Record>(components: &mut Components) -> RefOr<Schema> {
    components.named(&format!("{}Row", C::SCHEMA), |components| {
        let mut object = ObjectBuilder::new()
            .description(Some(format!("{} On the sync wire every value is flat.", C::ABOUT)))
            .property(
                "id",
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                    .description(Some("The client-made id.")),
            )
            .required("id");
        let schemas = C::field_schemas(components);
        for (field, (name, plain)) in C::FIELDS.iter().zip(schemas) {
            let schema: RefOr<Schema> = match field.form {
                Form::Plain => plain,
                Form::Millis => {
                    let millis = ObjectBuilder::from(timestamp("Milliseconds since 1970."));
                    let millis = millis.minimum(Some(-2_208_988_800_000_i64));
                    if field.required {
                        millis.into()
                    } else {
                        nullable(millis, Type::Integer).into()
                    }
                }
                Form::Text => text(60_000, "A list, as JSON text.").into(),
            };
            object = object.property(name, schema).required(name);
        }
        if C::WRITERS.has_practitioner() {
            object = object.property("clinician_id", clinician()).required("clinician_id");
        }
        for name in ["created_at", "updated_at"] {
            let millis = ObjectBuilder::from(timestamp(
                "By the clock of the device, milliseconds since 1970.",
            ))
            .minimum(Some(-2_208_988_800_000_i64));
            object = object.property(name, millis).required(name);
        }
        Schema::Object(object.build())
    })
}

fn lists<C: Record>(components: &mut Components) -> RefOr<Schema> {
    row::<C>(components);
    components.named(&format!("{}Changes", C::SCHEMA), |_| {
        let ids = ArrayBuilder::new()
            .items(
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))),
            )
            .max_items(Some(100_000));
        let rows = || {
            ArrayBuilder::new().items(named(&format!("{}Row", C::SCHEMA))).max_items(Some(100_000))
        };
        Schema::Object(
            ObjectBuilder::new()
                .description(Some("The changes of one collection."))
                .property(
                    "created",
                    rows().description(Some("Always empty: live records are in `updated`.")),
                )
                .required("created")
                .property(
                    "updated",
                    rows().description(Some("Live records, in the order of their changes.")),
                )
                .required("updated")
                .property("deleted", ids.description(Some("Ids of tombstones.")))
                .required("deleted")
                .build(),
        )
    })
}

impl Document for PullAnswer {
    fn document(components: &mut Components) -> RefOr<Schema> {
        components.named("SyncPage", |components| {
            let mut changes = ObjectBuilder::new()
                .description(Some("By collection; one without changes is left out."));
            macro_rules! add {
                ($($collection:ty),+) => { $(
                    changes = changes.property(<$collection>::COLLECTION, lists::<$collection>(components));
                )+ };
            }
            crate::collections::for_each_collection!(add);
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
                    .build(),
            )
        })
    }
}

/// The body of a push.
pub(super) fn push_body(components: &mut Components) -> RefOr<Schema> {
    components.named("SyncPushWrite", |_| {
        let about = "By collection: `created`, `updated` and `deleted`, as docs/sync.md has them.";
        Schema::Object(
            ObjectBuilder::new()
                .description(Some("What changed on the device."))
                .property("changes", any_object(about))
                .required("changes")
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
                .build(),
        )
    })
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

impl Document for PushAnswer {
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
            components.named("RejectedChange", |_| {
                Schema::Object(
                    ObjectBuilder::new()
                        .description(Some(
                            "A record that was not accepted; it is kept in the quarantine.",
                        ))
                        .property("collection", text(64, "Its collection."))
                        .required("collection")
                        .property("id", text(64, "Its id, as sent."))
                        .required("id")
                        .property(
                            "code",
                            text(
                                40,
                                "`invalid_id`, `invalid_value`, `unknown_field`, \
                                 `too_large` or `read_only`.",
                            ),
                        )
                        .required("code")
                        .property("field", nullable(text(64, "The field at fault."), Type::String))
                        .required("field")
                        .build(),
                )
            });
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
                        "experimentalRejectedIds",
                        any_object("By collection, for WatermelonDB; only when there are any."),
                    )
                    .property("safety_notice", safety_notice(components))
                    .required("safety_notice")
                    .build(),
            )
        })
    }
}
