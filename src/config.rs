//! Configuration: read once from flags and environment, checked whole, refused with a reason.

mod production;

use crate::credentials::secret::MasterSecret;
use crate::db::check_url;
use crate::door::Origins;
use crate::door::{self, Bounds};
use crate::http::Proxies;
use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Is this a person's own machine or a clinic?
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Everything has a default; the signing secret is made and kept in the data directory.
    Development,
    /// Nothing that must be secret has a default.
    Production,
}

/// May anybody ask for an account, or does the operator make them?
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Registering {
    /// Anybody may.
    Open,
    /// Accounts are made with `pain-journal user create` alone.
    Closed,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Connections at once, where nothing else is said and the system allows them.
const CONNECTIONS: usize = 4096;

/// What the help says of settings that are no options.
const ENVIRONMENT: &str = "Only from the environment:
  PAIN_JOURNAL_SECRET  the master secret: at least 32 bytes as base64 or hex, or 32 characters;
                       required in production mode
  PAIN_JOURNAL_ENV_FILE
                       the file of settings of commands that are told of no database and no data
                       directory; default: /etc/pain-journal/env, empty for none
  PG_BIN_DIR           the directory of initdb and postgres, where they are not found";

/// Options that every command which touches the database takes.
#[derive(Debug, Clone, Args)]
#[command(after_help = ENVIRONMENT)]
pub struct DatabaseArgs {
    /// Address of a Postgres server, 15 or newer, for the login that serves:
    /// <postgres://user:password@host/database>. Without it the server runs a Postgres of its own in
    /// the data directory.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// The same database for the login that owns its schema. With it the database is brought to the
    /// newest schema; without it the server only looks whether it is. A private one needs none.
    #[arg(long, env = "PAIN_JOURNAL_MIGRATION_URL", hide_env_values = true)]
    pub migration_url: Option<SecretString>,
    /// The same database for the operator's login, which the commands about accounts, journals and keys use; `serve`
    /// needs it only to load demo data, and `migrate` makes the login where it may. A private one needs none.
    #[arg(long, env = "PAIN_JOURNAL_OPERATOR_URL", hide_env_values = true)]
    pub operator_url: Option<SecretString>,
    /// The same database for the login that seals the audit; for the commands `audit`, and for `migrate`, which makes
    /// that login. A private one needs none.
    #[arg(long, env = "PAIN_JOURNAL_SEALER_URL", hide_env_values = true)]
    pub sealer_url: Option<SecretString>,
    /// For how many seconds a start waits for the database of `DATABASE_URL`, 0 to 3600.
    #[arg(long, env = "PAIN_JOURNAL_DATABASE_WAIT", default_value_t = 60,
          value_parser = clap::value_parser!(u16).range(0..=3600))]
    pub database_wait: u16,
    /// Where the server keeps its own database, its development secret and its outbox. Default:
    /// /var/lib/pain-journal for root, else pain-journal in the user's data directory.
    #[arg(long, env = "PAIN_JOURNAL_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// `production` refuses to start without a secret of its own.
    #[arg(long, env = "PAIN_JOURNAL_MODE", default_value = "development")]
    pub mode: Mode,
    /// The master secret: at least 32 bytes as base64 or hex, or 32 characters. Signing keys and
    /// refresh keys are sealed with it. Only from the environment, so that it is in no process list.
    #[arg(skip = secret_from_environment())]
    pub secret: Option<SecretString>,
    /// How log lines look.
    #[arg(long, env = "PAIN_JOURNAL_LOG_FORMAT", default_value = "pretty")]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug or trace.
    #[arg(long, env = "PAIN_JOURNAL_LOG", default_value = "info")]
    pub log: tracing::Level,
}

/// Options of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where the database is, and what both share.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// The address to listen on.
    #[arg(long, env = "PAIN_JOURNAL_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The address that apps and mails use, without a slash at the end. Default: http:// and the
    /// listening address.
    #[arg(long, env = "PAIN_JOURNAL_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// How mail leaves: `outbox` (files in the data directory), `log`, or
    /// <smtps://user:password@host:465>.
    #[arg(long, env = "PAIN_JOURNAL_MAILER", default_value = "outbox", hide_env_values = true)]
    pub mailer: SecretString,
    /// May anybody register (`open`), or does the operator make the accounts (`closed`)?
    #[arg(long, env = "PAIN_JOURNAL_REGISTRATION", default_value = "open")]
    pub registration: Registering,
    /// The sender of the mails.
    #[arg(long, env = "PAIN_JOURNAL_MAIL_FROM", default_value = "pain-journal@localhost.invalid")]
    pub mail_from: String,
    /// A file with the certificate of a private authority, in PEM form, that the mail server's
    /// certificate may come from. The public ones are known.
    #[arg(long, env = "PAIN_JOURNAL_MAIL_CA")]
    pub mail_ca: Option<PathBuf>,
    /// Connections to the database, 2 to 64; 8 to 16 suit two cores.
    #[arg(long, env = "PAIN_JOURNAL_POOL_SIZE", default_value_t = 12,
          value_parser = clap::value_parser!(u8).range(2..=64))]
    pub pool_size: u8,
    /// Threads that serve requests, 1 to 256. Default: one a core.
    #[arg(long, env = "PAIN_JOURNAL_WORKERS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// Connections at once, 64 to 100000. Each is an open file of the process: the limit is raised to
    /// what they need, and a number that the system does not allow is refused. Default: 4096, or as
    /// many as the system allows.
    #[arg(long, env = "PAIN_JOURNAL_MAX_CONNECTIONS",
          value_parser = clap::value_parser!(u32).range(64..=100_000))]
    pub max_connections: Option<u32>,
    /// Origins whose pages may call the API, separated by commas: browser apps and web views, like
    /// <https://app.example.org> or <capacitor://localhost>. None unless given.
    #[arg(long, env = "PAIN_JOURNAL_CORS_ORIGINS")]
    pub cors_origins: Option<Origins>,
    /// Addresses or ranges of the proxies in front of the server, separated by commas, like
    /// `10.0.0.5,fd00::/8`. What they say in X-Forwarded-For is believed, nobody else's word is.
    #[arg(long, env = "PAIN_JOURNAL_PROXIES")]
    pub proxies: Option<Proxies>,
    /// Load the demo patient and practitioner when the database is new, and print their sign-ins.
    /// Refused in production mode.
    #[arg(long)]
    pub demo: bool,
}

fn secret_from_environment() -> Option<SecretString> {
    std::env::var("PAIN_JOURNAL_SECRET").ok().filter(|s| !s.is_empty()).map(SecretString::from)
}

impl DatabaseArgs {
    /// Can the addresses be used?
    ///
    /// # Errors
    /// What is wrong with which.
    pub fn check_urls(&self) -> Result<(), String> {
        let check = |name: &str, url: Option<&SecretString>| {
            url.map_or(Ok(()), |url| check_url(url.expose_secret()))
                .map_err(|wrong| format!("{name} {wrong}"))
        };
        check("DATABASE_URL", self.database_url.as_ref())?;
        check("PAIN_JOURNAL_MIGRATION_URL", self.migration_url.as_ref())?;
        check("PAIN_JOURNAL_OPERATOR_URL", self.operator_url.as_ref())?;
        check("PAIN_JOURNAL_SEALER_URL", self.sealer_url.as_ref())
    }

    /// May demo data be loaded?
    ///
    /// # Errors
    /// In production mode.
    pub fn check_demo(&self) -> Result<(), String> {
        match self.mode {
            Mode::Development => Ok(()),
            Mode::Production => {
                Err("demo data is refused in production mode: its sign-ins are public".into())
            }
        }
    }

    /// The data directory.
    ///
    /// # Errors
    /// When neither an option nor the user's home tells where it is.
    pub fn home(&self) -> Result<PathBuf, String> {
        match &self.data_dir {
            Some(dir) => Ok(dir.clone()),
            None => private_postgres::default_home().map_err(|e| e.to_string()),
        }
    }

    /// The master secret: from the environment, else, in development, from the data directory.
    ///
    /// # Errors
    /// One sentence: it is missing, too short, or one that anybody could guess.
    pub fn master_secret(&self) -> Result<MasterSecret, String> {
        if let Some(text) = &self.secret {
            let secret = MasterSecret::parse(text.expose_secret())
                .map_err(|e| format!("PAIN_JOURNAL_SECRET: {e}"))?;
            if self.mode == Mode::Production && secret.is_weak() {
                return Err("PAIN_JOURNAL_SECRET is one that anybody could guess; \
                            make one with: openssl rand -base64 32"
                    .into());
            }
            return Ok(secret);
        }
        if self.mode == Mode::Production {
            return Err("PAIN_JOURNAL_SECRET must be set in production mode; \
                        make one with: openssl rand -base64 32"
                .into());
        }
        let home = self.home()?;
        let file = home.join("secret");
        if self.database_url.is_none() && private_postgres::holds_database(&home) && !file.exists()
        {
            return Err(format!(
                "there is a database in {}, and its secret is gone: put the file {} back from its \
                 copy; if there is none, run: pain-journal rotate-secret --lost",
                home.display(),
                file.display()
            ));
        }
        private_postgres::make_home(&home).map_err(|e| e.to_string())?;
        let random = crate::credentials::random::SystemRandom::new();
        MasterSecret::from_file_or_create(&file, &random).map_err(|e| e.to_string())
    }

    /// The file that holds the master secret, where it is not in the environment: in development.
    ///
    /// # Errors
    /// As [`home`](Self::home).
    pub fn secret_file(&self) -> Result<Option<PathBuf>, String> {
        match (&self.secret, self.mode) {
            (None, Mode::Development) => Ok(Some(self.home()?.join("secret"))),
            _ => Ok(None),
        }
    }

    /// The master secret that is in use, for replacing it or for restoring: taken as it is, and
    /// never made.
    ///
    /// # Errors
    /// One sentence: there is none.
    pub fn present_secret(&self) -> Result<MasterSecret, String> {
        match (&self.secret, self.secret_file()?) {
            (Some(text), _) => MasterSecret::parse_earlier(text.expose_secret())
                .map_err(|e| format!("PAIN_JOURNAL_SECRET: {e}")),
            (None, Some(file)) => MasterSecret::from_file(&file).map_err(|e| e.to_string()),
            (None, None) => Err("PAIN_JOURNAL_SECRET must be set in production mode".into()),
        }
    }
}

impl ServeArgs {
    /// The public address of a server that listens on `here`.
    ///
    /// # Errors
    /// When it is not an http address without a path's end.
    pub fn public_url(&self, here: SocketAddr) -> Result<String, String> {
        let url = self.public_url.clone().unwrap_or_else(|| format!("http://{here}"));
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|h| h.is_empty() || h.ends_with('/') || h.contains(['?', '#', ' '])) {
            return Err("PAIN_JOURNAL_PUBLIC_URL must be like https://journal.example.org, \
                        without a slash at the end"
                .into());
        }
        if self.database.mode == Mode::Production && self.public_url.is_none() {
            return Err("PAIN_JOURNAL_PUBLIC_URL must be set in production mode".into());
        }
        Ok(url)
    }

    /// How many connections and workers there may be. Raises the process's limit of open files.
    ///
    /// # Errors
    /// One sentence: the system allows fewer open files than were asked for.
    pub fn bounds(&self) -> Result<Bounds, String> {
        let asked = self.max_connections.map(|most| most as usize);
        let connections = door::room_for(asked.unwrap_or(CONNECTIONS))?;
        if asked.is_some_and(|asked| connections < asked) {
            return Err(format!(
                "PAIN_JOURNAL_MAX_CONNECTIONS is more than the limit of open files allows: there is \
                 room for {connections}; raise the limit (ulimit -n, LimitNOFILE=) or lower the number"
            ));
        }
        if connections == 0 {
            return Err("the system's limit of open files leaves none for connections; raise it \
                        (ulimit -n, LimitNOFILE=)"
                .into());
        }
        Ok(Bounds { workers: self.workers, connections })
    }

    /// What no type of an option refuses: addresses that cannot be used, and things that are fine on
    /// a desk and not in a clinic.
    ///
    /// # Errors
    /// One sentence.
    pub fn check(&self) -> Result<(), String> {
        let public_url = self.public_url(self.listen)?;
        self.database.check_urls()?;
        if self.demo {
            self.database.check_demo()?;
        }
        if self.database.mode == Mode::Development {
            return Ok(());
        }
        let refusal = production::refusal(production::Setting {
            listen: self.listen,
            public_url: &public_url,
            mailer: self.mailer.expose_secret(),
            registering: self.registration,
            has_proxy: self.proxies.is_some(),
            is_root: rustix::process::geteuid().is_root(),
        });
        // Without a secret there is no clinic to protect yet, and that is said first.
        self.database.master_secret()?;
        refusal.map_or(Ok(()), |refusal| Err(refusal.to_owned()))
    }
}
