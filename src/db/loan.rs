//! A connection lent for one piece of work, and what becomes of it when the work is broken off.
//!
//! A request ends anywhere: its client is cut, its handler panics, a statement fails. Whatever the
//! work has left open then holds its locks until somebody ends it, so the end of the loan does.

use super::connection::Connection;
use super::pool::Opener;
use deadpool::managed::Object;
use std::ops::Deref;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::NoTls;

/// How long a rollback waits for the statement before it, until that one is cancelled.
const PROMPT: Duration = Duration::from_millis(50);

/// How long a cancelled statement may take to end. Postgres looks for the end of a connection
/// itself after that.
const LIMIT: Duration = Duration::from_secs(1);

/// A connection of the pool. Dropped inside a transaction, it is rolled back at once, on the runtime
/// of the pool, and keeps its place in the pool until that is done: requests that are cut can
/// neither leave a lock behind nor open more connections than there are places.
pub(super) struct Loan {
    /// Gone only while the loan is dropped.
    connection: Option<Object<Opener>>,
    clean: bool,
    home: Handle,
}

impl Loan {
    /// Lends a connection that is in no transaction.
    pub(super) fn new(connection: Object<Opener>, home: Handle) -> Self {
        Self { connection: Some(connection), clean: true, home }
    }

    /// To be called before BEGIN leaves: from here on only [`ended`](Self::ended) is a good end.
    pub(super) fn begins(&mut self) {
        self.clean = false;
    }

    /// To be called when the answer to COMMIT or ROLLBACK is there.
    pub(super) fn ended(&mut self) {
        self.clean = true;
    }
}

impl Deref for Loan {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a loan has its connection until it is dropped"),
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if !self.clean
            && let Some(connection) = self.connection.take()
        {
            self.home.spawn(roll_back(Doomed(Some(connection))));
        }
    }
}

/// A connection that is closed, not used again, unless it is [`spared`](Self::spare): also when the
/// runtime ends in the middle of the rollback.
struct Doomed(Option<Object<Opener>>);

impl Doomed {
    /// Gives the connection back to the pool.
    fn spare(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

async fn roll_back(doomed: Doomed) {
    let Some(connection) = &doomed.0 else { return };
    match end(connection).await {
        Ok(true) => doomed.spare(),
        Ok(false) => {}
        Err(error) => tracing::debug!(error, "a connection was closed inside a transaction"),
    }
}

/// Ends the transaction, and answers whether the connection can be used again.
async fn end(connection: &Connection) -> Result<bool, String> {
    let mut rollback = std::pin::pin!(connection.simple("ROLLBACK"));
    if let Ok(ended) = timeout(PROMPT, &mut rollback).await {
        return ended.map(|()| true).map_err(|e| e.to_string());
    }
    // A statement runs long or waits for a lock. A cancellation may arrive late and would then hit
    // whatever comes next, so nothing does: the connection is closed afterwards.
    let cancelled = async {
        connection.cancel_token().cancel_query(NoTls).await.map_err(|e| e.to_string())?;
        rollback.await.map_err(|e| e.to_string())
    };
    let ended = timeout(LIMIT, cancelled).await;
    ended.unwrap_or_else(|_| Err("it does not answer".to_owned())).map(|()| false)
}
