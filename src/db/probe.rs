//! Does the database take writes? Asked by whoever watches the server, and answered from memory where it
//! can be.

use super::{Db, DbError};
use chrono::{DateTime, Duration, Utc};
use tokio::sync::Mutex;

/// How long a write that was taken speaks for the next ones.
const TAKEN_FOR: Duration = Duration::seconds(5);

/// When the database last took a write. However many ask, one of them tries.
#[derive(Debug, Default)]
pub struct WriteProbe {
    taken_at: Mutex<Option<DateTime<Utc>>>,
}

impl WriteProbe {
    /// Are writes taken? Tries where the last answer is too old.
    ///
    /// # Errors
    /// When they are not.
    pub async fn are_taken(&self, db: &Db, now: DateTime<Utc>) -> Result<(), DbError> {
        let mut taken_at = self.taken_at.lock().await;
        let age = taken_at.map(|at| now - at);
        if age.is_some_and(|age| age >= Duration::zero() && age < TAKEN_FOR) {
            return Ok(());
        }
        *taken_at = None;
        db.try_write().await?;
        *taken_at = Some(now);
        Ok(())
    }
}
