//! Which database: the one of `DATABASE_URL`, or a private one that is started here. And that it is fit
//! to be served before anybody serves it.

use crate::config::DatabaseArgs;
use crate::db::{Duty, OPERATOR, SEALER, SERVER, migrate};
use private_postgres::{ADMIN, DATABASE, Durability, Options, Postgres, StartError};
use secrecy::ExposeSecret;
use std::path::PathBuf;
use std::time::Duration;

/// A database with the newest schema, and the private server it may run on.
#[derive(Debug)]
pub struct Database {
    /// Its address, for the login that serves.
    pub url: String,
    /// Its address for the operator's login, as far as one is named.
    operator: Option<String>,
    /// Its address for the login that owns it, as far as one is named: for dumps.
    pub admin: String,
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
            let admin = args.migration_url.as_ref().unwrap_or(url).expose_secret().to_owned();
            let operator = args.operator_url.as_ref().map(|url| url.expose_secret().to_owned());
            let url = url.expose_secret().to_owned();
            return Ok(Self { url, operator, admin, private: None, home: None });
        }
        let database = Self::start(args, progress)?;
        bring_up_to_date(&database.admin, &database.logins(), progress)?;
        Ok(database)
    }

    /// Its address for the operator's login.
    ///
    /// # Errors
    /// Where none is named.
    pub fn operator(&self) -> Result<&str, String> {
        self.operator.as_deref().ok_or_else(|| {
            "PAIN_JOURNAL_OPERATOR_URL must name the operator's login at the database of DATABASE_URL, whose \
             own only serves"
                .into()
        })
    }

    /// The logins that the program uses, and what for.
    pub(crate) fn logins(&self) -> Vec<(&str, Duty)> {
        let operator = self.operator.as_deref().map(|url| (url, Duty::Operate));
        std::iter::once((self.url.as_str(), Duty::Serve)).chain(operator).collect()
    }

    /// Starts the private database, which is made where there is none, and leaves its schema alone.
    ///
    /// # Errors
    /// One sentence that says what to do.
    pub fn start(args: &DatabaseArgs, progress: &mut dyn FnMut(&str)) -> Result<Self, String> {
        let options =
            Options { home: args.home()?, durability: Durability::Durable, settings: Vec::new() };
        let private = Postgres::start(options, progress).map_err(|e: StartError| e.to_string())?;
        let [url, operator, admin] =
            [SERVER, OPERATOR, ADMIN].map(|user| private.url(user, DATABASE));
        let home = Some(private.home().to_owned());
        Ok(Self { url, operator: Some(operator), admin, private: Some(private), home })
    }

    /// Like [`open`](Self::open), but joins a private server that another process runs: for the
    /// commands beside a running `serve`. No private database is made: a command that is told of
    /// the wrong place would work on an empty one.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when there is no database.
    pub fn join(args: &DatabaseArgs, progress: &mut dyn FnMut(&str)) -> Result<Self, String> {
        if let Some(running) = Self::running(args, progress)? {
            return Ok(running);
        }
        let home = args.home();
        if args.database_url.is_none()
            && let Ok(home) = &home
            && !private_postgres::holds_database(home)
        {
            return Err(format!(
                "there is no database in {}: name the right place with --data-dir or DATABASE_URL, \
                 or make a new one there with: pain-journal migrate --create",
                home.display()
            ));
        }
        Self::open(args, progress)
    }

    /// The private database that another process runs, where there is one.
    fn running(
        args: &DatabaseArgs,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Option<Self>, String> {
        if args.database_url.is_some() {
            return Ok(None);
        }
        let home = args.home()?;
        let [url, operator, admin] =
            [SERVER, OPERATOR, ADMIN].map(|user| private_postgres::running_url(&home, user));
        let (Some(url), Some(admin)) = (url, admin) else { return Ok(None) };
        let running = Self { url, operator, admin, private: None, home: Some(home) };
        let is_there = bring_up_to_date(&running.admin, &running.logins(), progress).is_ok();
        Ok(is_there.then_some(running))
    }

    /// The address for the login that seals the audit: the one that is named, or of a private server that runs. The
    /// schema is left as it is.
    ///
    /// # Errors
    /// One sentence: none is named, or no server runs.
    pub fn for_sealing(args: &DatabaseArgs) -> Result<String, String> {
        if let Some(url) = &args.sealer_url {
            return Ok(url.expose_secret().to_owned());
        }
        if args.database_url.is_some() {
            return Err("PAIN_JOURNAL_SEALER_URL must name the login that seals; the one of \
                        DATABASE_URL only serves"
                .into());
        }
        let home = args.home()?;
        let [url, admin] = [SEALER, ADMIN].map(|user| private_postgres::running_url(&home, user));
        let (Some(url), Some(admin)) = (url, admin) else {
            return Err(format!("no server runs on the database in {}", home.display()));
        };
        migrate::provide_sealer(&admin, &url).map_err(|e| e.to_string())?;
        Ok(url)
    }

    /// Brings the database to the newest schema; `create` makes a private one where there is none.
    ///
    /// # Errors
    /// As [`open`](Self::open), and where `DATABASE_URL` stands alone: its login must not migrate.
    pub fn migrate(
        args: &DatabaseArgs,
        create: bool,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), String> {
        if args.database_url.is_some() && args.migration_url.is_none() {
            return Err(
                "PAIN_JOURNAL_MIGRATION_URL must name the login that owns the schema; the one \
                        of DATABASE_URL only serves"
                    .into(),
            );
        }
        let running = Self::running(args, progress)?;
        match running {
            Some(_) => Ok(()),
            None if create => Self::open(args, progress).map(drop),
            None => Self::join(args, progress).map(drop),
        }
    }
}

/// Sees to a database that has a name.
fn named(args: &DatabaseArgs, url: &str, progress: &mut dyn FnMut(&str)) -> Result<(), String> {
    let patience = Duration::from_secs(u64::from(args.database_wait));
    if let Some(migration) = &args.migration_url {
        let migration = migration.expose_secret();
        let named = |e| format!("{e} (PAIN_JOURNAL_MIGRATION_URL names it)");
        migrate::wait(migration, patience, progress).map_err(named)?;
        let operator = args.operator_url.as_ref().map(|url| (url.expose_secret(), Duty::Operate));
        let logins: Vec<_> = std::iter::once((url, Duty::Serve)).chain(operator).collect();
        bring_up_to_date(migration, &logins, progress)?;
        return match &args.sealer_url {
            Some(sealing) => migrate::provide_sealer(migration, sealing.expose_secret())
                .map_err(|e| format!("the login that seals could not be made: {e}")),
            None => Ok(()),
        };
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

/// Runs the migrations that a database lacks, and makes the logins that these addresses name.
///
/// # Errors
/// One sentence.
pub fn bring_up_to_date(
    migration: &str,
    logins: &[(&str, Duty)],
    progress: &mut dyn FnMut(&str),
) -> Result<(), String> {
    let ran = migrate::run(migration).map_err(|e| e.to_string())?;
    if ran > 0 {
        progress(&format!("the database was brought up to date ({ran} migrations)"));
    }
    migrate::provide_logins(migration, logins)
        .map_err(|e| format!("the logins of the program could not be made: {e}"))
}
