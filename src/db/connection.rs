//! A connection, and what has been prepared on it.
//!
//! tokio-postgres carries it, since its errors keep the SQLSTATE; diesel-async drops it. Diesel writes the
//! values into bytes and reads them back.

use super::DbError;
use super::error::unavailable;
use bytes::BytesMut;
use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata};
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use std::borrow::Cow;
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

    /// Runs a query and answers with its rows as they come. One that is not kept takes no round trip of its
    /// own for being prepared, either.
    ///
    /// # Errors
    /// When the database refuses it.
    pub(super) async fn run(&self, query: BoundQuery) -> Result<RowStream, DbError> {
        let BoundQuery { sql, values, is_kept } = query;
        if is_kept {
            let statement = self.statement(&sql, &values).await?;
            Ok(self.client.query_raw(&statement, values.bytes).await?)
        } else {
            let types = values.types()?;
            Ok(self.client.query_typed_raw(&sql, values.bytes.into_iter().zip(types)).await?)
        }
    }

    async fn statement(
        &self,
        sql: &str,
        values: &Values,
    ) -> Result<tokio_postgres::Statement, DbError> {
        let known = self.prepared().get(sql).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let fresh = self.client.prepare_typed(sql, &values.types()?).await?;
        self.prepared().insert(sql.to_owned(), fresh.clone());
        Ok(fresh)
    }

    fn prepared(&self) -> MutexGuard<'_, HashMap<String, tokio_postgres::Statement>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is sent.
pub(super) struct BoundQuery {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Values,
    /// Is it prepared and kept for the next time?
    pub(super) is_kept: bool,
}

/// The parameters of one query, in the form that is sent.
pub(super) struct Values {
    told: Vec<PgTypeMetadata>,
    bytes: Vec<Value>,
}

impl Values {
    /// Those of a query, in the order of their numbers.
    ///
    /// # Errors
    /// When a value has no form on the wire.
    pub(super) fn of(query: &impl QueryFragment<Pg>) -> Result<Self, DbError> {
        let mut collected = RawBytesBindCollector::new();
        query.collect_binds(&mut collected, &mut BuiltIn as &mut dyn PgMetadataLookup, &Pg)?;
        let bytes = collected.binds.into_iter().map(Value).collect();
        Ok(Self { told: collected.metadata, bytes })
    }

    /// Their types, which a prepared query has already.
    ///
    /// # Errors
    /// For a type that Postgres does not have from the start.
    fn types(&self) -> Result<Vec<Type>, DbError> {
        let types = self.told.iter().map(|told| {
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
