//! How Rust values travel to and from Postgres columns.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{self as st, HasSqlType};
use std::marker::PhantomData;
use uuid::Uuid;

/// One parameter of a [`Statement`](super::Statement), its type erased.
pub trait Bind: Send {
    /// Hands the value to diesel; the placeholder `$n` already stands in the text.
    fn walk<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

struct Value<ST, T>(T, PhantomData<fn() -> ST>);

impl<ST, T> Bind for Value<ST, T>
where
    Pg: HasSqlType<ST>,
    T: ToSql<ST, Pg> + Send,
{
    fn walk<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param_value_only::<ST, T>(&self.0)
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
    /// One value as a parameter.
    fn bind(self) -> Box<dyn Bind>;
    /// Many values as one array parameter, for `unnest`.
    fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> Box<dyn Bind>
    where
        Self: 'a;
}

/// Binds a primitive and its array; the bridge for newtypes over that primitive.
macro_rules! primitive {
    ($($rust:ty, $sql:ty, $name:literal;)*) => {$(
        impl Column for $rust {
            const WIRE: &'static str = $name;
            fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
                <$rust as FromSql<$sql, Pg>>::from_nullable_sql(value)
            }
            fn bind(self) -> Box<dyn Bind> {
                Box::new(Value::<$sql, $rust>(self, PhantomData))
            }
            fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> Box<dyn Bind> {
                let values: Vec<Option<$rust>> = values.map(|v| v.cloned()).collect();
                Box::new(Value::<st::Array<st::Nullable<$sql>>, _>(values, PhantomData))
            }
        }
        impl OptionalColumn for $rust {
            fn bind_optional(value: Option<Self>) -> Box<dyn Bind> {
                Box::new(Value::<st::Nullable<$sql>, _>(value, PhantomData))
            }
        }
    )*};
}

/// A column type that may be NULL.
pub trait OptionalColumn: Column {
    /// One value or NULL as a parameter.
    fn bind_optional(value: Option<Self>) -> Box<dyn Bind>;
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
}

impl Column for Vec<u8> {
    const WIRE: &'static str = "bytea";
    fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        <Self as FromSql<st::Binary, Pg>>::from_nullable_sql(value)
    }
    fn bind(self) -> Box<dyn Bind> {
        Box::new(Value::<st::Binary, Self>(self, PhantomData))
    }
    fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> Box<dyn Bind> {
        let values: Vec<Option<Self>> = values.map(Option::<&Self>::cloned).collect();
        Box::new(Value::<st::Array<st::Nullable<st::Binary>>, _>(values, PhantomData))
    }
}
impl OptionalColumn for Vec<u8> {
    fn bind_optional(value: Option<Self>) -> Box<dyn Bind> {
        Box::new(Value::<st::Nullable<st::Binary>, _>(value, PhantomData))
    }
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
            fn bind(self) -> Box<dyn Bind> {
                Box::new(Value::<st::Array<$sql>, Self>(self, PhantomData))
            }
            fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> Box<dyn Bind> {
                let literal = |list: &Self| array_literal(list.iter().map(|$item| $text));
                let literals: Vec<Option<String>> = values.map(|list| list.map(literal)).collect();
                Box::new(Value::<st::Array<st::Nullable<st::Text>>, _>(literals, PhantomData))
            }
        }
        impl OptionalColumn for Vec<$rust> {
            fn bind_optional(value: Option<Self>) -> Box<dyn Bind> {
                Box::new(Value::<st::Nullable<st::Array<$sql>>, _>(value, PhantomData))
            }
        }
    )*};
}

list! {
    String, st::Text, "::text[]", |text| text;
    DateTime<Utc>, st::Timestamptz, "::timestamptz[]", |time| time.to_rfc3339();
}

impl<T: OptionalColumn> Column for Option<T> {
    const WIRE: &'static str = T::WIRE;
    const CAST: &'static str = T::CAST;
    fn read(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        value.map(|value| T::read(Some(value))).transpose()
    }
    fn bind(self) -> Box<dyn Bind> {
        T::bind_optional(self)
    }
    fn bind_many<'a>(values: impl Iterator<Item = Option<&'a Self>>) -> Box<dyn Bind>
    where
        T: 'a,
    {
        T::bind_many(values.map(|value| value.and_then(Option::as_ref)))
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
            fn bind(self) -> Box<dyn $crate::db::Bind> {
                let $value = &self;
                <$prim as $crate::db::Column>::bind($to)
            }
            fn bind_many<'a>(
                values: impl Iterator<Item = Option<&'a Self>>,
            ) -> Box<dyn $crate::db::Bind> {
                let raw: Vec<Option<$prim>> =
                    values.map(|value| value.map(|$value| $to)).collect();
                <$prim as $crate::db::Column>::bind_many(raw.iter().map(Option::as_ref))
            }
        }
        impl<$($generics)*> $crate::db::OptionalColumn for $rust {
            fn bind_optional(value: Option<Self>) -> Box<dyn $crate::db::Bind> {
                let raw: Option<$prim> = value.as_ref().map(|$value| $to);
                <$prim as $crate::db::OptionalColumn>::bind_optional(raw)
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
