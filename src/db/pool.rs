//! The pool of connections, every one of them running as the role `pj_app`.

use super::DbError;
use deadpool::managed::{Manager, Metrics, Pool, RecycleError, RecycleResult};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;

/// How long a request waits for a connection before it is answered 503.
const WAIT: Duration = Duration::from_secs(3);

/// A connection and what we know of it.
pub(crate) struct Link {
    pub(super) conn: AsyncPgConnection,
    prepared: Mutex<HashSet<usize>>,
}

impl Link {
    /// Is this statement prepared on this connection, so that it can be sent without a wait?
    pub(super) fn knows(&self, sql: &'static str) -> bool {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).contains(&sql.as_ptr().addr())
    }

    pub(super) fn remember(&self, sql: &'static str) {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.as_ptr().addr());
    }
}

pub(super) struct Links {
    url: String,
    home: Handle,
}

impl Manager for Links {
    type Type = Link;
    type Error = diesel::ConnectionError;

    async fn create(&self) -> Result<Link, Self::Error> {
        // A connection lives and dies with the runtime that opens it, and a request may be served by
        // another one.
        let url = self.url.clone();
        let opening = self.home.spawn(async move { AsyncPgConnection::establish(&url).await });
        let conn = opening.await.map_err(|_| {
            diesel::ConnectionError::BadConnection("the server is stopping".into())
        })??;
        Ok(Link { conn, prepared: Mutex::default() })
    }

    async fn recycle(&self, link: &mut Link, _: &Metrics) -> RecycleResult<Self::Error> {
        // diesel-async has this check for its own pools only.
        if diesel_async::pooled_connection::PoolableConnection::is_broken(&mut link.conn) {
            return Err(RecycleError::message("closed"));
        }
        Ok(())
    }
}

/// A pool of `size` connections; none is opened yet.
pub(super) fn pool(url: &str, size: usize, home: Handle) -> Result<Pool<Links>, DbError> {
    Pool::builder(Links { url: app_url(url)?, home })
        .max_size(size)
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .recycle_timeout(Some(WAIT))
        .build()
        .map_err(|e| DbError::Unavailable(e.to_string()))
}

/// The URL with the session's settings: the role that row-level security binds, and the timeouts.
fn app_url(url: &str) -> Result<String, DbError> {
    check_url(url).map_err(DbError::Unavailable)?;
    let separator = if url.contains('?') { '&' } else { '?' };
    let settings = [
        "role=pj_app",
        "search_path=pj",
        "statement_timeout=5s",
        "lock_timeout=5s",
        "idle_in_transaction_session_timeout=10s",
        "jit=off",
        // Every statement of ours is an index look-up whatever its values are: plan it once.
        "plan_cache_mode=force_generic_plan",
    ]
    .map(|s| format!("-c%20{}", s.replace('=', "%3D")))
    .join("%20");
    Ok(format!("{url}{separator}application_name=pain-journal&options={settings}"))
}

/// Is this a database address the server can use as it is?
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn check_url(url: &str) -> Result<(), String> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err("DATABASE_URL must start with postgres://".into());
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("options", _)) => {
                return Err("DATABASE_URL must not carry options=: the server sets its own".into());
            }
            Some(("sslmode", "require" | "verify-ca" | "verify-full")) => {
                return Err("DATABASE_URL asks for TLS, which this build does not speak: \
                            use a Unix socket, a private network or a local TLS proxy"
                    .into());
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_takes_the_app_role() {
        let url = app_url("postgres://pj_admin@%2Frun/pain_journal").unwrap();
        assert!(url.contains("role%3Dpj_app"), "{url}");
        assert!(app_url("postgres://h/d?a=b").unwrap().contains("?a=b&application_name"));
    }

    #[test]
    fn unusable_addresses_are_refused_with_a_reason() {
        assert!(check_url("mysql://h/d").unwrap_err().contains("postgres://"));
        assert!(check_url("postgres://h/d?sslmode=require").unwrap_err().contains("TLS"));
        assert!(check_url("postgres://h/d?options=-c%20role%3Dx").unwrap_err().contains("options"));
    }
}
