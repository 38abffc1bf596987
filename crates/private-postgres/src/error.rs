//! Why the private database did not start.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use crate::binaries::OLDEST_MAJOR;

/// Why [`Postgres::start`](crate::Postgres::start) failed.
///
/// Every message names the file, directory or program concerned and, where there is one, the way
/// out, so that it can be shown to an operator as it is.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// No directory with both `initdb` and `postgres` was found.
    NoBinaries,
    /// `PG_BIN_DIR` is set, but does not hold `initdb` and `postgres`.
    BadBinDir(PathBuf),
    /// Only versions of Postgres were found that are too old for a new database.
    TooOld {
        /// The directories with server programs, each with its major version.
        found: Vec<(PathBuf, u32)>,
    },
    /// The existing database was made by another major version than those found.
    OtherMajor {
        /// The directory of the database.
        data: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The directories with server programs, each with its major version.
        found: Vec<(PathBuf, u32)>,
    },
    /// Running as root, and no account that the database could run as exists.
    NoAccount,
    /// No place for the data directory: neither root nor `HOME` nor `XDG_DATA_HOME`.
    NoHome,
    /// The account that runs the database cannot enter the data directory.
    OutOfReach {
        /// The data directory.
        home: PathBuf,
        /// The directory on the way that is closed.
        closed: PathBuf,
        /// The account that runs the database.
        account: String,
    },
    /// A directory belongs to another user than the one that starts the database.
    ForeignOwner {
        /// The directory.
        path: PathBuf,
        /// The user id it belongs to.
        owner: u32,
        /// The user id it has to belong to.
        expected: u32,
    },
    /// The directory of the socket is open to other users, or is no directory.
    NotPrivate(PathBuf),
    /// Another process holds the data directory.
    InUse {
        /// The data directory.
        home: PathBuf,
        /// The process that holds it, where it is known.
        process: Option<u32>,
    },
    /// The data directory was made for the other [`Durability`](crate::Durability), or a throwaway
    /// database was asked for in a directory with other contents.
    OtherPurpose(PathBuf),
    /// The database server of an earlier run does not stop.
    StillStopping {
        /// The directory of the database.
        data: PathBuf,
        /// The process of the earlier server, where it is known.
        process: Option<u32>,
    },
    /// A program that prepares the database failed.
    Failed {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of what it wrote.
        said: String,
    },
    /// The database server ended before it was ready.
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// The last lines it wrote to its log.
        said: String,
        /// Its log.
        log: PathBuf,
    },
    /// The database server was not ready in time.
    Late {
        /// How long it was waited for, in seconds.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// The operating system refused something.
    Io {
        /// What was tried, as the continuation of "cannot".
        doing: String,
        /// The answer of the operating system.
        source: io::Error,
    },
}

impl StartError {
    /// For `map_err`: the operating system refused to do `verb` with `path`.
    pub(crate) fn io(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let doing = format!("{verb} {}", path.display());
        move |source| Self::Io { doing, source }
    }
}

/// Lists installed versions, such as `15 in /usr/lib/postgresql/15/bin`.
struct Versions<'a>(&'a [(PathBuf, u32)]);

impl fmt::Display for Versions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (dir, major)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{major} in {}", dir.display())?;
        }
        Ok(())
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBinaries => write!(
                f,
                "no PostgreSQL server programs (initdb and postgres, version {OLDEST_MAJOR} or \
                 newer) were found: install them (Debian and Ubuntu: apt-get install postgresql; \
                 Fedora: dnf install postgresql-server; macOS: brew install postgresql@17), or \
                 name their directory in PG_BIN_DIR, or set DATABASE_URL to use a server that \
                 runs already"
            ),
            Self::BadBinDir(dir) => {
                write!(f, "PG_BIN_DIR is {}, which holds no initdb and postgres", dir.display())
            }
            Self::TooOld { found } => write!(
                f,
                "PostgreSQL {OLDEST_MAJOR} or newer is needed, but only {} was found",
                Versions(found)
            ),
            Self::OtherMajor { data, made_by, found } => write!(
                f,
                "{} was made by PostgreSQL {made_by}, but only {} was found: install PostgreSQL \
                 {made_by}, or upgrade the directory with pg_upgrade, or name the directory of its \
                 server programs in PG_BIN_DIR",
                data.display(),
                Versions(found)
            ),
            Self::NoAccount => f.write_str(
                "the database does not run as root, and none of the accounts postgres, _postgres \
                 and nobody exists: create one of them, or start as an ordinary user",
            ),
            Self::NoHome => f.write_str(
                "there is no place for the database, as HOME is not set: name a directory in \
                 PAIN_JOURNAL_DATA_DIR",
            ),
            Self::OutOfReach { home, closed, account } => write!(
                f,
                "{account}, who runs the database, cannot enter {}: {} is closed to them (open it \
                 with chmod o+x, or choose another directory, such as /var/lib/pain-journal)",
                home.display(),
                closed.display()
            ),
            Self::ForeignOwner { path, owner, expected } => write!(
                f,
                "{} belongs to user {owner}, not to user {expected}: start as its owner, or choose \
                 another directory",
                path.display()
            ),
            Self::NotPrivate(path) => write!(
                f,
                "{} is not a private directory (mode 0700): remove it and start again",
                path.display()
            ),
            Self::InUse { home, process } => {
                write!(f, "{} is in use by another pain-journal", home.display())?;
                if let Some(process) = process {
                    write!(f, " (process {process})")?;
                }
                f.write_str(": stop that one, or choose another directory for this one")
            }
            Self::OtherPurpose(home) => write!(
                f,
                "{} has other contents: a throwaway database deletes its directory, so it needs \
                 one of its own, which no durable database can use",
                home.display()
            ),
            Self::StillStopping { data, process } => {
                f.write_str("an earlier database server")?;
                if let Some(process) = process {
                    write!(f, " (process {process})")?;
                }
                write!(f, " still runs on {} and does not stop", data.display())
            }
            Self::Failed { program, status, said } => {
                write!(f, "{} failed ({status}): {said}", program.display())
            }
            Self::Ended { status, said, log } => write!(
                f,
                "the database server ended at its start ({status}): {said} (log: {})",
                log.display()
            ),
            Self::Late { seconds, log } => write!(
                f,
                "the database server was not ready after {seconds} seconds (log: {})",
                log.display()
            ),
            Self::Io { doing, source } => write!(f, "cannot {doing}: {source}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_installation_is_one_sentence_with_the_three_ways_out() {
        let text = StartError::NoBinaries.to_string();
        for part in ["apt-get", "dnf", "brew", "PG_BIN_DIR", "DATABASE_URL"] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
        assert!(!text.contains('\n') && !text.contains(". "));
    }

    #[test]
    fn versions_name_their_directories() {
        let found = vec![(PathBuf::from("/a"), 15), (PathBuf::from("/b"), 17)];
        let error = StartError::OtherMajor { data: "/d".into(), made_by: 16, found };
        assert!(error.to_string().contains("only 15 in /a, 17 in /b was found"));
    }

    #[test]
    fn the_holder_of_the_lock_is_named_where_known() {
        let named = StartError::InUse { home: "/h".into(), process: Some(7) };
        assert!(named.to_string().starts_with("/h is in use by another pain-journal (process 7):"));
        let unknown = StartError::InUse { home: "/h".into(), process: None };
        assert!(unknown.to_string().starts_with("/h is in use by another pain-journal: stop"));
    }
}
