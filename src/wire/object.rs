//! `wire!`: a JSON object declared once, as struct, strict reader and schema.

/// Declares a struct that is a JSON object: its reader notes every fault in one pass, refuses
/// members it does not know, and its doc comments become the descriptions of the schema.
macro_rules! wire {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $( $(#[doc = $fdoc:literal])* $field:ident : $ty:ty ),+ $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        pub struct $name { $( $(#[doc = $fdoc])* pub $field: $ty, )+ }

        impl $crate::wire::Wire for $name {
            fn read(
                value: &serde_json::Value,
                at: &$crate::wire::At<'_>,
                faults: &mut $crate::wire::Faults,
            ) -> Option<Self> {
                let serde_json::Value::Object(object) = value else {
                    faults.add(at, "wrong_type", "Must be an object.");
                    return None;
                };
                for key in object.keys() {
                    if ![$(stringify!($field)),+].contains(&key.as_str()) {
                        faults.add(&at.key(key), "unknown_field", "This field does not exist.");
                    }
                }
                $( let $field = {
                    let at = at.key(stringify!($field));
                    match object.get(stringify!($field)) {
                        None | Some(serde_json::Value::Null) => {
                            <$ty as $crate::wire::Wire>::absent(&at, faults)
                        }
                        Some(value) => <$ty as $crate::wire::Wire>::read(value, &at, faults)
                            .or_else(<$ty as $crate::wire::Wire>::stand_in),
                    }
                }; )+
                Some(Self { $( $field: $field? ),+ })
            }

            fn schema(
                components: &mut $crate::wire::Components,
                direction: $crate::wire::Direction,
            ) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let name = match direction {
                    $crate::wire::Direction::Write => concat!(stringify!($name), "Write"),
                    $crate::wire::Direction::Read => stringify!($name),
                };
                components.named(name, |components| {
                    let mut object = utoipa::openapi::schema::ObjectBuilder::new()
                        .description(Some(concat!($($doc, "\n"),*).trim()));
                    $(
                        object = object.property(
                            stringify!($field),
                            $crate::wire::member_schema::<$ty>(
                                components, direction, concat!($($fdoc, "\n"),*)),
                        );
                        if direction == $crate::wire::Direction::Read
                            || !<$ty as $crate::wire::Wire>::OPTIONAL
                        {
                            object = object.required(stringify!($field));
                        }
                    )+
                    if direction == $crate::wire::Direction::Write {
                        object = object.additional_properties(Some(
                            utoipa::openapi::schema::AdditionalProperties::FreeForm(false)));
                    }
                    utoipa::openapi::Schema::Object(object.build())
                })
            }
        }
    };
}
pub(crate) use wire;
