//! Long reports: a job reads and computes them beside the requests, one at a time. Its row says how
//! far it is. When its process died, the next look at the row goes on with it.

use super::freeze::{Frozen, Patience, freeze};
use super::model::{JobRow, ReportJob, ReportJobStatus};
use crate::access::{Account, Id, Own, Patient, Practitioner, Purpose, Reader, Shared};
use crate::db::{Anonymous, DbError, Statement, Tx};
use crate::http::{Answered, Polled, Problem, ProblemKind};
use crate::lanes::LanePlace;
use crate::report::read::ReportDays;
use crate::report::read::SECTIONS;
use crate::report::read::asked::AskedDays;
use crate::sections::Sections;
use chrono::{DateTime, Duration, Utc};
use std::sync::Arc;
use uuid::Uuid;

/// Long reports an account may have in the making.
const MOST_AT_WORK: i64 = 5;
/// A job that showed no life for this long has died with its process.
const SILENCE: Duration = Duration::seconds(60);
/// How often a waiting job shows life.
const BEAT: std::time::Duration = std::time::Duration::from_secs(15);
/// Jobs are forgotten after this long; what they made stays.
const LIFE: Duration = Duration::days(7);

macro_rules! jobs {
    ($rest:literal) => {
        concat!(
            "SELECT id, share_id, from_date, to_date, state, days_read, snapshot_id, problem, \
             asked_at, beat_at FROM pj.report_jobs WHERE made_by = sec.actor() ",
            $rest
        )
    };
}

fn find(id: Uuid) -> Statement<Own, JobRow> {
    Statement::new(jobs!("AND id = $1")).bind(id)
}

/// The job that makes the same already.
fn at_work(share: Option<Uuid>, days: ReportDays) -> Statement<Own, JobRow> {
    Statement::new(jobs!(
        "AND state IN ('queued', 'running') AND share_id IS NOT DISTINCT FROM $1 \
         AND from_date = $2 AND to_date = $3 LIMIT 1"
    ))
    .bind(share)
    .bind(days.0)
    .bind(days.1)
}

/// Jobs in the making.
fn count() -> Statement<Own, (i64,)> {
    Statement::new(
        "SELECT count(*) FROM pj.report_jobs WHERE made_by = sec.actor() \
         AND state IN ('queued', 'running')",
    )
}

fn queue(
    (id, share): (Uuid, Option<Uuid>),
    days: ReportDays,
    now: DateTime<Utc>,
) -> Statement<Own> {
    Statement::new(
        "INSERT INTO pj.report_jobs (id, made_by, share_id, from_date, to_date, asked_at, beat_at) \
         VALUES ($1, sec.actor(), $2, $3, $4, $5, $5)",
    )
    .bind(id)
    .bind(share)
    .bind(days.0)
    .bind(days.1)
    .bind(now)
}

/// Shows life, and what is new; only of a job that is at work.
fn beat(
    id: Uuid,
    state: ReportJobStatus,
    days_read: Option<i32>,
    now: DateTime<Utc>,
) -> Statement<Own> {
    Statement::new(
        "UPDATE pj.report_jobs SET state = $2, days_read = coalesce($3, days_read), beat_at = $4 \
         WHERE made_by = sec.actor() AND id = $1 AND state IN ('queued', 'running')",
    )
    .bind(id)
    .bind(state)
    .bind(days_read)
    .bind(now)
}

/// Takes over a job that has been silent since before this moment.
fn take_over(id: Uuid, before: DateTime<Utc>, now: DateTime<Utc>) -> Statement<Own> {
    Statement::new(
        "UPDATE pj.report_jobs SET beat_at = $3 WHERE made_by = sec.actor() AND id = $1 \
         AND state IN ('queued', 'running') AND beat_at < $2",
    )
    .bind(id)
    .bind(before)
    .bind(now)
}

/// Ends a job: with a snapshot, or with a problem.
fn end(id: Uuid, snapshot: Option<Uuid>, problem: Option<String>) -> Statement<Own> {
    Statement::new(
        "UPDATE pj.report_jobs SET state = CASE WHEN $2::uuid IS NULL THEN 'failed' ELSE 'ready' END, \
         snapshot_id = $2, problem = $3 \
         WHERE made_by = sec.actor() AND id = $1 AND state IN ('queued', 'running')",
    )
    .bind(id)
    .bind(snapshot)
    .bind(problem)
}

/// Starts to make the report of these days, unless the same is in the making.
///
/// # Errors
/// 409 when the account has five in the making; as every request else.
pub(crate) async fn start<R: Reader>(reader: &R, days: ReportDays) -> Answered<ReportJob> {
    let account = Account::new(Arc::clone(reader.app()), *reader.caller());
    let share = reader.share();
    let (row, is_new) = account
        .own(async |tx, own| {
            if let Some(row) = tx.first(at_work(share, days)).await? {
                return Ok((row, false));
            }
            let others = tx.first(count()).await?.map_or(0, |(count,)| count);
            if others >= MOST_AT_WORK {
                return Err(Problem::new(ProblemKind::Conflict)
                    .detail("Five long reports are in the making: wait for one of them."));
            }
            let id = account.app().ids.next();
            tx.execute(queue((id, share), days, own.moment())).await?;
            let row = tx.first(find(id)).await?.ok_or(ProblemKind::NotFound)?;
            Ok((row, true))
        })
        .await?;
    if is_new {
        spawn(&account, &row);
    }
    Ok(row.into())
}

/// How a job stands. One whose process died goes on from here.
pub(crate) async fn get(account: Account, Id(id): Id) -> Answered<Polled<ReportJob>> {
    let (row, is_taken) = account
        .own(async |tx, own| {
            let now = own.moment();
            let row = tx.first(find(id)).await?.ok_or(ProblemKind::NotFound)?;
            let is_silent = row.state.is_at_work() && row.beat_at < now - SILENCE;
            let is_taken = is_silent && tx.execute(take_over(id, now - SILENCE, now)).await? > 0;
            Ok((row, is_taken))
        })
        .await?;
    if is_taken {
        spawn(&account, &row);
    }
    let at_work = row.state.is_at_work();
    Ok(Polled { job: row.into(), at_work })
}

/// Lets a job run beside the requests. It dies with the server; whoever looks at it next goes on.
fn spawn(account: &Account, row: &JobRow) {
    let request = account.app().ids.next();
    let account = Account::new(Arc::clone(account.app()), account.caller().on(request));
    let (id, share, days) = (row.id, row.share_id, (row.from_date, row.to_date));
    actix_web::rt::spawn(async move {
        let job = Job { account, id };
        if let Err(problem) = job.run(share, days).await {
            // The row keeps its last beat; the next look goes on with it.
            tracing::warn!(job = %id, cause = problem.cause(), "a long report came to no end");
        }
    });
}

/// A job freezes what a share opens.
struct Freezing;

impl Purpose for Freezing {
    const SECTIONS: Sections = SECTIONS;
    const ACTION: &'static str = super::FREEZE;
}

/// A job at work.
struct Job {
    account: Account,
    id: Uuid,
}

impl Job {
    async fn run(&self, share: Option<Uuid>, (from, to): ReportDays) -> Answered<()> {
        let _turn = self.turn().await?;
        self.note(ReportJobStatus::Running, Some(0)).await?;
        let asked = AskedDays { from: Some(from), to: Some(to) };
        let progress = async |days: i64| {
            let days = i32::try_from(days).unwrap_or(i32::MAX);
            // Only a sign of life: the report does not depend on it.
            let _ = self.note(ReportJobStatus::Running, Some(days)).await;
        };
        let (app, caller) = (Arc::clone(self.account.app()), *self.account.caller());
        let frozen = match share {
            None => freeze(&Patient::new(app, caller), asked, Patience::Job, progress).await,
            Some(id) => {
                let reader = Shared::<Freezing>::new(Practitioner::new(app, caller), id);
                freeze(&reader, asked, Patience::Job, progress).await
            }
        };
        let (snapshot, problem) = match frozen {
            Ok(Frozen::Made(snapshot) | Frozen::Stands(snapshot)) => (Some(snapshot.id()), None),
            Ok(Frozen::TooLong(_)) => (None, Some(ProblemKind::Internal.code())),
            Err(problem) => {
                if let Some(cause) = problem.cause() {
                    tracing::error!(job = %self.id, cause, "a long report failed");
                }
                (None, Some(problem.kind().code()))
            }
        };
        self.own(async |tx, _| {
            let end = end(self.id, snapshot, problem.map(str::to_owned));
            tx.execute(end).await.map_err(Problem::from)
        })
        .await
        .map(|_| ())
    }

    /// Waits until no other long report is made, and shows life meanwhile.
    async fn turn(&self) -> Answered<LanePlace> {
        let turn = self.account.app().lanes.long.turn();
        tokio::pin!(turn);
        loop {
            tokio::select! {
                turn = &mut turn => return turn,
                () = tokio::time::sleep(BEAT) => {
                    self.note(ReportJobStatus::Queued, None).await?;
                }
            }
        }
    }

    async fn note(&self, state: ReportJobStatus, days_read: Option<i32>) -> Answered<()> {
        self.own(async |tx, now| {
            tx.execute(beat(self.id, state, days_read, now)).await.map_err(Problem::from)
        })
        .await
        .map(|_| ())
    }

    async fn own<T>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_, Own>, DateTime<Utc>) -> Answered<T>,
    ) -> Answered<T> {
        self.account.own(async |tx, own| work(tx, own.moment()).await).await
    }
}

/// Forgets old jobs; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &Tx<'_, Anonymous>, now: DateTime<Utc>) -> Result<i64, DbError> {
    let forget = Statement::<Anonymous, (i64,)>::new("SELECT sec.forget_report_jobs($1)");
    let gone = tx.first(forget.bind(now - LIFE)).await?;
    Ok(gone.map_or(0, |(count,)| count))
}
