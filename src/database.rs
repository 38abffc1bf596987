//! Which database: the one of `DATABASE_URL`, or a private one that is started here.

use crate::config::DatabaseArgs;
use crate::db::migrate;
use crate::postgres::{self, ADMIN, DATABASE, Durability, Options, Postgres, StartError};
use secrecy::ExposeSecret;
use std::path::PathBuf;

/// A migrated database, and the private server it may run on.
#[derive(Debug)]
pub struct Database {
    /// Its address, for the role that may migrate.
    pub url: String,
    /// The private server, when it is ours to stop.
    pub private: Option<Postgres>,
    /// The data directory of a private server.
    pub home: Option<PathBuf>,
}

impl Database {
    /// Finds or starts the database and migrates it. Blocks.
    ///
    /// # Errors
    /// One sentence that says what to do.
    pub fn open(args: &DatabaseArgs, progress: &mut dyn FnMut(&str)) -> Result<Self, String> {
        let database = Self::start(args, progress)?;
        let ran = migrate::run(&database.url).map_err(|e| match &args.database_url {
            Some(_) => format!("{e} (DATABASE_URL names it)"),
            None => e.to_string(),
        })?;
        if ran > 0 {
            progress(&format!("the database was brought up to date ({ran} migrations)"));
        }
        Ok(database)
    }

    /// Like [`open`](Self::open), but joins a private server that another process runs: for the
    /// commands beside a running `serve`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn join(args: &DatabaseArgs, progress: &mut dyn FnMut(&str)) -> Result<Self, String> {
        if args.database_url.is_none() {
            let home = args.home()?;
            if let Some(url) = postgres::running_url(&home)
                && migrate::run(&url).is_ok()
            {
                return Ok(Self { url, private: None, home: Some(home) });
            }
        }
        Self::open(args, progress)
    }

    /// Only starts or names the database.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn start(args: &DatabaseArgs, progress: &mut dyn FnMut(&str)) -> Result<Self, String> {
        if let Some(url) = &args.database_url {
            let url = url.expose_secret().to_owned();
            return Ok(Self { url, private: None, home: None });
        }
        let options =
            Options { home: args.home()?, durability: Durability::Durable, settings: Vec::new() };
        let private = Postgres::start(options, progress).map_err(|e: StartError| e.to_string())?;
        let url = private.url(ADMIN, DATABASE);
        let home = private.home().to_owned();
        Ok(Self { url, private: Some(private), home: Some(home) })
    }
}
