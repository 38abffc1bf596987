//! Backups: dumps of the database that are checked before they count, and a new private database out
//! of one. The programs of PostgreSQL do the work.

use crate::config::DatabaseArgs;
use crate::database::{Database, bring_up_to_date};
use crate::db::SEALER;
use chrono::{DateTime, Utc};
use private_postgres::{ADMIN, DATABASE};
use std::env;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tokio_postgres::config::Host;

/// Roles that own or may touch what is in a dump, which holds no roles itself.
const ROLES: [&str; 4] = ["pj_owner", "pj_app", "pj_operator", SEALER];

/// A backup that was made and read back.
#[derive(Debug)]
pub struct Backup {
    /// Its file.
    pub file: PathBuf,
    /// The tables in it.
    pub tables: usize,
    /// Its size.
    pub bytes: u64,
}

/// Writes a dump of the database into `folder`, which is made where it is missing: readable for its
/// owner only, named by `now`, and under that name only when it is whole, read back and on the disk.
/// A file that is there is never replaced.
///
/// # Errors
/// One sentence; then no file is left.
pub fn write(database: &Database, folder: &Path, now: DateTime<Utc>) -> Result<Backup, String> {
    let programs = programs(database.home.as_deref())?;
    let failed = |path: &Path, e: io::Error| format!("{}: {e}", path.display());
    if !folder.exists() {
        let made = DirBuilder::new().mode(0o700).recursive(true).create(folder);
        made.map_err(|e| failed(folder, e))?;
    }
    let file = folder.join(format!("pain-journal-{}.dump", now.format("%Y%m%dT%H%M%SZ")));
    let draft = file.with_extension("dump.unfinished");
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
    let target = open.map_err(|e| failed(&draft, e))?;
    let made = dump(&programs, &database.admin, &target)
        .and_then(|()| check(&programs, &draft))
        .and_then(|tables| {
            target.sync_all().map_err(|e| failed(&draft, e))?;
            // A link, unlike a rename, never replaces a file.
            fs::hard_link(&draft, &file).map_err(|e| failed(&file, e))?;
            Ok(tables)
        });
    fs::remove_file(&draft).map_err(|e| failed(&draft, e))?;
    let tables = made?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| failed(folder, e))?;
    let bytes = fs::metadata(&file).map_err(|e| failed(&file, e))?.len();
    Ok(Backup { file, tables, bytes })
}

/// Makes a private database out of a dump, where there is none yet. It has the newest schema then, and
/// is stopped.
///
/// # Errors
/// One sentence; then no database is left.
pub fn restore(
    args: &DatabaseArgs,
    dump: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<(), String> {
    let home = args.home()?;
    if private_postgres::holds_database(&home) {
        return Err(format!(
            "there is a database in {}: stop the server and move the directory `data` away first, or \
             restore to another place with --data-dir",
            home.display()
        ));
    }
    check(&programs(None)?, dump)?;
    let mut database = Database::start(args, progress)?;
    let filled = fill(&database, dump, progress);
    let stopped = match &mut database.private {
        Some(private) => private.stop().map_err(|e| e.to_string()),
        None => Ok(()),
    };
    if filled.is_err() {
        let data = home.join("data");
        fs::remove_dir_all(&data).map_err(|e| format!("{}: {e}", data.display()))?;
    }
    filled.and(stopped)
}

fn fill(database: &Database, dump: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), String> {
    let programs = programs(database.home.as_deref())?;
    for role in ROLES {
        let mut create = command(&programs, "createuser", &database.admin)?;
        run(create.args(["--no-login", role]))?;
    }
    let mut restore = command(&programs, "pg_restore", &database.admin)?;
    run(restore.args(["--exit-on-error", "--single-transaction", "-d", DATABASE]).arg(dump))?;
    bring_up_to_date(&database.admin, &database.logins(), progress)
}

fn dump(programs: &Path, url: &str, target: &File) -> Result<(), String> {
    let target = target.try_clone().map_err(|e| e.to_string())?;
    let mut dump = command(programs, "pg_dump", url)?;
    let dump = dump.args(["--format=custom", "--lock-wait-timeout=60s"]);
    // What a superuser took away of the rights to functions of Postgres itself only a superuser could read back;
    // who migrates takes it away anew.
    run(dump.arg("--exclude-schema=pg_catalog").stdout(target))?;
    Ok(())
}

/// Reads a dump from its first to its last byte; answers how many tables it has, each with its rows.
fn check(programs: &Path, file: &Path) -> Result<usize, String> {
    let mut list = Command::new(programs.join("pg_restore"));
    let list = run(list.arg("--list").arg(file).stdout(Stdio::piped()))?;
    let list = String::from_utf8_lossy(&list.stdout);
    // `217; 1259 16415 TABLE pj accounts pj_owner`, and `… TABLE DATA pj accounts pj_owner`.
    let named = |kind: &str| -> Vec<&str> {
        let entries = list.lines().filter(|line| !line.starts_with(';'));
        entries.filter_map(|line| line.split_once(kind)?.1.split(' ').next()).collect()
    };
    let (tables, filled) = (named(" TABLE pj "), named(" TABLE DATA pj "));
    let bare = tables.iter().find(|table| !filled.contains(table));
    if let Some(bare) = bare {
        return Err(format!("{} has no rows of the table {bare}", file.display()));
    }
    if !tables.contains(&"accounts") {
        return Err(format!("{} is no dump of a journal", file.display()));
    }
    let mut whole = Command::new(programs.join("pg_restore"));
    run(whole.arg("--file=/dev/null").arg(file))?;
    Ok(tables.len())
}

/// The directory of the programs: those of a private database, else of `PG_BIN_DIR`, else of the
/// newest installation.
fn programs(home: Option<&Path>) -> Result<PathBuf, String> {
    private_postgres::programs(home).map_err(|e| e.to_string())
}

/// A program that finds the database through its environment, where a password is in no list of
/// processes.
fn command(programs: &Path, name: &str, url: &str) -> Result<Command, String> {
    let config: tokio_postgres::Config =
        url.parse().map_err(|e| format!("the address of the database: {e}"))?;
    let mut command = Command::new(programs.join(name));
    for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
        command.env_remove(name);
    }
    let host: Option<&OsStr> = config.get_hosts().first().map(|host| match host {
        Host::Tcp(host) => host.as_ref(),
        Host::Unix(folder) => folder.as_os_str(),
    });
    command.env("PGHOST", host.unwrap_or(OsStr::new("localhost")));
    command.env("PGPORT", config.get_ports().first().unwrap_or(&5432).to_string());
    command.env("PGUSER", config.get_user().unwrap_or(ADMIN));
    command.env("PGDATABASE", config.get_dbname().unwrap_or(DATABASE));
    if let Some(password) = config.get_password() {
        command.env("PGPASSWORD", String::from_utf8_lossy(password).into_owned());
    }
    Ok(command)
}

/// Runs a program to its end; what it complains of is the reason of a failure.
fn run(command: &mut Command) -> Result<Output, String> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        Ok(output)
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{program} failed: {}", said.trim()))
    }
}
