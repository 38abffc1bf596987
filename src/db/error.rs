//! What can go wrong between the server and Postgres.

use diesel::result::{DatabaseErrorKind, Error};
use std::error::Error as _;
use std::io;

/// What is wrong where a statement that was prepared is gone, or is somebody else's.
pub(super) const POOLED: &str = "a pooler between the server and its database pools transactions; \
                                 it must pool sessions";

/// A failed conversation with the database. Its text is for the log, never for a client.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection within the waiting limit, or the server is gone.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A lock or statement timeout, a deadlock: the same request may succeed a moment later.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// A named constraint refused the change.
    #[error("constraint {0} refused the change")]
    Constraint(String),
    /// The walls refused a row: what stands there is not for this caller.
    #[error("row-level security refused a row: {0}")]
    Walled(String),
    /// The login of the server has other rights or settings than it must have.
    #[error("{0}")]
    Refused(String),
    /// Text that Postgres cannot hold, which every reader should have refused or mended.
    #[error("a text that Postgres cannot hold: {0}")]
    Unstorable(String),
    /// Anything else; a fault of ours.
    #[error("the database refused a statement: {0}")]
    Other(Error),
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        let Error::DatabaseError(kind, info) = &error else { return Self::Other(error) };
        if let Some(name) = info.constraint_name() {
            return Self::Constraint(name.to_owned());
        }
        let message = info.message().to_owned();
        match kind {
            DatabaseErrorKind::ClosedConnection => Self::Unavailable(message),
            DatabaseErrorKind::SerializationFailure => Self::Busy(message),
            _ if is_pooled(&message) => Self::Refused(POOLED.to_owned()),
            _ if is_transient(&message) => Self::Busy(message),
            _ if is_unstorable(&message) => Self::Unstorable(message),
            _ if message.contains("row-level security policy") => Self::Walled(message),
            _ if message.contains("connection closed")
                || message.contains("terminating connection") =>
            {
                Self::Unavailable(message)
            }
            _ => Self::Other(error),
        }
    }
}

/// What Postgres or the system said. Never more of the address than that.
pub(super) fn unavailable(error: &tokio_postgres::Error) -> DbError {
    let system = error.source().filter(|source| source.is::<io::Error>());
    DbError::Unavailable(match (error.as_db_error(), system) {
        (Some(said), _) if is_pooled(said.message()) => return DbError::Refused(POOLED.to_owned()),
        (Some(said), _) => said.message().to_owned(),
        (None, Some(system)) => format!("{error}: {system}"),
        (None, None) => error.to_string(),
    })
}

/// Why a connection could not be opened: the driver prepares statements for that, too.
pub(super) fn not_opened(said: String) -> DbError {
    if is_pooled(&said) { DbError::Refused(POOLED.to_owned()) } else { DbError::Unavailable(said) }
}

/// A statement that this connection prepared is not there, or another's is.
fn is_pooled(message: &str) -> bool {
    message.starts_with("prepared statement ")
}

/// U+0000, alone or as an escape in JSON.
fn is_unstorable(message: &str) -> bool {
    ["invalid byte sequence for encoding", "unsupported Unicode escape sequence"]
        .iter()
        .any(|m| message.contains(m))
}

/// Diesel keeps no SQLSTATE for these, only the server's English message (`lc_messages` is C).
fn is_transient(message: &str) -> bool {
    ["deadlock detected", "lock timeout", "statement timeout"].iter().any(|m| message.contains(m))
}
