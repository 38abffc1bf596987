//! Commands on a machine where the server is installed as a service: they take the settings of its
//! environment file and the account that owns its data, by starting this program again with both.
//!
//! Without this, root's `pain-journal user create` beside a service would make a second database in
//! another place, or files that the service cannot read.

use crate::config::DatabaseArgs;
use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the environment file; empty for none.
const VARIABLE: &str = "PAIN_JOURNAL_ENV_FILE";
const DEFAULT_FILE: &str = "/etc/pain-journal/env";

/// Settings in the order of the file.
type Settings = Vec<(String, String)>;

/// Starts this program again with the settings of the service, and as its account, where one of the
/// two is another than now; then it does not return. The file is read when it is named, or when neither
/// an option nor the environment says where the database is; these win over the file.
///
/// # Errors
/// One sentence: the file cannot be read or understood, or the program not be started again.
pub fn take_on(args: &DatabaseArgs) -> Result<(), String> {
    let named = env::var_os(VARIABLE);
    let told = args.database_url.is_some() || args.data_dir.is_some();
    let settings = match &named {
        Some(file) if file.is_empty() => None,
        Some(file) => read(Path::new(file), true)?,
        None if told => None,
        None => read(Path::new(DEFAULT_FILE), false)?,
    };
    let set: Settings = settings
        .iter()
        .flatten()
        .filter(|(name, _)| env::var_os(name).is_none())
        .cloned()
        .collect();
    let in_file = set.iter().find(|(name, _)| name == "PAIN_JOURNAL_DATA_DIR");
    let in_file = in_file.map(|(_, folder)| PathBuf::from(folder));
    let home = args.data_dir.clone().or(in_file).or_else(|| args.home().ok());
    let account = home.as_deref().and_then(account_of);
    if settings.is_none() && account.is_none() {
        return Ok(());
    }
    let mut again = Command::new(env::current_exe().map_err(|e| e.to_string())?);
    again.args(env::args_os().skip(1)).envs(set).env(VARIABLE, "");
    if let Some(home) = home {
        // The other account would look for a place of its own.
        again.env("PAIN_JOURNAL_DATA_DIR", home);
    }
    if let Some((user, group)) = account {
        again.uid(user).gid(group); // this drops our other groups as well
    }
    Err(format!(
        "cannot start again with the settings and as the account of the server: {}",
        again.exec()
    ))
}

/// Where the database is, for a command that shall not become the account of the server: as it was told, else as the
/// file of the service says.
///
/// # Errors
/// One sentence: the file cannot be read or understood.
pub fn placed(args: &DatabaseArgs) -> Result<DatabaseArgs, String> {
    let mut args = args.clone();
    if args.sealer_url.is_some() || args.database_url.is_some() || args.data_dir.is_some() {
        return Ok(args);
    }
    let settings = match env::var_os(VARIABLE) {
        Some(file) if file.is_empty() => None,
        Some(file) => read(Path::new(&file), true)?,
        None => read(Path::new(DEFAULT_FILE), false)?,
    };
    for (name, value) in settings.into_iter().flatten() {
        match &*name {
            "DATABASE_URL" => args.database_url = Some(value.into()),
            "PAIN_JOURNAL_DATA_DIR" => args.data_dir = Some(value.into()),
            "PAIN_JOURNAL_SEALER_URL" => args.sealer_url = Some(value.into()),
            _ => {}
        }
    }
    Ok(args)
}

/// The owner of the data and its group, when that is an ordinary account and we are root.
fn account_of(home: &Path) -> Option<(u32, u32)> {
    let us = fs::metadata("/proc/self").ok()?.uid();
    let found = fs::metadata(home).ok()?;
    (us == 0 && found.uid() != 0).then(|| (found.uid(), found.gid()))
}

/// The settings of the file; `None` where there is no such file and it need not be there.
fn read(file: &Path, must_exist: bool) -> Result<Option<Settings>, String> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound && !must_exist => return Ok(None),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            return Err(format!(
                "{} has the settings of the server on this machine, and only root may read it: run \
                 this as root, or name another database with DATABASE_URL or --data-dir",
                file.display()
            ));
        }
        Err(e) => return Err(format!("{}: {e}", file.display())),
    };
    parse(&text)
        .map(Some)
        .map_err(|(line, what)| format!("{}, line {line}: {what}", file.display()))
}

/// Reads what systemd and this program read alike: `NAME=value` a line, comments on lines of their
/// own, a value in quotes as a whole or not at all. Everything else is refused, with its line.
fn parse(text: &str) -> Result<Settings, (usize, &'static str)> {
    let mut settings = Settings::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let wrong = |what| (number + 1, what);
        let (name, value) = line.split_once('=').ok_or(wrong("NAME=value is needed"))?;
        let fits = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !fits {
            return Err(wrong("a name is letters, digits and _, with nothing before or behind it"));
        }
        let quoted = ['"', '\''].into_iter().find_map(|q| value.strip_prefix(q)?.strip_suffix(q));
        let value = quoted.unwrap_or(value);
        if value.contains(['"', '\'', '\\', '`']) {
            return Err(wrong("a value has quotes around it as a whole, and no backslash"));
        }
        settings.push((name.to_owned(), value.to_owned()));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_as_systemd_reads_it() {
        let text = "# a comment\n; another\n\nA=1\n B_2 = x\n";
        assert_eq!(parse(text).unwrap_err().0, 5, "systemd ignores such a line");
        let text = "# a comment\n\nA=1\nB_2=two words  \nC='The clinic <a@b.c>'\nD=\nE=\"x#y\"\n";
        let read = parse(text).unwrap();
        let expected = [
            ("A", "1"),
            ("B_2", "two words"),
            ("C", "The clinic <a@b.c>"),
            ("D", ""),
            ("E", "x#y"),
        ];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for wrong in ["A", "export A=1", "A='x", "A=x'y'", "A=x\\", "=1", "1A=1", "A=\"x\" # y"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
