//! A connection, and what has been prepared on it.
//!
//! tokio-postgres carries it, since its errors keep the SQLSTATE; diesel-async drops it. Diesel writes the
//! values into bytes and reads them back.

use super::DbError;
use super::bind::{Parameters, Types};
use super::error::unavailable;
use bytes::BytesMut;
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::task::JoinHandle;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{CancelToken, Client, NoTls, RowStream};

/// An open connection. Dropped, it closes at once, whatever is under way.
pub(crate) struct Connection {
    client: Client,
    driver: JoinHandle<()>,
    prepared: Mutex<HashMap<String, tokio_postgres::Statement>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Opens one. It lives in the runtime that this is called in.
    ///
    /// # Errors
    /// When the server does not answer, or refuses the login.
    pub(super) async fn open(url: &str) -> Result<Self, DbError> {
        let opened = tokio_postgres::connect(url, NoTls).await;
        let (client, connection) = opened.map_err(|error| unavailable(&error))?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        let opened = Self { client, driver, prepared: Mutex::default() };
        opened.simple("SET TIME ZONE 'UTC'").await?;
        Ok(opened)
    }

    /// Has the other side gone?
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// What cancels the statement that runs.
    pub(super) fn cancel_token(&self) -> CancelToken {
        self.client.cancel_token()
    }

    /// Is this statement prepared, so that it can be sent without a wait?
    pub(super) fn knows(&self, sql: &str) -> bool {
        self.prepared().contains_key(sql)
    }

    /// Runs statements without parameters that answer with no rows.
    ///
    /// # Errors
    /// When the database refuses one.
    pub(super) async fn simple(&self, sql: &str) -> Result<(), DbError> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Runs a query and answers with its rows as they come.
    ///
    /// # Errors
    /// When a value has no form on the wire, or the database refuses it.
    pub(super) async fn run(
        &self,
        sql: &str,
        parameters: Parameters,
    ) -> Result<RowStream, DbError> {
        let (types, values) = parameters.into_parts()?;
        let statement = self.statement(sql, &types).await?;
        Ok(self.client.query_raw(&statement, values.into_iter().map(Value)).await?)
    }

    async fn statement(
        &self,
        sql: &str,
        types: &Types,
    ) -> Result<tokio_postgres::Statement, DbError> {
        let known = self.prepared().get(sql).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let fresh = self.client.prepare_typed(sql, &types.known()?).await?;
        self.prepared().insert(sql.to_owned(), fresh.clone());
        Ok(fresh)
    }

    fn prepared(&self) -> MutexGuard<'_, HashMap<String, tokio_postgres::Statement>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value that diesel has written, or NULL.
#[derive(Debug)]
struct Value(Option<Vec<u8>>);

impl ToSql for Value {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Some(bytes) = &self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    /// The statement was prepared for the types of its values.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
