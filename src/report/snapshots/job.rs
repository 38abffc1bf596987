//! Long reports: a job reads and computes them beside the requests, one at a time. Its row says how
//! far it is. When its process died, the next look at the row goes on with it.

use super::freeze::{Frozen, Patience, freeze};
use super::model::{JobRow, ReportJob, ReportJobStatus};
use crate::access::{Account, Id, Own, Patient, Practitioner, Purpose, Reader, Shared};
use crate::db::schema::{actor, report_jobs};
use crate::db::{Anonymous, DbError, Statement, Tx};
use crate::http::{Answered, Polled, Problem, ProblemKind};
use crate::lanes::LanePlace;
use crate::report::read::ReportDays;
use crate::report::read::SECTIONS;
use crate::report::read::asked::AskedDays;
use crate::sections::Sections;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
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

/// Those that the caller asked for.
#[diesel::dsl::auto_type]
fn own() -> _ {
    report_jobs::table.filter(report_jobs::made_by.eq(actor()))
}

/// Is it in the making?
#[diesel::dsl::auto_type]
fn is_at_work() -> _ {
    let states: [&'static str; 2] =
        [ReportJobStatus::Queued.code(), ReportJobStatus::Running.code()];
    report_jobs::state.eq_any(states)
}

fn find(id: Uuid) -> Statement<Own, JobRow> {
    Statement::query(own().filter(report_jobs::id.eq(id)).select(JobRow::as_select()))
}

/// The job that makes the same already.
fn at_work(share: Option<Uuid>, days: ReportDays) -> Statement<Own, JobRow> {
    let same = own()
        .filter(is_at_work())
        .filter(report_jobs::share_id.is_not_distinct_from(share))
        .filter(report_jobs::from_date.eq(days.0))
        .filter(report_jobs::to_date.eq(days.1));
    Statement::query(same.select(JobRow::as_select()).limit(1))
}

/// Jobs in the making.
fn count() -> Statement<Own, i64> {
    Statement::query(own().filter(is_at_work()).count())
}

fn queue(
    (id, share): (Uuid, Option<Uuid>),
    days: ReportDays,
    now: DateTime<Utc>,
) -> Statement<Own> {
    Statement::change(diesel::insert_into(report_jobs::table).values((
        report_jobs::id.eq(id),
        report_jobs::made_by.eq(actor()),
        report_jobs::share_id.eq(share),
        report_jobs::from_date.eq(days.0),
        report_jobs::to_date.eq(days.1),
        report_jobs::asked_at.eq(now),
        report_jobs::beat_at.eq(now),
    )))
}

/// Shows life, and what is new; only of a job that is at work.
fn beat(
    id: Uuid,
    state: ReportJobStatus,
    days_read: Option<i32>,
    now: DateTime<Utc>,
) -> Statement<Own> {
    Statement::change(
        diesel::update(own().filter(report_jobs::id.eq(id)).filter(is_at_work())).set((
            report_jobs::state.eq(state.code()),
            days_read.map(|days| report_jobs::days_read.eq(days)),
            report_jobs::beat_at.eq(now),
        )),
    )
}

/// Takes over a job that has been silent since before this moment.
fn take_over(id: Uuid, before: DateTime<Utc>, now: DateTime<Utc>) -> Statement<Own> {
    let silent = own()
        .filter(report_jobs::id.eq(id))
        .filter(is_at_work())
        .filter(report_jobs::beat_at.lt(before));
    Statement::change(diesel::update(silent).set(report_jobs::beat_at.eq(now)))
}

/// Ends a job: with a snapshot, or with a problem.
fn end(id: Uuid, snapshot: Option<Uuid>, problem: Option<&str>) -> Statement<Own> {
    let state = if snapshot.is_some() { ReportJobStatus::Ready } else { ReportJobStatus::Failed };
    Statement::change(
        diesel::update(own().filter(report_jobs::id.eq(id)).filter(is_at_work())).set((
            report_jobs::state.eq(state.code()),
            report_jobs::snapshot_id.eq(snapshot),
            report_jobs::problem.eq(problem),
        )),
    )
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
            let others = tx.first(count()).await?.unwrap_or(0);
            if others >= MOST_AT_WORK {
                return Err(
                    Problem::new(ProblemKind::Conflict).detail("problem.detail.reports_at_work")
                );
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
            Ok(Frozen::Made(kept) | Frozen::Stands(kept)) => (Some(kept.id()), None),
            Ok(Frozen::TooLong(_)) => (None, Some(ProblemKind::Internal.code())),
            Err(problem) => {
                if let Some(cause) = problem.cause() {
                    tracing::error!(job = %self.id, cause, "a long report failed");
                }
                (None, Some(problem.kind().code()))
            }
        };
        self.own(async |tx, _| {
            tx.execute(end(self.id, snapshot, problem)).await.map_err(Problem::from)
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
