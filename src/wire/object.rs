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
                let object = $crate::wire::object_of(value, at, faults)?;
                $crate::wire::refuse_unknown(
                    object, &[<Self as $crate::wire::Object>::MEMBERS], at, faults);
                <Self as $crate::wire::Object>::read_members(object, at, faults)
            }

            fn schema(
                components: &mut $crate::wire::Components,
            ) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                components.named(stringify!($name), |components| {
                    let mut object = utoipa::openapi::schema::ObjectBuilder::new()
                        .description(Some(concat!($($doc, "\n"),*).trim()))
                        .additional_properties(Some(
                            utoipa::openapi::schema::AdditionalProperties::FreeForm(false)));
                    $(
                        object = object.property(
                            stringify!($field),
                            $crate::wire::member_schema::<$ty>(
                                components,
                                <$ty as $crate::wire::Wire>::OPTIONAL,
                                concat!($($fdoc, "\n"),*)),
                        );
                        if !<$ty as $crate::wire::Wire>::OPTIONAL {
                            object = object.required(stringify!($field));
                        }
                    )+
                    utoipa::openapi::Schema::Object(object.build())
                })
            }
        }

        impl $crate::wire::Object for $name {
            const MEMBERS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn read_members(
                object: &serde_json::Map<String, serde_json::Value>,
                at: &$crate::wire::At<'_>,
                faults: &mut $crate::wire::Faults,
            ) -> Option<Self> {
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
        }
    };
}
pub(crate) use wire;
