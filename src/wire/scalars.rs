//! The plain types of bodies: bounded numbers, bounded text, lists, settled values.

use super::number::{Worth, worth};
use super::{At, Components, Faults, Form, Wire};
use crate::db::{Column, OptionalColumn, Parameters, array_literal, column_via};
use diesel::deserialize;
use diesel::pg::PgValue;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type,
};

/// A whole number from `MIN` to `MAX`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Whole<const MIN: i32, const MAX: i32>(i32);

impl<const MIN: i32, const MAX: i32> Whole<MIN, MAX> {
    /// The number, if it is within the range.
    pub fn new(value: i32) -> Option<Self> {
        (MIN..=MAX).contains(&value).then_some(Self(value))
    }
    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl<const MIN: i32, const MAX: i32> Wire for Whole<MIN, MAX> {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let Value::Number(number) = value else {
            faults.add(at, "wrong_type", "Must be a whole number.");
            return None;
        };
        let read = match worth(number) {
            Worth::Broken => {
                faults.add(at, "wrong_type", "Must be a whole number.");
                return None;
            }
            Worth::Beyond => None,
            Worth::Whole(whole) => i32::try_from(whole).ok().and_then(Self::new),
        };
        if read.is_none() {
            faults.add(at, "out_of_range", format!("Must be between {MIN} and {MAX}."));
        }
        read
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}

/// Stored as smallint or integer, whichever the column is.
impl<const MIN: i32, const MAX: i32> Column for Whole<MIN, MAX> {
    const WIRE: &'static str = "integer";
    fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        let value = value.ok_or("NULL in a number")?;
        let number = match value.as_bytes() {
            [a, b] => i32::from(i16::from_be_bytes([*a, *b])),
            [a, b, c, d] => i32::from_be_bytes([*a, *b, *c, *d]),
            _ => return Err("not a smallint or integer".into()),
        };
        Ok(Self(number))
    }
    fn bind(&self, to: &mut Parameters) {
        self.0.bind(to);
    }
    fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>, to: &mut Parameters) {
        i32::bind_many(values.map(|value| value.map(|value| &value.0)), to);
    }
}
impl<const MIN: i32, const MAX: i32> OptionalColumn for Whole<MIN, MAX> {
    fn bind_optional(value: Option<&Self>, to: &mut Parameters) {
        i32::bind_optional(value.map(|value| &value.0), to);
    }
}

/// Text of at most `MAX` characters, as typed: not trimmed, not normalised, but without U+0000.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> Wire for Text<MAX> {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let Value::String(text) = value else {
            faults.add(at, "wrong_type", "Must be a string.");
            return None;
        };
        if text.is_empty() {
            faults.add(at, "empty", "Must not be empty; leave the field out or send null.");
            return None;
        }
        if text.contains('\0') {
            faults.add(at, "not_allowed", "Must not contain U+0000.");
            return None;
        }
        if text.chars().count() > MAX {
            faults.add(at, "too_long", format!("Must have at most {MAX} characters."));
            return None;
        }
        Some(Self(text.clone()))
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX))
            .into()
    }
}
column_via!([const MAX: usize] Text<MAX> as String, |text| text.0.clone(), |raw| Ok(Self(raw)));

/// A list of at most `MAX` items. Absent, null and `[]` mean the same; answers always have a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Items<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Default for Items<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
impl<T, const MAX: usize> Items<T, MAX> {
    /// The first `MAX` of these items.
    pub fn new(mut items: Vec<T>) -> Self {
        items.truncate(MAX);
        Self(items)
    }
    /// The items in order.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}
impl<T, const MAX: usize> From<Items<T, MAX>> for Vec<T> {
    fn from(items: Items<T, MAX>) -> Self {
        items.0
    }
}
impl<T: Wire, const MAX: usize> Wire for Items<T, MAX> {
    const OPTIONAL: bool = true;
    const FORM: Form = Form::Text;
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let Value::Array(items) = value else {
            faults.add(at, "wrong_type", "Must be an array.");
            return None;
        };
        if items.len() > MAX {
            faults.add(at, "too_many_items", format!("Must have at most {MAX} items."));
            return None;
        }
        let read: Vec<Option<T>> =
            items.iter().enumerate().map(|(i, item)| T::read(item, &at.index(i), faults)).collect();
        read.into_iter().collect::<Option<Vec<T>>>().map(Self)
    }
    fn absent(_: &At<'_>, _: &mut Faults) -> Option<Self> {
        Some(Self::default())
    }
    fn stand_in() -> Option<Self> {
        Some(Self::default())
    }
    fn schema(components: &mut Components) -> RefOr<Schema> {
        ArrayBuilder::new().items(T::schema(components)).max_items(Some(MAX)).into()
    }
}

/// Lists of codes are `text[]`.
impl<T: Column + Copy, const MAX: usize> Column for Items<T, MAX>
where
    T: Code,
{
    const WIRE: &'static str = "text";
    const CAST: &'static str = "::text[]";
    fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        let codes = <Vec<String> as Column>::read(value)?;
        let items: Option<Vec<T>> = codes.iter().map(|code| T::of(code)).collect();
        items.map(Self).ok_or_else(|| "unknown code".into())
    }
    fn bind(&self, to: &mut Parameters) {
        let codes = self.0.iter().map(|item| item.as_code().to_owned());
        codes.collect::<Vec<String>>().bind(to);
    }
    fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>, to: &mut Parameters)
    where
        T: 'a,
    {
        let literals: Vec<Option<String>> = values
            .map(|list| list.map(|list| array_literal(list.0.iter().map(Code::as_code))))
            .collect();
        String::bind_many(literals.iter().map(Option::as_ref), to);
    }
}

/// A vocabulary, seen generically.
pub trait Code: Sized {
    /// The code of this value.
    fn as_code(&self) -> &'static str;
    /// The value of a code.
    fn of(code: &str) -> Option<Self>;
}

/// A value kept as one jsonb column: lists of small objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T: Default> Default for Json<T> {
    fn default() -> Self {
        Self(T::default())
    }
}
impl<T: Wire> Wire for Json<T> {
    const FORM: Form = Form::Text;
    const OPTIONAL: bool = T::OPTIONAL;
    const NULLABLE: bool = T::NULLABLE;
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        T::read(value, at, faults).map(Self)
    }
    fn absent(at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        T::absent(at, faults).map(Self)
    }
    fn stand_in() -> Option<Self> {
        T::stand_in().map(Self)
    }
    fn schema(components: &mut Components) -> RefOr<Schema> {
        T::schema(components)
    }
}
impl<T: Wire + Serialize> Column for Json<T> {
    const WIRE: &'static str = "text";
    const CAST: &'static str = "::jsonb";
    fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        let value = value.ok_or("NULL in jsonb")?;
        let Some((1, json)) = value.as_bytes().split_first() else {
            return Err("not jsonb version 1".into());
        };
        if json == b"[]" {
            return T::stand_in().map(Self).ok_or_else(|| "jsonb without a stand-in".into());
        }
        let json: Value = serde_json::from_slice(json)?;
        super::read_body(&json).map(Self).map_err(|_| "stored json does not fit its type".into())
    }
    fn bind(&self, to: &mut Parameters) {
        serde_json::to_string(&self.0).unwrap_or_default().bind(to);
    }
    fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>, to: &mut Parameters)
    where
        T: 'a,
    {
        let texts: Vec<Option<String>> =
            values.map(|v| v.and_then(|v| serde_json::to_string(&v.0).ok())).collect();
        String::bind_many(texts.iter().map(Option::as_ref), to);
    }
}

/// A value a client may leave out and the server then settles; answers always have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Settled<T>(pub Option<T>);

impl<T: Wire> Wire for Settled<T> {
    const FORM: Form = T::FORM;
    const OPTIONAL: bool = true;
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        T::read(value, at, faults).map(|value| Self(Some(value)))
    }
    fn absent(_: &At<'_>, _: &mut Faults) -> Option<Self> {
        Some(Self(None))
    }
    fn stand_in() -> Option<Self> {
        Some(Self(None))
    }
    fn schema(components: &mut Components) -> RefOr<Schema> {
        T::schema(components)
    }
}
impl<T: OptionalColumn> Column for Settled<T> {
    const WIRE: &'static str = T::WIRE;
    const CAST: &'static str = T::CAST;
    fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        T::read(value).map(|value| Self(Some(value)))
    }
    fn bind(&self, to: &mut Parameters) {
        T::bind_optional(self.0.as_ref(), to);
    }
    fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>, to: &mut Parameters)
    where
        T: 'a,
    {
        T::bind_many(values.map(|v| v.and_then(|v| v.0.as_ref())), to);
    }
}

impl<T: Wire> Wire for Option<T> {
    const FORM: Form = T::FORM;
    const OPTIONAL: bool = true;
    const NULLABLE: bool = true;
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        T::read(value, at, faults).map(Some)
    }
    fn absent(_: &At<'_>, _: &mut Faults) -> Option<Self> {
        Some(None)
    }
    fn stand_in() -> Option<Self> {
        Some(None)
    }
    fn schema(components: &mut Components) -> RefOr<Schema> {
        T::schema(components)
    }
}

impl Wire for bool {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        if value.as_bool().is_none() {
            faults.add(at, "wrong_type", "Must be true or false.");
        }
        value.as_bool()
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::read_body;
    use serde_json::json;

    #[test]
    fn whole_numbers_are_bounded_and_whole() {
        type Nrs = Whole<0, 10>;
        assert_eq!(read_body::<Nrs>(&json!(10)).unwrap().get(), 10);
        for same in ["4", "4.0", "4e0", "40e-1", "0.4E1"] {
            let value: Value = serde_json::from_str(same).unwrap();
            assert_eq!(read_body::<Nrs>(&value).unwrap().get(), 4, "{same}");
        }
        for (bad, code) in [
            (json!(11), "out_of_range"),
            (json!(11.0), "out_of_range"),
            (json!(1e300), "out_of_range"),
            (json!(-1), "out_of_range"),
            (json!(9_999_999_999_i64), "out_of_range"),
            (json!(1.5), "wrong_type"),
            (json!("3"), "wrong_type"),
            (json!(true), "wrong_type"),
        ] {
            assert_eq!(read_body::<Nrs>(&bad).unwrap_err()[0].code, code, "{bad}");
        }
    }

    #[test]
    fn text_counts_characters_and_refuses_nul() {
        assert!(read_body::<Text<3>>(&json!("äöü")).is_ok());
        assert_eq!(read_body::<Text<3>>(&json!("four")).unwrap_err()[0].code, "too_long");
        assert_eq!(read_body::<Text<9>>(&json!("a\u{0}b")).unwrap_err()[0].code, "not_allowed");
        assert_eq!(read_body::<Text<9>>(&json!("")).unwrap_err()[0].code, "empty");
    }
}
