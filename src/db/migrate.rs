//! Migrations: embedded, reversible, run as the owner under an advisory lock.

use super::DbError;
use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Held while migrating, so that two servers starting together take turns. An arbitrary constant.
const LOCK: &str = "SELECT pg_advisory_lock(7246813579)";

/// Brings the database at `url` to the newest schema and answers how many migrations ran.
///
/// Runs on a thread of its own: the harness blocks, which an async worker must not.
///
/// # Errors
/// When the database does not answer or a migration fails; a failed one leaves nothing behind.
pub fn run(url: &str) -> Result<usize, DbError> {
    with_harness(url, |harness| harness.run_pending_migrations(MIGRATIONS).map(|ran| ran.len()))
}

/// Takes back every migration. Destroys all data; for tests and development.
///
/// # Errors
/// When the database does not answer or a migration cannot be reverted.
pub fn revert_all(url: &str) -> Result<usize, DbError> {
    with_harness(url, |harness| harness.revert_all_migrations(MIGRATIONS).map(|r| r.len()))
}

/// How many migrations the database still lacks.
///
/// # Errors
/// When the database does not answer.
pub fn pending(url: &str) -> Result<usize, DbError> {
    with_harness(url, |harness| harness.pending_migrations(MIGRATIONS).map(|p| p.len()))
}

type Harness = AsyncMigrationHarness<AsyncPgConnection>;

fn with_harness<T: Send>(
    url: &str,
    work: impl FnOnce(&mut Harness) -> diesel::migration::Result<T> + Send,
) -> Result<T, DbError> {
    super::check_url(url).map_err(DbError::Unavailable)?;
    let unavailable = |e: &dyn std::fmt::Display| DbError::Unavailable(e.to_string());
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .map_err(|e| unavailable(&e))?;
            runtime.block_on(async {
                let mut conn =
                    AsyncPgConnection::establish(url).await.map_err(|e| unavailable(&e))?;
                conn.batch_execute("SET client_min_messages = warning").await?;
                conn.batch_execute(LOCK).await?;
                let mut harness = AsyncMigrationHarness::new(conn);
                work(&mut harness)
                    .map_err(|e| DbError::Unavailable(format!("a migration failed: {e}")))
            })
        });
        thread.join().unwrap_or_else(|_| Err(DbError::Unavailable("migrating panicked".into())))
    })
}
