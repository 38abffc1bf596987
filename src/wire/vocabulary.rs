//! `vocabulary!`: a documented list of codes.

use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// What is known of a vocabulary beside its codes.
pub trait Vocabulary {
    /// What the document calls its schema, from which its name on the wire is made.
    const TYPE: &'static str;
    /// What the vocabulary lists.
    const ABOUT: &'static str;
    /// Its values, in the documented order.
    const TERMS: &'static [Term];
}

/// One value of a vocabulary.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// What travels and is stored.
    pub code: &'static str,
    /// What people read, where it is not simply the code in words.
    pub label: Option<&'static str>,
    /// What it means, where the label leaves a question. May be empty.
    pub definition: &'static str,
}

/// The name of a vocabulary on the wire: `PainQuality` is `pain_quality`.
pub fn name(of_type: &str) -> String {
    let mut name = String::new();
    for c in of_type.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// The schema of a vocabulary: an open string, its codes the examples.
pub fn schema<V: Vocabulary>(about: &str, codes: &[&str]) -> RefOr<Schema> {
    let description = format!(
        "{} The examples are all codes. In an answer, read one you do not know as \"other\"; a request with \
         another one is refused.",
        about.trim()
    );
    ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(40))
        .description(Some(description))
        .examples(codes.iter().map(|code| json!(code)))
        .extensions(Some(Extensions::builder().add("x-vocabulary", name(V::TYPE)).build()))
        .into()
}

/// Declares a vocabulary: an enum whose codes are what travels and what is stored. In the document
/// it is an open string: clients must treat a code they do not know as "other". A label in brackets
/// stands where the code in words would read badly.
macro_rules! vocabulary {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident $(as $schema:literal)? { $( $(#[doc = $vdoc:literal])* $variant:ident = $code:literal $(($label:literal))? ),+ $(,)? }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $( $(#[doc = $vdoc])* #[doc = concat!("`", $code, "`")] $variant ),+ }

        impl $name {
            /// Every code, in the documented order.
            pub const CODES: &'static [&'static str] = &[$($code),+];
            /// The code that travels and is stored.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
            /// The value of a code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::wire::Vocabulary for $name {
            const TYPE: &'static str = $crate::wire::schema_name!($name $($schema)?);
            const ABOUT: &'static str = concat!($($doc, "\n"),*).trim_ascii();
            const TERMS: &'static [$crate::wire::Term] = &[$( $crate::wire::Term {
                code: $code,
                label: $crate::wire::label!($($label)?),
                definition: concat!("" $(, $vdoc, "\n")*).trim_ascii(),
            } ),+];
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }
        impl $crate::wire::Code for $name {
            fn as_code(&self) -> &'static str {
                self.code()
            }
            fn of(code: &str) -> Option<Self> {
                Self::from_code(code)
            }
        }

        impl $crate::wire::Wire for $name {
            fn read(
                value: &serde_json::Value,
                at: &$crate::wire::At<'_>,
                faults: &mut $crate::wire::Faults,
            ) -> Option<Self> {
                let Some(code) = value.as_str() else {
                    faults.add(at, "wrong_type", "Must be a string.");
                    return None;
                };
                let known = Self::from_code(code);
                if known.is_none() {
                    faults.add(at, "unknown_value",
                        format!("Must be one of: {}.", Self::CODES.join(", ")));
                }
                known
            }
            fn schema(
                components: &mut $crate::wire::Components,
            ) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let schema = <Self as utoipa::PartialSchema>::schema();
                let name = <Self as $crate::wire::Vocabulary>::TYPE;
                components.schemas.entry(name.to_owned()).or_insert(schema);
                utoipa::openapi::RefOr::Ref(utoipa::openapi::Ref::from_schema_name(name))
            }
        }

        // For answers that derive their schema: the code, by reference.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::wire::vocabulary_schema::<Self>(concat!($($doc, "\n"),*), Self::CODES)
            }
        }
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                <Self as $crate::wire::Vocabulary>::TYPE.into()
            }
        }

        $crate::db::column_via!([] $name as String,
            |value| value.code().to_owned(),
            |raw| Self::from_code(&raw).ok_or_else(|| "unknown code".into()));
    };
}
pub(crate) use vocabulary;

/// What the document calls a vocabulary, for [`vocabulary!`]: as its type is called, or otherwise where it says so.
macro_rules! schema_name {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $schema:literal) => {
        $schema
    };
}
pub(crate) use schema_name;

/// `Some(label)` or `None`, for [`vocabulary!`].
macro_rules! label {
    () => {
        None
    };
    ($label:literal) => {
        Some($label)
    };
}
pub(crate) use label;
