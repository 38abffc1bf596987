//! Statements that diesel's query builder writes, checked against [`schema`](super::schema) when they are
//! compiled.

use super::level::Level;
use super::rows::{cell, misfit};
use super::{DbError, Statement};
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::dsl::AsExprOf;
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::{AsQuery, QueryFragment};
use diesel::query_dsl::CompatibleType;
use diesel::row::{Field, PartialRow, RowIndex, RowSealed};
use diesel::sql_types::{Record, Timestamptz, Uuid};
use std::num::NonZeroU32;
use std::ops::Range;

impl<L: Level, R> Statement<L, R> {
    /// One that answers with rows.
    pub fn query<Q, ST>(query: Q) -> Self
    where
        Q: AsQuery,
        Q::Query: QueryFragment<Pg>,
        Q::SqlType: CompatibleType<R, Pg, SqlType = ST>,
        R: FromSqlRow<ST, Pg>,
    {
        Self::of(&query.as_query(), read::<R, ST>)
    }
}

impl<L: Level> Statement<L> {
    /// One that answers with no rows.
    pub fn change(query: impl QueryFragment<Pg>) -> Self {
        Self::of(&query, |_| Ok(()))
    }
}

diesel::infix_operator!(IsBefore, " < ", backend: Pg);

/// When, and of those of one moment which.
type Place = Record<(Timestamptz, Uuid)>;

/// The columns `C` before a place.
type Before<C> =
    IsBefore<<C as AsExpression<Place>>::Expression, AsExprOf<(DateTime<Utc>, uuid::Uuid), Place>>;

/// Is this pair of columns before a place? Rows are compared as wholes, as an index has them.
pub(crate) fn is_before<C: AsExpression<Place>>(
    columns: C,
    place: (DateTime<Utc>, uuid::Uuid),
) -> Before<C> {
    let place = AsExpression::<Place>::as_expression(place);
    IsBefore::new(columns.as_expression(), place)
}

fn read<R: FromSqlRow<ST, Pg>, ST>(row: &tokio_postgres::Row) -> Result<R, DbError> {
    R::build_from_row(&PgRow(row)).map_err(misfit)
}

/// A row as diesel looks at it.
struct PgRow<'r>(&'r tokio_postgres::Row);

impl RowSealed for PgRow<'_> {}

impl<'r> diesel::row::Row<'r, Pg> for PgRow<'r> {
    type Field<'f>
        = PgField<'f>
    where
        'r: 'f,
        Self: 'f;
    type InnerPartialRow = Self;

    fn field_count(&self) -> usize {
        self.0.len()
    }

    fn get<'b, I>(&'b self, index: I) -> Option<PgField<'b>>
    where
        'r: 'b,
        Self: RowIndex<I>,
    {
        let at = self.idx(index)?;
        let (bytes, oid) = cell(self.0, at).ok()?;
        Some(PgField { name: self.0.columns()[at].name(), bytes, oid })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self> {
        PartialRow::new(self, range)
    }
}

impl RowIndex<usize> for PgRow<'_> {
    fn idx(&self, at: usize) -> Option<usize> {
        (at < self.0.len()).then_some(at)
    }
}

impl RowIndex<&str> for PgRow<'_> {
    fn idx(&self, name: &str) -> Option<usize> {
        self.0.columns().iter().position(|column| column.name() == name)
    }
}

struct PgField<'f> {
    name: &'f str,
    bytes: Option<&'f [u8]>,
    oid: NonZeroU32,
}

impl<'f> Field<'f, Pg> for PgField<'f> {
    fn field_name(&self) -> Option<&str> {
        Some(self.name)
    }

    fn value(&self) -> Option<PgValue<'_>> {
        self.bytes.map(|bytes| PgValue::new(bytes, &self.oid))
    }
}
