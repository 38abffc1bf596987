//! The commands about the audit: sealing, looking whether all is as it was sealed, and the lines themselves.

use super::{say, start_log};
use crate::audit::{PublicKey, SealCopy, SealKey, Sealer, pages_of_lines, read_copy, verify};
use crate::config::DatabaseArgs;
use crate::credentials::random::SystemRandom;
use crate::database::Database;
use crate::db::{DbError, SealerDb};
use crate::installed;
use crate::time::Clock;
use clap::{Args, Subcommand};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Seal the lines that are in no seal yet, with a key that neither the server nor the database has.
    Seal(SealArgs),
    /// Look whether every sealed line is there and as it was; name the first that is not.
    Verify(VerifyArgs),
    /// Write all lines to standard output, one JSON object a line: the texts that are hashed.
    Lines(LinesArgs),
}

#[derive(Debug, Args)]
pub(super) struct SealArgs {
    /// The file of the key, which is made where there is none. Only this process may read it.
    #[arg(long, env = "PAIN_JOURNAL_SEAL_KEY")]
    key: PathBuf,
    /// A file that gets a copy of every seal: on another disk, or one that another machine fetches.
    #[arg(long, env = "PAIN_JOURNAL_SEALS")]
    seals: Option<PathBuf>,
    /// Go on, and seal every so many seconds, 1 to 3600.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3600))]
    every: Option<u16>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The copy of the seals, which shows also what was cut off at the end.
    #[arg(long, env = "PAIN_JOURNAL_SEALS")]
    seals: Option<PathBuf>,
    /// The public key, as `audit seal` has said and written it beside its key. Default: the one that the first seal
    /// names.
    #[arg(long, env = "PAIN_JOURNAL_SEAL_PUBLIC_KEY")]
    public_key: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Args)]
pub(super) struct LinesArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs one of the commands. They stay the account that they were started as: the server's shall not read the key.
pub(super) fn run(command: &AuditCommand) -> Result<(), String> {
    match command {
        AuditCommand::Seal(args) => seal(args),
        AuditCommand::Verify(args) => look(args),
        AuditCommand::Lines(args) => write_lines(args),
    }
}

/// Works with the database as the sealer.
fn with_sealer<T>(
    args: &DatabaseArgs,
    work: impl AsyncFnOnce(&SealerDb) -> Result<T, String>,
) -> Result<T, String> {
    let url = Database::for_sealing(&installed::placed(args)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| e.to_string())?.block_on(async {
        let db = SealerDb::open(&url).await.map_err(|e| e.to_string())?;
        work(&db).await
    })
}

fn seal(args: &SealArgs) -> Result<(), String> {
    start_log(&args.database);
    let key = SealKey::of_file(&args.key, &SystemRandom::new())?;
    say(&format!("seals are signed with the key {}", key.public()));
    let copy = args.seals.as_deref().map(SealCopy::open).transpose()?;
    let mut sealer = Sealer::new(key, copy, Clock::system());
    let Some(every) = args.every else {
        let sealed = with_sealer(&args.database, async |db| sealer.seal(db).await)?;
        say(&format!("{sealed} lines were sealed"));
        return Ok(());
    };
    // A database that is away for a while is no end: what was written meanwhile is sealed when it is back.
    loop {
        match with_sealer(&args.database, async |db| sealer.seal(db).await) {
            Ok(0) => {}
            Ok(lines) => tracing::info!(lines, "sealed"),
            Err(error) => tracing::error!(error, "nothing was sealed"),
        }
        std::thread::sleep(Duration::from_secs(u64::from(every)));
    }
}

fn look(args: &VerifyArgs) -> Result<(), String> {
    let key = args.public_key.as_deref().map(|text| {
        PublicKey::parse(text).ok_or_else(|| format!("{text} is no public key of 43 characters"))
    });
    let key = key.transpose()?;
    let copy = args.seals.as_deref().map(read_copy).transpose()?;
    let has_copy = copy.is_some();
    let found = with_sealer(&args.database, async |db| verify(db, copy, key).await)?;
    if let (Some(named), None) = (found.key, key) {
        say(&format!("the seals name the key {named}: compare it with the one you wrote down"));
    }
    if !has_copy {
        say(
            "without a copy of the seals, nobody sees whether the newest ones were cut off with their lines",
        );
    }
    let Some(first) = found.broken.first() else {
        let newest = found.newest.map_or_else(|| "none".to_owned(), |at| at.to_rfc3339());
        say(&format!(
            "{} seals over {} lines are whole, the newest of {newest}; {} lines wait for a seal",
            found.seals, found.sealed, found.waiting
        ));
        return Ok(());
    };
    for broken in found.broken.iter().skip(1).take(20) {
        say(&format!("also: {broken}"));
    }
    let more = found.broken.len().saturating_sub(21);
    if more > 0 {
        say(&format!("and {more} more"));
    }
    Err(format!("broken: {first}"))
}

fn write_lines(args: &LinesArgs) -> Result<(), String> {
    with_sealer(&args.database, async |db| {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut written = Ok(());
        let read = db.transact(async |tx| {
            written = pages_of_lines(tx, |line| {
                writeln!(out, "{}", line.text()?).map_err(|e| e.to_string())
            })
            .await;
            Ok(())
        });
        read.await.map_err(|e: DbError| e.to_string())?;
        written?;
        out.flush().map_err(|e| e.to_string())
    })
}
