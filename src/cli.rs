//! The command line: each command calls one library function.

mod audit;
mod dumps;
mod keys;

use crate::access::Role;
use crate::api;
use crate::app::{App, Parts};
use crate::auth::{self, NewAccount};
use crate::config::{DatabaseArgs, LogFormat, ServeArgs};
use crate::credentials::password::HashCost;
use crate::credentials::random::SystemRandom;
use crate::credentials::secret::MasterSecret;
use crate::database::Database;
use crate::db::{Db, Duty, Task};
use crate::http::{Answered, Problem, Proxies};
use crate::import::{BrokenOff, FileFormat, Summary, encoding, import_in};
use crate::language::Language;
use crate::mail::Mailer;
use crate::time::{Clock, TimeZone};
use crate::wire::Email;
use crate::wire::unseen::text_without_mark;
use crate::{account, demo, health_check, installed, server, sync};
use audit::AuditCommand;
use clap::{Args, Parser, Subcommand};
use dumps::{BackupArgs, RestoreArgs};
use keys::{RotateKeysArgs, RotateSecretArgs};
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The server for pain and acupuncture clinics and the apps around them.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server, with a Postgres of its own unless a database is named.
    Serve(ServeArgs),
    /// Bring the database to the newest schema and stop.
    Migrate(MigrateArgs),
    /// Print the OpenAPI document.
    Openapi,
    /// Load the demo patient and practitioner.
    Demo(DatabaseArgs),
    /// Manage accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Import a journal into a patient's account.
    Import(ImportArgs),
    /// Replace the key that signs access tokens.
    RotateKeys(RotateKeysArgs),
    /// Replace the master secret while the server is stopped. The new one is read from standard input;
    /// without one, in development, it is made.
    RotateSecret(RotateSecretArgs),
    /// Seal what was done, and look whether it is as it was sealed.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Write a dump of the database into a directory, named by the time, and read it back.
    Backup(BackupArgs),
    /// Make a private database out of a dump, in a data directory without one, with a new epoch.
    Restore(RestoreArgs),
    /// Make every app sync from the start, after a restored backup or a failover that lost commits.
    NewEpoch(DatabaseArgs),
    /// Ask a running server whether it is ready; for health checks.
    Health(HealthArgs),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make an account whose address needs no verification. The password is read from standard input.
    Create(CreateArgs),
    /// Suspend an account: its tokens stop working with the next request.
    Disable(EmailArgs),
    /// Lift a suspension.
    Enable(EmailArgs),
    /// Make a link with which its owner chooses a new password, and print it. It is good for 30 minutes; the owner
    /// is told by mail.
    ResetPassword(ResetArgs),
    /// Note that a practitioner's licence has been looked up and is good.
    VerifyLicence(LicenceArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// The e-mail address.
    email: String,
    /// `patient`, `practitioner`, or both, separated by a comma.
    #[arg(long, value_delimiter = ',', default_value = "patient")]
    role: Vec<String>,
    /// How others see the account.
    #[arg(long)]
    name: Option<String>,
    /// The clinic.
    #[arg(long)]
    organisation: Option<String>,
    /// The home time zone.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Args)]
struct EmailArgs {
    /// The account's e-mail address.
    email: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Args)]
struct ResetArgs {
    #[command(flatten)]
    email: EmailArgs,
    /// The address that people reach the server at, without a slash at the end.
    #[arg(long, env = "PAIN_JOURNAL_PUBLIC_URL")]
    public_url: String,
}

#[derive(Debug, Args)]
struct LicenceArgs {
    #[command(flatten)]
    email: EmailArgs,
    /// The number that was looked up, as it was stated; one that was changed since is not verified.
    number: String,
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// The file; `-` for standard input.
    file: PathBuf,
    /// The patient's e-mail address.
    #[arg(long)]
    account: String,
    /// The form of the file; told from its name unless given.
    #[arg(long)]
    format: Option<FileFormat>,
    /// The time zone of CSV rows that name none.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// The encoding of a file that is not Unicode, such as `windows-1252` or `macintosh`.
    #[arg(long)]
    encoding: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Args)]
struct MigrateArgs {
    /// Make a private database where there is none yet.
    #[arg(long)]
    create: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Args)]
struct HealthArgs {
    /// The server's address.
    #[arg(long, default_value = "127.0.0.1:8080", env = "PAIN_JOURNAL_LISTEN")]
    address: String,
}

/// Runs a command.
///
/// # Errors
/// One sentence for the person at the terminal.
pub fn run(cli: Cli) -> Result<(), String> {
    if let Some(database) = cli.command.database() {
        installed::take_on(database)?;
    }
    match cli.command {
        Command::Serve(args) => {
            start_log(&args.database);
            server::serve(&args)
        }
        Command::Migrate(args) => migrate(&args),
        Command::Openapi => print(&api::openapi()),
        Command::Demo(args) => load_demo(&args),
        Command::User(UserCommand::Create(args)) => create_user(args),
        Command::User(UserCommand::Disable(args)) => set_status(&args, "suspended"),
        Command::User(UserCommand::Enable(args)) => set_status(&args, "active"),
        Command::User(UserCommand::ResetPassword(args)) => reset_password(&args),
        Command::User(UserCommand::VerifyLicence(args)) => verify_licence(&args),
        Command::Import(args) => import_file(&args),
        Command::RotateKeys(args) => keys::rotate_keys(&args),
        Command::RotateSecret(args) => keys::rotate_secret(&args),
        Command::Audit(command) => audit::run(&command),
        Command::Backup(args) => dumps::back_up(&args),
        Command::Restore(args) => dumps::restore(&args),
        Command::NewEpoch(args) => with_app(&args, async |app| {
            let epoch = app
                .db
                .anonymous(Task::of_the_operator(""), async |tx| sync::new_epoch(tx).await)
                .await?;
            say(&format!("the epoch is now {epoch}; every app will sync from the start"));
            Ok(())
        }),
        Command::Health(args) => health_check::ask(&args.address),
    }
}

impl Command {
    /// Where the database is, of the commands that use one.
    fn database(&self) -> Option<&DatabaseArgs> {
        match self {
            Self::Serve(args) => Some(&args.database),
            Self::Migrate(args) => Some(&args.database),
            Self::Demo(args) | Self::NewEpoch(args) => Some(args),
            Self::User(UserCommand::Create(args)) => Some(&args.database),
            Self::User(UserCommand::Disable(args) | UserCommand::Enable(args)) => {
                Some(&args.database)
            }
            Self::User(UserCommand::ResetPassword(args)) => Some(&args.email.database),
            Self::User(UserCommand::VerifyLicence(args)) => Some(&args.email.database),
            Self::Import(args) => Some(&args.database),
            Self::RotateKeys(args) => Some(&args.database),
            Self::RotateSecret(args) => Some(&args.database),
            Self::Backup(args) => Some(&args.database),
            Self::Restore(args) => Some(&args.database),
            Self::Audit(_) | Self::Openapi | Self::Health(_) => None,
        }
    }
}

fn migrate(args: &MigrateArgs) -> Result<(), String> {
    start_log(&args.database);
    if args.create {
        // A secret is made with a database, never for one that is there.
        args.database.master_secret()?;
    }
    Database::migrate(&args.database, args.create, &mut say)?;
    say("the database is up to date");
    Ok(())
}

fn say(line: &str) {
    eprintln!("pain-journal: {line}");
}

fn print(text: &str) -> Result<(), String> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| e.to_string())
}

fn start_log(args: &DatabaseArgs) {
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::prelude::*;
    let levels =
        Targets::new().with_default(tracing::Level::WARN).with_target("pain_journal", args.log);
    let log = tracing_subscriber::registry().with(levels);
    let started = match args.log_format {
        LogFormat::Json => log
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        LogFormat::Pretty => log
            .with(
                tracing_subscriber::fmt::layer()
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_target(false)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
    };
    if started.is_err() {
        say("the log was started twice");
    }
    // Where it was, and not what it said: a message may hold what somebody has written.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}

/// Runs `work` on the database of `args` as its operator, beside a running server where there is one.
fn with_app(
    args: &DatabaseArgs,
    work: impl AsyncFnOnce(&Arc<App>) -> Answered<()>,
) -> Result<(), String> {
    with_database(args, args.master_secret()?, async |parts, _| {
        work(&Arc::new(App::open(parts).await?)).await
    })
}

/// The same, with a secret that need not be the one of the database, and before its keys are loaded; with the
/// address for the login that owns the database, too.
fn with_database(
    args: &DatabaseArgs,
    secret: MasterSecret,
    work: impl AsyncFnOnce(Parts, &str) -> Answered<()>,
) -> Result<(), String> {
    start_log(args);
    let mut database = Database::join(args, &mut say)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    let done = runtime.block_on(async {
        let parts = Parts {
            db: Db::new(database.operator()?, Duty::Operate, 2, secret.gate())
                .map_err(|e| e.to_string())?,
            clock: Clock::system(),
            random: Arc::new(SystemRandom::new()),
            secret,
            hash_cost: HashCost::default(),
            mailer: Mailer::Log,
            public_url: String::new(),
            proxies: Proxies::default(),
            registers: false,
        };
        work(parts, &database.admin).await.map_err(|e| words(&e))
    });
    drop(runtime);
    if let Some(private) = &mut database.private {
        private.stop().map_err(|e| e.to_string())?;
    }
    done
}

fn words(problem: &Problem) -> String {
    let english = Language::english();
    let body = problem.body(english, "", "");
    let faults: Vec<String> = body.faults().map(|fault| fault.detail.clone()).collect();
    match problem.cause() {
        Some(cause) => cause.to_owned(),
        None if faults.is_empty() => problem.kind().title(english),
        None => faults.join(" "),
    }
}

fn load_demo(args: &DatabaseArgs) -> Result<(), String> {
    args.check_demo()?;
    with_app(args, async |app| {
        let sign_ins = demo::load(app).await?;
        say(&sign_ins.unwrap_or_else(|| "the demo addresses are taken".into()));
        Ok(())
    })
}

fn address(text: &str) -> Result<Email, String> {
    Email::parse(text).ok_or_else(|| format!("{text} is not an e-mail address"))
}

fn create_user(args: CreateArgs) -> Result<(), String> {
    let email = address(&args.email)?;
    let roles: Option<Vec<Role>> = args.role.iter().map(|role| Role::from_code(role)).collect();
    let roles = roles.ok_or("--role takes patient, practitioner, or both with a comma")?;
    let time_zone = TimeZone::parse(&args.time_zone)
        .ok_or_else(|| format!("{} is not an IANA time zone", args.time_zone))?;
    if std::io::stdin().is_terminal() {
        say("type the password and press Enter");
    }
    let mut password = String::new();
    std::io::stdin().read_line(&mut password).map_err(|e| e.to_string())?;
    let password = text_without_mark(&password).trim_end_matches(['\n', '\r']).to_owned().into();
    let new = NewAccount {
        email,
        password,
        roles,
        display_name: args.name,
        organisation: args.organisation,
        time_zone,
        enrolled_on: None,
    };
    with_app(&args.database, async |app| match auth::create_account(app, new).await? {
        Some(_) => {
            say("the account was made");
            Ok(())
        }
        None => Err(Problem::internal("this address has an account already")),
    })
}

fn set_status(args: &EmailArgs, status: &'static str) -> Result<(), String> {
    let email = address(&args.email)?;
    with_app(&args.database, async |app| {
        let task = Task::of_the_operator(email.as_str());
        let known =
            app.db.anonymous(task, async |tx| auth::set_status(tx, email.as_str(), status).await);
        if !known.await? {
            return Err(Problem::internal("there is no account with this address"));
        }
        say(&format!("the account is now {status}"));
        Ok(())
    })
}

fn reset_password(args: &ResetArgs) -> Result<(), String> {
    let email = address(&args.email.email)?;
    with_app(&args.email.database, async |app| {
        let link = auth::reset_by_operator(app, &email, &args.public_url).await?;
        let link =
            link.ok_or_else(|| Problem::internal("there is no account with this address"))?;
        print(&format!("{link}\n")).map_err(Problem::internal)
    })
}

fn verify_licence(args: &LicenceArgs) -> Result<(), String> {
    let email = address(&args.email.email)?;
    with_app(&args.email.database, async |app| {
        let licence = account::verify_licence(app, &email, &args.number).await?;
        let licence = licence.ok_or_else(|| {
            Problem::internal("there is no practitioner with this address who states a licence of this number now")
        })?;
        let (number, place) = (licence.number, licence.jurisdiction);
        let place = place.unwrap_or_else(|| "no jurisdiction stated".to_owned());
        say(&format!("verified: {} ({place})", number.unwrap_or_default()));
        Ok(())
    })
}

fn import_file(args: &ImportArgs) -> Result<(), String> {
    let email = address(&args.account)?;
    let format = args.format.or_else(|| match args.file.extension()?.to_str()? {
        "jsonl" | "ndjson" => Some(FileFormat::Jsonl),
        "csv" => Some(FileFormat::Csv),
        _ => None,
    });
    let format = format.ok_or("say which --format the file has: jsonl or csv")?;
    let zone = args
        .time_zone
        .parse()
        .map_err(|_| format!("{} is not an IANA time zone", args.time_zone))?;
    let encoding = args.encoding.as_deref().map(encoding).transpose()?;
    let file: Box<dyn Read> = if args.file.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(&args.file).map_err(|e| format!("{}: {e}", args.file.display()))?)
    };
    let (mut refused, mut is_taken) = (0, false);
    with_app(&args.database, async |app| {
        let task = Task::of_the_operator(email.as_str());
        let account =
            app.db.anonymous(task, async |tx| auth::find_account(tx, email.as_str()).await).await?;
        let account =
            account.ok_or_else(|| Problem::internal("there is no account with this address"))?;
        match import_in(app, account.id, format, zone, encoding, file).await {
            Ok(summary) => {
                refused = summary.refused.len();
                is_taken = summary.created + summary.changed + summary.unchanged > 0;
                tell(&summary);
                Ok(())
            }
            Err(BrokenOff { summary, problem }) => {
                tell(&summary);
                Err(problem)
            }
        }
    })?;
    let rest = if is_taken { "the rest is imported" } else { "nothing is imported" };
    match refused {
        0 => Ok(()),
        1 => Err(format!("1 line was refused; {rest}")),
        _ => Err(format!("{refused} lines were refused; {rest}")),
    }
}

fn tell(summary: &Summary) {
    for (line, reasons) in &summary.refused {
        say(&format!("line {line}: {}", reasons.join(" ")));
    }
    for remark in &summary.remarks {
        say(&format!("note: {remark}"));
    }
    say(&format!(
        "{} created, {} already there, {} refused, {} changed",
        summary.created,
        summary.unchanged,
        summary.refused.len(),
        summary.changed
    ));
    if summary.unwritten > 0 {
        say(&format!("{} more were read and not written", summary.unwritten));
    }
}
