//! Is the process alive, and can it serve?

use crate::app::App;
use crate::db::{Db, DbError};
use crate::http::{Answered, Authz, Found, Operation, ProblemKind, Routes, document};
use actix_web::http::Method;
use actix_web::web;
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use tokio::sync::Mutex;

/// How long a write that was taken speaks for the next ones.
const TAKEN_FOR: Duration = Duration::seconds(5);

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    let op = Operation::new("getHealth", "service", "Is the process alive?", Authz::OPEN);
    routes.add(Method::GET, "/healthz", op, alive);
    let op = Operation::new("getReadiness", "service", "Can it serve?", Authz::OPEN)
        .describe("Answers 503 while the database does not answer or takes no writes.");
    routes.add(Method::GET, "/readyz", op, ready);
}

/// How the server is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(max_length = 10, examples("ok"))]
    status: &'static str,
    /// The server's version.
    #[schema(max_length = 20)]
    version: &'static str,
}
document!(Health);

const OK: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

async fn alive() -> Answered<Found<Health>> {
    Ok(Found(OK))
}

/// When the database last took a write. However many ask, one of them tries.
#[derive(Debug, Default)]
pub struct Writes {
    taken_at: Mutex<Option<DateTime<Utc>>>,
}

impl Writes {
    /// Are writes taken? Tries where the last answer is too old.
    async fn are_taken(&self, db: &Db, now: DateTime<Utc>) -> Result<(), DbError> {
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

async fn ready(app: web::Data<App>) -> Answered<Found<Health>> {
    let able = async {
        app.db.ping().await?;
        app.writes.are_taken(&app.db, app.clock.now()).await
    };
    able.await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        ProblemKind::Overloaded
    })?;
    Ok(Found(OK))
}
