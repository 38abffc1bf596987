//! Offline-first sync: the WatermelonDB wire with paging, base values and per-record answers
//! (docs/sync.md). Pull and push of the caller's own journal over every collection.

mod answer;
mod change;
mod collection_push;
mod cursor;
mod foreign;
mod history;
mod history_http;
mod http;
mod incoming;
mod inflate;
mod known;
mod marks;
mod members;
mod merge;
mod outline;
mod page;
mod pull;
mod push;
mod quarantine;
mod refusal;
mod repair;
mod scalar;
mod schema;
mod schema_version;
mod store;
mod stream;

pub use change::{Incoming, Sender, Wish};
pub use cursor::{Cursor, JournalHead, Lost};
pub use http::routes;
pub use known::{ChangeMark, Known, Marks};
pub use merge::{Act, Conflict, Loss, Merged, RecordResult, merge};
pub use repair::repair;
pub use schema_version::{OLDEST_SCHEMA, SCHEMA_VERSION};
pub use store::{ANSWER, HEAD, KEEP_ANSWER, LINES, cut_text, touched_text};

use crate::db::{Anonymous, DbError, Statement, Tx};
use chrono::{DateTime, Duration, Utc};

/// Answers to pushes are kept this long, in days.
const ANSWER_LIFE: i64 = 30;

/// Forgets old answers; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn forget_answers(tx: &Tx<'_, Anonymous>, now: DateTime<Utc>) -> Result<i64, DbError> {
    let forget = Statement::<Anonymous, (i64,)>::new("SELECT sec.forget_answers($1)");
    let gone = tx.first(forget.bind(now - Duration::days(ANSWER_LIFE))).await?;
    Ok(gone.map_or(0, |(count,)| count))
}

/// Starts a new epoch: every client syncs from the start. For the operator, after a restore or a
/// failover that lost commits. Answers the new epoch.
///
/// # Errors
/// When the database fails.
pub async fn new_epoch(tx: &Tx<'_, Anonymous>) -> Result<i32, DbError> {
    let bump = "UPDATE pj.sync_state SET epoch = epoch + 1 RETURNING epoch";
    let epoch = tx.first(Statement::<Anonymous, (i32,)>::new(bump)).await?;
    Ok(epoch.map_or(0, |(epoch,)| epoch))
}
