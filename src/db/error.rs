//! What can go wrong between the server and Postgres, told by SQLSTATE.

use std::error::Error as StdError;
use std::io;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// What is wrong where a statement that was prepared is gone, or is somebody else's.
pub(super) const POOLED: &str = "a pooler between the server and its database pools transactions; \
                                 it must pool sessions";

/// The place in the source of Postgres that refuses a row; `routine` tells it, in no language. A missing
/// right has the same SQLSTATE and comes from another one.
const ROW_CHECK: &str = "ExecWithCheckOptions";

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
    /// The database takes no write: it only reads, or its disk is full.
    #[error("the database takes no write: {0}")]
    Unwritable(String),
    /// Anything else; a fault of ours.
    #[error("the database refused a statement: {0}")]
    Other(String),
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        let Some(said) = error.as_db_error() else {
            return if is_lost(&error) { unavailable(&error) } else { Self::Other(told(&error)) };
        };
        if let Some(name) = said.constraint() {
            return Self::Constraint(name.to_owned());
        }
        let message = said.message().to_owned();
        match *said.code() {
            SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => {
                Self::Refused(POOLED.to_owned())
            }
            SqlState::T_R_SERIALIZATION_FAILURE
            | SqlState::T_R_DEADLOCK_DETECTED
            | SqlState::LOCK_NOT_AVAILABLE
            | SqlState::QUERY_CANCELED => Self::Busy(message),
            SqlState::CHARACTER_NOT_IN_REPERTOIRE | SqlState::UNTRANSLATABLE_CHARACTER => {
                Self::Unstorable(message)
            }
            SqlState::INSUFFICIENT_PRIVILEGE if said.routine() == Some(ROW_CHECK) => {
                Self::Walled(message)
            }
            SqlState::READ_ONLY_SQL_TRANSACTION | SqlState::DISK_FULL => Self::Unwritable(message),
            SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::DATABASE_DROPPED
            | SqlState::IDLE_SESSION_TIMEOUT
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Self::Unavailable(message),
            _ => Self::Other(format!("{message} ({})", said.code().code())),
        }
    }
}

/// A value that could not be written or read.
impl From<diesel::result::Error> for DbError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Other(error.to_string())
    }
}

/// Why the database could not be used at all: what Postgres or the system said, never more of the address
/// than that.
pub(super) fn unavailable(error: &Error) -> DbError {
    match error.code() {
        // The driver prepares statements of its own.
        Some(&SqlState::INVALID_SQL_STATEMENT_NAME | &SqlState::DUPLICATE_PSTATEMENT) => {
            DbError::Refused(POOLED.to_owned())
        }
        _ => DbError::Unavailable(told(error)),
    }
}

fn told(error: &Error) -> String {
    let system = error.source().filter(|source| source.is::<io::Error>());
    match (error.as_db_error(), system) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(system)) => format!("{error}: {system}"),
        (None, None) => error.to_string(),
    }
}

/// Is the connection gone?
pub(super) fn is_lost(error: &Error) -> bool {
    error.is_closed() || error.source().is_some_and(<dyn StdError + 'static>::is::<io::Error>)
}
