//! The rows that come back: bytes from tokio-postgres, read by diesel.

use super::DbError;
use super::statement::{Columns, Row};
use diesel::deserialize;
use diesel::pg::PgValue;
use futures_util::TryStreamExt;
use std::error::Error;
use std::num::NonZeroU32;
use std::pin::pin;
use tokio_postgres::RowStream;
use tokio_postgres::types::{FromSql, Type};

/// Reads all of them as `R`.
///
/// # Errors
/// When the statement fails on its way, or a row does not fit `R`.
pub(super) async fn read<R: Row>(rows: RowStream) -> Result<Vec<R>, DbError> {
    let mut rows = pin!(rows);
    let mut read = Vec::new();
    while let Some(row) = rows.try_next().await? {
        read.push(R::read(&mut LeftToRight { row: &row, at: 0 }).map_err(misfit)?);
    }
    Ok(read)
}

fn misfit(error: Box<dyn Error + Send + Sync>) -> DbError {
    diesel::result::Error::DeserializationError(error).into()
}

struct LeftToRight<'r> {
    row: &'r tokio_postgres::Row,
    at: usize,
}

impl Columns for LeftToRight<'_> {
    fn next_with(
        &mut self,
        read: &mut dyn FnMut(Option<PgValue<'_>>) -> deserialize::Result<()>,
    ) -> deserialize::Result<()> {
        let column = self.row.columns().get(self.at).ok_or("a row ended early")?;
        let oid = NonZeroU32::new(column.type_().oid()).ok_or("a column has no type")?;
        let Bytes(bytes) = self.row.try_get(self.at)?;
        self.at += 1;
        read(bytes.map(|bytes| PgValue::new(bytes, &oid)))
    }
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
