//! A hand-written statement that is prepared once a connection, and the rows it answers with.
//!
//! Diesel's own builders mark UPDATE, upserts and `sql_query` as unsafe to cache, so the hot writes
//! would be parsed and planned on every request (docs/decisions/0004, 0045).

use super::bind::{Bind, Column};
use super::level::{Level, Runs};
use diesel::deserialize;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;
use std::marker::PhantomData;

/// SQL with `$1`, `$2`, … and its parameters. It runs in a transaction of level `L`; `R` is the row it
/// answers with.
pub struct Statement<L, R = ()> {
    pub(super) sql: &'static str,
    binds: Vec<Box<dyn Bind>>,
    row: PhantomData<fn(L) -> R>,
}

impl<L: Level, R> Statement<L, R> {
    /// A statement without parameters yet. The text is fixed: values only ever travel as binds.
    pub const fn new(sql: &'static str) -> Self {
        Self { sql, binds: Vec::new(), row: PhantomData }
    }

    /// The same statement, to be run in a transaction that may do more.
    #[must_use]
    pub fn lift<M: Runs<L>>(self) -> Statement<M, R> {
        Statement { sql: self.sql, binds: self.binds, row: PhantomData }
    }

    /// Adds the next parameter.
    #[must_use]
    pub fn bind(mut self, value: impl Column) -> Self {
        self.binds.push(value.bind());
        self
    }

    /// Adds the next parameters, already erased.
    #[must_use]
    pub fn bind_all(mut self, binds: Vec<Box<dyn Bind>>) -> Self {
        self.binds.extend(binds);
        self
    }
}

impl<L, R> QueryFragment<Pg> for Statement<L, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.sql);
        for bind in &self.binds {
            bind.walk(&mut out)?;
        }
        Ok(())
    }
}

/// A row read column by column, in the order of the SELECT list.
pub trait Row: Sized + Send + 'static {
    /// Reads one row.
    ///
    /// # Errors
    /// When a column is missing or not of the expected type.
    fn read(columns: &mut dyn Columns) -> deserialize::Result<Self>;
}

/// The columns of one row, left to right.
pub trait Columns {
    /// Calls `read` with the next column's value.
    ///
    /// # Errors
    /// When there is no further column, or `read` fails.
    fn next_with(
        &mut self,
        read: &mut dyn FnMut(Option<diesel::pg::PgValue<'_>>) -> deserialize::Result<()>,
    ) -> deserialize::Result<()>;
}

/// Reads the next column as a `T`.
///
/// # Errors
/// When there is no further column, or it is not a `T`.
pub fn next<T: Column>(columns: &mut dyn Columns) -> deserialize::Result<T> {
    let mut found = None;
    columns.next_with(&mut |value| {
        found = Some(T::read(value)?);
        Ok(())
    })?;
    found.ok_or_else(|| "a row ended early".into())
}

macro_rules! tuple_rows {
    ($(($($t:ident),+))+) => {$(
        impl<$($t: Column + Send + 'static),+> Row for ($($t,)+) {
            fn read(columns: &mut dyn Columns) -> deserialize::Result<Self> {
                Ok(($(next::<$t>(columns)?,)+))
            }
        }
    )+};
}
tuple_rows! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }

/// A statement that answers with no rows.
impl Row for () {
    fn read(_: &mut dyn Columns) -> deserialize::Result<Self> {
        Ok(())
    }
}

/// Declares a row struct whose fields are the SELECT list, in order.
macro_rules! row {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name {
            $($(#[$fmeta])* #[doc = concat!("`", stringify!($field), "`")] pub $field: $ty),+
        }
        impl $crate::db::Row for $name {
            fn read(columns: &mut dyn $crate::db::Columns) -> diesel::deserialize::Result<Self> {
                Ok(Self { $($field: $crate::db::next(columns)?),+ })
            }
        }
    };
}
pub(crate) use row;
