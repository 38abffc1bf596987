//! Which database: the one of `DATABASE_URL`, or a private one that is started here. And that it is fit
//! to be served before anybody serves it.

use crate::config::DatabaseArgs;
use crate::db::{SERVER, check_url, migrate};
use crate::postgres::{self, ADMIN, DATABASE, Durability, Options, Postgres, StartError};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use std::time::Duration;

/// A database with the newest schema, and the private server it may run on.
#[derive(Debug)]
pub struct Database {
    /// Its address, for the login that serves.
    pub url: String,
    /// The private server, when it is ours to stop.
    pub private: Option<Postgres>,
    /// The data directory of a private server.
    pub home: Option<PathBuf>,
}

impl Database {
    /// Finds or starts the database and sees that its schema is the newest: the private one is
    /// migrated, one of `DATABASE_URL` only where a login that migrates is named, too. Blocks.
    ///
    /// # Errors
    /// One sentence that says what to do.
    pub fn open(args: &DatabaseArgs, progress: &mut dyn FnMut(&str)) -> Result<Self, String> {
        if let Some(url) = &args.database_url {
            named(args, url.expose_secret(), progress)?;
            let url = url.expose_secret().to_owned();
            return Ok(Self { url, private: None, home: None });
        }
        let options =
            Options { home: args.home()?, durability: Durability::Durable, settings: Vec::new() };
        let private = Postgres::start(options, progress).map_err(|e: StartError| e.to_string())?;
        let url = private.url(SERVER, DATABASE);
        bring_up_to_date(&private.url(ADMIN, DATABASE), &url, progress)?;
        let home = private.home().to_owned();
        Ok(Self { url, private: Some(private), home: Some(home) })
    }

    /// Like [`open`](Self::open), but joins a private server that another process runs: for the
    /// commands beside a running `serve`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn join(args: &DatabaseArgs, progress: &mut dyn FnMut(&str)) -> Result<Self, String> {
        if args.database_url.is_none() {
            let home = args.home()?;
            if let (Some(admin), Some(url)) =
                (postgres::running_url(&home, ADMIN), postgres::running_url(&home, SERVER))
                && bring_up_to_date(&admin, &url, progress).is_ok()
            {
                return Ok(Self { url, private: None, home: Some(home) });
            }
        }
        Self::open(args, progress)
    }

    /// Brings the database to the newest schema.
    ///
    /// # Errors
    /// As [`open`](Self::open), and where `DATABASE_URL` stands alone: its login must not migrate.
    pub fn migrate(args: &DatabaseArgs, progress: &mut dyn FnMut(&str)) -> Result<(), String> {
        if args.database_url.is_some() && args.migration_url.is_none() {
            return Err(
                "PAIN_JOURNAL_MIGRATION_URL must name the login that owns the schema; the one \
                        of DATABASE_URL only serves"
                    .into(),
            );
        }
        Self::join(args, progress).map(drop)
    }
}

/// Sees to a database that has a name.
fn named(args: &DatabaseArgs, url: &str, progress: &mut dyn FnMut(&str)) -> Result<(), String> {
    let patience = Duration::from_secs(u64::from(args.database_wait));
    if let Some(migration) = &args.migration_url {
        let migration = migration.expose_secret();
        let named = |e| format!("{e} (PAIN_JOURNAL_MIGRATION_URL names it)");
        migrate::wait(migration, patience, progress).map_err(named)?;
        return bring_up_to_date(migration, url, progress);
    }
    let named = |e| format!("{e} (DATABASE_URL names it)");
    migrate::wait(url, patience, progress).map_err(named)?;
    if migrate::is_current(url).map_err(named)? {
        return Ok(());
    }
    Err("the database lacks migrations: run pain-journal migrate with PAIN_JOURNAL_MIGRATION_URL, \
         the address for the login that owns the schema"
        .into())
}

fn bring_up_to_date(
    migration: &str,
    serving: &str,
    progress: &mut dyn FnMut(&str),
) -> Result<(), String> {
    let ran = migrate::run(migration).map_err(|e| e.to_string())?;
    if ran > 0 {
        progress(&format!("the database was brought up to date ({ran} migrations)"));
    }
    migrate::provide_login(migration, serving)
        .map_err(|e| format!("the login that serves could not be made: {e}"))
}

/// Are the addresses of the database of a form that can be used?
///
/// # Errors
/// One sentence that names the setting.
pub fn check_urls(args: &DatabaseArgs) -> Result<(), String> {
    let check = |name: &str, url: Option<&SecretString>| {
        url.map_or(Ok(()), |url| check_url(url.expose_secret()))
            .map_err(|wrong| format!("{name} {wrong}"))
    };
    check("DATABASE_URL", args.database_url.as_ref())?;
    check("PAIN_JOURNAL_MIGRATION_URL", args.migration_url.as_ref())
}
