//! The database on disk: its version, and making a new one that is complete or not there at all.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::binaries::Binaries;
use crate::error::StartError;
use crate::guard::Guard;
use crate::home::Home;
use crate::owner::Owner;
use crate::{ADMIN, DATABASE, Durability};

/// The start of the name of a directory in which a database is being made.
const UNFINISHED: &str = "data.new-";

/// Locales for a new database, the preferred first: sorting by code point everywhere, so that an
/// upgrade of the C library breaks no index.
const LOCALES: [&str; 2] = ["C.UTF-8", "C"];

/// The major version that made the database in `data`, or nothing when there is none.
pub(crate) fn major(data: &Path) -> Result<Option<u32>, StartError> {
    let file = data.join("PG_VERSION");
    match fs::read_to_string(&file) {
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(io::Error::other)
            .map_err(StartError::io("understand", &file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StartError::io("read", &file)(error)),
    }
}

/// Deletes the database in `data`, if there is one.
pub(crate) fn remove(data: &Path) -> Result<(), StartError> {
    match fs::remove_dir_all(data) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StartError::io("delete", data)(error))
        }
        _ => Ok(()),
    }
}

/// Makes a database in `home`.
///
/// It is made under another name with everything in it, and gets its own name as the last step: a
/// start that is killed half-way leaves nothing that looks like a database.
pub(crate) fn create(
    home: &Home,
    owner: &Owner,
    binaries: &Binaries,
    durability: Durability,
) -> Result<(), StartError> {
    remove_unfinished(home.path());
    // An initdb of a killed start may still be cleaning up its own directory: use a new name.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = format!("{UNFINISHED}{}-{:x}", std::process::id(), now.as_nanos());
    let fresh = home.path().join(name);
    let made = DirBuilder::new().mode(0o700).create(&fresh);
    made.map_err(StartError::io("create the directory", &fresh))?;
    owner.give(&fresh)?;
    let filled = fill(&fresh, owner, binaries, durability).and_then(|()| {
        let data = home.data();
        fs::rename(&fresh, &data).map_err(StartError::io("rename the new database to", &data))
    });
    if filled.is_err() {
        remove_unfinished(home.path());
    } else if durability == Durability::Durable {
        let synced = File::open(home.path()).and_then(|dir| dir.sync_all());
        synced.map_err(StartError::io("sync", home.path()))?;
    }
    filled
}

/// Deletes what starts that were killed have left in `home`. What cannot be deleted disturbs nobody
/// and is tried again next time.
pub(crate) fn remove_unfinished(home: &Path) {
    for entry in fs::read_dir(home).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn fill(
    fresh: &Path,
    owner: &Owner,
    binaries: &Binaries,
    durability: Durability,
) -> Result<(), StartError> {
    initdb(fresh, owner, binaries)?;
    create_database(fresh, owner, binaries)?;
    if durability == Durability::Throwaway {
        return Ok(());
    }
    let program = binaries.program("initdb");
    let mut sync = Guard::new(owner, "TERM", &program);
    let output = sync.arg("--sync-only").arg("-D").arg(fresh).output();
    succeeded(&program, output).map(drop)
}

fn initdb(fresh: &Path, owner: &Owner, binaries: &Binaries) -> Result<(), StartError> {
    let program = binaries.program("initdb");
    let mut result = Ok(());
    for locale in LOCALES {
        let mut command = Guard::new(owner, "TERM", &program);
        command.arg("-D").arg(fresh).args(&["-U", ADMIN, "-E", "UTF8", "--data-checksums"]);
        // The socket's directory is private, so whoever reaches the socket may do everything.
        command.args(&[
            "--auth-local=trust",
            "--auth-host=reject",
            "--no-sync",
            "--no-instructions",
        ]);
        let output = command.arg(format!("--locale={locale}")).output();
        result = succeeded(&program, output).map(drop);
        match &result {
            Err(StartError::Failed { said, .. }) if said.contains("locale") => {}
            _ => break,
        }
    }
    result
}

/// Creates the application's database by the single-user server, which needs no client program.
fn create_database(fresh: &Path, owner: &Owner, binaries: &Binaries) -> Result<(), StartError> {
    let program = binaries.program("postgres");
    let mut command = owner.command(&program);
    command.args(["--single", "-F", "-c", "exit_on_error=on", "-D"]).arg(fresh).arg("template1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // It reads statements until the pipe closes, so it ends with us.
    let output = command.spawn().and_then(|mut child| {
        if let Some(mut statements) = child.stdin.take() {
            writeln!(statements, "CREATE DATABASE {DATABASE} STRATEGY file_copy;")?;
        }
        child.wait_with_output()
    });
    succeeded(&program, output).map(drop)
}

/// Turns the failure of a program into an error with its last lines.
fn succeeded(program: &Path, output: io::Result<Output>) -> Result<Output, StartError> {
    let output = output.map_err(StartError::io("run", program))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = last_lines(&String::from_utf8_lossy(&output.stderr));
    Err(StartError::Failed { program: program.into(), status: output.status, said })
}

/// The last few lines of a text that say something, joined to one.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(6)).copied().collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_where_there_is_a_database() {
        let data = std::env::temp_dir().join(format!("pj-version-{}", std::process::id()));
        fs::create_dir_all(&data).unwrap();
        assert_eq!(major(&data).unwrap(), None);
        fs::write(data.join("PG_VERSION"), "15\n").unwrap();
        assert_eq!(major(&data).unwrap(), Some(15));
        fs::write(data.join("PG_VERSION"), "9.6\n").unwrap();
        let refused = major(&data).unwrap_err().to_string();
        fs::remove_dir_all(&data).unwrap();
        assert!(refused.starts_with("cannot understand ") && refused.contains("PG_VERSION"));
    }

    #[test]
    fn only_the_last_lines_are_reported() {
        let text = "1\n2\n3\n\n4\n5\n6\n7\n";
        assert_eq!(last_lines(text), "2 | 3 | 4 | 5 | 6 | 7");
        assert_eq!(last_lines("\n"), "");
    }
}
