//! A statement, written by hand or by diesel's query builder, and the rows it answers with.
//!
//! Both are prepared once a connection and kept there by their text. So a text must not grow with its
//! values: many of them travel as one array.

use super::DbError;
use super::bind::{Column, Parameters, WrittenParameter};
use super::connection::Connection;
use super::level::{Level, Runs};
use super::rows::{self, ReadRow, Row};
use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{QueryBuilder, QueryFragment};
use std::borrow::Cow;
use std::marker::PhantomData;

/// SQL and its parameters. It runs in a transaction of level `L`; `R` is the row it answers with.
#[derive(Debug)]
pub struct Statement<L, R = ()> {
    /// With `$1`, `$2`, … in the order of the parameters.
    sql: Cow<'static, str>,
    parameters: Parameters,
    read: ReadRow<R>,
    level: PhantomData<fn(L)>,
}

impl<L: Level, R: Row> Statement<L, R> {
    /// One written by hand, without parameters yet. The text is fixed: values only ever travel as binds.
    pub fn new(sql: &'static str) -> Self {
        let (sql, parameters) = (sql.into(), Parameters::default());
        Self { sql, parameters, read: rows::left_to_right, level: PhantomData }
    }
}

impl<L: Level, R> Statement<L, R> {
    /// What diesel has built, and how its rows are read.
    pub(super) fn of(built: &impl QueryFragment<Pg>, read: ReadRow<R>) -> Self {
        let mut sql = PgQueryBuilder::default();
        let written = built.to_sql(&mut sql, &Pg).map_err(DbError::from);
        let parameters = Parameters::of(written, built);
        Self { sql: sql.finish().into(), parameters, read, level: PhantomData }
    }

    /// The same statement, to be run in a transaction that may do more.
    #[must_use]
    pub fn lift<M: Runs<L>>(self) -> Statement<M, R> {
        let Self { sql, parameters, read, .. } = self;
        Statement { sql, parameters, read, level: PhantomData }
    }

    /// Adds the next parameter.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "so that constants and sums need no borrowing"
    )]
    pub fn bind(self, value: impl Column) -> Self {
        self.bind_with(|parameters| value.bind(parameters))
    }

    /// Adds many values as the next parameter, an array for `unnest` or `ANY`.
    #[must_use]
    pub fn bind_many<'a, T: Column + 'a>(
        self,
        values: impl Iterator<Item = Option<&'a T>>,
    ) -> Self {
        self.bind_with(|parameters| T::bind_many(values, parameters))
    }

    /// Adds the next parameters as somebody else knows them.
    #[must_use]
    pub fn bind_with(mut self, bind: impl FnOnce(&mut Parameters)) -> Self {
        bind(&mut self.parameters);
        self
    }
}

impl<L, R> Statement<L, R> {
    /// Has the connection prepared it, so that it can be sent without a wait?
    pub(super) fn is_known(&self, connection: &Connection) -> bool {
        connection.knows(&self.sql)
    }

    /// Its text, and the values behind it as they are sent. For the benchmark.
    pub(super) fn written(&self) -> (String, Vec<WrittenParameter>) {
        (self.sql.clone().into_owned(), self.parameters.written())
    }

    /// Runs it and answers with its rows.
    ///
    /// # Errors
    /// When the database refuses it, or a row does not fit.
    pub(super) async fn load(self, connection: &Connection) -> Result<Vec<R>, DbError> {
        rows::all(connection.run(&self.sql, self.parameters).await?, self.read).await
    }

    /// Runs it and answers how many rows it touched.
    ///
    /// # Errors
    /// When the database refuses it.
    pub(super) async fn execute(self, connection: &Connection) -> Result<usize, DbError> {
        rows::touched(connection.run(&self.sql, self.parameters).await?).await
    }
}
