//! Migrations: embedded, reversible, run by a login of their own under an advisory lock, all in one
//! transaction with the functions. And what a start needs to know of the database before it serves.

use super::error::unavailable;
use super::login::{self, Duty};
use super::{DbError, functions, sealing};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sql_types::{Nullable, Text};
use diesel::{Connection, RunQueryDsl};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Held while migrating, so that two servers starting together take turns. An arbitrary constant.
const LOCK: &str = "SELECT pg_advisory_lock(7246813579)";

/// How long one try to connect may take, and how long the next one is waited for.
const TRY: Duration = Duration::from_secs(5);
const PACE: Duration = Duration::from_millis(500);

/// Brings the database at `url` to the newest schema and answers how many migrations ran. The functions
/// are applied after them, in the same transaction: there is no newest schema with old functions. Where
/// the database has migrations of a newer program, nothing is done.
///
/// # Errors
/// When the database does not answer or a migration fails, which leaves nothing behind; or when the
/// database is of another line of programs.
pub fn run(url: &str) -> Result<usize, DbError> {
    with_harness(url, |harness| {
        harness.transaction(|harness| {
            let applied = harness.applied_migrations()?;
            let distance = distance(applied.iter().map(ToString::to_string).collect())?;
            distance.check()?;
            let mark = diesel::select(sql::<Nullable<Text>>(functions::MARK));
            if distance.is_none(mark.get_result::<Option<String>>(harness)?.as_deref()) {
                return Ok(0);
            }
            let ran = harness.run_pending_migrations(MIGRATIONS)?.len();
            harness.batch_execute(&functions::application())?;
            Ok(ran)
        })
    })
}

/// Takes back every migration. Destroys all data; for tests and development.
///
/// # Errors
/// When the database does not answer or a migration cannot be reverted.
pub fn revert_all(url: &str) -> Result<usize, DbError> {
    with_harness(url, |harness| harness.revert_all_migrations(MIGRATIONS).map(|r| r.len()))
}

/// How many migrations the database still lacks, as the login that migrates sees it.
///
/// # Errors
/// When the database does not answer.
pub fn pending(url: &str) -> Result<usize, DbError> {
    with_harness(url, |harness| harness.pending_migrations(MIGRATIONS).map(|p| p.len()))
}

/// Makes the logins that these addresses name as their duties take, as far as the login of `migration` may do that.
///
/// # Errors
/// When the database does not answer or refuses a statement.
pub fn provide_logins(migration: &str, logins: &[(&str, Duty)]) -> Result<(), DbError> {
    apart(async || {
        let admin = connect(migration).await?;
        admin.batch_execute(LOCK).await.map_err(|e| unavailable(&e))?;
        login::wall(&admin).await?;
        for (url, duty) in logins {
            login::provide(&admin, url, *duty).await?;
        }
        Ok(())
    })
}

/// Lets the login of `sealing` seal the audit, as far as the login of `migration` may see to it.
///
/// # Errors
/// When the database does not answer or refuses a statement.
pub fn provide_sealer(migration: &str, sealing: &str) -> Result<(), DbError> {
    apart(async || {
        let admin = connect(migration).await?;
        admin.batch_execute(LOCK).await.map_err(|e| unavailable(&e))?;
        sealing::provide(&admin, sealing).await
    })
}

/// Lets the database forget the key that the server proves things with: the next one to start puts its own
/// there. Only who owns the schema may, where the key before is lost.
///
/// # Errors
/// When the database does not answer, or the login may not.
pub fn forget_gate(url: &str) -> Result<(), DbError> {
    apart(async || {
        let admin = connect(url).await?;
        let forget = "BEGIN; SET LOCAL ROLE pj_owner; \
                      UPDATE sec.keys SET gate_inside = NULL, gate_outside = NULL; COMMIT";
        admin.batch_execute(forget).await.map_err(|error| match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => DbError::Refused(
                "only the login that owns the schema can start over with another secret: \
                 set PAIN_JOURNAL_MIGRATION_URL to its address"
                    .into(),
            ),
            _ => unavailable(&error),
        })
    })
}

/// Has the database every migration that this program knows, and its functions, as the serving login
/// sees it?
///
/// # Errors
/// When the database does not answer.
pub fn is_current(url: &str) -> Result<bool, DbError> {
    apart(async || {
        let sql = connect(url).await?;
        let list = "SELECT version::text FROM public.__diesel_schema_migrations";
        let rows = match sql.query(list, &[]).await {
            Ok(rows) => rows,
            // No migration ran, or not the one that lets the server look.
            Err(e)
                if [SqlState::UNDEFINED_TABLE, SqlState::INSUFFICIENT_PRIVILEGE]
                    .iter()
                    .any(|code| e.code() == Some(code)) =>
            {
                return Ok(false);
            }
            Err(e) => return Err(unavailable(&e)),
        };
        let select = format!("SELECT {}", functions::MARK);
        let mark = sql.query_one(&select, &[]).await.map_err(|e| unavailable(&e))?;
        let distance = distance(rows.iter().map(|row| row.get(0)).collect());
        let distance = distance.map_err(|e| DbError::Unavailable(e.to_string()))?;
        Ok(distance.is_none(mark.get(0)))
    })
}

/// What is between the migrations of a database and those of this program.
struct Distance {
    /// How many the database lacks.
    lacking: usize,
    /// Has it migrations that this program does not know?
    is_newer: bool,
}

impl Distance {
    /// Does a program at this distance serve with the functions that carry this mark? To those of a newer
    /// one it does nothing.
    fn is_none(&self, applied: Option<&str>) -> bool {
        self.lacking == 0 && (self.is_newer || applied == Some(&functions::mark()))
    }

    /// # Errors
    /// When the database is of a newer program, and of another line of it.
    fn check(&self) -> Result<(), DbError> {
        if self.is_newer && self.lacking > 0 {
            return Err(DbError::Refused(format!(
                "the database has migrations of a newer program and lacks {} of this one: use the newer one",
                self.lacking
            )));
        }
        Ok(())
    }
}

/// From a database that has these migrations to this program.
fn distance(mut ran: BTreeSet<String>) -> diesel::migration::Result<Distance> {
    let known = MigrationSource::<Pg>::migrations(&MIGRATIONS)?;
    let lacking = known.iter().filter(|known| !ran.remove(&known.name().version().to_string()));
    Ok(Distance { lacking: lacking.count(), is_newer: !ran.is_empty() })
}

/// Waits until the database at `url` takes connections, at most this long. `progress` hears once what
/// is waited for.
///
/// # Errors
/// When it does not in that time, or refuses this login, which no waiting mends.
pub fn wait(url: &str, at_most: Duration, progress: &mut dyn FnMut(&str)) -> Result<(), DbError> {
    let since = Instant::now();
    let mut told = false;
    loop {
        let tried = apart(async || {
            let tried = tokio::time::timeout(TRY, tokio_postgres::connect(url, NoTls)).await;
            Ok(tried.map(|connected| connected.map(drop)))
        })?;
        let error = match tried {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) if !may_pass(&error) => return Err(unavailable(&error)),
            Ok(Err(error)) => unavailable(&error),
            Err(_) => DbError::Unavailable("no answer to a try to connect".into()),
        };
        if since.elapsed() + PACE > at_most {
            return Err(error);
        }
        if !told {
            told = true;
            progress(&format!("waiting up to {} seconds: {error}", at_most.as_secs()));
        }
        std::thread::sleep(PACE);
    }
}

/// Is it a failure to reach the server, or a server that starts, stops or is full?
fn may_pass(error: &tokio_postgres::Error) -> bool {
    use std::error::Error;
    match error.code() {
        Some(code) => [
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
        ]
        .contains(code),
        None => {
            error.is_closed()
                || matches!(error.source(), Some(source) if source.is::<std::io::Error>())
        }
    }
}

async fn connect(url: &str) -> Result<Client, DbError> {
    super::check_url(url).map_err(DbError::Unavailable)?;
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.map_err(|e| unavailable(&e))?;
    tokio::spawn(connection);
    Ok(client)
}

/// Runs work on a thread and a runtime of its own: the harness of the migrations blocks, and the
/// start of the program has no runtime yet.
fn apart<T: Send>(work: impl AsyncFnOnce() -> Result<T, DbError> + Send) -> Result<T, DbError> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .map_err(|e| DbError::Unavailable(e.to_string()))?;
            runtime.block_on(work())
        });
        thread.join().unwrap_or_else(|_| Err(DbError::Unavailable("migrating panicked".into())))
    })
}

/// The interface of diesel that runs migrations, which blocks.
type Harness = AsyncConnectionWrapper<AsyncPgConnection>;

fn with_harness<T: Send>(
    url: &str,
    work: impl FnOnce(&mut Harness) -> diesel::migration::Result<T> + Send,
) -> Result<T, DbError> {
    super::check_url(url).map_err(DbError::Unavailable)?;
    apart(async || {
        let opened = <AsyncPgConnection as diesel_async::AsyncConnection>::establish(url).await;
        let opened = opened.map_err(|e| DbError::Unavailable(e.to_string()))?;
        let mut harness = Harness::from(opened);
        tokio::task::block_in_place(|| {
            harness.batch_execute("SET client_min_messages = warning")?;
            harness.batch_execute(LOCK)?;
            work(&mut harness).map_err(|error| match error.downcast::<DbError>() {
                Ok(error) => *error,
                Err(error) => DbError::Unavailable(format!("a migration failed: {error}")),
            })
        })
    })
}
