//! The data directory: who may use it, what lies where in it, and when it can be deleted.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Durability;
use crate::error::StartError;
use crate::lock::{self, Lock};
use crate::owner::{Owner, our_uid};

/// The longest path of a socket's directory in bytes: a Unix socket's address holds 103 on macOS,
/// 107 on Linux, and the name of the socket needs its share.
const LONGEST_RUN_DIR: usize = 80;

/// How long a start waits for a process that is just ending to let go of the directory.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// How much space in memory throwaway databases should find, in KiB.
const ROOMY_KIB: u64 = 1024 * 1024;

/// A data directory that this process alone uses until the value is dropped.
#[derive(Debug)]
pub(crate) struct Home {
    path: PathBuf,
    /// Locked while we live; the kernel unlocks it however we end.
    _lock: File,
}

impl Home {
    /// Makes the directory where needed and takes its lock, for the user `us`.
    pub(crate) fn claim(
        wanted: &Path,
        durability: Durability,
        us: u32,
    ) -> Result<Self, StartError> {
        make(wanted, us)?;
        let path = wanted.canonicalize().map_err(StartError::io("resolve", wanted))?;
        let owner = fs::metadata(&path).map_err(StartError::io("inspect", &path))?.uid();
        if owner != us {
            return Err(StartError::ForeignOwner { path, owner, expected: us });
        }
        let lock = Lock::take(&path, LOCK_PATIENCE)?;
        let is_new = durability == Durability::Durable;
        let fits = lock.purpose().map_or(is_new, |purpose| purpose == durability);
        if !fits && fs::read_dir(&path).is_ok_and(|entries| entries.count() > 1) {
            return Err(StartError::OtherPurpose(path));
        }
        let lock = lock.sign(durability).map_err(StartError::io("write the lock of", &path))?;
        Ok(Self { path, _lock: lock })
    }

    /// The absolute path, without links.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of the database.
    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// The log of the database server.
    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// The directory of the socket, made and checked for `owner`.
    pub(crate) fn run_dir(&self, owner: &Owner) -> Result<PathBuf, StartError> {
        let run = run_dir_of(&self.path).map_err(StartError::io("inspect", &self.path))?;
        match DirBuilder::new().mode(0o700).create(&run) {
            Ok(()) => owner.give(&run)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StartError::io("create the directory", &run)(error)),
        }
        let found = fs::symlink_metadata(&run).map_err(StartError::io("inspect", &run))?;
        if !found.is_dir() || found.mode() & 0o077 != 0 {
            return Err(StartError::NotPrivate(run));
        }
        if found.uid() != owner.uid() {
            let (owner, expected) = (found.uid(), owner.uid());
            return Err(StartError::ForeignOwner { path: run, owner, expected });
        }
        Ok(run)
    }

    /// Deletes everything.
    pub(crate) fn delete(&self) -> io::Result<()> {
        delete(&self.path)
    }
}

/// Makes the data directory `wanted` where there is none, closed to others.
///
/// # Errors
/// [`StartError::Io`] when the operating system refuses.
pub fn make_home(wanted: &Path) -> Result<(), StartError> {
    make(wanted, our_uid()?)
}

fn make(wanted: &Path, us: u32) -> Result<(), StartError> {
    if wanted.exists() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o755).create(wanted);
    made.map_err(StartError::io("create the directory", wanted))?;
    // The account of the database passes through root's directory, but does not list it.
    let mode = Permissions::from_mode(if us == 0 { 0o711 } else { 0o700 });
    fs::set_permissions(wanted, mode).map_err(StartError::io("protect", wanted))
}

/// Where the socket of a home is: inside it, or in `/tmp` when the path would be too long, or has a
/// comma, which separates hosts in an address. The name there depends on the home only, so a
/// restart finds it again.
fn run_dir_of(home: &Path) -> io::Result<PathBuf> {
    let run = home.join("run");
    let text = run.as_os_str().as_encoded_bytes();
    if text.len() <= LONGEST_RUN_DIR && !text.contains(&b',') {
        return Ok(run);
    }
    let found = fs::metadata(home)?;
    Ok(Path::new("/tmp").join(format!("pain-journal-{:x}-{:x}", found.dev(), found.ino())))
}

fn delete(home: &Path) -> io::Result<()> {
    let run = run_dir_of(home)?;
    if !run.starts_with(home) && fs::symlink_metadata(&run).is_ok_and(|found| found.is_dir()) {
        fs::remove_dir_all(&run)?;
    }
    fs::remove_dir_all(home)
}

/// Deletes what dead throwaway databases have left in `parent`, and returns how many there were.
///
/// Only directories of this user are touched that a throwaway database has signed, whose process
/// is gone and whose server has stopped. What cannot be deleted now is left for the next sweep.
pub fn sweep_dead(parent: &Path) -> usize {
    let Ok(us) = our_uid() else { return 0 };
    let entries = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .filter(|home| {
            fs::symlink_metadata(home).is_ok_and(|found| found.is_dir() && found.uid() == us)
                && lock::purpose(home) == Some(Durability::Throwaway)
                && Lock::take(home, Duration::ZERO).is_ok_and(|_lock| {
                    lock::of_server(home).is_ok_and(|server| server.try_lock().is_ok())
                        && delete(home).is_ok()
                })
        })
        .count()
}

/// Where throwaway databases are best made: in memory, where it is roomy enough (containers often
/// have 64 MB there), otherwise in the directory for temporary files.
pub fn throwaway_parent() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let asked = Command::new("df").arg("-Pk").arg(memory).stderr(Stdio::null()).output();
    let free = asked.ok().and_then(|answer| free_kib(&String::from_utf8_lossy(&answer.stdout)));
    match free {
        Some(free) if free >= ROOMY_KIB => memory.into(),
        _ => std::env::temp_dir(),
    }
}

/// The free space in the answer of `df -Pk` about one place: the fourth column of the second line.
fn free_kib(answer: &str) -> Option<u64> {
    answer.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// The data directory to use when none is configured: `/var/lib/pain-journal` for root, otherwise
/// `pain-journal` in `$XDG_DATA_HOME` or in `~/.local/share`.
///
/// # Errors
/// [`StartError::NoHome`] for an ordinary user without `HOME`.
pub fn default_home() -> Result<PathBuf, StartError> {
    let us = our_uid()?;
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
    home_for(us, absolute("XDG_DATA_HOME"), absolute("HOME")).ok_or(StartError::NoHome)
}

fn home_for(us: u32, data_home: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    if us == 0 {
        return Some(PathBuf::from("/var/lib/pain-journal"));
    }
    let shared = data_home.or_else(|| Some(home?.join(".local/share")))?;
    Some(shared.join("pain-journal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("pj-home-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    fn claim(path: &Path, durability: Durability) -> Result<Home, StartError> {
        Home::claim(path, durability, our_uid().unwrap())
    }

    #[test]
    fn the_default_depends_on_the_user() {
        let of = |us, data: Option<&str>, home: Option<&str>| {
            home_for(us, data.map(PathBuf::from), home.map(PathBuf::from))
        };
        assert_eq!(of(0, Some("/x"), Some("/root")), Some("/var/lib/pain-journal".into()));
        assert_eq!(of(7, Some("/x"), Some("/h")), Some("/x/pain-journal".into()));
        assert_eq!(of(7, None, Some("/h")), Some("/h/.local/share/pain-journal".into()));
        assert_eq!(of(7, None, None), None);
    }

    #[test]
    fn free_space_is_read_from_the_portable_format() {
        let answer = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                      tmpfs 65536 36 65500 1% /dev/shm\n";
        assert_eq!(free_kib(answer), Some(65500));
        assert_eq!(free_kib("df: /dev/shm: No such file or directory\n"), None);
        assert!(throwaway_parent().is_dir());
    }

    #[test]
    fn a_second_claim_is_refused_and_names_the_first() {
        let path = scratch("twice");
        let held = claim(&path, Durability::Durable).unwrap();
        let refused = claim(&path, Durability::Durable).unwrap_err();
        let us = std::process::id();
        assert!(matches!(refused, StartError::InUse { process: Some(p), .. } if p == us));
        drop(held);
        assert!(claim(&path, Durability::Durable).is_ok());
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_throwaway_database_never_takes_a_directory_with_other_contents() {
        let path = scratch("contents");
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("letter"), "dear").unwrap();
        let refused = claim(&path, Durability::Throwaway).unwrap_err();
        assert!(matches!(refused, StartError::OtherPurpose(_)), "{refused}");
        drop(claim(&path, Durability::Durable).unwrap());
        assert!(claim(&path, Durability::Throwaway).is_err());
        assert_eq!(sweep_one(&path), 0);
        assert!(path.join("letter").exists());
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_durable_database_never_takes_a_directory_that_is_to_be_deleted() {
        let path = scratch("doomed");
        drop(claim(&path, Durability::Throwaway).unwrap());
        fs::write(path.join("rest"), "").unwrap();
        let refused = claim(&path, Durability::Durable).unwrap_err();
        assert!(matches!(refused, StartError::OtherPurpose(_)), "{refused}");
        fs::remove_dir_all(&path).unwrap();
    }

    /// Sweeps a parent that holds nothing but a link and `path`, moved there.
    fn sweep_one(path: &Path) -> usize {
        let parent = path.with_extension("parent");
        fs::create_dir_all(&parent).unwrap();
        std::os::unix::fs::symlink(path, parent.join("link")).unwrap();
        fs::rename(path, parent.join("home")).unwrap();
        let swept = sweep_dead(&parent);
        let _ = fs::rename(parent.join("home"), path);
        fs::remove_dir_all(&parent).unwrap();
        swept
    }

    #[test]
    fn a_sweep_deletes_dead_throwaway_homes_and_spares_living_ones() {
        let path = scratch("sweep");
        let held = claim(&path, Durability::Throwaway).unwrap();
        assert_eq!(sweep_one(&path), 0);
        drop(held);
        assert_eq!(sweep_one(&path), 1);
        assert!(!path.exists());
    }

    #[test]
    fn a_long_path_moves_the_socket_to_tmp() {
        let long = scratch("long").join("x".repeat(90));
        let home = claim(&long, Durability::Throwaway).unwrap();
        let owner = Owner::find(our_uid().unwrap(), Path::new("/nonexistent")).unwrap();
        let run = home.run_dir(&owner).unwrap();
        assert!(run.starts_with("/tmp") && run.as_os_str().len() < LONGEST_RUN_DIR);
        assert_eq!(home.run_dir(&owner).unwrap(), run);
        home.delete().unwrap();
        assert!(!run.exists() && !long.exists());
        fs::remove_dir(long.parent().unwrap()).unwrap();
    }

    #[test]
    fn an_open_or_planted_socket_directory_is_refused() {
        let path = scratch("planted");
        let home = claim(&path, Durability::Throwaway).unwrap();
        let owner = Owner::find(our_uid().unwrap(), Path::new("/nonexistent")).unwrap();
        std::os::unix::fs::symlink("/etc", path.join("run")).unwrap();
        assert!(matches!(home.run_dir(&owner), Err(StartError::NotPrivate(_))));
        fs::remove_file(path.join("run")).unwrap();
        fs::create_dir(path.join("run")).unwrap();
        owner.give(&path.join("run")).unwrap();
        fs::set_permissions(path.join("run"), Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(home.run_dir(&owner), Err(StartError::NotPrivate(_))));
        home.delete().unwrap();
    }
}
