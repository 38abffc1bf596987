//! Work that no request waits for: mail, key rotation, forgetting. Each job runs by hand in tests.

use crate::app::App;
use crate::auth;
use crate::db::{DbError, Statement, row};
use crate::http::Answered;
use crate::mail::{Mail, MailError};
use crate::{report, sync};
use chrono::Duration;
use uuid::Uuid;

/// Registrations are forgotten after this long: the life of their link.
const REGISTRATION_LIFE: Duration = Duration::hours(24);
/// A mail that did not leave is given up after this many tries.
const MOST_ATTEMPTS: i16 = 12;

row! {
    /// A mail taken from the queue.
    pub struct QueuedMail { id: Uuid, recipient: String, subject: String, body: String, attempts: i16 }
}

/// Sends the mails that are due, and answers how many left. A mail is claimed first and deleted
/// when it has left, so that a crash in between sends it twice rather than never.
///
/// # Errors
/// When the database fails.
pub async fn send_mails(app: &App) -> Result<usize, DbError> {
    let now = app.clock.now();
    let claimed = app
        .db
        .anonymous(async |tx| {
            // Twice the wait after every try, from a minute to about three days in all.
            tx.load::<QueuedMail>(
                Statement::new(
                    "UPDATE pj.mails m SET attempts = m.attempts + 1, \
                     due_at = $1 + interval '1 minute' * power(2, m.attempts) \
                     WHERE m.id IN (SELECT id FROM pj.mails WHERE due_at <= $1 ORDER BY due_at \
                     LIMIT 20 FOR UPDATE SKIP LOCKED) \
                     RETURNING m.id, m.recipient, m.subject, m.body, m.attempts",
                )
                .bind(now),
            )
            .await
        })
        .await?;
    let mut left = 0;
    for queued in claimed {
        let mail = Mail { to: queued.recipient, subject: queued.subject, text: queued.body };
        let done = match app.mailer.send(queued.id, &mail, now).await {
            Ok(()) => {
                left += 1;
                true
            }
            Err(error @ MailError::Refused { .. }) => {
                tracing::error!(mail = %queued.id, %error, "a mail was given up");
                true
            }
            Err(error) => {
                tracing::warn!(mail = %queued.id, %error, attempts = queued.attempts, "a mail waits");
                queued.attempts >= MOST_ATTEMPTS
            }
        };
        if done {
            let delete = Statement::new("DELETE FROM pj.mails WHERE id = $1").bind(queued.id);
            app.db.anonymous(async |tx| tx.execute(delete).await).await?;
        }
    }
    Ok(left)
}

/// Loads the signing keys again, rotating them where due, so that all copies of the server agree.
///
/// # Errors
/// When the database fails.
pub async fn refresh_keys(app: &App) -> Answered<()> {
    auth::load_or_create(app).await
}

/// Forgets what nobody can use any longer.
///
/// # Errors
/// When the database fails.
pub async fn forget(app: &App) -> Result<usize, DbError> {
    let before = app.clock.now() - REGISTRATION_LIFE;
    app.db
        .anonymous(async |tx| {
            sync::forget_answers(tx, app.clock.now()).await?;
            report::snapshots::forget(tx, app.clock.now()).await?;
            auth::forget_old_registrations(tx, before).await
        })
        .await
}
