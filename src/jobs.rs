//! Work that no request waits for: mail, key rotation, forgetting. Each job has a task and a clock of
//! its own, so that a slow one delays no other and a panic ends one run only. Each runs by hand in
//! tests.

use crate::app::App;
use crate::auth;
use crate::db::{Anonymous, DbError, Statement, row};
use crate::http::Answered;
use crate::mail::{Mail, MailError};
use crate::{report, sync};
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

/// Registrations are forgotten after this long: the life of their link.
const REGISTRATION_LIFE: chrono::Duration = chrono::Duration::hours(24);
/// A mail that did not leave is given up after this long.
const MAIL_LIFE: chrono::Duration = chrono::Duration::days(3);
/// How many mails are on their way at once.
const MAILS_AT_ONCE: i64 = 4;
/// No job waits longer than this for its first run after a start.
const FIRST_RUN: Duration = Duration::from_mins(1);

/// How often the jobs run.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The mail queue.
    pub mail: Duration,
    /// The signing keys: how long a rotation by another process takes to arrive here.
    pub keys: Duration,
    /// Giving back the memory of password hashes.
    pub memory: Duration,
    /// Forgetting.
    pub forgetting: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            mail: Duration::from_secs(1),
            keys: Duration::from_mins(1),
            memory: Duration::from_mins(1),
            forgetting: Duration::from_hours(1),
        }
    }
}

/// One run of a job; why it failed.
type Run = BoxFuture<'static, Result<(), String>>;

/// A job: its name in the log, how often it runs, and what it does.
struct Job {
    name: &'static str,
    every: Duration,
    run: fn(Arc<App>) -> Run,
}

/// Starts every job. They end when the set is dropped.
pub fn start(app: &Arc<App>, pace: Pace) -> JoinSet<()> {
    let jobs = [
        Job {
            name: "mail",
            every: pace.mail,
            run: |app| run(async move { send_mails(&app).await }),
        },
        Job {
            name: "signing keys",
            every: pace.keys,
            run: |app| {
                Box::pin(async move {
                    let refreshed = refresh_keys(&app).await;
                    refreshed.map_err(|problem| problem.cause().unwrap_or_default().to_owned())
                })
            },
        },
        Job {
            name: "memory of password hashes",
            every: pace.memory,
            run: |app| {
                Box::pin(async move {
                    app.hasher.rest();
                    Ok(())
                })
            },
        },
        Job {
            name: "forgetting",
            every: pace.forgetting,
            run: |app| run(async move { forget(&app).await }),
        },
    ];
    let mut tasks = JoinSet::new();
    for job in jobs {
        let app = Arc::clone(app);
        tasks.spawn(repeat(job.name, job.every, move || (job.run)(Arc::clone(&app))));
    }
    tasks
}

fn run(work: impl Future<Output = Result<usize, DbError>> + Send + 'static) -> Run {
    Box::pin(work.map(|done| done.map(|_| ()).map_err(|error| error.to_string())))
}

/// Runs a job again and again. A run that takes longer than the pause is followed by the next one
/// after a whole pause; what was missed meanwhile is not made up for.
async fn repeat(name: &'static str, every: Duration, run: impl Fn() -> Run) {
    let mut clock = tokio::time::interval_at(Instant::now() + every.min(FIRST_RUN), every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        match AssertUnwindSafe(async { run().await }).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => tracing::warn!(job = name, cause, "a job failed; it will run again"),
            Err(_) => tracing::error!(job = name, "a job panicked; it will run again"),
        }
    }
}

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

/// Sends the mails that are due, some at once, and answers how many left. A mail is claimed first and
/// deleted when it has left, so that a crash in between sends it twice rather than never.
///
/// # Errors
/// When the database fails.
pub async fn send_mails(app: &App) -> Result<usize, DbError> {
    let mut left = 0;
    loop {
        let now = app.clock.now();
        let claimed = app.db.anonymous(async |tx| tx.load(claim(now)).await).await?;
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
        let delete = Statement::new("DELETE FROM pj.mails WHERE id = $1").bind(queued.id);
        app.db.anonymous(async |tx| tx.execute(delete).await).await?;
    }
    Ok(sent.is_ok())
}

/// Loads the signing keys again, rotating them where due, so that all copies of the server agree.
///
/// # Errors
/// When the database fails.
pub async fn refresh_keys(app: &App) -> Answered<()> {
    app.refresh_keys().await
}

/// Forgets what nobody can use any longer.
///
/// # Errors
/// When the database fails.
pub async fn forget(app: &App) -> Result<usize, DbError> {
    let now = app.clock.now();
    app.db
        .anonymous(async |tx| {
            sync::forget_answers(tx, now).await?;
            report::snapshots::forget(tx, now).await?;
            auth::forget_security_events(tx, now).await?;
            auth::forget_old_registrations(tx, now - REGISTRATION_LIFE).await
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Lets other tasks go on until something is so.
    async fn until(what: &str, is_so: impl Fn() -> bool) {
        let patience = Instant::now() + Duration::from_secs(30);
        while !is_so() {
            assert!(Instant::now() < patience, "{what} does not happen");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn a_panic_and_a_failure_end_one_run_and_not_the_job() {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let mut tasks = JoinSet::new();
        tasks.spawn(repeat("fragile", Duration::from_millis(1), || {
            let run = RUNS.fetch_add(1, Ordering::SeqCst);
            assert!(run != 0, "before there is a future");
            Box::pin(async move {
                assert!(run != 1, "in it");
                if run == 2 { Err("a failure".to_owned()) } else { Ok(()) }
            })
        }));
        until("a fifth run", || RUNS.load(Ordering::SeqCst) > 4).await;
    }

    #[tokio::test]
    async fn a_job_that_hangs_holds_up_no_other() {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        static HANGS: AtomicUsize = AtomicUsize::new(0);
        let mut tasks = JoinSet::new();
        tasks.spawn(repeat("hanging", Duration::from_millis(1), || {
            HANGS.fetch_add(1, Ordering::SeqCst);
            Box::pin(std::future::pending())
        }));
        until("the hang", || HANGS.load(Ordering::SeqCst) == 1).await;
        tasks.spawn(repeat("another", Duration::from_millis(1), || {
            RUNS.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Ok(()) })
        }));
        until("the other's runs", || RUNS.load(Ordering::SeqCst) > 4).await;
        assert_eq!(HANGS.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_was_missed_is_not_made_up_for() {
        static RUNS: Mutex<Vec<Instant>> = Mutex::new(Vec::new());
        let pause = Duration::from_millis(20);
        let mut tasks = JoinSet::new();
        tasks.spawn(repeat("slow at first", pause, move || {
            let mut runs = RUNS.lock().unwrap();
            runs.push(Instant::now());
            let is_first = runs.len() == 1;
            Box::pin(async move {
                if is_first {
                    tokio::time::sleep(10 * pause).await;
                }
                Ok(())
            })
        }));
        until("a fifth run", || RUNS.lock().unwrap().len() > 4).await;
        let runs = RUNS.lock().unwrap().clone();
        // The second one comes at once; then there is a whole pause again (less what timers are off by).
        for pair in runs[1..].windows(2) {
            assert!(pair[1] - pair[0] >= pause / 2, "{runs:?}");
        }
    }
}
