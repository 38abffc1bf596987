//! The mail queue: what is due leaves, some at once; what does not leave waits longer each time.

use crate::app::App;
use crate::db::schema::mails;
use crate::db::{Anonymous, DbError, Statement, Task, row};
use crate::mail::{Mail, MailError};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use futures_util::future::join_all;
use uuid::Uuid;

/// A mail that did not leave is given up after this long.
const MAIL_LIFE: chrono::Duration = chrono::Duration::days(3);
/// How many mails are on their way at once.
const MAILS_AT_ONCE: i64 = 4;

row! {
    /// A mail taken from the queue.
    pub struct QueuedMail {
        id: Uuid,
        recipient: String,
        subject: String,
        body: String,
        attempts: i16,
        created_at: DateTime<Utc>,
    }
}

/// What the transactions of this job are for.
const TASK: Task = Task::of_a_job("send_mails");

/// Sends the mails that are due, some at once, and answers how many left. A mail is claimed first and
/// deleted when it has left, so that a crash in between sends it twice rather than never.
///
/// # Errors
/// When the database fails.
pub async fn send_mails(app: &App) -> Result<usize, DbError> {
    let mut left = 0;
    loop {
        let now = app.clock.now();
        let claimed = app.db.anonymous(TASK, async |tx| tx.load(claim(now)).await).await?;
        if claimed.is_empty() {
            return Ok(left);
        }
        for sent in join_all(claimed.into_iter().map(|queued| send(app, queued, now))).await {
            left += usize::from(sent?);
        }
    }
}

/// Takes the mails that are due longest. The next try is due after twice the time of the last pause:
/// 2 minutes, which is longer than a try takes, up to an hour.
fn claim(now: DateTime<Utc>) -> Statement<Anonymous, QueuedMail> {
    Statement::new(
        "UPDATE pj.mails m SET attempts = m.attempts + 1, \
         due_at = $1 + interval '1 minute' * least(power(2, least(m.attempts, 10) + 1), 60) \
         WHERE m.id IN (SELECT id FROM pj.mails WHERE due_at <= $1 ORDER BY due_at \
         LIMIT $2 FOR UPDATE SKIP LOCKED) \
         RETURNING m.id, m.recipient, m.subject, m.body, m.attempts, m.created_at",
    )
    .bind(now)
    .bind(MAILS_AT_ONCE)
}

/// Sends one mail, and takes it out of the queue when that is done with; answers whether it left.
async fn send(app: &App, queued: QueuedMail, now: DateTime<Utc>) -> Result<bool, DbError> {
    let mail = Mail { to: queued.recipient, subject: queued.subject, text: queued.body };
    let sent = app.mailer.send(queued.id, &mail, now).await;
    let is_done = match sent {
        Ok(()) => true,
        Err(error @ MailError { is_final: true, .. }) => {
            tracing::error!(mail = %queued.id, %error, "a mail was given up");
            true
        }
        Err(error) if now - queued.created_at >= MAIL_LIFE => {
            tracing::error!(mail = %queued.id, %error, "a mail was given up after three days");
            true
        }
        Err(error) => {
            tracing::warn!(mail = %queued.id, %error, attempts = queued.attempts, "a mail waits");
            false
        }
    };
    if is_done {
        let delete = Statement::change(diesel::delete(mails::table.find(queued.id)));
        app.db.anonymous(TASK, async |tx| tx.execute(delete).await).await?;
    }
    Ok(sent.is_ok())
}
