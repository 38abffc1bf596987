//! The rows that come back: bytes from tokio-postgres, read by diesel.

use super::DbError;
use super::bind::Column;
use diesel::deserialize;
use diesel::pg::PgValue;
use futures_util::TryStreamExt;
use std::error::Error;
use std::num::NonZeroU32;
use std::pin::pin;
use tokio_postgres::RowStream;
use tokio_postgres::types::{FromSql, Type};

/// How a row is read.
pub(super) type ReadRow<R> = fn(&tokio_postgres::Row) -> Result<R, DbError>;

/// Reads all of them.
///
/// # Errors
/// When the statement fails on its way, or a row does not fit.
pub(super) async fn all<R>(rows: RowStream, read: ReadRow<R>) -> Result<Vec<R>, DbError> {
    let mut rows = pin!(rows);
    let mut all = Vec::new();
    while let Some(row) = rows.try_next().await? {
        all.push(read(&row)?);
    }
    Ok(all)
}

/// Waits for the end and answers how many rows were touched.
///
/// # Errors
/// When the statement fails on its way.
pub(super) async fn touched(rows: RowStream) -> Result<usize, DbError> {
    let mut rows = pin!(rows);
    while rows.try_next().await?.is_some() {}
    Ok(rows.rows_affected().and_then(|touched| usize::try_from(touched).ok()).unwrap_or(0))
}

/// A row read column by column, in the order of the SELECT list.
pub trait Row: Sized + Send + 'static {
    /// Reads one row.
    ///
    /// # Errors
    /// When a column is missing or not of the expected type.
    fn read(columns: &mut Columns<'_>) -> deserialize::Result<Self>;
}

/// The columns of one row, left to right.
#[derive(Debug)]
pub struct Columns<'r> {
    row: &'r tokio_postgres::Row,
    at: usize,
}

/// Reads the next column as a `T`.
///
/// # Errors
/// When there is no further column, or it is not a `T`.
pub fn next<T: Column>(columns: &mut Columns<'_>) -> deserialize::Result<T> {
    let (bytes, oid) = cell(columns.row, columns.at)?;
    columns.at += 1;
    T::read(bytes.map(|bytes| PgValue::new(bytes, &oid)))
}

/// Reads a row by its columns.
///
/// # Errors
/// When it does not fit `R`.
pub(super) fn left_to_right<R: Row>(row: &tokio_postgres::Row) -> Result<R, DbError> {
    R::read(&mut Columns { row, at: 0 }).map_err(misfit)
}

/// A row is not what was asked for.
pub(super) fn misfit(error: Box<dyn Error + Send + Sync>) -> DbError {
    diesel::result::Error::DeserializationError(error).into()
}

/// The bytes of a column and the number of its type.
///
/// # Errors
/// When there is no such column.
pub(super) fn cell(
    row: &tokio_postgres::Row,
    at: usize,
) -> deserialize::Result<(Option<&[u8]>, NonZeroU32)> {
    let column = row.columns().get(at).ok_or("a row ended early")?;
    let oid = NonZeroU32::new(column.type_().oid()).ok_or("a column has no type")?;
    let Bytes(bytes) = row.try_get(at)?;
    Ok((bytes, oid))
}

/// The bytes of a column; `None` is SQL's NULL.
struct Bytes<'r>(Option<&'r [u8]>);

impl<'r> FromSql<'r> for Bytes<'r> {
    fn from_sql(_: &Type, bytes: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Some(bytes)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

macro_rules! tuple_rows {
    ($(($($t:ident),+))+) => {$(
        impl<$($t: Column + Send + 'static),+> Row for ($($t,)+) {
            fn read(columns: &mut Columns<'_>) -> deserialize::Result<Self> {
                Ok(($(next::<$t>(columns)?,)+))
            }
        }
    )+};
}
tuple_rows! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }

/// A statement that answers with no rows.
impl Row for () {
    fn read(_: &mut Columns<'_>) -> deserialize::Result<Self> {
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
            fn read(columns: &mut $crate::db::Columns<'_>) -> diesel::deserialize::Result<Self> {
                Ok(Self { $($field: $crate::db::next(columns)?),+ })
            }
        }
    };
}
pub(crate) use row;
