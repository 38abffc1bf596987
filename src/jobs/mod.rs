//! Work that no request waits for. Each job is a supervised task with a clock of its own: a slow one delays
//! no other, a panic or a failure ends one run only and is logged, and what was missed meanwhile is not made
//! up for. [`all`] is the list; docs/operations.md has it for operators. Each also runs by hand, in tests.

mod forget;
mod keys;
mod mail;

pub use self::forget::forget;
pub use self::keys::refresh_keys;
pub use self::mail::{QueuedMail, send_mails};

use crate::app::App;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

/// No job waits longer than this for its first run after a start.
const FIRST_RUN: Duration = Duration::from_mins(1);

/// How often the jobs run.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The mail queue.
    pub mail: Duration,
    /// The signing keys: how long a rotation by another process takes to arrive here. An emergency must be everywhere
    /// within five seconds.
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
            keys: Duration::from_secs(1),
            memory: Duration::from_mins(1),
            forgetting: Duration::from_hours(1),
        }
    }
}

/// One run of a job; why it failed.
type Run = BoxFuture<'static, Result<(), String>>;

/// A job.
pub struct Job {
    /// Its name in the log.
    pub name: &'static str,
    /// The pause between two runs.
    pub every: Duration,
    /// What it does, for operators.
    pub does: &'static str,
    run: fn(Arc<App>) -> Run,
}

/// Every job.
pub fn all(pace: Pace) -> [Job; 4] {
    [
        Job {
            name: "mail",
            every: pace.mail,
            does: "sends the mails that are due, four at once",
            run: |app| run(async move { send_mails(&app).await.map(drop) }),
        },
        Job {
            name: "signing keys",
            every: pace.keys,
            does: "loads the signing keys, and rotates them where due",
            run: |app| {
                run(async move {
                    let refreshed = refresh_keys(&app).await;
                    refreshed.map_err(|problem| problem.cause().unwrap_or_default().to_owned())
                })
            },
        },
        Job {
            name: "memory of password hashes",
            every: pace.memory,
            does: "gives back the memory that no sign-in has needed for a while",
            run: |app| {
                app.hasher.rest();
                run(std::future::ready(Ok::<(), String>(())))
            },
        },
        Job {
            name: "forgetting",
            every: pace.forgetting,
            does: "deletes what has outlived its time: stored answers of pushes, ended long reports, security \
                   events, ended links of mails, registrations",
            run: |app| run(async move { forget(&app).await.map(drop) }),
        },
    ]
}

/// Starts every job. They end when the set is dropped.
pub fn start(app: &Arc<App>, pace: Pace) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for job in all(pace) {
        let app = Arc::clone(app);
        tasks.spawn(repeat(job.name, job.every, move || (job.run)(Arc::clone(&app))));
    }
    tasks
}

fn run<E: ToString>(work: impl Future<Output = Result<(), E>> + Send + 'static) -> Run {
    Box::pin(work.map(|done| done.map_err(|error| error.to_string())))
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
