//! Is the process alive, and can it serve?

use crate::access::{Anyone, Everybody};
use crate::http::{Answered, Found, ProblemKind, document};
use crate::routes::{Operation, Routes};
use actix_web::http::Method;
use serde::Serialize;

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    let op = Operation::new("getHealth", "service", "Is the process alive?");
    routes.serve(Method::GET, "/healthz", op, alive);
    let op = Operation::new("getReadiness", "service", "Can it serve?")
        .describe("Answers 503 while the database does not answer or takes no writes.");
    routes.serve(Method::GET, "/readyz", op, ready);
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

async fn alive(_: Everybody) -> Answered<Found<Health>> {
    Ok(Found(OK))
}

async fn ready(anyone: Anyone) -> Answered<Found<Health>> {
    let app = anyone.app();
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
