//! A statement, written by hand or by diesel's query builder, and the rows it answers with.
//!
//! One written by hand is prepared once a connection. Diesel marks what it builds of UPDATE and upserts
//! as unsafe to keep, so that it is parsed and planned anew each time (docs/decisions/0004, 0045):
//! statements of every request are written by hand.

use super::bind::{Bind, Column};
use super::connection::{BoundQuery, Connection, Values};
use super::level::{Level, Runs};
use super::{DbError, rows};
use diesel::deserialize;
use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{AstPass, QueryBuilder, QueryFragment};
use diesel::result::QueryResult;
use std::borrow::Cow;
use std::marker::PhantomData;

/// SQL and its parameters. It runs in a transaction of level `L`; `R` is the row it answers with.
pub struct Statement<L, R = ()> {
    text: Text,
    read: ReadRow<R>,
    level: PhantomData<fn(L)>,
}

/// How a row is read.
pub(super) type ReadRow<R> = fn(&tokio_postgres::Row) -> Result<R, DbError>;

enum Text {
    /// With `$1`, `$2`, … in the order of the parameters.
    Written(&'static str, Vec<Box<dyn Bind>>),
    Built(Box<dyn QueryFragment<Pg> + Send>),
}

impl<L: Level, R: Row> Statement<L, R> {
    /// A statement without parameters yet. The text is fixed: values only ever travel as binds.
    pub const fn new(sql: &'static str) -> Self {
        let text = Text::Written(sql, Vec::new());
        Self { text, read: rows::left_to_right, level: PhantomData }
    }
}

impl<L: Level, R> Statement<L, R> {
    /// What diesel has built, and how its rows are read.
    pub(super) fn of(built: impl QueryFragment<Pg> + Send + 'static, read: ReadRow<R>) -> Self {
        Self { text: Text::Built(Box::new(built)), read, level: PhantomData }
    }

    /// The same statement, to be run in a transaction that may do more.
    #[must_use]
    pub fn lift<M: Runs<L>>(self) -> Statement<M, R> {
        Statement { text: self.text, read: self.read, level: PhantomData }
    }

    /// Adds the next parameter to a text. What is built has its parameters already.
    #[must_use]
    pub fn bind(self, value: impl Column) -> Self {
        self.bind_all(vec![value.bind()])
    }

    /// Adds the next parameters, already erased.
    #[must_use]
    pub fn bind_all(mut self, more: Vec<Box<dyn Bind>>) -> Self {
        if let Text::Written(_, binds) = &mut self.text {
            binds.extend(more);
        }
        self
    }
}

impl<L, R> Statement<L, R> {
    /// Has the connection prepared it, so that it can be sent without a wait?
    pub(super) fn is_known(&self, connection: &Connection) -> bool {
        matches!(self.text, Text::Written(sql, _) if connection.knows(sql))
    }

    /// What is sent, and how an answer is read.
    pub(super) fn prepared(self) -> Result<(BoundQuery, ReadRow<R>), DbError> {
        let values = Values::of(&self)?;
        let (sql, is_kept) = match &self.text {
            Text::Written(sql, _) => (Cow::Borrowed(*sql), true),
            Text::Built(query) => {
                let mut sql = PgQueryBuilder::default();
                query.to_sql(&mut sql, &Pg)?;
                (Cow::Owned(sql.finish()), query.is_safe_to_cache_prepared(&Pg)?)
            }
        };
        Ok((BoundQuery { sql, values, is_kept }, self.read))
    }
}

impl<L, R> QueryFragment<Pg> for Statement<L, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match &self.text {
            Text::Written(sql, binds) => {
                out.push_sql(sql);
                binds.iter().try_for_each(|bind| bind.walk(&mut out))
            }
            Text::Built(query) => query.walk_ast(out),
        }
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
