//! How Rust values travel to and from Postgres columns.

use super::DbError;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata, PgValue};
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::{BindCollector, RawBytesBindCollector};
use diesel::serialize::ToSql;
use diesel::sql_types::{self as st, HasSqlType};
use tokio_postgres::types::Type;
use uuid::Uuid;

/// The parameters of one query in the form that is sent, or why one of them has none.
#[derive(Debug)]
pub struct Parameters(Result<RawBytesBindCollector<Pg>, DbError>);

impl Default for Parameters {
    fn default() -> Self {
        Self(Ok(RawBytesBindCollector::new()))
    }
}

impl Parameters {
    /// Those of what diesel has built, once that is `written`.
    pub(super) fn of(written: Result<(), DbError>, query: &impl QueryFragment<Pg>) -> Self {
        let mut all = RawBytesBindCollector::new();
        let lookup = &mut BuiltIn as &mut dyn PgMetadataLookup;
        let collected = written.and_then(|()| Ok(query.collect_binds(&mut all, lookup, &Pg)?));
        Self(collected.map(|()| all))
    }

    /// Adds the next one.
    fn push<ST>(&mut self, value: &impl ToSql<ST, Pg>)
    where
        Pg: HasSqlType<ST>,
    {
        if let Ok(all) = &mut self.0 {
            let lookup = &mut BuiltIn as &mut dyn PgMetadataLookup;
            if let Err(error) = all.push_bound_value::<ST, _>(value, lookup) {
                self.0 = Err(error.into());
            }
        }
    }

    /// The oid of the type and the bytes of each.
    pub(super) fn written(&self) -> Vec<WrittenParameter> {
        let all = self.0.iter().flat_map(|all| all.metadata.iter().zip(&all.binds));
        all.map(|(told, bytes)| (told.oid().unwrap_or(0), bytes.clone())).collect()
    }

    /// Their types and their bytes.
    ///
    /// # Errors
    /// When a value has no form on the wire.
    pub(super) fn into_parts(self) -> Result<(Types, ParameterBytes), DbError> {
        self.0.map(|all| (Types(all.metadata), all.binds))
    }
}

/// The oid of a parameter's type, and its bytes; none for NULL.
pub type WrittenParameter = (u32, Option<Vec<u8>>);

/// The bytes of parameters; none for NULL.
type ParameterBytes = Vec<Option<Vec<u8>>>;

/// The types of parameters, which are looked up when a query is prepared.
pub(super) struct Types(Vec<PgTypeMetadata>);

impl Types {
    /// As tokio-postgres calls them.
    ///
    /// # Errors
    /// For a type that Postgres does not have from the start.
    pub(super) fn known(&self) -> Result<Vec<Type>, DbError> {
        let types = self.0.iter().map(|told| {
            let oid = told.oid().map_err(|error| DbError::Other(error.to_string()))?;
            Type::from_oid(oid).ok_or_else(|| DbError::Other(format!("no type has the oid {oid}")))
        });
        types.collect()
    }
}

/// Postgres has the types of our columns from the start: none is looked up.
struct BuiltIn;

impl PgMetadataLookup for BuiltIn {
    fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

/// A type that is a column: how it is read, and how one or many of it are bound.
pub trait Column: Sized {
    /// The type of one element of the array that carries many of these values.
    const WIRE: &'static str;
    /// The cast from [`WIRE`](Self::WIRE) to the column, empty where none is needed.
    const CAST: &'static str = "";

    /// Reads the column; `None` is SQL's NULL.
    ///
    /// # Errors
    /// When the bytes are not of this type, or NULL where the type has no room for it.
    fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self>;
    /// Adds one value as the next parameter.
    fn bind(&self, to: &mut Parameters);
    /// Adds many values as the next parameter, an array for `unnest` or `ANY`.
    fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>, to: &mut Parameters)
    where
        Self: 'a;
}

/// A column type that may be NULL.
pub trait OptionalColumn: Column {
    /// Adds one value or NULL as the next parameter.
    fn bind_optional(value: Option<&Self>, to: &mut Parameters);
}

/// Binds a primitive and its array; the bridge for newtypes over that primitive.
macro_rules! primitive {
    ($($rust:ty, $sql:ty, $name:literal;)*) => {$(
        impl Column for $rust {
            const WIRE: &'static str = $name;
            fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
                <$rust as FromSql<$sql, Pg>>::from_nullable_sql(value)
            }
            fn bind(&self, to: &mut Parameters) {
                to.push::<$sql>(self);
            }
            fn bind_many<'a>(
                values: impl Iterator<Item = Option<&'a Self>>,
                to: &mut Parameters,
            ) {
                to.push::<st::Array<st::Nullable<$sql>>>(&values.collect::<Vec<_>>());
            }
        }
        impl OptionalColumn for $rust {
            fn bind_optional(value: Option<&Self>, to: &mut Parameters) {
                to.push::<st::Nullable<$sql>>(&value);
            }
        }
    )*};
}

primitive! {
    Uuid, st::Uuid, "uuid";
    bool, st::Bool, "boolean";
    i16, st::Int2, "smallint";
    i32, st::Int4, "integer";
    i64, st::Int8, "bigint";
    f64, st::Double, "double precision";
    String, st::Text, "text";
    NaiveDate, st::Date, "date";
    DateTime<Utc>, st::Timestamptz, "timestamptz";
    Vec<u8>, st::Binary, "bytea";
}

/// Binds a list. Ragged lists cannot be an array of arrays, so many of them travel as literals.
macro_rules! list {
    ($($rust:ty, $sql:ty, $cast:literal, |$item:ident| $text:expr;)*) => {$(
        impl Column for Vec<$rust> {
            const WIRE: &'static str = "text";
            const CAST: &'static str = $cast;
            fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
                <Self as FromSql<st::Array<$sql>, Pg>>::from_nullable_sql(value)
            }
            fn bind(&self, to: &mut Parameters) {
                to.push::<st::Array<$sql>>(self);
            }
            fn bind_many<'a>(
                values: impl Iterator<Item = Option<&'a Self>>,
                to: &mut Parameters,
            ) {
                let literal = |list: &Self| array_literal(list.iter().map(|$item| $text));
                let literals: Vec<Option<String>> = values.map(|list| list.map(literal)).collect();
                to.push::<st::Array<st::Nullable<st::Text>>>(&literals);
            }
        }
        impl OptionalColumn for Vec<$rust> {
            fn bind_optional(value: Option<&Self>, to: &mut Parameters) {
                to.push::<st::Nullable<st::Array<$sql>>>(&value);
            }
        }
    )*};
}

list! {
    String, st::Text, "::text[]", |text| text;
    i16, st::Int2, "::smallint[]", |number| number.to_string();
    DateTime<Utc>, st::Timestamptz, "::timestamptz[]", |time| time.to_rfc3339();
}

impl<T: OptionalColumn> Column for Option<T> {
    const WIRE: &'static str = T::WIRE;
    const CAST: &'static str = T::CAST;
    fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        value.map(|value| T::read(Some(value))).transpose()
    }
    fn bind(&self, to: &mut Parameters) {
        T::bind_optional(self.as_ref(), to);
    }
    fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>, to: &mut Parameters)
    where
        T: 'a,
    {
        T::bind_many(values.map(|value| value.and_then(Option::as_ref)), to);
    }
}

/// The literal of a text array: every item quoted, quotes and backslashes escaped.
pub fn array_literal<S: AsRef<str>>(items: impl Iterator<Item = S>) -> String {
    let mut literal = String::from("{");
    for item in items {
        if literal.len() > 1 {
            literal.push(',');
        }
        literal.push('"');
        for c in item.as_ref().chars() {
            if c == '"' || c == '\\' {
                literal.push('\\');
            }
            literal.push(c);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}

/// Makes a newtype a column of its primitive: `$to` borrows out, `$from` takes in.
macro_rules! column_via {
    ([$($generics:tt)*] $rust:ty as $prim:ty, |$value:ident| $to:expr, |$raw:ident| $from:expr) => {
        impl<$($generics)*> $crate::db::Column for $rust {
            const WIRE: &'static str = <$prim as $crate::db::Column>::WIRE;
            const CAST: &'static str = <$prim as $crate::db::Column>::CAST;
            fn read(
                value: Option<diesel::pg::PgValue<'_>>,
            ) -> diesel::deserialize::Result<Self> {
                let $raw = <$prim as $crate::db::Column>::read(value)?;
                $from
            }
            fn bind(&self, to: &mut $crate::db::Parameters) {
                let $value = self;
                <$prim as $crate::db::Column>::bind(&$to, to);
            }
            fn bind_many<'a>(
                values: impl Iterator<Item = Option<&'a Self>>,
                to: &mut $crate::db::Parameters,
            ) {
                let raw: Vec<Option<$prim>> =
                    values.map(|value| value.map(|$value| $to)).collect();
                <$prim as $crate::db::Column>::bind_many(raw.iter().map(Option::as_ref), to);
            }
        }
        impl<$($generics)*> $crate::db::OptionalColumn for $rust {
            fn bind_optional(value: Option<&Self>, to: &mut $crate::db::Parameters) {
                let raw: Option<$prim> = value.map(|$value| $to);
                <$prim as $crate::db::OptionalColumn>::bind_optional(raw.as_ref(), to);
            }
        }
    };
}
pub(crate) use column_via;

#[cfg(test)]
mod tests {
    use super::array_literal;

    #[test]
    fn array_literals_quote_everything() {
        assert_eq!(array_literal([""; 0].iter()), "{}");
        assert_eq!(array_literal(["a", "b,c", r#"d"e\"#].iter()), r#"{"a","b,c","d\"e\\"}"#);
    }
}
