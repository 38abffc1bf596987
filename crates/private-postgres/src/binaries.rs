//! Where the server programs of Postgres are, and which of several installations to use.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::StartError;

/// The oldest major version a new database is made with.
pub(crate) const OLDEST_MAJOR: u32 = 15;

/// Directories whose entries are installations, the start of the entries' names, and where in an
/// entry the programs are.
const INSTALLATIONS: [(&str, &str, &str); 11] = [
    ("/usr/lib/postgresql", "", "bin"), // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),          // packages of the PostgreSQL project for Fedora and Red Hat
    ("/usr/libexec", "postgresql", ""), // Alpine
    ("/usr/lib64", "pgsql", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ("/Library/PostgreSQL", "", "bin"),
    ("/usr/local", "pgsql", "bin"),
    ("/opt", "postgresql", "bin"),
];

/// A directory with the server programs, and their major version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) dir: PathBuf,
    pub(crate) major: u32,
}

impl Binaries {
    /// The installation to use: for a database that exists, one of the major version `made_by`;
    /// for a new one, the first that is new enough.
    pub(crate) fn find(data: &Path, made_by: Option<u32>) -> Result<Self, StartError> {
        let chosen = env::var_os("PG_BIN_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
        let candidates = match chosen {
            Some(dir) if holds_server(&dir) => vec![dir],
            Some(dir) => return Err(StartError::BadBinDir(dir)),
            None => installed(env::var_os("PATH").as_deref()),
        };
        choose(candidates, data, made_by, major_of)
    }

    /// The program `name`, such as `initdb`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Picks among `candidates`, in their order, by the version that `major_of` reports.
fn choose(
    candidates: Vec<PathBuf>,
    data: &Path,
    made_by: Option<u32>,
    major_of: impl Fn(&Path) -> Option<u32>,
) -> Result<Binaries, StartError> {
    let mut found = Vec::new();
    for dir in candidates {
        let Some(major) = major_of(&dir) else { continue };
        if made_by.map_or(major >= OLDEST_MAJOR, |wanted| major == wanted) {
            return Ok(Binaries { dir, major });
        }
        found.push((dir, major));
    }
    Err(match made_by {
        _ if found.is_empty() => StartError::NoBinaries,
        Some(made_by) => StartError::OtherMajor { data: data.into(), made_by, found },
        None => StartError::TooOld { found },
    })
}

/// Every directory with server programs: those on the search path, the one `pg_config` names, then
/// the usual places, newest version first.
fn installed(search_path: Option<&OsStr>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut add = |dir: PathBuf| {
        // The programs find their other files relative to where they really are.
        let real = dir.join("postgres").canonicalize().ok();
        let dir = real.as_deref().and_then(Path::parent).map(Path::to_path_buf).unwrap_or(dir);
        if holds_server(&dir) && !found.contains(&dir) {
            found.push(dir);
        }
    };
    search_path
        .iter()
        .flat_map(env::split_paths)
        .filter(|dir| dir.is_absolute())
        .for_each(&mut add);
    configured().into_iter().for_each(&mut add);
    INSTALLATIONS.iter().flat_map(newest_first).for_each(add);
    found
}

/// The directory that `pg_config` names. With only the client library installed, it holds no
/// server.
fn configured() -> Option<PathBuf> {
    let asked = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    asked.status.success().then(|| String::from_utf8_lossy(&asked.stdout).trim().into())
}

/// The installations in one place, newest first by the numbers in their names.
fn newest_first((place, start, inner): &(&str, &str, &str)) -> Vec<PathBuf> {
    let mut entries: Vec<(Vec<u32>, PathBuf)> = fs::read_dir(place)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some((entry.as_ref().ok()?.file_name(), entry.ok()?.path())))
        .map(|(name, path)| (name.to_string_lossy().into_owned(), path))
        .filter(|(name, _)| name.starts_with(start))
        .map(|(name, path)| (numbers(&name), path.join(inner)))
        .collect();
    entries.sort_by(|one, other| other.cmp(one));
    entries.into_iter().map(|(_, path)| path).collect()
}

fn numbers(name: &str) -> Vec<u32> {
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

fn holds_server(dir: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|name| dir.join(name).is_file())
}

/// Asks the server program in `dir` for its major version.
fn major_of(dir: &Path) -> Option<u32> {
    let asked = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    major_in(&String::from_utf8_lossy(&asked.stdout))
}

/// The major version in an answer such as `postgres (PostgreSQL) 15.20 (Debian 15.20-1)`.
fn major_in(answer: &str) -> Option<u32> {
    let word =
        answer.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    numbers(word?).first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(installed: &[(&str, u32)], made_by: Option<u32>) -> Result<Binaries, StartError> {
        let dirs = installed.iter().map(|(dir, _)| PathBuf::from(dir)).collect();
        choose(dirs, Path::new("/d"), made_by, |dir| {
            installed.iter().find(|(name, _)| Path::new(name) == dir).map(|(_, major)| *major)
        })
    }

    #[test]
    fn versions_are_read_from_every_form_of_answer() {
        assert_eq!(major_in("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n"), Some(15));
        assert_eq!(major_in("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major_in("postgres: command failed"), None);
    }

    #[test]
    fn a_new_database_takes_the_first_version_that_is_new_enough() {
        let chosen = pick(&[("/14", 14), ("/16", 16), ("/17", 17)], None).unwrap();
        assert_eq!(chosen, Binaries { dir: "/16".into(), major: 16 });
        assert!(matches!(pick(&[("/14", 14)], None), Err(StartError::TooOld { .. })));
        assert!(matches!(pick(&[], None), Err(StartError::NoBinaries)));
    }

    #[test]
    fn an_existing_database_takes_the_version_that_made_it() {
        let chosen = pick(&[("/16", 16), ("/15", 15)], Some(15)).unwrap();
        assert_eq!(chosen.dir, Path::new("/15"));
        let refused = pick(&[("/16", 16)], Some(15)).unwrap_err();
        assert!(matches!(refused, StartError::OtherMajor { made_by: 15, .. }), "{refused}");
    }

    #[test]
    fn entries_of_a_place_are_ordered_by_number_not_by_letter() {
        let place = env::temp_dir().join(format!("pj-places-{}", std::process::id()));
        for name in ["postgresql@9.6", "postgresql@17", "postgresql@15", "other@99"] {
            fs::create_dir_all(place.join(name)).unwrap();
        }
        let found = newest_first(&(place.to_str().unwrap(), "postgresql", "bin"));
        fs::remove_dir_all(&place).unwrap();
        let expected: Vec<_> = ["postgresql@17", "postgresql@15", "postgresql@9.6"]
            .iter()
            .map(|name| place.join(name).join("bin"))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_link_on_the_search_path_leads_to_the_real_directory() {
        let place = env::temp_dir().join(format!("pj-links-{}", std::process::id()));
        let (real, linked) = (place.join("real"), place.join("linked"));
        for dir in [&real, &linked] {
            fs::create_dir_all(dir).unwrap();
        }
        for name in ["initdb", "postgres"] {
            fs::write(real.join(name), "").unwrap();
            std::os::unix::fs::symlink(real.join(name), linked.join(name)).unwrap();
        }
        let found = installed(Some(linked.as_os_str()));
        let real = real.canonicalize().unwrap();
        fs::remove_dir_all(&place).unwrap();
        assert_eq!(found.first(), Some(&real));
    }
}
