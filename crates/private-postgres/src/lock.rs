//! The two lock files of a data directory.
//!
//! `lock` is held by the process that uses the directory. It says `<purpose> <process>` of the last
//! one that did. `server.lock` is the standard output of the database server: every process of the
//! server and its guard inherits the lock, so it is free only when the last of them is gone.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Durability;
use crate::error::StartError;
use crate::postmaster::PACE;

/// The name of the file that the process using a home locks.
const NAME: &str = "lock";

/// The name of the file that the database server locks.
const SERVER: &str = "server.lock";

/// A lock file that we hold.
pub(crate) struct Lock {
    file: File,
    text: String,
}

impl Lock {
    /// Takes the lock of `home`, or tells who has it after `patience`: a process that has just been
    /// killed holds it until the kernel has taken it apart.
    pub(crate) fn take(home: &Path, patience: Duration) -> Result<Self, StartError> {
        let path = home.join(NAME);
        let opened = File::options().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(StartError::io("open", &path))?;
        let since = Instant::now();
        let mut locked = file.try_lock();
        while matches!(locked, Err(TryLockError::WouldBlock)) && since.elapsed() < patience {
            sleep(PACE);
            locked = file.try_lock();
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = text.split_whitespace().nth(1).and_then(|word| word.parse().ok());
                return Err(StartError::InUse { home: home.into(), process });
            }
            Err(TryLockError::Error(error)) => return Err(StartError::io("lock", &path)(error)),
        }
        // A sweep may have deleted the directory between our two steps.
        let ours = file.metadata().map_err(StartError::io("inspect", &path))?;
        let named = fs::metadata(&path).map_err(StartError::io("inspect", &path))?;
        if (ours.dev(), ours.ino()) != (named.dev(), named.ino()) {
            return Err(StartError::InUse { home: home.into(), process: None });
        }
        Ok(Self { file, text })
    }

    /// What the last holder used the directory for.
    pub(crate) fn purpose(&self) -> Option<Durability> {
        parse(&self.text)
    }

    /// Notes that we use the directory for `durability`. The file stays locked until it is dropped.
    pub(crate) fn sign(mut self, durability: Durability) -> io::Result<File> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{} {}", word(durability), std::process::id())?;
        Ok(self.file)
    }
}

/// The lock of the database server of `home`, free or not.
pub(crate) fn of_server(home: &Path) -> Result<File, StartError> {
    let path = home.join(SERVER);
    File::options().create(true).append(true).open(&path).map_err(StartError::io("open", &path))
}

/// What `home` was last used for, without taking its lock, nor making one where there is none.
pub(crate) fn purpose(home: &Path) -> Option<Durability> {
    parse(&fs::read_to_string(home.join(NAME)).ok()?)
}

fn parse(text: &str) -> Option<Durability> {
    let found = text.split_whitespace().next()?;
    [Durability::Durable, Durability::Throwaway].into_iter().find(|known| word(*known) == found)
}

fn word(durability: Durability) -> &'static str {
    match durability {
        Durability::Durable => "durable",
        Durability::Throwaway => "throwaway",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_names_purpose_and_process() {
        let home = std::env::temp_dir().join(format!("pj-lock-{}", std::process::id()));
        fs::create_dir_all(&home).unwrap();
        assert_eq!(purpose(&home), None);
        let lock = Lock::take(&home, Duration::ZERO).unwrap();
        assert_eq!(lock.purpose(), None);
        let held = lock.sign(Durability::Throwaway).unwrap();
        assert_eq!(purpose(&home), Some(Durability::Throwaway));
        let us = std::process::id();
        let refused = Lock::take(&home, Duration::ZERO).err().unwrap();
        assert!(matches!(refused, StartError::InUse { process: Some(p), .. } if p == us));
        drop(held);
        assert_eq!(
            Lock::take(&home, Duration::ZERO).unwrap().purpose(),
            Some(Durability::Throwaway)
        );
        fs::remove_dir_all(&home).unwrap();
    }
}
