//! The pool of connections, every one of them with the rights that its duty takes and no more.

use super::connection::Connection;
use super::login::Duty;
use super::{DbError, login};
use deadpool::managed::{Manager, Metrics, Pool, RecycleError, RecycleResult};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// How long a request waits for a connection before it is answered 503.
const WAIT: Duration = Duration::from_secs(3);

pub(super) struct Opener {
    url: String,
    duty: Duty,
    home: Handle,
}

impl Manager for Opener {
    type Type = Connection;
    type Error = DbError;

    async fn create(&self) -> Result<Connection, Self::Error> {
        // A connection lives and dies with the runtime that opens it, and a request may be served by
        // another one. Whoever asks for it and leaves takes the half-open one along.
        let url = self.url.clone();
        let mut opening = JoinSet::new();
        opening.spawn_on(async move { Connection::open(&url).await }, &self.home);
        let Some(Ok(opened)) = opening.join_next().await else {
            return Err(DbError::Unavailable("the server is stopping".into()));
        };
        let connection = opened?;
        login::check(&connection, self.duty).await?;
        Ok(connection)
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        _: &Metrics,
    ) -> RecycleResult<Self::Error> {
        if connection.is_closed() {
            return Err(RecycleError::message("closed"));
        }
        Ok(())
    }
}

/// A pool of `size` connections; none is opened yet.
pub(super) fn pool(
    url: &str,
    duty: Duty,
    size: usize,
    home: Handle,
) -> Result<Pool<Opener>, DbError> {
    Pool::builder(Opener { url: named_url(url)?, duty, home })
        .max_size(size)
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .recycle_timeout(Some(WAIT))
        .build()
        .map_err(|e| DbError::Unavailable(e.to_string()))
}

/// The URL with a name for the list of database sessions. Nothing else is set by it: what a database session
/// needs hangs on the login, since a pooler in between may drop what a client asks for at the start.
fn named_url(url: &str) -> Result<String, DbError> {
    check_url(url).map_err(|e| DbError::Unavailable(format!("the address {e}")))?;
    let separator = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{separator}application_name=pain-journal"))
}

/// Is this a database address the server can use as it is?
///
/// # Errors
/// What is wrong with it, to be put behind its name.
pub fn check_url(url: &str) -> Result<(), String> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err("must start with postgres://".into());
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("options", _)) => {
                return Err("must not carry options=: settings hang on the login".into());
            }
            Some(("sslmode", "require" | "verify-ca" | "verify-full")) => {
                return Err("asks for TLS, which this build does not speak: \
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
    fn an_address_is_given_a_name_and_nothing_else() {
        let url = named_url("postgres://pj_server@%2Frun/pain_journal").unwrap();
        assert_eq!(url, "postgres://pj_server@%2Frun/pain_journal?application_name=pain-journal");
        assert!(named_url("postgres://h/d?a=b").unwrap().contains("?a=b&application_name"));
    }

    #[test]
    fn unusable_addresses_are_refused_with_a_reason() {
        assert!(check_url("mysql://h/d").unwrap_err().contains("postgres://"));
        assert!(check_url("postgres://h/d?sslmode=require").unwrap_err().contains("TLS"));
        assert!(check_url("postgres://h/d?options=-c%20role%3Dx").unwrap_err().contains("options"));
    }
}
