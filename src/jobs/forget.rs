//! Forgetting: answers to pushes, rows of long reports, security events, links of mails and registrations, each
//! after its own time.

use crate::app::App;
use crate::db::{DbError, Task};
use crate::{auth, report, sync};

/// Registrations are forgotten after this long: the life of their link.
const REGISTRATION_LIFE: chrono::Duration = chrono::Duration::hours(24);

/// Forgets what nobody can use any longer.
///
/// # Errors
/// When the database fails.
pub async fn forget(app: &App) -> Result<usize, DbError> {
    let now = app.clock.now();
    app.db
        .anonymous(Task::of_a_job("forget"), async |tx| {
            sync::forget_answers(tx, now).await?;
            report::snapshots::forget(tx, now).await?;
            auth::forget_security_events(tx, now).await?;
            auth::forget_links(tx, now).await?;
            auth::forget_old_registrations(tx, now - REGISTRATION_LIFE).await
        })
        .await
}
